"""Fakes of the real protocols that work across processes: they record their calls in files."""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

from upgradeproof.errors import ImageError, UpgradeproofError
from upgradeproof.imaging import Images, Request, Source, Store
from upgradeproof.plan.images import Bootstrap, Image, Platform

KEYRING = "/usr/share/keyrings/example-archive-keyring.gpg"
EXAMPLE = Image(
    title="Example 1",
    family="example",
    codename="first",
    architectures=("amd64", "arm64"),
    bootstrap=Bootstrap(suites=("first", "first-updates"), keyring=KEYRING, packages=("systemd",)),
)
PLATFORM = Platform(image="example-1", architecture="amd64", machine="container")


class FolderStore:
    """A store that saves an image as a file in a folder."""

    machine = "container"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, request: Request) -> str | None:
        return request.reference if (self.folder / request.key).exists() else None

    def content(self, request: Request) -> str:
        return hashlib.sha256((self.folder / request.key).read_bytes()).hexdigest()

    def obstacle(self, request: Request) -> ImageError | None:
        return None

    def hooks(self, request: Request, scratch: Path) -> tuple[str, ...]:
        return ()

    def load(self, request: Request, root: Path, scratch: Path) -> None:
        root.rename(self.folder / request.key)

    def commit(self, request: Request, container: str) -> None:
        (self.folder / request.key).write_text(container, encoding="utf-8")


class WritingSource:
    """A source that records each image that it makes; it first waits for a file ``go``, if set."""

    def __init__(self, folder: Path, go: Path | None = None) -> None:
        self.name, self.order = "writing", 1
        self.made = folder / "made"
        self._go = go

    def obstacle(self, request: Request) -> ImageError | None:
        return None

    def build(self, request: Request, store: Store, scratch: Path) -> None:
        with self.made.open("a", encoding="utf-8") as log:
            log.write(f"{request.key}\n")
        if self._go:
            _wait_for(self._go)
        root = scratch / "root.tar"
        root.write_text("root", encoding="utf-8")
        store.load(request, root, scratch)


class FailingSource:
    """A source that fails, and counts its calls."""

    def __init__(self, name: str, error: Exception) -> None:
        self.name, self.order, self.asked = name, 1, 0
        self._error = error

    def obstacle(self, request: Request) -> ImageError | None:
        return None

    def build(self, request: Request, store: Store, scratch: Path) -> None:
        self.asked += 1
        raise self._error


class BlockedSource(FailingSource):
    """A source that reports its error as an obstacle, before it is called."""

    def obstacle(self, request: Request) -> ImageError | None:
        assert isinstance(self._error, ImageError)
        return self._error


def example(
    folder: Path, *sources: Source, run: str = "", wait_s: float = 30.0, needed_bytes: int = 0
) -> Images:
    """Return images whose cache and store are one folder, on a host of another family."""
    return Images(
        {"example-1": EXAMPLE},
        folder / "cache",
        run=run,
        sources=sources,
        stores={"container": FolderStore(folder)},
        environ={},
        etc=folder,
        wait_timeout_s=wait_s,
        needed_bytes=needed_bytes,
    )


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(path)
        time.sleep(0.01)


def main(folder: Path) -> None:
    """Request the example image as a worker does; print that it is requested, and the result."""
    images = example(folder, WritingSource(folder, go=folder / "go"), run="run-1", wait_s=30)
    _print("asking")
    try:
        _print(images.ensure(PLATFORM))
    except UpgradeproofError as error:
        _print(str(error))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
