// Loads the page anew when other code serves it, unless that would throw away what was typed in.
(() => {
  const script = document.currentScript;
  const version = script.dataset.version;
  let changes = Number(script.dataset.changes);
  const wasPosted = "posted" in script.dataset;
  const seen = `workshift-version ${location.pathname}${location.search}`;
  const first = new Map(); // fields, and what was in them when they were entered
  const edited = new Set();
  let notice = null;

  const content = (field) =>
    field.options
      ? [...field.options].map((option) => option.selected).join()
      : [field.type === "file" ? field.files.length : field.value, field.checked].join();

  // The innermost one, also in a shadow tree.
  const fieldOf = (event) => event.composedPath()[0];

  const enter = (event) => {
    const field = fieldOf(event);
    if ("value" in field && !first.has(field)) first.set(field, content(field));
  };

  addEventListener("focusin", enter, true);
  addEventListener("pointerdown", enter, true);
  // Only what a person has typed: a browser fills in passwords by itself.
  addEventListener("input", (event) => edited.add(fieldOf(event)), true);
  addEventListener("reset", (event) => edited.forEach((one) => one.form === event.target && edited.delete(one)), true);

  // What was typed before this script came.
  const active = document.activeElement;
  if (active?.defaultValue !== undefined && active.value !== active.defaultValue) edited.add(active);

  const isEdited = (field) =>
    field.isConnected && (!("value" in field) || !first.has(field) || content(field) !== first.get(field));

  // For one who is typing, or whose form would be sent once more: the new code can wait.
  const offer = () => {
    if (notice) return;
    notice = document.createElement("button");
    notice.type = "button";
    notice.id = "workshift-notice";
    notice.textContent = wasPosted
      ? "The code has changed. Reload (the form is sent again)"
      : "The code has changed. Reload (what you have typed is lost)";
    Object.assign(notice.style, {
      position: "fixed", right: "1rem", bottom: "1rem", zIndex: 2147483647,
      padding: "0.5rem 1rem", border: 0, borderRadius: "0.5rem",
      background: "#1b3a2b", color: "#fff", font: "1rem system-ui", cursor: "pointer",
    });
    notice.addEventListener("click", () => location.reload());
    document.body.append(notice);
  };

  const follow = () => (wasPosted || [...edited].some(isEdited) ? offer() : location.reload());

  const onVersion = (current) => {
    if (current === version) return;
    // A page from the browser's cache would be of the old version again, and again.
    if (!wasPosted && sessionStorage.getItem(seen) === current) return;
    sessionStorage.setItem(seen, current);
    follow();
  };

  const onChanged = ({ number, names }) => {
    if (number <= changes) return;
    changes = number;
    // A page whose view writes the file that it shows would be loaded again and again.
    const again = `workshift-changed ${names}`;
    if (performance.now() < 2000 && sessionStorage.getItem(again)) return offer();
    const sheets = [...document.querySelectorAll('link[rel="stylesheet"]')];
    const hit = (sheet) => names.some((name) => new URL(sheet.href).pathname.endsWith(`/${name}`));
    if (!names.every((name) => name.endsWith(".css")) || !sheets.some(hit)) {
      sessionStorage.setItem(again, "reloaded");
      return follow();
    }
    for (const sheet of sheets.filter(hit)) {
      const fresh = sheet.cloneNode();
      const url = new URL(sheet.href);
      url.searchParams.set("changed", Date.now());
      fresh.href = url;
      fresh.addEventListener("load", () => sheet.remove());
      sheet.after(fresh);
    }
  };

  const hear = ([kind, data]) => (kind === "version" ? onVersion(data) : onChanged(JSON.parse(data)));

  const base = new URL(".", script.src);

  const connect = () => {
    if (window.SharedWorker) {
      // One connection for all tabs: browsers open six to a server, and no more.
      const { port } = new SharedWorker(new URL("events.js", base), "workshift");
      port.onmessage = (event) => hear(event.data);
      addEventListener("pagehide", () => port.postMessage("leave"), { once: true });
    } else {
      const source = new EventSource(new URL("events", base));
      for (const kind of ["version", "changed"]) {
        source.addEventListener(kind, (event) => hear([kind, event.data]));
      }
      addEventListener("pagehide", () => source.close(), { once: true });
    }
  };

  connect();
  // A page that the browser has kept, and brings back.
  addEventListener("pageshow", (event) => event.persisted && connect());
})();
