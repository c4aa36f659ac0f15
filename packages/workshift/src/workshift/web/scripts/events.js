// Hears the server's events for all pages of the site: a shared worker.
const ports = new Set();
let said = []; // by the server, since it was connected

const tell = (message) => {
  said.push(message);
  ports.forEach((port) => port.postMessage(message));
};

let pause = 500; // milliseconds

const listen = () => {
  const source = new EventSource("events");
  let failures = 0;
  source.addEventListener("version", (event) => {
    failures = 0;
    pause = 500;
    said = [];
    tell(["version", event.data]);
  });
  source.addEventListener("changed", (event) => tell(["changed", event.data]));
  source.addEventListener("error", () => {
    said = [];
    failures += 1;
    // It tries again by itself, at once: right for a hand-over, too often for a server that is gone.
    const isAnotherServer = source.readyState === EventSource.CLOSED;
    if (failures > 5 || isAnotherServer) {
      source.close();
      setTimeout(listen, pause);
      if (isAnotherServer) pause = Math.min(2 * pause, 30000);
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
