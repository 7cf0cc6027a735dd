"""A process that has imported pytest and the engine, and forks one process for each run.

    python -m tests.fork_server FOLDER TESTS

Of the two seconds of processor time that a short run of pytest takes, most are imports. A forked
process has them done, and nothing else of the runs before it: each has its own folder, environment,
arguments and output. First pytest runs TESTS in FOLDER, so that late imports are done, too.

Each line of the input is an order as JSON; the answer is a line with the process id, when it has
begun, and one with the exit status, when it has ended.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest


def main() -> None:
    """Warm up, then carry out orders until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what the first run prints is shown where it fails
    warm_up(*sys.argv[1:])
    sys.stdout.flush()  # what is left in the buffer would be printed by each forked process
    sys.stderr.flush()
    answers.write("ready\n")
    for line in sys.stdin:
        begun, beginning = os.pipe()
        pid = os.fork()
        if pid == 0:
            carry_out(json.loads(line), beginning)
        os.close(beginning)
        os.read(begun, 1)  # until the process has closed its end
        os.close(begun)
        answers.write(f"{pid}\n")
        _, status = os.waitpid(pid, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")


def warm_up(folder: str, tests: str) -> None:
    """Run tests of a folder, and forget what was imported from there."""
    paths = list(sys.path)
    status = pytest.main(["-q", "-p", "no:cacheprovider", tests])
    if status != pytest.ExitCode.OK:
        raise SystemExit(f"the run that imports all ended with {status!r}")
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(folder):
            del sys.modules[name]
    sys.path[:] = paths
    gc.collect()
    gc.freeze()  # a collection in a forked process need not look at what it inherited


def carry_out(order: Mapping[str, Any], beginning: int) -> NoReturn:
    """Be the process of one run, and close a file when its own files are open: never return."""
    status: object = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
        os.dup2(os.open(order["input"], os.O_RDONLY), 0)  # a terminal: it becomes the run's own
        for number, path in enumerate(order["outputs"], start=1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
        os.close(beginning)
        sys.stdout.reconfigure(line_buffering=os.isatty(1))  # type: ignore[union-attr]
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["folder"])
        sys.argv = order["argv"]
        program = Path(order["argv"][0])
        sys.path[0] = str(program.parent) if program.is_absolute() else order["folder"]
        importlib.invalidate_caches()
        module, _, function = order["call"].partition(":")
        status = getattr(importlib.import_module(module), function)()
    except SystemExit as ended:
        status = ended.code
    except BaseException:  # noqa: BLE001  # it is the end of the process
        traceback.print_exc()
    if isinstance(status, str):
        sys.stderr.write(f"{status}\n")
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(status or 0))  # type: ignore[call-overload]


if __name__ == "__main__":
    main()
