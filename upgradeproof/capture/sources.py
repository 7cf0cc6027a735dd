"""Which APT sources of a server are the distribution's: a twin's image has those already."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from upgradeproof.capture.reader import About
from upgradeproof.capture.stream import Entry, readable

_URL = re.compile(r"\b(?:https?|ftp|mirror\+\w+|tor\+https?)://[^\s\]]+")
_LOGIN = re.compile(r"//[^/@]*@")
_FOLDER = "/etc/apt/sources.list"
_PROXY = re.compile(r"^\s*Acquire(?:::|\s*\{).*proxy", re.IGNORECASE | re.MULTILINE | re.DOTALL)


@dataclass
class Sources:
    """The files of APT by kind: what the twin gets, and what is left out and why."""

    third_party: list[str] = field(default_factory=list)
    """Escaped paths of files that name archives of third parties."""
    distribution: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Files whose archives apt has no lists of."""
    proxies: list[str] = field(default_factory=list)
    """Files that send apt through a proxy, which a twin does not reach."""

    @property
    def left_out(self) -> frozenset[str]:
        """Return the files that the twin does not get."""
        return frozenset((*self.distribution, *self.unknown, *self.proxies))


def sorted_sources(about: About, entries: Mapping[str, Entry]) -> Sources:
    """Return a server's sources by kind, from the origin that each archive's index states."""
    found = Sources()
    origins = {url.rstrip("/"): origin for url, _, origin in about.sources}
    for path, entry in sorted(entries.items()):
        text = (entry.content or b"").decode("utf-8", "replace")
        if path.startswith("/etc/apt/apt.conf") and _PROXY.search(text):
            found.proxies.append(path)
        if not path.startswith(_FOLDER) or entry.type != "file":
            continue
        enabled = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        urls = [_LOGIN.sub("//", url).rstrip("/") for url in _URL.findall("\n".join(enabled))]
        theirs = {origins.get(url, "") for url in urls}
        if theirs <= {_family(about)}:
            found.distribution.append(path)
        elif theirs == {""}:
            found.unknown.append(path)
        else:
            found.third_party.append(path)
    return found


def _family(about: About) -> str:
    """Return the origin that the distribution's own archives state: its id, with a capital."""
    return about.os.get("ID", "").capitalize()


def names_of(paths: Sequence[str]) -> str:
    """Return escaped paths as text, for a report."""
    return ", ".join(readable(path) for path in paths)


def keep_reachable_script(sources: Sequence[str]) -> str:
    """Return the script that disables sources which can't be fetched from the twin."""
    lines = ["set +e"]
    for path in sources:
        name = readable(path)
        lines += [
            (
                f"if ! apt-get -q update --error-on=any -o Dir::Etc::sourcelist={shlex.quote(name)}"
                " -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 >/dev/null 2>&1; then"
            ),
            f"  echo {shlex.quote(f'{name}: can not be fetched here, and is left out')}",
            f"  mv {shlex.join([name, f'{name}.left-out'])}",
            "fi",
        ]
    return "\n".join([*lines, "exit 0", ""])
