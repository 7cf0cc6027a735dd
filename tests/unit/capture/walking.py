"""A folder with the files of an example server, and the real walk over it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

from upgradeproof.capture.stream import Walked, parse, script


@dataclass(frozen=True)
class Root:
    """The root folder of the example server."""

    folder: Path

    def write(self, path: str, text: str | bytes, mode: int = 0o644) -> Path:
        file = self.folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        file.chmod(mode)
        return file

    def package(self, name: str, conffiles: dict[str, str]) -> None:
        """Record a package that installed files with these contents."""
        self.write(f"/var/lib/dpkg/info/{name}.list", "".join(f"{p}\n" for p in conffiles))
        sums = "".join(
            f" {path} {md5(text.encode(), usedforsecurity=False).hexdigest()}\n"
            for path, text in conffiles.items()
        )
        self.write("/var/lib/dpkg/status", f"Package: {name}\nConffiles:\n{sums}\n")

    def walk(self, *data: str, programs: Path | None = None) -> Walked:
        return parse(self.printed(*data, programs=programs))

    def printed(self, *data: str, programs: Path | None = None) -> bytes:
        path = os.environ["PATH"]
        done = subprocess.run(
            ["sh", "-c", script(data=data, prefix=str(self.folder))],
            check=True,
            timeout=60,
            capture_output=True,
            env={**os.environ, "PATH": f"{programs}:{path}" if programs else path},
        )
        assert done.stderr == b""
        return done.stdout

    def treated(self, path: str, text: str, mode: int = 0o644) -> str:
        """Return the content of a file as it leaves the server."""
        self.write(path, text, mode)
        content = self.walk().entries[path].content
        assert content is not None
        return content.decode()


def contents(walked: Walked) -> Sequence[bytes]:
    return [entry.content for entry in walked.entries.values() if entry.content is not None]
