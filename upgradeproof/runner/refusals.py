"""Whether a daemon's check of its configuration refuses a wrong file, tried on a clone."""

from __future__ import annotations

import shlex

from upgradeproof.command import Completed
from upgradeproof.machines import Machine
from upgradeproof.plan import Config

TIMEOUT_S = 90.0
_NOT_TRIED = 90
WRONG = "upgradeproof_unknown_setting = {"
"""A line that is a setting which no daemon has, and no syntax of the formats that need more."""
_TRIED = rf"""
[ -f "$file" ] || exit {_NOT_TRIED}
timeout -k 5 30 sh -c "$check" </dev/null >/dev/null 2>&1 || exit {_NOT_TRIED}
folder=$(mktemp -d) || exit {_NOT_TRIED}
trap 'rm -rf -- "$folder"' EXIT
cat -- "$file" >"$folder/file" || exit {_NOT_TRIED}
if printf '\n%s\n' "$wrong" >>"$file"; then
  timeout -k 5 30 sh -c "$check" </dev/null
  status=$?
else
  status={_NOT_TRIED}
fi
cat -- "$folder/file" >"$file"
exit $status
"""


def check_of_a_wrong_file(machine: Machine, config: Config) -> Completed | None:
    """Add a wrong line to the file, run its check, and restore the file.

    The copy is in another folder: many daemons read each file of the folder of the first one.
    Returns what the check ended with; None: there is no such file, the check refuses it as it is,
    or it can't be written.
    """
    given = {"file": config.path, "check": config.check, "wrong": WRONG}
    words = "\n".join(f"{name}={shlex.quote(value)}" for name, value in given.items())
    done = machine.run(f"{words}\n{_TRIED}", timeout_s=TIMEOUT_S)
    return None if done.exit_status == _NOT_TRIED else done
