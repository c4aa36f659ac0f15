// Keeps the element with `data-live` up to date: asks for it again, less and less often while
// nothing changes, not at all while nobody looks, and never again once it has `data-final` in it.
// `data-live` is the address that answers with the element; without a value, this page's own.

const SHORTEST = 200; // Milliseconds before the first question, and after a change.
const LONGEST = 5000;
// So a change is seen after a thirtieth of the time that has passed since the last one.
const GROWTH = 1.03;

const region = document.querySelector("[data-live]");
const address = new URL(region.dataset.live || location.href, location.href);
// The development server's log leaves out what has it: packages/workshift/src/workshift/log.py.
address.searchParams.set("live", "");
let wait = SHORTEST;
let timer;

async function ask() {
  try {
    const answer = await fetch(address, { cache: "no-store" });
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
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.getElementById(region.id);
  // Only a change is written, because a screen reader announces whatever is written.
  if (!fresh || fresh.innerHTML === region.innerHTML) return;
  region.replaceChildren(...fresh.childNodes);
  wait = SHORTEST;
}

function plan() {
  clearTimeout(timer);
  if (document.hidden || region.querySelector("[data-final]")) return;
  timer = setTimeout(ask, wait);
  wait = Math.min(wait * GROWTH, LONGEST);
}

document.addEventListener("visibilitychange", () => {
  wait = SHORTEST;
  plan();
});
plan();
