// Loads the page anew when other code serves it, unless that would throw away what was typed in.
(() => {
  const script = document.currentScript;
  const version = script.dataset.version;
  let changes = Number(script.dataset.changes);
  const wasPosted = "posted" in script.dataset;
  const seen = `workshift-version ${location.pathname}`;
  const edited = new Set();
  let notice = null;

  // Only what a person has typed: a browser fills in passwords by itself.
  addEventListener("input", (event) => edited.add(event.target), true);
  addEventListener("reset", (event) => edited.forEach((one) => one.form === event.target && edited.delete(one)), true);

  const isEdited = (field) =>
    field.isConnected &&
    (field.isContentEditable ||
      (field.options
        ? [...field.options].some((option) => option.selected !== option.defaultSelected)
        : field.type === "file" || field.value !== field.defaultValue || field.checked !== field.defaultChecked));

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
    const sheets = [...document.querySelectorAll('link[rel="stylesheet"]')];
    const hit = (sheet) => names.some((name) => new URL(sheet.href).pathname.endsWith(`/${name}`));
    if (!names.every((name) => name.endsWith(".css")) || !sheets.some(hit)) return follow();
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
