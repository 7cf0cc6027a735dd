"""Faults of a load: each has one clear reason, and only those of the product fail it."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

import pytest

from tests.load.servers import FRONT_PAGE, aim, at_once, load, serving
from upgradeproof.errors import ExtraError, LoadError
from upgradeproof.load import LoadResult, judge, send
from upgradeproof.plan import Target
from upgradeproof.results import Fidelity, Verdict

NATIVE = Fidelity(kernel="shared", execution="native")
SPIN = """
import time
def spin():
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
"""
LEAVE = """
import os
def leave(runner):
    if runner.worker_index == 1:
        os._exit(1)
"""


def judged(result: LoadResult) -> tuple[Verdict, str]:
    """Return the verdict of the check of the answers, and its reason."""
    found = judge(result, Target(), NATIVE)[0]
    return found.verdict, found.reason


def locustfile(folder: Path, body: str, *, head: str = "") -> Path:
    """Write a locustfile whose task, ``def front_page(self):``, has this body."""
    text = FRONT_PAGE.read_text().replace('self.client.get("/")', body)
    path = folder / "pages.py"
    path.write_text(text.replace("from locust import", f"{head}\nfrom locust import", 1))
    return path


def test_a_target_that_is_not_there_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    verdict, reason = judged(send(load(), aim(port), FRONT_PAGE))
    assert verdict is Verdict.FAILED
    assert reason.startswith("not one request was answered well: ")
    assert reason.endswith(" x Connection refused")


def test_a_status_that_is_an_error_fails() -> None:
    with serving(lambda number: 503 if number % 2 else 200) as port:
        found = send(load(model="open", rate_per_s=20), aim(port), FRONT_PAGE)
    verdict, reason = judged(found)
    assert verdict is Verdict.FAILED
    assert reason.endswith(": 5 x status 503")
    assert dict(found.statuses) == {"200": 5, "503": 5}


def test_a_server_that_becomes_slow_and_then_stops_answering_fails() -> None:
    """A request that is never answered counts, too, and once: none is lost when the load ends."""
    release = time.monotonic() + 4

    def behaviour(number: int) -> int:
        time.sleep(0.2 if number < 6 else max(0.0, release - time.monotonic()))
        return 200

    arriving = load(model="open", users=3, rate_per_s=10, duration_s=1, answer_timeout_s=1)
    with serving(behaviour) as port:
        found = send(arriving, aim(port), FRONT_PAGE)
    verdict, reason = judged(found)
    assert verdict is Verdict.FAILED
    assert found.requests == 10
    assert 0 < found.answered < 10
    assert "no answer within 1 s" in reason


@pytest.mark.parametrize(
    ("client", "reason"), [("FastHttpUser", "timed out"), ("HttpUser", "no answer within 0.5 s")]
)
def test_a_request_that_is_never_answered_times_out(
    tmp_path: Path, client: str, reason: str
) -> None:
    """The client stops it if it has a limit, otherwise the engine does."""
    users = tmp_path / "pages.py"
    users.write_text(FRONT_PAGE.read_text().replace("FastHttpUser", client))

    def silent(_: int) -> int:
        time.sleep(3)
        return 200

    asked = load(model="open", users=20, rate_per_s=10, answer_timeout_s=0.5, duration_s=1)
    with serving(silent) as port:
        found = send(asked, aim(port), users)
    assert (found.answered, dict(found.failures)) == (0, {reason: 10})


def test_a_load_without_a_request_fails(tmp_path: Path) -> None:
    users = locustfile(tmp_path, "pass")
    with serving(at_once) as port:
        arriving = load(model="open", rate_per_s=10)
        assert judged(send(arriving, aim(port), users)) == (
            Verdict.FAILED,
            "no request was made: nothing was measured",
        )


def test_users_who_raise_an_error_break_the_load(tmp_path: Path) -> None:
    users = locustfile(tmp_path, 'self.client.get("/"); {}["page"]')
    with serving(at_once) as port:
        found = send(load(model="open", rate_per_s=10), aim(port), users)
    verdict, reason = judged(found)
    assert verdict is Verdict.BROKEN
    assert reason.endswith(" x KeyError: 'page'")


def test_a_generator_that_is_too_busy_breaks_the_load(tmp_path: Path) -> None:
    users = locustfile(tmp_path, 'spin(); self.client.get("/")', head=SPIN)
    with serving(at_once) as port:
        found = send(load(model="open", users=5, rate_per_s=40, duration_s=1), aim(port), users)
    verdict, reason = judged(found)
    assert verdict is Verdict.BROKEN
    assert "the generator" in reason


def test_a_process_that_is_lost_breaks_the_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    users = locustfile(tmp_path, 'self.client.get("/"); leave(self.environment.runner)', head=LEAVE)
    asked = load(users=2, processes=2, duration_s=1, answer_timeout_s=1)
    with serving(at_once) as port:
        found = send(asked, aim(port), users)
    assert judged(found) == (Verdict.BROKEN, "1 of 2 processes of the generator were lost")


def test_a_locust_that_is_not_installed_is_one_error() -> None:
    """``-S`` leaves out the folder of the installed packages."""
    with pytest.raises(ExtraError) as caught:
        send(load(), aim(1), FRONT_PAGE, python=(sys.executable, "-S"))
    assert str(caught.value) == (
        "the Python package locust, which sends the loads of the plan, is not installed\n"
        "To do: pip install 'upgradeproof[load]'"
    )


def test_a_python_that_is_not_there_is_one_error() -> None:
    with pytest.raises(LoadError, match=r"^/no/python is not installed"):
        send(load(), aim(1), FRONT_PAGE, python=("/no/python",))


def test_users_that_are_not_python_are_one_error(tmp_path: Path) -> None:
    users = locustfile(tmp_path, "return return")
    with pytest.raises(LoadError, match=r"^Locust failed with exit status 1\n") as caught:
        send(load(), aim(1), users)
    assert "SyntaxError: invalid syntax" in str(caught.value)


def test_a_set_of_tasks_is_refused(tmp_path: Path) -> None:
    users = tmp_path / "pages.py"
    users.write_text(
        "from locust import FastHttpUser, TaskSet\n"
        "class Pages(TaskSet):\n    tasks = [print]\n"
        "class Reader(FastHttpUser):\n    tasks = [Pages]\n"
    )
    with pytest.raises(LoadError, match="Pages is a set of tasks: write tasks of the user itself"):
        send(load(), aim(1), users)


def test_a_locust_that_is_killed_is_one_error(tmp_path: Path) -> None:
    users = locustfile(tmp_path, "os.kill(os.getpid(), 9)", head="import os")
    with pytest.raises(LoadError, match=r"^Locust failed with exit status -9"):
        send(load(), aim(1), users)


def test_a_locust_that_ends_too_early_leaves_an_error(tmp_path: Path) -> None:
    """It exits with 0 before it receives the order to measure."""
    users = locustfile(tmp_path, "os._exit(0)", head="import os")
    with pytest.raises(LoadError, match=r"^Locust ended and left no result$"):
        send(load(), aim(1), users)


def test_a_locust_that_does_not_end_is_ended(tmp_path: Path) -> None:
    users = locustfile(tmp_path, "pass", head="import time\ntime.sleep(60)")
    asked = load(warm_up_s=0.1, duration_s=0.1, answer_timeout_s=0.1)
    with pytest.raises(LoadError, match=r"^a load did not end in 3\.3 s"):
        send(asked, aim(1), users, start_s=-3)
