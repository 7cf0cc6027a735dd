"""SHA256SUMS of a run's folder, and its signatures by ssh-keygen: checked without upgradeproof."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from upgradeproof.command import run
from upgradeproof.decision.agent import fields
from upgradeproof.decision.keys import Signer
from upgradeproof.decision.names import DECISION, EVIDENCE, LOCK, PAGE, PDF, SUMS, visible
from upgradeproof.decision.signers import NAMESPACE
from upgradeproof.errors import SigningError

TIMEOUT_S = 60.0
_OWN = re.compile(rf"{SUMS}|{SUMS}(\.\d+)?\.sig|{re.escape(EVIDENCE)}|{re.escape(LOCK)}", re.ASCII)
"""Files of the signature itself, each signed in its own way; and the lock of a run."""
_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)")
_READ = re.compile(
    rf"run\.json|index\.html|{DECISION}|{PAGE}|{PDF}|{SUMS}.*|{re.escape(EVIDENCE)}|journal/[^/]+\.jsonl"
    r"|decision/(.+/)?[^/]+\.(toml|json)"
)
"""Files that are read as a whole, or would be if they were files."""
MAX_READ_BYTES = 1 << 30
"""Of a file that is read as a whole: a journal of 10,000 cells takes a tenth of it."""
_ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----(.+)-----END SSH SIGNATURE-----", re.DOTALL)


def sums_of(folder: Path) -> str:
    """Return SHA256SUMS of every file of a folder. Raises SigningError for what can't be signed."""
    if problem := next(unfit(folder), None):
        raise SigningError(
            f"{folder} can't be signed: {problem}",
            resolution="replace a link by a copy, rename the file, or remove it",
        )
    return "".join(f"{_sum(path)}  {name}\n" for name, path in sorted(_files(folder).items()))


def _sum(path: Path) -> str:
    """Return the SHA-256 of a file, which may be large."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> dict[str, Path]:
    """Return the files that are listed, by name."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return {
        name: path for name, path in found.items() if path.is_file() and not _OWN.fullmatch(name)
    }


def unfit(folder: Path) -> Iterator[str]:
    """Yield what must not be read or can't be listed, by name: links, devices, odd names."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            yield f"{visible(name)} is a link or no regular file"
        elif path.is_dir():
            if _READ.fullmatch(name):
                yield f"{visible(name)} is a folder, and should be a file"
        elif not name.isprintable() or "\\" in name:
            yield f"the name {visible(name)} can't be listed in {SUMS}"
        elif _READ.fullmatch(name) and path.stat().st_size > MAX_READ_BYTES:
            yield f"{name} is larger than {MAX_READ_BYTES >> 30} GiB, and is not read"
        elif name == LOCK and path.stat().st_size:
            yield f"{name} is not empty, and {SUMS} does not list it"


def differences(folder: Path) -> Iterator[str]:
    """Yield each file that is not as SHA256SUMS states, by name."""
    listed: dict[str, str] = {}
    lines = (folder / SUMS).read_bytes().decode("utf-8", "surrogateescape").split("\n")
    for number, line in enumerate(lines if lines[-1] else lines[:-1], start=1):
        found = _LINE.fullmatch(line)
        if found is None:
            yield f"{SUMS}:{number}: this is no line of sha256sum"
        elif found[2] in listed:
            yield f"{SUMS}:{number}: {visible(found[2])} is listed twice"
        else:
            listed[found[2]] = found[1]
    files = _files(folder)
    for name in sorted({*listed, *files}):
        if name not in files:
            yield f"{visible(name)} is missing"
        elif name not in listed:
            yield f"{visible(name)} was added: {SUMS} does not list it"
        elif _sum(files[name]) != listed[name]:
            yield f"{visible(name)} was edited: its sum is not the one in {SUMS}"


def signatures(folder: Path) -> list[Path]:
    """Return the files of signatures, the first one first."""
    found = [path for path in folder.glob(f"{SUMS}*.sig") if _OWN.fullmatch(path.name)]
    return sorted(found, key=lambda path: (len(path.name), path.name))


def free_name(folder: Path) -> Path:
    """Return the file for one more signature."""
    names = chain([f"{SUMS}.sig"], (f"{SUMS}.{number}.sig" for number in count(2)))
    return next(path for path in map(folder.joinpath, names) if not path.exists())


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
