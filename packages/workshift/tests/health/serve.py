"""Serves the project by nothing but WSGI, as a server of production does: `serve.py PORT`."""

import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each request."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Only the site itself logs."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    application = get_wsgi_application()
    with make_server(
        "127.0.0.1", int(sys.argv[1]), application, server_class=Server, handler_class=Quiet
    ) as server:
        print("Serving", flush=True)
        server.serve_forever()
