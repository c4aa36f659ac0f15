// Keeps the state on the success page live: asks for it, less and less often while nothing
// changes, not at all while nobody looks, and never again once it is final.

const SHORTEST = 500; // Milliseconds between two questions, after a change.
const LONGEST = 5000; // The same, when nothing has changed for a while.

const region = document.getElementById("state");
let wait = SHORTEST;
let timer;

async function ask() {
  try {
    const answer = await fetch(region.dataset.address, { cache: "no-store" });
    if (answer.ok) {
      show(await answer.text());
    } else if (answer.status === 404) {
      return; // Deleted meanwhile.
    }
  } catch {
    // The server is away for a moment, as when it restarts after an edit: ask again.
  }
  plan();
}

function show(html) {
  const shown = document.createElement("div");
  shown.innerHTML = html;
  if (shown.textContent !== region.textContent) {
    // Only a change is written, because a screen reader announces whatever is written.
    region.replaceChildren(...shown.childNodes);
    wait = SHORTEST;
  }
}

function plan() {
  clearTimeout(timer);
  if (document.hidden || region.querySelector("[data-final]")) return;
  timer = setTimeout(ask, wait);
  wait = Math.min(wait * 1.5, LONGEST);
}

document.addEventListener("visibilitychange", () => {
  wait = SHORTEST;
  plan();
});
plan();
