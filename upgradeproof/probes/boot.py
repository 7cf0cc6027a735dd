"""Read which kernel booted, which ones could, and which one the boot loader starts next."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cmp_to_key
from typing import ClassVar

from debian.debian_support import version_compare

from upgradeproof.errors import HarnessError
from upgradeproof.probes import grub
from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.own_kernel import OWN_KERNEL
from upgradeproof.probes.text import clean, rows

_SCRIPT = r"""
fact() { printf '%s\t%s\n' "$1" "$2"; }
release=$(uname -r); fact release "$release"
for file in /proc/sys/kernel/random/boot_id:boot_id /proc/version:version \
    /proc/version_signature:signature; do
  [ ! -r "${file%:*}" ] || { read -r line <"${file%:*}"; fact "${file#*:}" "$line"; }
done
for image in /boot/vmlinuz-*; do
  [ -e "$image" ] || continue
  name=${image#/boot/vmlinuz-}; fact image "$name"
  [ ! -s "/boot/initrd.img-$name" ] || fact initramfs "$name"
  [ ! -e "/lib/modules/$name/build/Makefile" ] || fact headers "$name"
done
owner=$(dpkg-query --search "/boot/vmlinuz-$release" 2>/dev/null); owner=${owner%%:*}
if [ -n "$owner" ]; then
  fact package "$owner"
  fact package_version "$(dpkg-query --show --showformat='${Version}' "$owner" 2>/dev/null)"
fi
target=$(systemctl get-default 2>/dev/null); fact target "$target"
fact target_state "$(systemctl is-active "$target" 2>/dev/null)"
timeout 60 journalctl --list-boots --utc --quiet --no-pager 2>/dev/null | sed 's/^/boot\t/'
if [ -r /boot/grub/grub.cfg ]; then
  fact loader grub
  keys='set default=|(menuentry|submenu|linux|linux16|linuxefi|function)[[:space:]]|\}'
  sed -nE "s/^[[:space:]]*(($keys).*)/grub\t\1/p" /boot/grub/grub.cfg
  [ ! -r /boot/grub/grubenv ] || sed -n '/^[a-z_]*=/s/^/environment\t/p' /boot/grub/grubenv
fi
exit 0
"""
_PLAIN = (
    "boot_id",
    "release",
    "package",
    "package_version",
    "loader",
    "target",
    "target_state",
)
_BOOT = re.compile(
    r"\s*-?\d+\s+([0-9a-f]{32})\s+\S+\s+(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC\b.*", re.ASCII
)


class CurrentBoot(Record):
    """The boot that runs, those before it, and what the next one would start.

    Nearly all of it is volatile: a new kernel changes every line, and the section ``kernel`` has
    that in the diff. What is left changes only where the machine boots otherwise than before.
    """

    volatile: ClassVar[frozenset[str]] = frozenset(
        {
            "boot_id",
            "boots",
            "new_boots",
            "release",
            "version",
            "package",
            "package_version",
            "images",
            "initramfs",
            "headers",
            "default_entry",
            "default_release",
        }
    )
    boot_id: str
    boots: tuple[str, ...] = ()
    """Those that the machine's journal still knows, oldest first, without dashes."""
    new_boots: tuple[str, ...] = ()
    """Those of them that began since the state began."""
    release: str
    version: str
    """``/proc/version``, with ``/proc/version_signature`` where there is one."""
    package: str = ""
    """The package that owns the running kernel's image; empty: none does any more."""
    package_version: str = ""
    images: tuple[str, ...] = ()
    """Releases with an image in ``/boot``, newest first, in dpkg's order of versions."""
    initramfs: tuple[str, ...] = ()
    """Of these, those with an initramfs."""
    headers: tuple[str, ...] = ()
    """Of these, those for which modules can be built."""
    loader: str = ""
    """``grub``, or empty: no boot loader's configuration was found."""
    default_entry: str = ""
    default_release: str = ""
    default_problem: str = ""
    target: str = ""
    target_state: str = ""

    @property
    def is_that_of_its_package(self) -> bool:
        """Return whether the package's version is in the running kernel's own version text."""
        version = rf"(?<!\S){re.escape(self.package_version)}(?![\w.+~])"
        return bool(self.package_version and re.search(version, self.version))

    @property
    def newest(self) -> str:
        """Return the newest installed release; empty: there is no image."""
        return self.images[0] if self.images else ""

    @property
    def fallback(self) -> str:
        """Return the second newest release, to which one rolls back; empty: there is none."""
        return self.images[1] if len(self.images) > 1 else ""

    @property
    def journal_reaches_back(self) -> bool:
        """Return whether the journal knows a boot from before the state, so that none is missed."""
        return len(self.boots) > len(self.new_boots)


class Boot(Probe[CurrentBoot]):
    """Read one record, keyed ``current``; none in a container, whose kernel is its host's."""

    section = "boot"
    record: ClassVar[type[Record]] = CurrentBoot

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; of the boot loader's configuration only the menu is printed."""
        return OWN_KERNEL + _SCRIPT

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, CurrentBoot]:
        """Return the boot. Raises HarnessError if the kernel does not report its id."""
        if not output.strip():
            return {}
        printed: dict[str, list[str]] = {}
        for cells in rows(clean(output)):
            match cells:
                case [name, *values] if values:
                    printed.setdefault(name, []).append("\t".join(values))
        last = {name: values[-1] for name, values in printed.items()}
        boots = _boots(printed.get("boot", ()))
        default = _default(printed) if "loader" in printed else grub.Default()
        fields = {
            **{name: last[name] for name in _PLAIN if name in last},
            "version": " ".join(filter(None, map(last.get, ("version", "signature")))),
            "boots": tuple(boots),
            "new_boots": tuple(name for name, began in boots.items() if began > inputs.since),
            "images": _newest_first(printed.get("image", ())),
            "initramfs": _newest_first(printed.get("initramfs", ())),
            "headers": _newest_first(printed.get("headers", ())),
            "default_entry": default.entry,
            "default_release": default.release,
            "default_problem": default.problem,
        }
        try:
            return {"current": CurrentBoot.model_validate(fields)}
        except ValueError as error:
            raise HarnessError(
                "the kernel does not report its boot id", details=str(error)
            ) from None


def _boots(lines: Iterable[str]) -> dict[str, float]:
    """Return when each boot's first entry was written; the clock's seconds are cut off."""
    boots = {}
    for match in filter(None, map(_BOOT.fullmatch, lines)):
        try:
            began = datetime.strptime(match[2], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        except ValueError:
            continue
        boots[match[1]] = began.timestamp()
    return boots


def _default(printed: dict[str, list[str]]) -> grub.Default:
    settings = (line.partition("=") for line in printed.get("environment", ()))
    return grub.default(
        (line.strip() for line in printed.get("grub", ())),
        {name: value for name, _, value in settings},
    )


def _newest_first(releases: Iterable[str]) -> tuple[str, ...]:
    """Return releases in dpkg's order of versions; what is none for dpkg comes last."""
    named = sorted(set(releases))
    versions = [name for name in named if _is_version(name)]
    versions.sort(key=cmp_to_key(version_compare), reverse=True)
    return (*versions, *(name for name in named if name not in versions))


def _is_version(name: str) -> bool:
    try:
        version_compare(name, name)
    except ValueError:
        return False
    return True
