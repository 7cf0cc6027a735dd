"""A fake Docker engine: its HTTP protocol on a socket, with containers and images in memory."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any
from urllib.parse import parse_qs, urlparse

from upgradeproof.machines.engine import DockerEngine


@dataclass
class FakeDocker:
    """What an engine has; ``refused`` are statuses of requests for one container or image."""

    containers: dict[str, dict[str, str]] = field(default_factory=dict)
    """The labels of each container, by its name."""
    images: dict[str, dict[str, str]] = field(default_factory=dict)
    """The labels of each image, by its tag."""
    refused: dict[str, int] = field(default_factory=dict)
    """The status of the answer to such a request as ``DELETE /containers/a``."""
    created: list[dict[str, Any]] = field(default_factory=list)
    """The requests that created a container or committed one."""

    @contextmanager
    def serving(self, folder: Path, **given: Any) -> Iterator[DockerEngine]:
        """Answer on a socket in a folder, and give the engine that is connected to it."""
        path = folder / "docker.sock"
        handler = type("Handler", (_Handler,), {"docker": self})
        with _Server(str(path), handler) as server, ExitStack() as at_the_end:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            at_the_end.callback(server.shutdown)
            with DockerEngine(address=f"unix://{path}", **given) as engine:
                at_the_end.callback(engine.client().close)
                yield engine

    def answer(self, method: str, path: str, query: dict[str, Any], body: Any) -> tuple[int, Any]:
        """Return the status and the content for a request without the version in its path."""
        words = path.strip("/").split("/")
        if refused := self.refused.get(f"{method} {path}"):
            return refused, {"message": f"refused: {method} {path}"}
        if method == "POST":
            return self._posted(words, body)
        if method == "DELETE":
            found = self._all(words[0]).pop(words[1], None)
            return (404, {"message": "gone"}) if found is None else (200, [])
        label = "".join(json.loads(query.get("filters", ["{}"])[0]).get("label", []))
        return self._got(words, label)

    def _got(self, words: list[str], label: str) -> tuple[int, Any]:
        match words:
            case ["version" | "_ping"]:
                return 200, {"Version": "fake", "Arch": "amd64", "ApiVersion": "1.41"}
            case ["exec", _, "json"]:
                return 200, {"ExitCode": 0}
            case [kind, "json"]:
                return 200, [{"Id": name} for name in _chosen(self._all(kind), label)]
            case [kind, name, "json"] if name in self._all(kind):
                return 200, {
                    "Id": name,
                    "Name": f"/{name}",
                    "RepoTags": [f"state:{name}"],
                    "Created": "2026-01-01T00:00:00.000000000Z",
                    "Config": {"Labels": self._all(kind)[name]},
                }
            case ["images", name, "history"] if name in self.images:
                return 200, [{"Size": 7}]
            case _:
                return 404, {"message": f"no such thing: {words}"}

    def _all(self, kind: str) -> dict[str, dict[str, str]]:
        return self.containers if kind == "containers" else self.images

    def _posted(self, words: list[str], body: Any) -> tuple[int, Any]:
        """Answer what builds an image: each command in a container succeeds."""
        match words:
            case ["containers", "create"]:
                self.created.append(body)
                self.containers["made"] = body["Labels"]
                return 201, {"Id": "made"}
            case ["commit"]:
                self.created.append(body)
                self.images["committed"] = body["Labels"]
                return 201, {"Id": "committed"}
            case ["images", "create"]:
                self.images["pulled:latest"] = {}
                return 200, {}
            case [*_, "exec"]:
                return 201, {"Id": "command"}
            case _:
                return 200, None


def _chosen(labels: dict[str, dict[str, str]], label: str) -> list[str]:
    """Return the names of those that have a label, given as ``key`` or ``key=value``."""
    key, given, value = label.partition("=")
    found = {name: theirs for name, theirs in labels.items() if key in theirs}
    return [name for name, theirs in found.items() if not given or theirs[key] == value]


class _Server(ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False


class _Handler(BaseHTTPRequestHandler):
    docker: FakeDocker
    protocol_version = "HTTP/1.1"

    def _answered(self) -> None:
        asked = urlparse(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size) or b"null")
        path = re.sub(r"^/v[\d.]+", "", asked.path)
        status, content = self.docker.answer(self.command, path, parse_qs(asked.query), body)
        text = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if path.endswith("/start"):  # the output of a command ends with its connection
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = _answered  # noqa: N815  # the library's names

    def address_string(self) -> str:
        return "the client"

    def log_message(self, *_: object) -> None:
        """Print nothing."""
