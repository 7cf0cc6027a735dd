"""SHA256SUMS of a run's folder, and its signatures by ssh-keygen: checked without upgradeproof."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from upgradeproof.command import run
from upgradeproof.decision.agent import fields
from upgradeproof.decision.keys import Signer
from upgradeproof.decision.names import EVIDENCE, SUMS
from upgradeproof.decision.signers import NAMESPACE
from upgradeproof.errors import SigningError

TIMEOUT_S = 60.0
_OWN = re.compile(rf"{SUMS}|{SUMS}(\.\d+)?\.sig|{re.escape(EVIDENCE)}|\.lock")
"""Files of the signature itself, each signed in its own way; and the lock of a run."""
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
_ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----(.+)-----END SSH SIGNATURE-----", re.DOTALL)


def sums_of(folder: Path) -> str:
    """Return SHA256SUMS of every file of a folder. Raises SigningError for what is no file."""
    return "".join(f"{_sum(path)}  {name}\n" for name, path in sorted(_files(folder).items()))


def _sum(path: Path) -> str:
    """Return the SHA-256 of a file, which may be large."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> dict[str, Path]:
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise SigningError(
                f"{name} is a link or no regular file, and can't be signed",
                resolution="replace it by a copy, or remove it",
            )
        if path.is_file() and not _OWN.fullmatch(name):
            if "\n" in name or "\\" in name:
                raise SigningError(
                    f"the name {name!r} can't stand in {SUMS}", resolution="rename the file"
                )
            found[name] = path
    return found


def differences(folder: Path) -> Iterator[str]:
    """Yield each file that is not as SHA256SUMS states, by name."""
    listed: dict[str, str] = {}
    lines = (folder / SUMS).read_bytes().decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, start=1):
        found = _LINE.fullmatch(line)
        if found is None:
            yield f"{SUMS}:{number}: this is no line of sha256sum"
        else:
            listed[found[2]] = found[1]
    files = _files(folder)
    for name in sorted({*listed, *files}):
        if name not in files:
            yield f"{name} is missing"
        elif name not in listed:
            yield f"{name} was added: {SUMS} does not list it"
        elif _sum(files[name]) != listed[name]:
            yield f"{name} was edited: its sum is not the one in {SUMS}"


def signatures(folder: Path) -> list[Path]:
    """Return the files of signatures, the first one first."""
    found = [path for path in folder.glob(f"{SUMS}*.sig") if _OWN.fullmatch(path.name)]
    return sorted(found, key=lambda path: (len(path.name), path.name))


def free_name(folder: Path) -> Path:
    """Return the file for one more signature."""
    number = len(signatures(folder)) + 1
    return folder / (f"{SUMS}.sig" if number == 1 else f"{SUMS}.{number}.sig")


def ssh_sign(content: bytes, signer: Signer) -> bytes:
    """Return a signature of ``ssh-keygen -Y sign``. Raises SigningError."""
    argv = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(signer.ssh_file), "-n", NAMESPACE]
    done = run(argv, timeout_s=TIMEOUT_S, stdin=content, check=False)
    if not done.ok:
        raise SigningError(f"ssh-keygen can't sign with {signer.ssh_file}", details=done.tail)
    return done.stdout


def signer_of(path: Path) -> bytes | None:
    """Return the public key that a file's signature names; None where it is no signature."""
    armour = _ARMOUR.search(path.read_bytes())
    if armour is None:
        return None
    try:
        blob = base64.b64decode(b"".join(armour[1].split()), validate=True)
        return next(fields(blob.removeprefix(b"SSHSIG")[4:]))
    except (ValueError, StopIteration):
        return None


def ssh_verifies(
    content: bytes, signature: Path, *, signers: Path, name: str, at: datetime
) -> bool:
    """Return whether ``ssh-keygen -Y verify`` accepts a signature of one signer, at a time."""
    argv = [
        *("ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", name, "-n", NAMESPACE),
        *("-s", str(signature), f"-Overify-time={at.astimezone(UTC):%Y%m%d%H%M%S}Z"),
    ]
    return run(argv, timeout_s=TIMEOUT_S, stdin=content, check=False).ok
