"""Replaces Redis on a machine that has none: `python embedded_redis.py PORT`.

It speaks the Redis protocol on 127.0.0.1 and keeps everything in memory, so waiting tasks are lost
when it stops. `runredis` runs it by its path, as it would run `redis-server`.
"""

import sys
from typing import Any

from fakeredis import TcpFakeServer
from redis import ResponseError


def main(port: int) -> None:
    """Serve on `port` of 127.0.0.1 until a signal ends the process."""
    # Connections that may wait to be accepted; web and worker open several at the same time.
    TcpFakeServer.request_queue_size = 128
    server = TcpFakeServer(("127.0.0.1", port))
    server.RequestHandlerClass = improved(server.RequestHandlerClass)
    server.serve_forever()


def improved(handler: Any) -> Any:
    """Return a subclass of fakeredis' connection handler that is closer to Redis."""

    class Handler(handler):  # type: ignore[misc]  # Known only at run time.
        # Nagle's algorithm delays small replies: a task takes 88 ms with it, 2.5 ms without.
        disable_nagle_algorithm = True

        def setup(self) -> None:
            """Correct two things about a new connection.

            A failed command returns its error, and the connection stays open. fakeredis closes it,
            and the worker would have to reconnect: kombu first calls a script by its hash and sends
            it only after the error.

            CLIENT LIST shows the addresses of both ends as Redis does. fakeredis shows Python
            tuples, in which a retiring worker would not find its own address, and whose spaces
            redis-py 5 cannot read.
            """
            super().setup()
            ends = {"addr": self.client_address, "laddr": self.request.getsockname()}
            for name, (host, port, *_) in ends.items():
                self.current_client._client_info[name] = f"{host}:{port}"  # noqa: SLF001 - no setter.
            read_response = self.current_client.read_response

            def read_response_or_error() -> Any:
                try:
                    return read_response()
                except ResponseError as error:
                    return error

            self.current_client.read_response = read_response_or_error

    return Handler


if __name__ == "__main__":
    main(int(sys.argv[1]))
