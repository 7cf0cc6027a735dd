"""Which archive an image comes from: the chosen one, else the one that this host's apt uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from debian.deb822 import Deb822

from upgradeproof.errors import PlanError
from upgradeproof.plan.images import Architecture, Bootstrap, archive_urls

_ONE_LINE = re.compile(r"^\s*deb\s+(?:\[[^\]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)")
_SELF = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A distribution's archive: the main one, and the one that holds its security suites."""

    main: str
    security: str
    chosen: bool
    """Whether it was chosen (definition, environment), or this host's apt merely uses it."""

    def lines(self, bootstrap: Bootstrap) -> tuple[str, ...]:
        """Return the lines of the image's sources.list, the release's own suite first."""
        components = " ".join(bootstrap.components)
        pairs = [(self.main, suite) for suite in bootstrap.suites]
        pairs += [(self.security, suite) for suite in bootstrap.security_suites]
        return tuple(f"deb {uri} {suite} {components}" for uri, suite in pairs)


@dataclass(frozen=True)
class Source:
    """One archive and suite of apt's sources."""

    uri: str
    suite: str


def choose(
    family: str,
    bootstrap: Bootstrap,
    architecture: Architecture,
    *,
    native: bool,
    etc: Path,
    environ: Mapping[str, str],
) -> Archive | None:
    """Return the archive for a family's images; None leaves it to mmdebstrap's default.

    In this order: the environment's UPGRADEPROOF_ARCHIVE_<FAMILY>_<ARCHITECTURE>, for families that
    have another archive for some architectures; UPGRADEPROOF_ARCHIVE_<FAMILY>; the definition's
    ``archive``; the archive that this host's apt uses, if the host (``etc`` is its /etc) is of that
    family and the archive has the architecture. Raises PlanError when the environment names no URL.
    """
    of_family = f"UPGRADEPROOF_ARCHIVE_{re.sub('[^A-Z0-9]', '_', family.upper())}"
    own = f"{of_family}_{architecture.upper()}"
    variable = own if environ.get(own, "").strip() else of_family
    try:
        urls = archive_urls(environ.get(variable, "")) or archive_urls(bootstrap.archive)
    except ValueError as error:
        raise PlanError(
            f"{variable} names no archive: {environ[variable]!r}", resolution=str(error)
        ) from None
    if urls:
        return Archive(main=urls[0], security=urls[1], chosen=True)
    if native or bootstrap.one_archive:
        return of_host(family, etc)
    return None


def of_host(family: str, etc: Path) -> Archive | None:
    """Return the archive that this host's apt uses for its own release, if it is of ``family``.

    An address that means something on this host alone (a proxy on localhost, a folder, a password
    in the URL) is not returned: it would end up in the image.
    """
    release = os_release(etc)
    codename = release.get("VERSION_CODENAME", "")
    if release.get("ID") != family or not codename:
        return None
    usable = {
        source.suite: source.uri
        for source in reversed(list(sources(etc / "apt")))
        if _travels(source.uri)
    }
    main = usable.get(codename)
    if main is None:
        return None
    return Archive(
        main=main, security=usable.get(f"{codename}-security", f"{main}-security"), chosen=False
    )


def os_release(etc: Path) -> dict[str, str]:
    """Return the host's os-release; empty where there is none."""
    try:
        text = (etc / "os-release").read_text(encoding="utf-8")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def sources(apt: Path) -> Iterator[Source]:
    """Yield the binary sources of an apt folder in apt's order, from both formats."""
    parts = apt / "sources.list.d"
    for path in [apt / "sources.list", *sorted(parts.glob("*.list"))]:
        yield from _one_line(_read(path))
    for path in sorted(parts.glob("*.sources")):
        yield from _deb822(_read(path))


def _read(path: Path) -> str:
    """Return a file's text; a file that is not there, or not for us to read, names no source."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _one_line(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        if found := _ONE_LINE.match(line):
            yield Source(found["uri"].rstrip("/"), found["suite"])


def _deb822(text: str) -> Iterator[Source]:
    for paragraph in Deb822.iter_paragraphs(text.splitlines()):
        enabled = paragraph.get("Enabled", "yes").strip().lower() not in {"no", "false", "0"}
        if not enabled or "deb" not in paragraph.get("Types", "").split():
            continue
        for uri in paragraph.get("URIs", "").split():
            for suite in paragraph.get("Suites", "").split():
                yield Source(uri.rstrip("/"), suite)


def _travels(uri: str) -> bool:
    """Return whether an address means the same inside a machine as on this host."""
    parts = urlsplit(uri)
    return parts.scheme in {"http", "https"} and parts.hostname not in _SELF and not parts.username
