"""What a twin does not have, and the report of a capture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from upgradeproof.capture.folder import Twin
from upgradeproof.capture.knowledge import knowledge
from upgradeproof.capture.sources import names_of
from upgradeproof.capture.stream import readable
from upgradeproof.probes.packages import Packages

KIB = 1024
SHOWN = 40
"""Names of one kind that a line lists."""


def left_out(twin: Twin) -> Iterator[str]:
    """Yield what the twin does not have, a line each: the plan and the report list it."""
    about, walked = twin.captured.about, twin.captured.walked
    packages = twin.captured.facts[Packages]
    obsolete = [n for n, p in packages.items() if p.installed and p.obsolete]
    boots = [n for n, p in packages.items() if p.installed and knowledge().boots(n)]
    yield from (
        f"{words}: {_some(names)}"
        for words, names in (
            ("packages in a version that no archive of the server offers any more", obsolete),
            (
                "packages of kernel, boot loader and network, which a container does not have",
                [] if twin.boots else boots,
            ),
            ("kernel modules that are loaded", about.modules),
            ("addresses of the server", about.addresses),
            ("disks", about.disks),
            (
                "separate file systems",
                [
                    f"{point} ({kind})"
                    for point, kind in about.mounts.items()
                    if _is_disk(kind) and not point.startswith("/etc/")
                ],
            ),
            ("files about addresses and disks", [readable(path) for path in walked.left]),
            ("proxies of apt", [readable(path) for path in twin.sources.proxies]),
            (
                "sources without package lists",
                [readable(path) for path in twin.sources.unknown],
            ),
            (
                "files that an unknown program derives from others",
                [
                    readable(path)
                    for path, entry in twin.entries.items()
                    if entry.type == "derived" and not knowledge().maker(path)
                ],
            ),
            (
                "files that vanished during the capture",
                [readable(p) for p in walked.vanished],
            ),
            ("files that are too large or can't be read", [readable(p) for p in walked.unread]),
            (
                "files with a certificate that does not match the placeholder of its key",
                [readable(path) for path in twin.unissued],
            ),
            ("data folders", list(_data(twin))),
            ("files that name an address of the server", list(_with_addresses(twin))),
        )
        if names
    )


_NO_DISK = re.compile(r"proc|sysfs|cgroup.*|dev.*|tmpfs|mqueue|.*fs_?ctl|fusectl|debugfs|tracefs"
                      r"|hugetlbfs|securityfs|pstore|bpf|configfs|ramfs|binfmt_misc|autofs"
                      r"|overlay|rpc_pipefs|efivarfs|squashfs|nsfs|selinuxfs")  # fmt: skip


def _is_disk(kind: str) -> bool:
    return not _NO_DISK.fullmatch(kind)


def _data(twin: Twin) -> Iterator[str]:
    copied = twin.captured.data
    sizes = twin.captured.about.sizes
    parents = {path.rpartition("/")[0] for path in sizes}
    for path, kilobytes in sorted(sizes.items(), key=lambda item: -item[1]):
        if path in parents or any(path.startswith(f"{c}/") or path == c for c in copied):
            continue
        if not path.startswith(("/var/lib/dpkg", "/var/lib/apt", "/var/lib/ucf")):
            size = f"{kilobytes / 1024:.1f} MB" if kilobytes >= KIB else f"{kilobytes} KiB"
            yield f"{path} ({size})"


def _with_addresses(twin: Twin) -> Iterator[str]:
    for path, entry in twin.entries.items():
        text = (entry.content or b"").decode("utf-8", "replace")
        for address in twin.captured.about.addresses:
            if re.search(rf"(?<![\w.:]){re.escape(address)}(?![\w.:])", text):
                yield f"{readable(path)} ({address})"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"


def report_of(twin: Twin, upgraded_to: str) -> str:
    """Return the report: what was read, what is replaced, what the twin does not have."""
    captured, walked = twin.captured, twin.captured.walked
    about = captured.about
    kinds = captured.facts.sections
    files = sum(1 for entry in twin.entries.values() if entry.content is not None)
    lines = [
        f"# {about.name}",
        "",
        (
            f"{about.os.get('PRETTY_NAME', '')}, {about.architecture}, kernel {about.kernel}."
            f" The twin is upgraded to {upgraded_to}."
        ),
        "",
        (
            f"{len(kinds['packages'])} packages, {len(kinds['services'])} units,"
            f" {len(kinds['users'])} users and {len(kinds['sockets'])} listening sockets were read;"
            f" {files} files were added or edited, and {len(walked.missing)} removed."
        ),
        "",
        "## Placeholders for secrets",
        "",
        "They were replaced on the server, before any data left it.",
        "",
        *(
            f"- `{readable(path)}`: "
            + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds_of.items()))
            for path, kinds_of in sorted(walked.secrets.items())
        ),
        *(f"- the password of the user {user}" for user in sorted(walked.accounts)),
        "",
        "## What the twin does not have",
        "",
        *(f"- {line}" for line in left_out(twin)),
    ]
    if twin.sources.third_party:
        lines += [
            "",
            "## Sources of third parties",
            "",
            f"Used if they can be fetched: {names_of(twin.sources.third_party)}.",
        ]
    return "\n".join([*lines, ""])
