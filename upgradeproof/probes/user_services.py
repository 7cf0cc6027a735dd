"""Read the services that an administrator gave to a user's own systemd, which starts at boot."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, number, rows
from upgradeproof.probes.unit_shell import LOG_LINES

_PROPERTIES = "Id,FragmentPath,UnitFileState,ActiveState,SubState,Result,NRestarts"
# loginctl(1), enable-linger: the file makes the user's systemd start at boot, without a login.
_SCRIPT = r"""
for file in /var/lib/systemd/linger/*; do
  user=${file##*/}
  [ -e "$file" ] && uid=$(id -u "$user" 2>/dev/null) || continue
  runuser -u "$user" -- env XDG_RUNTIME_DIR="/run/user/$uid" timeout 20 systemctl --user show \
    --no-pager --property=PROPERTIES '*.service' '*.socket' '*.timer' '*.path' 2>/dev/null |
    awk -F = -v user="$user" '
      NF > 1 { value[$1] = $2 }
      NF == 0 { line() }
      END { line() }
      function line() {
        if (value["FragmentPath"] != "" && value["FragmentPath"] !~ /^(\/usr)?\/lib\/|^\/run\//)
          printf "unit\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", user, value["Id"], value["UnitFileState"],
            value["ActiveState"], value["SubState"], value["Result"], value["NRestarts"]
        split("", value)
      }' | while IFS= read -r line; do
      printf '%s\n' "$line"
      case $line in *"	active	"*) continue;; esac
      unit=${line#*"	"*"	"}; unit=${unit%%"	"*}
      journalctl --no-pager --quiet _UID="$uid" _SYSTEMD_USER_UNIT="$unit" -n LINES -o cat |
        while IFS= read -r text; do printf 'log\t%s\t%s\t%s\n' "$user" "$unit" "$text"; done
    done
done
exit 0
"""


class UserService(Record):
    """One unit; the words are those of systemctl(1)."""

    volatile: ClassVar[frozenset[str]] = frozenset({"log"})
    enabled: str = ""
    active: str = "inactive"
    sub: str = "dead"
    result: str = "success"
    restarts: int = 0
    """How often the user's systemd restarted it automatically since it was last started."""
    log: tuple[str, ...] = ()
    """The last lines of its journal, if it is not active."""

    @property
    def runs(self) -> bool:
        """Return whether it is up."""
        return self.active == "active"

    @property
    def sentence(self) -> str:
        """Return how it is, and the last lines of its journal, each on a line of its own."""
        log = "".join(f"\n  {line}" for line in self.log)
        return f"is {self.active} ({self.sub}, {self.result}){log}"


class UserServices(Probe[UserService]):
    """Ask the systemd of each user who has one without a login; the key is ``user/unit``.

    Left out: units that packages bring for every user.
    """

    section = "user_services"
    record: ClassVar[type[Record]] = UserService

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return _SCRIPT.replace("PROPERTIES", _PROPERTIES).replace("LINES", str(LOG_LINES))

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, UserService]:
        """Return the units; lines of another shape than the script's are left out."""
        units: dict[str, UserService] = {}
        logs: dict[str, list[str]] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["unit", user, unit, enabled, active, sub, result, restarts]:
                    units[f"{user}/{unit}"] = UserService(
                        enabled=enabled,
                        active=active,
                        sub=sub,
                        result=result or "success",
                        restarts=number(restarts) or 0,
                    )
                case ["log", user, unit, *line]:
                    logs.setdefault(f"{user}/{unit}", []).append("\t".join(line))
        return {
            name: unit.model_copy(update={"log": tuple(logs.get(name, ()))})
            for name, unit in units.items()
        }

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Explain what a service that was not up in the old state does: it may fail differently."""
        user, _, rest = line.path.removeprefix(f"{cls.section}/").partition("/")
        name = f"{user}/{rest.partition('/')[0]}"
        was, now = before[cls].get(name), after[cls].get(name)
        return "it was not up before either" if was and now and not was.runs else ""
