"""Read whether the initramfs holds the drivers of the root disk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.modules import module_name
from upgradeproof.probes.own_kernel import OWN_KERNEL
from upgradeproof.probes.text import clean, number, rows

_SCRIPT = r"""
running=$(uname -r)
newest=$(for image in /boot/vmlinuz-*; do
  [ ! -e "$image" ] || echo "${image#/boot/vmlinuz-}"
done | sort -V | tail -n 1)
set -- $(findmnt --noheadings --first-only --output MAJ:MIN,FSTYPE,SOURCE /)
device=/sys/dev/block/$1
if [ ! -e "$device" ] && [ -n "$3" ]; then
  device=/sys/dev/block/$(lsblk --noheadings --nodeps --output MAJ:MIN "${3%%[*}" | tr -d ' ')
fi
drivers() (
  path=$1
  while [ "${path#/sys/devices/}" != "$path" ]; do
    [ ! -d "$path/dm" ] || echo dm_mod
    for slave in "$path"/slaves/*; do [ ! -e "$slave" ] || drivers "$(readlink -f "$slave")"; done
    [ ! -e "$path/driver/module" ] || basename "$(readlink "$path/driver/module")"
    path=${path%/*}
  done
)
needed=$({ echo "$2"; drivers "$(readlink -f "$device")"; } | tr - _ | sort -u)
contents() {
  command -v lsinitramfs >/dev/null || { printf 'message\tlsinitramfs is not installed\n'; return; }
  { timeout 120 lsinitramfs "$1" 2>&1; printf 'status\t%s\n' $?; } | sed -nE \
    -e '/^status/p' -e 's|.*/([^/]*)\.ko(\.[a-z0-9]+)?$|holds\t\1|p' \
    -e 's/^(E|W|cpio|zstd|gzip|xz|lz4|lzma|bzip2|dd|unmkinitramfs|lsinitramfs):/message\t&/p'
}
for role in running newest; do
  eval "release=\$$role"; image=/boot/initrd.img-$release
  [ -n "$release" ] || continue
  [ "$role.$newest" != "newest.$running" ] || { printf 'same\n'; continue; }
  printf 'kernel\t%s\t%s\t%s\n' "$role" "$release" "$(stat -Lc %s "$image" 2>/dev/null)"
  for module in $needed; do
    output=$(modprobe --set-version "$release" --ignore-install --dry-run --show-depends \
      "$module" 2>&1)
    printf 'needs\t%s\t%s\n' "$module" $?
    printf '%s\n' "$output" | sed 's/^/depends\t/'
  done
  [ ! -s "$image" ] || contents "$image"
done
exit 0
"""
_MAX_MESSAGES = 5


class Initramfs(Record):
    """The archive from which one kernel starts, compared with what its root disk needs."""

    volatile: ClassVar[frozenset[str]] = frozenset(
        {"release", "size_bytes", "needed", "module_count", "messages"}
    )
    release: str
    size_bytes: int | None = None
    """None: there is no such file."""
    needed: tuple[str, ...] = ()
    """Modules that drive the root disk and its buses and read its file system."""
    module_count: int = 0
    """How many modules the archive holds."""
    missing: tuple[str, ...] = ()
    """Modules, with those that they depend on, that are neither built in nor in the archive."""
    readable: bool = True
    """Whether ``lsinitramfs`` could list it."""
    messages: tuple[str, ...] = ()
    """Its complaints."""


class InitramfsImages(Probe[Initramfs]):
    """Read the archives of the ``running`` and of the ``newest`` kernel; none in a container.

    What the root disk needs is what drives it now, up the chain of its buses, as modprobe resolves
    it for each kernel: built-in drivers need no file.
    """

    section = "initramfs"
    record: ClassVar[type[Record]] = Initramfs

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; listing a large archive takes seconds on an emulated machine."""
        return OWN_KERNEL + _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Initramfs]:
        """Return the archives by the role of their kernel."""
        images: dict[str, Initramfs] = {}
        parts: list[tuple[str, str, str, list[list[str]]]] = []
        same = False
        for cells in rows(clean(output)):
            match cells:
                case ["kernel", role, release, size]:
                    parts.append((role, release, size, []))
                case ["same"]:
                    same = True
                case _ if parts:
                    parts[-1][3].append(cells)
        for role, release, size, lines in parts:
            images[role] = _image(release, number(size), lines)
        if same and "running" in images:
            images["newest"] = images["running"]
        return images


def _image(release: str, size: int | None, lines: Iterable[list[str]]) -> Initramfs:
    needed: list[str] = []
    required: set[str] = set()
    held: set[str] = set()
    words: list[str] = []
    status = ""
    for cells in lines:
        match cells:
            case ["needs", name, code]:
                needed.append(name)
                required |= {name} if code != "0" else set()
            case ["depends", line] if line.startswith("insmod ") and line.split()[1:]:
                required.add(module_name(line.split()[1]))
            case ["holds", name]:
                held.add(module_name(name))
            case ["message", text]:
                words.append(text)
            case ["status", code]:
                status = code
    readable = status == "0" and not words
    return Initramfs(
        release=release,
        size_bytes=size,
        needed=tuple(needed),
        module_count=len(held),
        missing=tuple(sorted(required - held)) if readable else (),
        readable=readable,
        messages=tuple(words[:_MAX_MESSAGES]),
    )
