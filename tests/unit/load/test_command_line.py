"""The command line of Locust, compared as a whole."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from upgradeproof.load.command_line import RECORDER, locust, worker
from upgradeproof.load.settings import Settings
from upgradeproof.plan import Load

URL = "http://localhost:40080"


def command(generators: int = 1, **keys: Any) -> str:
    """Return the command for a load as a line of a shell."""
    load = Load.model_validate(
        {"id": "pages", "locustfile": "pages.py", "endpoint": "site", "model": "closed"}
        | {"users": 500, "spawn_per_s": 100, "duration_s": 20}
        | keys
    )
    words = locust(
        load,
        settings(generators),
        Path("/pages.py"),
        url=URL,
        master_port=5557,
        python=("python3",),
    )
    return shlex.join(words).replace(str(RECORDER), "RECORDER")


def settings(generators: int = 1) -> Settings:
    return Settings(
        rate_per_s=None,
        warm_up_s=5,
        duration_s=20,
        answer_timeout_s=10,
        generators=generators,
        result="/run/result.json",
    )


ALONE = (
    "python3 -m locust --headless -f RECORDER,/pages.py --host http://localhost:40080 --users 500 "
    "--spawn-rate 100 --run-time 41s --exit-code-on-error 0 --only-summary --loglevel WARNING"
)
MASTER = "--master-bind-host 127.0.0.1 --master-bind-port 5557 --expect-workers-max-wait 30"


def test_one_process_sends_all_requests() -> None:
    assert command() == ALONE


def test_several_processes_have_a_master_on_the_loopback() -> None:
    assert command(generators=4, processes=4) == (
        f"{ALONE} {MASTER} --processes 4 --master-host 127.0.0.1 --master-port 5557"
    )


def test_the_master_waits_for_workers_of_other_hosts() -> None:
    assert command(generators=2, workers=["load-1", "ada@load-2"]) == (
        f"{ALONE} {MASTER} --master --expect-workers 2"
    )


def test_a_worker_reaches_the_machine_and_its_master_through_ssh() -> None:
    *words, asked = worker("ada@load-2", settings(2), port=40080, master_port=5557)
    assert shlex.join(words) == (
        "ssh -o BatchMode=yes -o ExitOnForwardFailure=yes -R 40080:127.0.0.1:40080 "
        "-R 5557:127.0.0.1:5557 ada@load-2"
    )
    env, variable, *words = shlex.split(asked)
    assert (env, variable.partition("=")[0]) == ("env", "UPGRADEPROOF_LOAD")
    assert Settings.model_validate_json(variable.partition("=")[2]) == settings(2)
    assert shlex.join(words) == (
        "python3 -m locust -f - --worker --headless --loglevel WARNING "
        "--master-host 127.0.0.1 --master-port 5557"
    )
