"""A folder that stands for a server's root, and the real walk over it."""

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
    """What is written here is read as if it were the server's root."""

    folder: Path

    def write(self, path: str, text: str | bytes, mode: int = 0o644) -> Path:
        file = self.folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        file.chmod(mode)
        return file

    def package(self, name: str, conffiles: dict[str, str]) -> None:
        """Note a package that brought some files with these contents."""
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
        """Return what leaves the server of a file."""
        self.write(path, text, mode)
        content = self.walk().entries[path].content
        assert content is not None
        return content.decode()


def contents(walked: Walked) -> Sequence[bytes]:
    return [entry.content for entry in walked.entries.values() if entry.content is not None]
