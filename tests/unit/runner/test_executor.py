"""Steps with their transcripts, and the wait until the product is ready."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Literal, cast

import pytest

from tests.unit.runner.fakes import IMAGE, FolderBackend, FolderMachine
from upgradeproof.command import Completed, run
from upgradeproof.errors import BootError, StepError, StepTimeoutError
from upgradeproof.machines import MachineSpec
from upgradeproof.plan import Expectations
from upgradeproof.plan.steps import Action, Reboot, Script, Upload
from upgradeproof.results import Fidelity, Verdict
from upgradeproof.results.journal import StepFinished, StepStarted
from upgradeproof.runner.executor import StepExecutor
from upgradeproof.runner.readiness import wait_until_ready
from upgradeproof.runner.recorder import Recorder

SPEC = MachineSpec(snapshot=IMAGE, name="thing-main-1", architecture="amd64")
SYSTEMCTL = """#!/bin/sh
[ "$1" = -q ] && { shift; exec >/dev/null; }
grep -qxF -- "$2" "$ACTIVE" && { echo active; exit 0; }
echo failed; exit 3
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[FolderMachine]:
    with FolderBackend(tmp_path / "backend").start(SPEC) as started:
        assert isinstance(started, FolderMachine)
        yield started


class Steps:
    """Execute actions and store the events of the journal."""

    def __init__(self, folder: Path) -> None:
        self.reports = folder / "reports"
        self.events: list[StepStarted | StepFinished] = []
        self.executor = StepExecutor(
            Recorder("cell", self.reports, lambda _: None), "installed", record=self.events.append
        )

    @property
    def finished(self) -> list[tuple[str, int | None]]:
        begun = [event.title for event in self.events if isinstance(event, StepStarted)]
        ended = [event.exit_status for event in self.events if isinstance(event, StepFinished)]
        return list(zip(begun, ended, strict=True))

    def transcript(self, at: int) -> str:
        begun = [event for event in self.events if isinstance(event, StepStarted)]
        return (self.reports / begun[at].transcript).read_text()


def script(text: str, title: str = "a step") -> Script:
    return Script(title=title, script=text, timeout_s=5)


def test_every_kind_of_action_is_executed_in_order(machine: FolderMachine, tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_bytes(b"a = 1\xff")
    upload = Upload(
        title="copy", source=tmp_path / "a.conf", path="/etc/a.conf", mode=0o600, owner="root"
    )
    actions: list[Action] = [script("echo one"), upload, Reboot(title="reboot", timeout_s=5)]
    steps = Steps(tmp_path)
    steps.executor.run(machine, actions)
    assert steps.finished == [
        ("a step", 0),
        ("copy", 0),
        ("reboot: left out, thing-main-1 has no kernel of its own", 0),
    ]
    assert machine.get("/etc/a.conf") == b"a = 1\xff"
    assert [steps.transcript(at)[12:] for at in range(3)] == ["one\n", "", ""]


def test_steps_after_a_failed_step_are_not_run(machine: FolderMachine, tmp_path: Path) -> None:
    steps = Steps(tmp_path)
    with pytest.raises(StepError):
        steps.executor.run(machine, [script("exit 4"), script("touch never")])
    assert steps.finished == [("a step", 4)]
    assert not (machine.disk / "never").exists()


def test_steps_of_the_same_title_have_separate_transcripts(
    machine: FolderMachine, tmp_path: Path
) -> None:
    steps = Steps(tmp_path)
    steps.executor.run(machine, [script("echo 1"), script("echo 2"), script("echo 3", "x" * 300)])
    names = sorted(path.name for path in steps.reports.rglob("*.log"))
    assert names == ["01-a-step.log", "02-a-step.log", f"03-{'x' * 60}.log"]


@pytest.mark.parametrize(("execution", "limit_s"), [("native", "0.2"), ("qemu-user", "0.6")])
def test_an_emulated_machine_may_take_longer(
    tmp_path: Path, execution: Literal["native", "qemu-user"], limit_s: str
) -> None:
    machine = FolderMachine(SPEC, tmp_path, Fidelity(kernel="shared", execution=execution))
    with pytest.raises(StepTimeoutError, match=f"did not end in {limit_s} s"):
        Steps(tmp_path).executor.script(machine, Script(title="a", script="sleep 9", timeout_s=0.2))


class BootingMachine(FolderMachine):
    """A machine with its own kernel, and a console that shows how it boots."""

    console = "the boot before\n"

    def reboot(self, *, timeout_s: float) -> None:
        self.console += f"booting within {timeout_s:g} s\n"
        super().reboot(timeout_s=timeout_s)

    def logs(self) -> str:
        return self.console


@pytest.fixture
def booting(machine: FolderMachine) -> BootingMachine:
    return BootingMachine(SPEC, machine.disk, Fidelity(kernel="own", execution="tcg", boot="own"))


def test_a_machine_with_a_kernel_of_its_own_is_booted_again(
    booting: BootingMachine, tmp_path: Path
) -> None:
    steps = Steps(tmp_path)
    steps.executor.run(booting, [Reboot(title="reboot", timeout_s=7), script("echo after")])
    assert (booting.disk / "booted").read_text() == "21", "seven seconds, and emulated"
    assert steps.finished == [("reboot", 0), ("a step", 0)]
    assert steps.transcript(0)[12:] == "booting within 21 s\n", "the console, from this boot on"


def test_a_failed_boot_is_the_products_failure_and_its_console_is_stored(
    booting: BootingMachine, tmp_path: Path
) -> None:
    (booting.disk / "panic").write_text("kernel panic: no init found")
    steps = Steps(tmp_path)
    with pytest.raises(BootError) as caught:
        steps.executor.run(booting, [Reboot(title="reboot", timeout_s=7), script("touch never")])
    assert str(caught.value) == "thing-main-1 does not boot: kernel panic: no init found"
    assert Verdict.of(caught.value) is Verdict.FAILED
    assert steps.finished == [("reboot", None)]
    assert steps.transcript(0)[12:] == "booting within 21 s\n"
    assert not (booting.disk / "never").exists()


def test_a_shared_kernel_is_not_rebooted_and_the_step_has_a_note(
    machine: FolderMachine, tmp_path: Path
) -> None:
    steps = Steps(tmp_path)
    steps.executor.reboot(machine, Reboot(title="reboot", timeout_s=5))
    assert steps.finished == [("reboot: left out, thing-main-1 has no kernel of its own", 0)]
    assert not (machine.disk / "booted").exists()


class ReadyMachine(FolderMachine):
    """A machine that runs the real waiting script with a fake `systemctl`."""

    def run(self, script: str, **options: object) -> Completed:
        bin_folder = self.disk / "bin"
        bin_folder.mkdir(exist_ok=True)
        (bin_folder / "systemctl").write_text(SYSTEMCTL)
        (bin_folder / "journalctl").write_text(f"#!/bin/sh\ncat {self.disk}/log 2>/dev/null\n")
        for program in bin_folder.iterdir():
            program.chmod(0o755)
        environment = {"PATH": f"{bin_folder}:/usr/bin:/bin", "ACTIVE": str(self.disk / "active")}
        return run(["sh", "-c", script], timeout_s=10, env=environment, check=False)


@pytest.fixture
def waiting(machine: FolderMachine) -> ReadyMachine:
    ready = ReadyMachine(SPEC, machine.disk, machine.fidelity)
    (machine.disk / "active").write_text("thingd.service\na\\x2db.service\n")
    return ready


def missing(machine: ReadyMachine, state: str = "installed", **expect: object) -> list[str]:
    expectations = Expectations.model_validate(expect)
    return wait_until_ready(machine, expectations, state, timeout_s=0).splitlines()


@pytest.fixture
def port() -> Iterator[int]:
    """Return a TCP port of this host on which a process listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """Return a port of this host that no process has, and that the kernel assigns to none."""
    for port in range(20_000 + os.getpid() % 9_000, 30_000):
        with (
            suppress(OSError),
            socket.socket() as tcp,
            socket.socket(type=socket.SOCK_DGRAM) as udp,
        ):
            tcp.bind(("0.0.0.0", port))
            udp.bind(("0.0.0.0", port))
            return port
    pytest.fail("all ports are in use")


def test_a_product_that_expects_nothing_is_ready(waiting: ReadyMachine) -> None:
    assert missing(waiting) == []


def test_a_service_that_is_active_is_ready(waiting: ReadyMachine) -> None:
    assert missing(waiting, services=["thingd", r"a\x2db"]) == []


def test_a_service_that_starts_and_dies_is_not_ready(waiting: ReadyMachine) -> None:
    """The service is active at the first reading, and failed at the next one."""
    expect = Expectations.model_validate({"services": ["thingd"]})
    died = Timer(0.3, (waiting.disk / "active").write_text, ["other.service\n"])
    died.start()
    missing = wait_until_ready(waiting, expect, "upgraded", timeout_s=5, stays_s=1)
    died.join()
    assert missing == "thingd is failed"


def test_what_a_service_that_is_not_active_logged_last_is_quoted(waiting: ReadyMachine) -> None:
    (waiting.disk / "log").write_text("Starting other\nno such file: /var/log/auth.log\n")
    assert missing(waiting, services=["thingd", "other"]) == [
        "other is failed",
        "  Starting other",
        "  no such file: /var/log/auth.log",
    ]


def test_a_service_that_is_not_active_is_named(waiting: ReadyMachine) -> None:
    assert missing(waiting, services=["thingd", "other", r"c\x2db"]) == [
        "other is failed",
        r"c\x2db is failed",
    ]


def test_a_port_that_listens_is_ready(waiting: ReadyMachine, port: int) -> None:
    assert missing(waiting, port=[{"port": port}]) == []


def test_a_port_that_does_not_listen_is_named(waiting: ReadyMachine, closed_port: int) -> None:
    udp = {"port": closed_port, "protocol": "udp"}
    assert missing(waiting, port=[{"port": closed_port}, udp]) == [
        f"nothing listens on tcp port {closed_port}",
        f"nothing listens on udp port {closed_port}",
    ]


def test_a_udp_port_that_is_bound_is_ready(waiting: ReadyMachine) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        assert missing(waiting, port=[{"port": bound.getsockname()[1], "protocol": "udp"}]) == []


def test_a_port_over_ipv6_is_ready_too(waiting: ReadyMachine) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        assert missing(waiting, port=[{"port": server.getsockname()[1]}]) == []


def test_a_moved_port_is_expected_at_its_number_of_the_state(
    waiting: ReadyMachine, port: int, closed_port: int
) -> None:
    moved = {"port": closed_port, "change": "moved", "to": port}
    assert missing(waiting, "upgraded", port=[moved]) == []
    assert missing(waiting, "installed", port=[moved]) != []


def test_an_added_or_removed_port_is_expected_in_one_state_only(
    waiting: ReadyMachine, closed_port: int
) -> None:
    for change, state in (("added", "installed"), ("retired", "upgraded")):
        assert missing(waiting, state, port=[{"port": closed_port, "change": change}]) == []
    for change, state in (("added", "upgraded"), ("retired", "installed")):
        assert missing(waiting, state, port=[{"port": closed_port, "change": change}]) != []


def test_an_action_of_an_unknown_kind_is_an_error(machine: FolderMachine, tmp_path: Path) -> None:
    steps = Steps(tmp_path)
    with pytest.raises(AssertionError, match="unreachable"):
        steps.executor.run(machine, [cast("Action", object())])
    assert steps.finished == []
