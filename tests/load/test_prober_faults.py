"""The prober fails with one clear error, excludes its own faults, and ends in any case."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.load.probing import (
    LATE_MS,
    RATE_PER_S,
    asking,
    question,
)
from tests.load.servers import Behaviour, at_once, serving
from upgradeproof.errors import LoadError
from upgradeproof.plan import Disruption
from upgradeproof.prober import (
    Orders,
    Prober,
    Recording,
    availability,
    over_budget,
    unknown,
)
from upgradeproof.results import Availability

HANGING = """
from gevent import monkey
monkey.patch_all()
import gevent
from upgradeproof.prober import asker, process
process.SPARE_S = 0.5
asker.Asker.run = lambda *_: gevent.sleep(3600)
process.main()
"""
STRICT = Disruption(
    endpoint="site", answer_timeout_ms=LATE_MS, max_downtime_ms=100, max_total_downtime_ms=100
)
ORPHANED = """
import sys, time
from pathlib import Path
from tests.load.probing import asking, question
with asking(question(Path(sys.argv[1]), int(sys.argv[2]))) as prober:
    print(prober.pid, flush=True)
    time.sleep(60)
"""


def stalled(tmp_path: Path, behaviour: Behaviour, *, before_s: float = 0.3) -> Availability:
    """Return what a prober recorded that was stopped for half a second."""
    with serving(behaviour) as port, asking(question(tmp_path, port)) as prober:
        time.sleep(before_s)
        os.kill(prober.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(prober.pid, signal.SIGCONT)
        time.sleep(0.3)
        (recording,) = prober.end()
    return availability(STRICT, "upgraded", recording, ())


def test_a_stall_of_the_prober_is_no_downtime_of_the_service(tmp_path: Path) -> None:
    seen = stalled(tmp_path, at_once)
    assert over_budget(STRICT, seen) == ""
    assert unknown(STRICT, seen).startswith("the prober could not keep its schedule")


def test_a_stall_of_the_prober_makes_the_availability_unknown(tmp_path: Path) -> None:
    """The service is down during the stall only, and is up again when the prober continues."""
    answered_at: list[float] = []

    def behaviour(_: int) -> int:
        answered_at.append(time.monotonic())
        return 503 if 0.35 < answered_at[-1] - answered_at[0] < 0.75 else 200

    seen = stalled(tmp_path, behaviour)
    assert unknown(STRICT, seen).startswith("the prober could not keep its schedule")


def test_a_stall_of_the_prober_does_not_excuse_earlier_failures(tmp_path: Path) -> None:
    seen = stalled(tmp_path, lambda _: 503, before_s=0.8)
    assert "status 503" in over_budget(STRICT, seen)
    assert unknown(STRICT, seen) == ""


def test_a_prober_that_is_killed_is_one_error(tmp_path: Path) -> None:
    with serving(at_once) as port, asking(question(tmp_path, port)) as prober:
        os.kill(prober.pid, signal.SIGKILL)
        with pytest.raises(LoadError, match=r"^the prober failed with exit status -9$"):
            prober.end()


def test_a_prober_ends_when_its_time_is_over(tmp_path: Path) -> None:
    with (
        serving(at_once) as port,
        asking(question(tmp_path, port), longest_s=0.5) as prober,
    ):
        assert _ended(prober.pid, within_s=15)
        (recording,) = prober.end()
    assert (recording.ended_on_request, len(recording.samples)) == (False, 50)


def test_a_prober_that_hangs_is_ended_by_the_kernel(tmp_path: Path) -> None:
    """The alarm of the kernel ends it even if its engine is dead."""
    hanging = (sys.executable, "-P", "-c", HANGING)
    with (
        serving(at_once) as port,
        Prober(python=hanging) as prober,
    ):
        prober.begin(Orders(questions=(question(tmp_path, port),), linger_s=0.1))
        with pytest.raises(LoadError, match=r"^the prober failed with exit status -14"):
            prober.end()


def test_a_prober_without_its_libraries_is_one_error(tmp_path: Path) -> None:
    """``-S`` leaves out the folder of the installed packages."""
    bare = (sys.executable, "-S")
    failed = r"^the prober failed with exit status 1\n.*gevent"
    with Prober(python=bare) as prober, pytest.raises(LoadError, match=failed):
        prober.begin(Orders(questions=(question(tmp_path, 1),)))


def test_an_invalid_certificate_is_one_error(tmp_path: Path) -> None:
    asked = question(tmp_path, 1, kind="https", ca="/etc/site.crt", certificate="no certificate")
    with pytest.raises(LoadError) as caught, asking(asked):
        pass
    assert str(caught.value).startswith(
        "the prober failed with exit status 1\n/etc/site.crt holds no certificate in PEM: "
    )


def test_a_python_that_is_not_there_is_one_error() -> None:
    with (
        pytest.raises(LoadError, match=r"^the prober can't be started: No such file"),
        Prober(python=("/no/python",)),
    ):
        pass


def test_a_prober_without_orders_ends_silently() -> None:
    with Prober() as prober:
        pid = prober.pid
    assert _ended(pid, within_s=1)


def test_a_prober_ends_with_its_engine_and_loses_nothing(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    with serving(at_once) as port:
        engine = subprocess.Popen(
            [sys.executable, "-c", ORPHANED, str(tmp_path), str(port)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": root},
        )
        assert engine.stdout is not None
        with engine.stdout:
            pid = int(engine.stdout.readline())
        time.sleep(0.5)
        engine.kill()
        engine.wait()
        assert _ended(pid, within_s=15)
    recording = Recording.read(tmp_path / "requests.json")
    assert recording.ended_on_request
    assert len(recording.samples) > RATE_PER_S * 0.4


def _ended(pid: int, *, within_s: float) -> bool:
    """Wait until a process has ended; a zombie has ended, too."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
