"""Run the scripts of a plan so that none of their failures is hidden."""

from __future__ import annotations

import shlex

BROKEN_PIPE = 128 + 13
"""The exit status of a pipeline whose reader stopped reading (SIGPIPE): no failure."""


def strict(script: str, *, stop: bool = False) -> str:
    """Return a POSIX shell script that runs ``script`` so that a pipeline fails with any part.

    ``stop``: it ends at the first command that fails (``set -e``). A shell that is only POSIX's
    hides the failure of a pipeline's first command, so bash runs it where it is there, as a POSIX
    shell and with the ``echo`` of dash.
    """
    flags = "-e " if stop else ""
    quoted = shlex.quote(script)
    return (
        "status=0\n"
        "if [ -x /bin/bash ]\n"
        f"then /bin/bash --posix -o pipefail -O xpg_echo {flags}-c {quoted} || status=$?\n"
        f"else sh {flags}-c {quoted} || status=$?; fi\n"
        f"[ $status -ne {BROKEN_PIPE} ] || status=0\n"
        "exit $status"
    )
