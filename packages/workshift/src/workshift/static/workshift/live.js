// Keeps the element with `data-live` up to date: fetches it again, less and less often while
// nothing changes, not at all while the page is hidden, and never again once it has `data-final`.
// `data-live` is the address that returns the element; without a value, this page's own.

const SHORTEST = 200; // Milliseconds before the first request, and after a change.
const LONGEST = 5000;
// A change shows after a thirtieth of the time since the last one.
const GROWTH = 1.03;

const region = document.querySelector("[data-live]");
const address = new URL(region.dataset.live || location.href, location.href);
// The development server does not log requests with it: packages/workshift/src/workshift/log.py.
address.searchParams.set("live", "");
let wait = SHORTEST;
let timer;

async function ask() {
  try {
    const answer = await fetch(address, { cache: "no-store" });
    if (answer.ok) {
      show(await answer.text());
    } else if (answer.status === 404) {
      return; // Deleted in the meantime.
    }
  } catch {
    // The server is down for a moment, for example while it restarts after an edit: try again.
  }
  plan();
}

function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.getElementById(region.id);
  // Update only after a change, because a screen reader announces every update.
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
