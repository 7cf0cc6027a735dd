"""Who may sign: a file of allowed signers, in the format of ssh-keygen(1)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from upgradeproof.decision.keys import KEY_TYPE, fingerprint
from upgradeproof.errors import PlanError

NAMESPACE = "upgradeproof.decision@v1"
_OPTION = re.compile(r'([a-z-]+)(?:="([^"]*)")?')
_LINE = re.compile(
    r'(?P<name>"[^"]*"|\S+)\s+'
    rf"(?:(?P<options>{_OPTION.pattern}(?:,{_OPTION.pattern})*)\s+)?"
    r"(?P<kind>[a-z0-9@.-]+)\s+(?P<key>[A-Za-z0-9+/=]+)(?:\s.*)?"
)
_TIMES = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


@dataclass(frozen=True, kw_only=True)
class AllowedSigner:
    """One line of the file."""

    name: str
    """The principals, as the file writes them."""
    blob: bytes
    namespaces: tuple[str, ...] = ()
    """Empty: all."""
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def refused(self, at: datetime) -> str:
        """Return why a signature of this key does not count at a time; empty: it counts."""
        name = f"{self.name}, key {fingerprint(self.blob)},"
        if self.namespaces and NAMESPACE not in self.namespaces:
            return f"{name} may not sign in the namespace {NAMESPACE}"
        if self.valid_before and at >= self.valid_before:
            return (
                f"{name} had expired at the time of signing, {at.isoformat()}: it was valid until "
                f"{self.valid_before.isoformat()}"
            )
        if self.valid_after and at < self.valid_after:
            return (
                f"{name} was not valid yet at the time of signing, {at.isoformat()}: it is valid "
                f"from {self.valid_after.isoformat()}"
            )
        return ""


def load_signers(path: Path) -> tuple[AllowedSigner, ...]:
    """Return the allowed signers with a key of ed25519. Raises PlanError, with the line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise PlanError(
            f"{path} can't be read: {error.strerror}",
            resolution="write lines such as: ada@example.org ssh-ed25519 AAAA...",
        ) from None
    found = [
        signer
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.lstrip().startswith("#")
        if (signer := _parse(line, f"{path}:{number}")) is not None
    ]
    if not found:
        raise PlanError(
            f"{path} lists no key of the type {KEY_TYPE}",
            resolution="write lines such as: ada@example.org ssh-ed25519 AAAA...",
        )
    return tuple(found)


def people(signers: Iterable[AllowedSigner]) -> int:
    """Return how many people signed: keys that share one name of the file are of one person."""
    groups: list[set[str]] = []
    for each in signers:
        names = set(each.name.split(","))
        same = [group for group in groups if group & names]
        groups = [group for group in groups if not group & names] + [names.union(*same)]
    return len(groups)


def _parse(line: str, where: str) -> AllowedSigner | None:
    """Return the signer of a line; None for a key of another type, which can't have signed."""
    found = _LINE.fullmatch(line.strip())
    wrong = PlanError(
        f"{where}: this is no allowed signer",
        details=line,
        resolution="write lines such as: ada@example.org ssh-ed25519 AAAA...",
    )
    if found is None:
        raise wrong
    try:
        options = dict(_OPTION.findall(found["options"] or ""))
        if found["kind"] != KEY_TYPE or "cert-authority" in options:
            return None
        return AllowedSigner(
            name=found["name"].strip('"'),
            blob=base64.b64decode(found["key"], validate=True),
            namespaces=tuple(filter(None, options.get("namespaces", "").split(","))),
            valid_after=_time(options.get("valid-after", "")),
            valid_before=_time(options.get("valid-before", "")),
        )
    except ValueError:
        raise wrong from None


def _time(text: str) -> datetime | None:
    """Return a time of the file; without a Z it is in the time zone of this host, as for ssh."""
    if not text:
        return None
    digits = text.removesuffix("Z")
    found = datetime.strptime(digits, _TIMES.get(len(digits), ""))  # noqa: DTZ007  # see below
    return found.replace(tzinfo=UTC) if text.endswith("Z") else found.astimezone()
