"""Read the configuration files that the plan names: their content, and their daemon's verdict."""

from __future__ import annotations

import shlex
from typing import ClassVar

from pydantic import Field

from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.config_formats import MAXIMUM_BYTES, parse_config
from upgradeproof.probes.file_records import text_change
from upgradeproof.probes.inputs import ConfigInput, ProbeInputs
from upgradeproof.probes.secrets import masked
from upgradeproof.probes.text import clean, decoded, number, rows

CHECK_TIMEOUT_S = 30
"""A check that waits for the network must not stop the pass, whose limit is `PASS_TIMEOUT_S`."""
MAXIMUM_OUTPUT_BYTES = 65_536

_SCRIPT = rf"""
config() {{
  [ -f "$2" ] || {{ printf 'missing\t%s\n' "$1"; return; }}
  size=$(stat -L -c %s "$2"); content=
  [ "$size" -gt {MAXIMUM_BYTES} ] || content=$(base64 -w 0 <"$2")
  printf 'file\t%s\t%s\t%s\t%s\t%s\n' "$1" "$(stat -L -c '%U %u %G %g %a' "$2")" \
    "$(sha256sum <"$2" | cut -d ' ' -f 1)" "$size" "$content"
}}
check() {{
  output=$(timeout {CHECK_TIMEOUT_S} sh -c "$2" 2>&1); status=$?
  printf 'check\t%s\t%s\t%s\n' "$1" "$status" \
    "$(printf '%s' "$output" | head -c {MAXIMUM_OUTPUT_BYTES} | base64 -w 0)"
}}
"""


class Config(Record):
    """One configuration file."""

    volatile: ClassVar[frozenset[str]] = frozenset({"check_output"})
    exists: bool = False
    sha256: str = ""
    owner: str = ""
    group: str = ""
    mode: str = ""
    """Octal, as ``0644``."""
    content: dict[str, str] = Field(default_factory=dict)
    """Settings by their dotted path, secrets masked; empty for ``text``, or with a problem."""
    problem: str = ""
    """Why the content could not be parsed in the plan's format."""
    check_status: int | None = None
    """Exit status of the daemon's own check; 124 when it took too long, None without one."""
    check_output: str = ""

    @property
    def accepted(self) -> bool:
        """Return whether the daemon's own check accepts the configuration."""
        return self.check_status == 0


class Configs(Probe[Config]):
    """Read the plan's configuration files; the key is the path."""

    section = "configs"
    record: ClassVar[type[Record]] = Config

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; checks run one after the other: two may write the same file."""
        calls = []
        for index, config in enumerate(inputs.configs):
            calls.append(f"config {index} {shlex.quote(config.path)}")
            if config.check:
                calls.append(f"check {index} {shlex.quote(config.check)}")
        return "\n".join([_SCRIPT, *calls, ":"])

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, Config]:
        """Return the files; one that is not there is a fact too."""
        facts: dict[str, dict[str, object]] = {
            str(index): {} for index in range(len(inputs.configs))
        }
        for cells in rows(output):
            match cells:
                case ["file", index, *rest] if index in facts:
                    facts[index] |= _file(rest, inputs.configs[int(index)])
                case ["check", index, status, encoded] if index in facts:
                    printed = clean(decoded(encoded).decode("utf-8", "replace"))
                    facts[index] |= {"check_status": number(status), "check_output": printed}
        return {
            config.path: Config.model_validate(facts[str(index)])
            for index, config in enumerate(inputs.configs)
        }

    @classmethod
    def detail(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return the unified diff of a file whose content changed, where its text was stored."""
        path, _, field = line.path.removeprefix(f"{cls.section}/").rpartition("/")
        return text_change(path, before, after) if field == "sha256" else ""


def _file(cells: list[str], config: ConfigInput) -> dict[str, object]:
    status, sha256, size, encoded = [*cells, "", "", "", ""][:4]
    user, uid, group, gid, mode = [*status.split(" "), "", "", "", "", ""][:5]
    facts: dict[str, object] = {
        "exists": True,
        "sha256": sha256,
        "owner": uid if user == "UNKNOWN" else user,
        "group": gid if group == "UNKNOWN" else group,
        "mode": mode.zfill(4),
    }
    if (number(size) or 0) > MAXIMUM_BYTES:
        return facts | {"problem": f"not parsed: {size} bytes, the limit is {MAXIMUM_BYTES}"}
    content, problem = parse_config(decoded(encoded), config.format)
    return facts | {"content": masked(content), "problem": problem}
