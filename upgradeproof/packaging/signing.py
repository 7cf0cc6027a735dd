"""Sign repositories, with a key that is made for this host's cache and never leaves it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from upgradeproof.command import Completed, run
from upgradeproof.files import write_atomically
from upgradeproof.packaging.build import require

TIMEOUT_S = 60.0
TOOLS = {"gpg": "gnupg", "gpg-agent": "gnupg"}
SHORT = Path("/tmp")  # noqa: S108  # in it, a folder of a random name that no other user may enter
"""Where GnuPG works: its agent's sockets may not have paths of more than 107 characters."""
_OWNER = "upgradeproof <upgradeproof@localhost>"
_QUIETLY = ("--batch", "--quiet", "--yes", "--no-tty", "--pinentry-mode=loopback", "--passphrase=")


class Signer:
    """The key of one cache: made when it is first needed, readable by its owner alone."""

    def __init__(self, folder: Path, scratch: Path = SHORT) -> None:
        """Set the folder of the key, which may not exist yet."""
        self._folder = folder
        self._scratch = scratch
        self._secret = folder / "secret.asc"
        self._public = folder / "public.gpg"

    def public(self) -> bytes:
        """Return the public key, as APT's ``Signed-By`` takes it. Raises ProgramError."""
        self._ensure()
        return self._public.read_bytes()

    def sign(self, text: str) -> bytes:
        """Return a text with its signature around it. Raises ProgramError without gpg."""
        self._ensure()
        with _keyring(self._scratch) as keyring:
            _gpg(keyring, "--import", str(self._secret))
            done = _gpg(keyring, "--digest-algo=SHA512", "--clear-sign", stdin=text.encode())
        return done.stdout

    def _ensure(self) -> None:
        """Make the key, where no process has made it yet."""
        require(TOOLS, "sign a repository")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self._folder / "lock"):
            if self._public.exists():
                return
            with _keyring(self._scratch) as keyring:
                _gpg(keyring, "--quick-generate-key", _OWNER, "ed25519", "sign", "never")
                self._secret.touch(mode=0o600)
                self._secret.write_bytes(
                    _gpg(keyring, "--armor", "--export-secret-keys", _OWNER).stdout
                )
                # Last: where it exists, the secret key exists as well.
                write_atomically(self._public, _gpg(keyring, "--export", _OWNER).stdout)


@contextmanager
def _keyring(scratch: Path) -> Iterator[Path]:
    """Give GnuPG a home of its own, and end its agent afterwards."""
    with tempfile.TemporaryDirectory(prefix="upgradeproof-", dir=scratch) as home:
        try:
            yield Path(home)
        finally:
            run(["gpgconf", "--homedir", home, "--kill", "all"], timeout_s=TIMEOUT_S, check=False)


def _gpg(keyring: Path, *words: str, stdin: bytes = b"") -> Completed:
    argv = ["gpg", "--homedir", str(keyring), *_QUIETLY, *words]
    return run(argv, timeout_s=TIMEOUT_S, stdin=stdin)
