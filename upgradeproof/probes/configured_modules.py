"""Read the modules that the machine's configuration names, and whether this kernel gives them."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import Field

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.modules import module_name
from upgradeproof.probes.own_kernel import OWN_KERNEL
from upgradeproof.probes.text import clean, rows

_SCRIPT = r"""
names=$*; set --
for folder in /etc /run /usr/local/lib /usr/lib /lib; do
  [ "$folder" != /lib ] || [ ! -L /lib ] || continue
  for file in "$folder"/modules-load.d/*.conf "$folder"/modprobe.d/*.conf; do
    [ ! -r "$file" ] || { set -- "$@" "$file"; printf 'file\t%s\n' "$file"; }
  done
done
for file in /etc/modules /etc/fstab /etc/ipvsadm.rules; do
  [ ! -r "$file" ] || { set -- "$@" "$file"; printf 'file\t%s\n' "$file"; }
done
for link in /etc/systemd/system/*.wants/nftables.service; do
  if [ -L "$link" ] && [ -r /etc/nftables.conf ]; then
    printf 'line\t/etc/nftables.conf\tnf_tables\n'; names="$names nf_tables"
  fi
done
found=$([ $# -eq 0 ] || awk '
  function want(name) { gsub(/-/, "_", name); if (name ~ /^[A-Za-z0-9_]+$/) wanted[name] }
  /^[ \t]*([#;]|$)/ || FILENAME ~ /^(\/usr)?\/lib\/modprobe\.d/ { next }
  { print "line\t" FILENAME "\t" $0 }
  FILENAME ~ /modules-load\.d|\/modules$/ { want($1) }
  FILENAME ~ /^\/(etc|run|usr\/local\/lib)\/modprobe\.d/ && $1 == "options" { want($2) }
  FILENAME ~ /fstab$/ { sub(/\..*/, "", $3); want($3) }
  FILENAME ~ /ipvsadm/ {
    want("ip_vs")
    for (i = 1; i < NF; i++) if ($i == "-s" || $i == "--scheduler") want("ip_vs_" $(i + 1))
  }
  END { for (name in wanted) print "try\t" name }' "$@")
printf '%s\n' "$found"
[ ! -r /proc/modules ] || sed 's/^\([^ ]*\) .*/loaded\t\1/' /proc/modules
set -f
newline='
'
for name in $(printf '%s\n' "$found" | sed -n 's/^try\t//p') $names; do
  output=$(modprobe --dry-run --show-depends "$name" 2>&1)
  printf 'tried\t%s\t%s\t%s\n' "$name" $? "${output##*"$newline"}"
done
exit 0
"""
_PLAN = "the plan"
_ADMINISTRATOR = ("/etc/", "/run/", "/usr/local/")
_NO_MODULE = frozenset(
    {
        "auto",
        "bind",
        "cgroup",
        "cgroup2",
        "debugfs",
        "devpts",
        "devtmpfs",
        "hugetlbfs",
        "ignore",
        "mqueue",
        "none",
        "proc",
        "ramfs",
        "securityfs",
        "swap",
        "sysfs",
        "tmpfs",
        "tracefs",
    }
)
"""Types in fstab(5) that are no file system on a device, or that every kernel has built in."""
_REFUSALS = ("/bin/false", "/usr/bin/false", "/bin/true", "/usr/bin/true", "false", "true", ":")

State = Literal["loaded", "builtin", "loadable", "prevented", "missing", "unknown"]


class ConfiguredModule(Record):
    """One module, its configuration, and how this kernel uses it."""

    volatile: ClassVar[frozenset[str]] = frozenset({"named_in", "module", "problem"})
    loads: bool = False
    """It must be loaded at boot: modules-load.d(5), ``/etc/modules``, or the plan."""
    uses: bool = False
    """It must be there when it is asked for: fstab(5), nftables or IPVS rules."""
    blacklisted: bool = False
    """An administrator forbids it: ``blacklist``, or ``install`` with a command that is none."""
    options: dict[str, str] = Field(default_factory=dict)
    """From modprobe.d(5), by parameter; a parameter without a value has an empty one."""
    state: State
    """``loadable`` is what modprobe would load, ``prevented`` what it would run a command for; of
    what is only forbidden, only ``loaded`` is known."""
    module: str = ""
    """The module that modprobe finds under this name."""
    named_in: tuple[str, ...]
    problem: str = ""
    """modprobe's words."""

    @property
    def there(self) -> bool:
        """Return whether the kernel has it, loaded or not."""
        return self.state in ("loaded", "builtin", "loadable")


@dataclass
class _Named:
    """The configuration of one module."""

    loads: bool = False
    uses: bool = False
    blacklisted: bool = False
    options: dict[str, str] = field(default_factory=dict)
    named_in: set[str] = field(default_factory=set)


class ConfiguredModules(Probe[ConfiguredModule]):
    """Read the modules of modules-load.d, modprobe.d, fstab, nftables, IPVS and the plan.

    The key is the name that the configuration uses, with ``_`` for ``-``. Nothing is loaded:
    modprobe only prints what it would do. Of modprobe.d only the administrator's files are read:
    packages forbid frame buffers and number sound cards by the dozen. None in a container.
    """

    section = "configured_modules"
    record: ClassVar[type[Record]] = ConfiguredModule

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; one ``modprobe`` for each module that is required."""
        names = shlex.join(name.replace("-", "_") for name in inputs.modules)
        return f"set -- {names}\n{OWN_KERNEL}{_SCRIPT}"

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, ConfiguredModule]:
        """Return the modules by name; a file hides one of its name in a folder of less weight."""
        files: list[str] = []
        lines: list[tuple[str, str]] = []
        loaded: set[str] = set()
        tried: dict[str, tuple[str, str]] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["file", path]:
                    files.append(path)
                case ["line", path, *columns]:
                    lines.append((path, "\t".join(columns)))
                case ["loaded", name]:
                    loaded.add(name)
                case ["tried", name, status, *words]:
                    tried[name] = (status, " ".join(words).strip())
        hidden = _hidden(files)
        named: dict[str, _Named] = {}
        for path, text in _joined(line for line in lines if line[0] not in hidden):
            _note(named, path, text.split())
        if output.strip():
            for name in inputs.modules:
                _of(named, name, _PLAN).loads = True
        return {name: _record(name, found, loaded, tried) for name, found in named.items()}


def _hidden(files: Iterable[str]) -> set[str]:
    """Return the files that one of the same name hides; they come in the order of their weight."""
    first: dict[str, str] = {}
    for path in files:
        first.setdefault("/".join(path.split("/")[-2:]), path)
    return set(files) - set(first.values())


def _joined(lines: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Yield the lines, those that end with a backslash together with the next."""
    begun = ""
    for path, text in lines:
        if text.endswith("\\"):
            begun += text[:-1] + " "
            continue
        yield path, begun + text
        begun = ""


def _note(named: dict[str, _Named], path: str, words: list[str]) -> None:
    match words:
        case _ if "/modprobe.d/" in path:
            if path.startswith(_ADMINISTRATOR):
                _note_rule(named, path, words)
        case [_, _, kind, *_] if path == "/etc/fstab":
            kind = kind.partition(".")[0]
            if kind not in _NO_MODULE and "," not in kind:
                _of(named, kind, path).uses = True
        case ["-A" | "--add-service", *options] if path == "/etc/ipvsadm.rules":
            _of(named, "ip_vs", path).uses = True
            for option, value in itertools.pairwise(options):
                if option in ("-s", "--scheduler"):
                    _of(named, f"ip_vs_{value}", path).uses = True
        case ["nf_tables"] if path == "/etc/nftables.conf":
            _of(named, "nf_tables", path).uses = True
        case [name, *_] if "/modules-load.d/" in path or path == "/etc/modules":
            _of(named, name, path).loads = True


def _note_rule(named: dict[str, _Named], path: str, words: list[str]) -> None:
    match words:
        case ["options", name, *options]:
            pairs = (option.partition("=") for option in options)
            _of(named, name, path).options.update({key: value for key, _, value in pairs})
        case ["blacklist", name, *_]:
            _of(named, name, path).blacklisted = True
        case ["install", name, command, *_] if command in _REFUSALS:
            _of(named, name, path).blacklisted = True


def _of(named: dict[str, _Named], name: str, path: str) -> _Named:
    found = named.setdefault(name.replace("-", "_"), _Named())
    found.named_in.add(path)
    return found


def _record(
    name: str, found: _Named, loaded: set[str], tried: Mapping[str, tuple[str, str]]
) -> ConfiguredModule:
    status, words = tried.get(name, ("", ""))
    kind, _, rest = words.partition(" ")
    module = module_name(rest.split()[0]) if kind in ("insmod", "builtin") and rest.strip() else ""
    state: State = "unknown"
    if name in loaded or module in loaded:
        state = "loaded"
    elif module:
        state = "builtin" if kind == "builtin" else "loadable"
    elif kind == "install":
        state = "prevented"
    elif status not in ("", "0", "127"):
        state = "missing"
    return ConfiguredModule(
        loads=found.loads,
        uses=found.uses,
        blacklisted=found.blacklisted,
        options=dict(sorted(found.options.items())),
        state=state,
        module=module,
        named_in=tuple(sorted(found.named_in)),
        problem="" if module else words,
    )
