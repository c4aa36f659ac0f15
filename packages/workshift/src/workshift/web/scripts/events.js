// Hears the server's events for all pages of the site: a shared worker.
const ports = new Set();
let said = []; // by the server, since it was connected

const tell = (message) => {
  said.push(message);
  ports.forEach((port) => port.postMessage(message));
};

const listen = () => {
  const source = new EventSource("events");
  let failures = 0;
  source.addEventListener("version", (event) => {
    failures = 0;
    said = [];
    tell(["version", event.data]);
  });
  source.addEventListener("changed", (event) => tell(["changed", event.data]));
  source.addEventListener("error", () => {
    said = [];
    failures += 1;
    // It tries again by itself, at once: right for a hand-over, too often for a server that is gone.
    if (failures > 5 || source.readyState === EventSource.CLOSED) {
      source.close();
      setTimeout(listen, 500);
    }
  });
};

onconnect = (event) => {
  const [port] = event.ports;
  ports.add(port);
  port.onmessage = () => ports.delete(port);
  said.forEach((message) => port.postMessage(message));
};

listen();
