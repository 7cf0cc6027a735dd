"""Read the files of packages by which one sets a policy for the whole machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from upgradeproof.probes.attribution import changed_package, distribution_upgraded
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.configs import Configs
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.owners import merged
from upgradeproof.probes.text import clean, rows
from upgradeproof.probes.text_diff import only_comments_differ, packed, unified, unpacked

TEXT_LIMIT_KIB = 32
"""Of a larger file no text is stored."""
TEXT_TOTAL_BYTES = 1_048_576
FILE_LIMIT = 2000

# A unit's own drop-ins are named by its file: the lists of dpkg are asked for both.
_SCRIPT = r"""
lib=/lib
[ ! -L /lib ] || lib=
files=$(for base in /usr/lib $lib; do
  find "$base"/systemd/*.conf.d "$base"/systemd/system/*.d "$base"/systemd/user/*.d \
    "$base"/systemd/system-preset "$base"/systemd/user-preset "$base"/systemd/network \
    "$base"/udev/rules.d "$base"/environment.d "$base"/modprobe.d "$base"/modules-load.d \
    "$base"/tmpfiles.d "$base"/NetworkManager/conf.d \
    /usr/share/polkit-1/rules.d /usr/share/dbus-1/system.d \
    -mindepth 1 -maxdepth 1 \( -type f -o -type l \( -xtype f -o -lname /dev/null \) \) \
    \( -name '*.conf' -o -name '*.rules' -o -name '*.preset' -o -name '*.network' \
    -o -name '*.link' -o -name '*.netdev' \) ! -name '*[[:cntrl:]\\]*' \
    -printf '%p\t%l\t%s\t%m\n' 2>/dev/null
  find "$base"/systemd/system-generators "$base"/systemd/user-generators \
    "$base"/systemd/system-environment-generators "$base"/systemd/user-environment-generators \
    "$base"/systemd/system-shutdown "$base"/systemd/system-sleep "$base"/binfmt.d \
    "$base"/NetworkManager/dispatcher.d "$base"/networkd-dispatcher/*.d \
    "$base"/python3/dist-packages -mindepth 1 -maxdepth 1 \( ! -path '*/dist-packages/*' \
    -o -name '*.pth' -o -name sitecustomize.py -o -name usercustomize.py \) \
    @PLAIN@ 2>/dev/null
done | sort -u | head -n @FILES@
for folder in @ETC@; do
  find /etc/$folder -mindepth 1 -maxdepth 1 ! -name '*.dpkg-*' @PLAIN@ 2>/dev/null
done | sort -u | head -n @FILES@)
[ -n "$files" ] || exit 0
printf '%s\n' "$files" | sed 's/^/file\t/'
printf '%s\n' "$files" | cut -f 1 | tr '\n' '\0' | timeout 20 xargs -0 sha256sum -- 2>/dev/null |
  sed -n 's/^\([0-9a-f]*\)  /sum\t\1\t/p'
printf '%s\n' "$files" | awk -F '\t' '
  $3 <= @LIMIT@ * 1024 && $4 ~ /[4-7]$/ && ($2 == "" || $1 !~ "/etc/") { print $1 }' |
  tr '\n' '\0' |
  timeout 20 xargs -0r grep -slIZ '' -- | timeout 20 xargs -0r awk '
    FNR == 1 { print "text\t" FILENAME }
    (total += length($0) + 1) > @TOTAL@ { print "cut\t" FILENAME; exit }
    { print "\t" $0 }' 2>/dev/null
printf '%s\n' "$files" | cut -f 1 | sed 'p; s,\.d/[^/]*$,,p; s/@[^/@]*\(\.[a-z]*\)$/@\1/' |
  sed 'p; s,/etc/systemd/,/usr/lib/systemd/,p; s,^/usr/,/,' | sort -u |
  grep -xF -f - /var/lib/dpkg/info/*.list 2>/dev/null |
  sed -n 's,^/var/lib/dpkg/info/\([^/:]*\)[^/]*\.list:\(/.*\)$,owner\t\1\t\2,p'
exit 0
"""
_PLAIN = (
    r"""\( -type f -o -type l -xtype f \) ! -name '*[[:cntrl:]\\]*' -printf '%p\t%l\t%s\t%m\n'"""
)
_ETC = (
    "NetworkManager/conf.d NetworkManager/dispatcher.d apt/apt.conf.d apt/preferences.d"
    " apt/sources.list.d apt/trusted.gpg.d binfmt.d dbus-1/system.d default/grub.d environment.d"
    " initramfs-tools/conf.d initramfs-tools/hooks kernel/*.d ld.so.conf.d modprobe.d"
    " modules-load.d network/if-*.d network/interfaces.d polkit-1/rules.d profile.d rsyslog.d"
    " security/limits.d security/namespace.d skel ssh/ssh_config.d ssh/sshd_config.d sudoers.d"
    " systemd/*.conf.d systemd/network systemd/system-preset systemd/system/*.d"
    " tmpfiles.d udev/rules.d update-motd.d"
)
"""Folders of ``/etc`` that other programs read. What no package owns there is in ``files``."""
_ELSEWHERE = ("/etc/", "/dev/")
"""Where the end of a link is no part of a package: its content is no fact here."""
_DROP_IN = re.compile(r"(?:/usr/lib|/etc)(/systemd/(?:system|user)/[^/]+)\.d/[^/]+")
_OWN_FOLDER = re.compile(
    r"[dD][!+=~^$-]* (?:/var)?/run/[^/\s]\S* (?:-|[0-7]*[0145]) \S+ \S+(?: -)*"
)
"""A line of tmpfiles.d that makes a folder below ``/run`` which other users may not change."""


class Policy(Record):
    """One file with settings, rules or jobs that are not of its package alone."""

    volatile: ClassVar[frozenset[str]] = frozenset({"text"})
    package: str = ""
    """Which one owns it; empty: none."""
    target: str = ""
    """The target of a link, such as ``/dev/null`` for a file that is masked."""
    sha256: str = ""
    text: str = ""
    """The content, masked; see ``text_diff``. Empty for a large file."""


class Policies(Probe[Policy]):
    """Read them by path, in ``/usr`` also where ``/lib`` is another folder.

    A drop-in of a unit of the same package is left out, and so is a file in ``/etc`` that no
    package owns.
    """

    section = "policies"
    record: ClassVar[type[Record]] = Policy
    on_disk = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; it reads single folders and dpkg's lists."""
        script = _SCRIPT.replace("@LIMIT@", str(TEXT_LIMIT_KIB)).replace("@PLAIN@", _PLAIN)
        script = script.replace("@ETC@", _ETC)
        script = script.replace("@FILES@", str(FILE_LIMIT))
        return script.replace("@TOTAL@", str(TEXT_TOTAL_BYTES))

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Policy]:
        """Return the files; lines of another shape are left out."""
        targets: dict[str, str] = {}
        sums: dict[str, str] = {}
        texts: dict[str, list[str]] = {}
        owners: dict[str, set[str]] = {}
        lines: list[str] = []
        for cells in rows(clean(output)):
            match cells:
                case ["file", path, target, *_]:
                    targets.setdefault(merged(path), target)
                case ["sum", sha256, path]:
                    sums.setdefault(merged(path), sha256)
                case ["text", path]:
                    lines = texts.setdefault(merged(path), [])
                case ["", first, *rest]:
                    lines.append("\t".join([first, *rest]))
                case ["cut", path]:
                    texts.pop(merged(path), None)
                case ["owner", package, path]:
                    owners.setdefault(merged(path), set()).add(package)
        return {
            path: Policy(
                package=min(owners.get(path, {""})),
                target=target,
                sha256="" if target.startswith(_ELSEWHERE) else sums.get(path, ""),
                text="" if target.startswith(_ELSEWHERE) else _stored(texts.get(path, [])),
            )
            for path, target in targets.items()
            if path in owners or not path.startswith("/etc/")
            if not owners.get(path, set()) & _owners_of_the_unit(path, owners)
        }

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return why a file came, went or changed with its package.

        In an upgrade of the distribution any may. In an upgrade of single packages a file may go,
        and one that came or changed may differ in comments and in folders of its own below
        ``/run`` alone.
        """
        path, field = _parts(line)
        was, now = before[cls].get(path), after[cls].get(path)
        if path in before.sections.get(Configs.section, {}):
            return "is a file that the plan names: the section configs shows the same"
        if was and now and was.text != now.text and only_comments_differ(was.text, now.text):
            return "has other comments, and every other line as before"
        free = (
            now is None
            or field == "package"
            or distribution_upgraded(before, after)
            or _only_own_folders(path, was, now)
        )
        for policy in filter(None, (now, was)):
            change = changed_package(policy.package, before, after)
            if change and free:
                return f"belongs to {policy.package}, which {change}"
        return ""

    @classmethod
    def detail(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return the unified diff of a file that was changed, added or removed."""
        path, field = _parts(line)
        records = (before[cls].get(path), after[cls].get(path))
        was, now = (record.text if record else packed(b"") for record in records)
        return unified(was, now) if field in {"", "sha256"} else ""


def _stored(lines: list[str]) -> str:
    return packed("\n".join([*lines, ""]).encode("utf-8")) if lines else ""


def _owners_of_the_unit(path: str, owners: dict[str, set[str]]) -> set[str]:
    """Return the packages that have the unit of a drop-in; none where it is no drop-in."""
    found = _DROP_IN.fullmatch(path)
    if not found:
        return set()
    unit = f"/usr/lib{found[1]}"
    return owners.get(unit, set()) | owners.get(re.sub(r"@[^/@]*(\.[a-z]+)$", r"@\1", unit), set())


def _parts(line: Difference) -> tuple[str, str]:
    """Return the path of a file and the field that a line is about, which may be empty."""
    path = line.path.removeprefix(f"{Policies.section}/")
    if line.before is None or line.after is None:
        return path, ""
    path, _, field = path.rpartition("/")
    return path, field


def _only_own_folders(path: str, was: Policy | None, now: Policy) -> bool:
    """Return whether two files of tmpfiles.d differ in folders below ``/run`` alone."""
    if not path.startswith("/usr/lib/tmpfiles.d/") or not now.text or (was and not was.text):
        return False
    old, new = (list(_weighty(policy)) for policy in (was, now))
    return old == new and not any("(secret)" in line for line in new)


def _weighty(policy: Policy | None) -> Iterator[str]:
    """Yield the lines that do more than to make a folder below ``/run``."""
    for line in unpacked(policy.text).split("\n") if policy else ():
        words = " ".join(line.split())
        if words and words[0] != "#" and not _OWN_FOLDER.fullmatch(words):
            yield words
