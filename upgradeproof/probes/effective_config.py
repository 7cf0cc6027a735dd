"""Read the daemons' effective configuration, as they print it themselves, defaults included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from upgradeproof.daemons import Dump
from upgradeproof.globs import fits
from upgradeproof.plan.names import unit_name
from upgradeproof.probes import daemon_scripts
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.config_checks import ConfigChecks
from upgradeproof.probes.dump_formats import settings
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.secrets import masked_setting, masked_text
from upgradeproof.probes.services import unit_changed
from upgradeproof.probes.text import clean, decoded, rows

# Files that are not as their package brought them, by dpkg's sums and by those of ucf.
_FILES = r"""
if [ -s "$t/reads" ]; then
  { dpkg-query -W -f '${Conffiles}\n' | awk 'NF > 1 { print $2 "  " $1 }'
    cat /var/lib/ucf/hashfile 2>/dev/null; } >"$t/known"
  cut -f 2 "$t/reads" | sort -u | tr '\n' '\0' | xargs -0 -r md5sum 2>/dev/null |
    grep -Fvxf "$t/known" | while read -r sum path; do
      printf 'edited\t%s\t%s\n' "$path" "$(head -c 65536 "$path" | base64 -w 0)"
    done
  sed 's/^/reads\t/' "$t/reads"
fi
"""
_COMMENT = ("#", ";", "//", "*", "[", "{", "}")
_WORD = re.compile(r"[A-Za-z0-9_.-]+")
_FAILED = {"missing": "there is no such program", "124": "no answer in time", "": "no answer"}


class Setting(Record):
    """One effective setting, or a daemon's dump as a whole (then there is no value)."""

    volatile: ClassVar[frozenset[str]] = frozenset({"set_by", "important", "unit", "packages"})
    value: str = ""
    problem: str = ""
    """Of a dump: why the daemon did not print its configuration; the last line of its errors."""
    set_by: str = ""
    """The file of the administrator's that names the setting, or the source that the daemon
    prints; empty: a default, or the value of a package's own file."""
    important: bool = False
    """Whether a changed default fails: an important setting of a daemon that the plan names."""
    unit: str = ""
    """Of a dump: the unit that made the engine ask."""
    packages: tuple[str, ...] = ()
    """Of a dump: globs of the packages whose new version may change its defaults."""


class EffectiveConfig(Probe[Setting]):
    """Let the daemons print their effective configuration.

    The keys are ``daemon/setting``, and ``daemon`` for its dump as a whole.
    """

    section = "effective_config"
    cost_ms = 300
    record: ClassVar[type[Record]] = Setting

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; all dumps run at once, each within its limit."""
        dumps = {name: dump for name, daemon in inputs.daemons.items() if (dump := daemon.dump)}
        return daemon_scripts.script(
            inputs.daemons,
            {name: dump.command for name, dump in dumps.items()},
            inputs.services,
            files={name: dump.files for name, dump in dumps.items()},
            then=_FILES,
        )

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, Setting]:
        """Return the settings, secrets masked; a dump that failed is one record."""
        edited: dict[str, set[str]] = {}
        reads: dict[str, list[str]] = {}
        ran = []
        for cells in rows(output):
            match cells:
                case ["edited", path, content]:
                    edited[path] = _names(decoded(content).decode("utf-8", "replace"))
                case ["reads", name, path]:
                    reads.setdefault(name, []).append(path)
                case ["ran", name, key, unit, status, out, err] if name in inputs.daemons:
                    ran.append((name, key, unit, status, decoded(out), decoded(err)))
        found: dict[str, Setting] = {}
        for name, key, unit, status, *streams in ran:
            daemon = inputs.daemons[name]
            printed = tuple(
                clean(stream.decode("utf-8", "replace").replace("\r\n", "\n")) for stream in streams
            )
            if daemon.dump is None or any(
                text in "\n".join(printed) for text in daemon.inconclusive
            ):
                continue
            problem = _problem(status, printed)
            found[clean(key)] = Setting(
                unit=clean(unit), packages=daemon.packages, problem=clean(problem)
            )
            if not problem:
                theirs = {path: edited[path] for path in reads.get(name, ()) if path in edited}
                of_plan = any(fits(unit_name(service), daemon.units) for service in inputs.services)
                for setting, record in _settings(printed[0], daemon.dump, theirs, of_plan).items():
                    found[f"{clean(key)}/{setting}"] = record
        return found

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return the package whose new version has another default.

        A setting of the administrator's, and an important one of the plan's, has no explanation.
        """
        parts = line.path.removeprefix(f"{cls.section}/").split("/")
        name = parts[0]
        key = "/".join(parts[:-1] if parts[-1] in Setting.model_fields else parts)
        if reason := _of_the_dump(name, before, after, whole=key == name):
            return reason
        was, dump = before[cls].get(key), after[cls].get(name)
        if key == name or dump is None or (was is not None and (was.set_by or was.important)):
            return ""
        package = _changed_package(dump.packages, before, after)
        return f"the default of {package}" if package else ""


def _of_the_dump(name: str, before: Facts, after: Facts, *, whole: bool) -> str:
    """Return why a daemon's dump came, went or fails, or "" where both states have one.

    ``whole``: whether the line is about the dump itself; of its settings, one line is enough.
    """
    old, new = (facts[EffectiveConfig].get(name) for facts in (before, after))
    if old is None:
        return f"{name} printed nothing before"
    if new is None and unit_changed(old.unit, before, after):
        return f"{old.unit} changed: see services/{old.unit}"
    if not whole and (new is None or new.problem):
        return f"{name} does not print its settings any more: see {EffectiveConfig.section}/{name}"
    checks = after[ConfigChecks].values() if whole else ()
    if any(check.daemon == name and not check.accepted for check in checks):
        return f"{name} refuses its configuration: see {ConfigChecks.section}/{name}"
    return ""


def _settings(
    text: str, dump: Dump, edited: Mapping[str, set[str]], of_plan: bool
) -> dict[str, Setting]:
    found = settings(text, dump.format)
    return {
        name: Setting(
            value=masked_setting(name, value, secret=fits(name, dump.secret)),
            set_by=_set_by(name, source, dump, edited),
            important=of_plan and fits(name, dump.important),
        )
        for name, (value, source) in found.items()
        if not fits(name, dump.volatile)
    }


def _set_by(name: str, source: str, dump: Dump, edited: Mapping[str, set[str]]) -> str:
    if source and fits(source, dump.sources):
        return source
    word = _plain(re.sub(r"\[\d+\]$", "", name.rpartition("/")[2]))
    return next((clean(path) for path, names in edited.items() if word in names), "")


def _names(content: str) -> set[str]:
    """Return the first word of each line that is no comment: the names of what it sets."""
    lines = (line.strip() for line in content.split("\n"))
    return {
        _plain(match[0])
        for line in lines
        if line and not line.startswith(_COMMENT) and (match := _WORD.match(line))
    }


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _problem(status: str, printed: tuple[str, ...]) -> str:
    if status == "0":
        return ""
    lines = [line for text in printed for line in text.split("\n") if line.strip()]
    last = lines[-1] if lines else ""
    return _FAILED.get(status) or f"exit status {status}: {masked_text(last.strip()[:300])}"


def _changed_package(globs: tuple[str, ...], before: Facts, after: Facts) -> str:
    """Return name and versions of the first of the packages that changed, or ""."""
    old, new = before[Packages], after[Packages]
    for name in sorted(new):
        was = old[name].version if name in old else ""
        if fits(name, globs) and new[name].version != was:
            return f"{name} changed with its version: {was or 'none'} -> {new[name].version}"
    return ""
