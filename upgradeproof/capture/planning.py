"""The plan of a captured server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from upgradeproof.capture.folder import Twin
from upgradeproof.capture.knowledge import knowledge
from upgradeproof.capture.reader import About
from upgradeproof.capture.report import left_out
from upgradeproof.distributions import skipped
from upgradeproof.errors import PlanError
from upgradeproof.observe.configs import format_of
from upgradeproof.observe.writing import Draft, Entry, Noted, plan_text
from upgradeproof.plan import Image
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.services import Services
from upgradeproof.probes.sockets import Sockets

MAXIMUM_CONFIGS = 60
"""The maximum of configuration files in a plan; all files are compared as facts anyway."""
_TWIN = "/opt/upgradeproof/twin"
_BASE = "base-files"
"""The package whose version is the distribution's number: it differs in every release."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """From which image to which one a twin is upgraded."""

    old: Image
    new: Image
    platform: str


def route(about: About, images: Mapping[str, Image], *, to: str, machine: str) -> Route:
    """Return the images for a server and its upgrade. Raises PlanError if there is none."""
    family, codename = about.os.get("ID", ""), about.os.get("VERSION_CODENAME", "")
    known = ", ".join(sorted(images))
    fitting = [i for i in images.values() if i.family == family and i.codename == codename]
    if not fitting:
        system = about.os.get("PRETTY_NAME", "") or "an unknown system"
        raise PlanError(
            f"{about.name or 'the server'} runs {system}, for which there is no image: it can't"
            " be captured",
            details=f"available: {known}",
            resolution="add a definition of this release to images/: a TOML file with its family, "
            "its codename and a table [bootstrap]",
        )
    fitting = [
        i for i in fitting if machine in i.machines and about.architecture in i.architectures
    ]
    if not fitting:
        raise PlanError(
            f"there is no image of {family} {codename} for {about.architecture} in a {machine}",
            details=f"available: {known}",
        )
    old = min(fitting, key=lambda image: len(image.name))
    later = [
        image
        for image in images.values()
        if image.family == family and _version(image) > _version(old)
    ]
    if to and to not in images:
        raise PlanError(f"there is no image {to!r}", details=f"available: {known}")
    if not to and not later:
        raise PlanError(
            f"there is no image of a release after {old.name}",
            details=f"available: {known}",
            resolution="add a definition to images/, or name one by --upgrade-to",
        )
    new = images[to] if to else min(later, key=lambda image: (_version(image), len(image.name)))
    if skip := skipped(old.codename, new.codename):
        raise PlanError(
            f"an upgrade {skip}",
            resolution=f"name an image of {skip.way[0].codename} with --upgrade-to",
        )
    return Route(old=old, new=new, platform=f"{old.name}-{about.architecture}.{machine}")


def _version(image: Image) -> tuple[int, ...]:
    found = re.search(r"\d+(?:\.\d+)*", image.name)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def plan_of(twin: Twin, way: Route, name: str) -> str:
    """Return the text of ``upgrade.toml``."""
    about = twin.captured.about
    draft = Draft(
        name=name,
        title=f"Twin of {about.name}, {about.os.get('PRETTY_NAME', '')}",
        keys={"captured": "captured.json"},
        notes=(
            (
                f"Captured from {about.name}, on which nothing was changed. `captured.json` has"
                " its facts: the twin is compared with them. report.md lists the placeholders for"
                " secrets, and what the twin does not have."
            ),
        ),
        releases=tuple(_releases(twin, way)),
        install=tuple(_install(twin)),
        upgrade=Entry(
            keys={"from": _label(way.old), "to": _label(way.new), "platforms": (way.platform,)}
        ),
        steps=(
            Entry(
                keys={
                    "step": "apt-sources",
                    "old": way.old.codename,
                    "new": way.new.codename,
                }
            ),
            Entry(keys={"step": "apt-full-upgrade", "conffiles": "keep"}),
        ),
        services=tuple(_services(twin)),
        expect={"port": tuple(_ports(twin)), "config": tuple(_configs(twin))},
        left_out=tuple(left_out(twin)),
        left_out_heading="Not in the twin:",
    )
    return plan_text(draft)


def _label(image: Image) -> str:
    """Return the release's name in the plan: the image's name without the family's."""
    return image.name.removeprefix(f"{image.family}-") or image.name


def _releases(twin: Twin, way: Route) -> Iterator[Entry]:
    base = twin.captured.facts[Packages].get(_BASE)
    number = re.match(r"\d+", base.version) if base else None
    yield Entry(
        keys={
            "name": _label(way.old),
            "packages": {
                _BASE: Noted(
                    value=f"{number[0] if number else ''}*",
                    source=base.version if base else "",
                )
            },
        },
        source="The version of base-files begins with a number of the distribution's.",
    )
    # Where the numbers are those of the images, as Debian's are, the next one is known, too.
    known = number is not None and number[0] == _label(way.old)
    next_version = f"{_label(way.new)}*" if known else "*"
    yield Entry(keys={"name": _label(way.new), "packages": {_BASE: next_version}})


def _install(twin: Twin) -> Iterator[Entry]:
    def run(title: str, script: str, source: str = "") -> Entry:
        return Entry(
            keys={
                "step": "run",
                "title": title,
                "script": f"sh -e {_TWIN}/{script}",
                "timeout_s": 3600,
            },
            source=source,
        )

    def copy(source: str, path: str, why: str, manifest: str = "") -> Entry:
        keys = {"step": "copy", "source": source, "path": path, "manifest": manifest}
        return Entry(keys=keys, source=why)

    yield copy("twin", _TWIN, "What the next steps run; the last one removes it.")
    yield run(
        "create the server's users and groups",
        "accounts.sh",
        "Before any package creates them with other ids.",
    )
    if twin.apt:
        why = "What apt reads: third-party sources, keys, pins. The image has the distribution's."
        yield copy("apt", "/", why, "apt.mtree")
    if twin.sources.third_party:
        yield run("leave out sources that can't be fetched", "sources.sh")
    yield Entry(
        keys={
            "step": "run",
            "title": "install the server's packages",
            "script": "apt-get -q -o Acquire::Retries=3 update --error-on=any\n"
            f"sh -e {_TWIN}/packages.sh\n",
            "timeout_s": 3600,
        },
        source="Each in the server's version if an archive offers it: see twin/packages.sh.",
    )
    yield copy("files", "/", "What the administrator changed and added.", "files.mtree")
    yield Entry(
        keys={
            "step": "run",
            "title": "remove files that the server does not have",
            "script": f"perl {_TWIN}/settle.pl {_TWIN}/settle.tsv",
        },
        source="This also sets the server's owners and modes of the packages' own files.",
    )
    yield run("set marks, holds and alternatives as on the server", "choices.sh")
    yield run("start what runs on the server", "services.sh")
    yield Entry(keys={"step": "run", "script": f"rm -rf {_TWIN}"})


def _services(twin: Twin) -> Iterator[Noted]:
    for name, unit in sorted(twin.captured.facts[Services].items()):
        wanted = unit.active == "active" and unit.starts_at_boot
        kind = name.endswith((".service", ".socket", ".timer"))
        if wanted and kind and not knowledge().ordinary(name):
            yield Noted(value=name.removesuffix(".service"))


def _ports(twin: Twin) -> Iterator[Entry]:
    seen = set()
    for key, socket in sorted(
        twin.captured.facts[Sockets].items(), key=lambda item: (item[1].port, item[0])
    ):
        place = (socket.protocol, socket.port)
        if place in seen or not socket.process or knowledge().of_the_system(socket.unit):
            continue
        if socket.unit == "init.scope":
            continue
        seen.add(place)
        yield Entry(
            keys={
                "port": socket.port,
                "protocol": socket.protocol if socket.protocol != "tcp" else "",
                "process": socket.process,
            },
            source=f"{key}, {socket.unit or 'no unit'}",
        )


def _configs(twin: Twin) -> Iterator[Entry]:
    edited = [path for path in twin.captured.walked.edited if path in twin.entries]
    for path in edited[:MAXIMUM_CONFIGS]:
        if path.startswith("/etc/") and re.fullmatch(r"[!-~]+", path) and "%" not in path:
            content = twin.entries[path].content
            name = format_of(path, content) if content is not None else "text"
            yield Entry(
                keys={"path": path, "format": "" if name == "text" else name},
                source="Edited: it differs from that of its package.",
            )
