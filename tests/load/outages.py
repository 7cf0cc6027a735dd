"""A service on 127.0.0.1 that goes down with all its connections, and comes back on its port."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from contextlib import AbstractContextManager, suppress
from itertools import count

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PONG = b"+PONG\r\n"
RESET = struct.pack("ii", 1, 0)
"""Of SO_LINGER: a close does not say good-bye."""


class Answering(socketserver.StreamRequestHandler):
    """Answer GET as HTTP does, and anything else as a line."""

    server: Listening
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with suppress(OSError):
            for number in count():
                line = self.rfile.readline()
                if not line or number == self.server.most:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    return
                if line.startswith(b"GET"):
                    while self.rfile.readline().strip():
                        pass
                self.wfile.write(PAGE if line.startswith(b"GET") else PONG)


class Listening(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256
    most: int | None = None

    def __init__(self, port: int) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Answering)

    def process_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: object) -> None:
        assert isinstance(request, socket.socket)
        self.connections.discard(request)
        super().shutdown_request(request)


class Service(AbstractContextManager["Service"]):
    """Goes up and down as it is told; resets a connection after ``most`` answers."""

    def __init__(self, *, most: int | None = None) -> None:
        self.port = 0
        self._most = most
        self.up()

    def up(self) -> None:
        self._server = Listening(self.port)
        self._server.most = self._most
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01])
        self._thread.start()

    def down(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for connection in list(self._server.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __exit__(self, *_: object) -> None:
        self.down()
