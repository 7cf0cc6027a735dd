"""A service on 127.0.0.1 that stops with all its connections, and starts again on its port."""

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
"""The value of SO_LINGER with which a close resets the connection."""


class Answering(socketserver.StreamRequestHandler):
    """Answer GET by HTTP, and any other line by a line."""

    server: Listening
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with suppress(OSError):
            for number in count():
                line = self.rfile.readline()
                if not line or number == self.server.max_answers:
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
    max_answers: int | None = None

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
    """Starts and stops on request; resets a connection after ``max_answers`` answers."""

    def __init__(self, *, max_answers: int | None = None) -> None:
        self.port = 0
        self._max_answers = max_answers
        self.up()

    def up(self) -> None:
        self._server = Listening(self.port)
        self._server.max_answers = self._max_answers
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
