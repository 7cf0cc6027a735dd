"""One pass of all probes: framing, errors, facts and their diff."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from testinfra.host import Host

from upgradeproof.command import Completed, run
from upgradeproof.errors import HarnessError
from upgradeproof.machines import Machine
from upgradeproof.probes import ordinary_probes, read
from upgradeproof.probes.base import Difference, Facts, Probe, diff, every_probe
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.sockets import ListeningSocket
from upgradeproof.results import Fidelity

OUTPUTS = {
    "packages": b"native\tamd64\npackage\ta\tall\t1\tinstall ok installed\n",
    "kernel": b"release\t6.1\nversion\t#1\narchitecture\tx86_64\n",
}


class AnsweringMachine:
    """A machine that answers every script with the same text; other calls are errors."""

    name = "answering"

    def __init__(self, answer: bytes, exit_status: int = 0) -> None:
        self.answer = answer
        self.exit_status = exit_status

    def run(
        self,
        script: str,
        *,
        timeout_s: float = 60.0,
        stdin: bytes = b"",
        on_output: Callable[[bytes], None] | None = None,
    ) -> Completed:
        return Completed(
            command="a pass",
            exit_status=self.exit_status,
            stdout=self.answer,
            stderr=b"",
            duration_s=0.1,
        )

    @property
    def fidelity(self) -> Fidelity:
        return Fidelity(kernel="shared", execution="native")

    @property
    def host(self) -> Host:
        raise NotImplementedError

    def put(self, content: bytes, path: str, *, mode: int = 0o644, owner: str = "root") -> None:
        raise NotImplementedError

    def get(self, path: str) -> bytes:
        raise NotImplementedError

    def reboot(self, *, timeout_s: float) -> None:
        raise NotImplementedError

    def power_cut(self, *, timeout_s: float) -> None:
        raise NotImplementedError

    def published(self, port: int) -> int:
        raise NotImplementedError

    def logs(self) -> str:
        raise NotImplementedError

    def alive(self) -> bool:
        return True


def framed(failing: str = "") -> bytes:
    answer = b""
    for probe in every_probe():
        section = probe.section
        output = OUTPUTS.get(section, b"")
        status, complaint = (3, b"it broke\n") if section == failing else (0, b"")
        header = f"{section} {status} {len(output)} {len(complaint)}\n"
        answer += header.encode() + output + complaint
    return answer


def test_a_pass_reads_every_section() -> None:
    machine: Machine = AnsweringMachine(framed())
    facts = read(machine, ProbeInputs())
    assert set(facts.sections) == {probe.section for probe in ordinary_probes()}
    assert facts[Packages]["a"].version == "1"


def test_the_error_of_a_failed_probe_has_its_name_and_cause() -> None:
    with pytest.raises(HarnessError) as caught:
        read(AnsweringMachine(framed(failing="libraries")), ProbeInputs())
    assert str(caught.value) == (
        "the probe 'libraries' failed on answering with exit status 3\n"
        "it broke\n\n"
        "To do: fix upgradeproof/probes/libraries.py"
    )


def test_an_aborted_pass_is_an_error_of_the_harness() -> None:
    with pytest.raises(HarnessError) as caught:
        read(AnsweringMachine(b"mktemp: no space", exit_status=1), ProbeInputs())
    assert str(caught.value) == (
        "the probes' pass on answering ended with exit status 1\nmktemp: no space"
    )


class ShellMachine(AnsweringMachine):
    """A machine whose shell is this host's."""

    def __init__(self) -> None:
        super().__init__(b"")

    def run(
        self,
        script: str,
        *,
        timeout_s: float = 60.0,
        stdin: bytes = b"",
        on_output: Callable[[bytes], None] | None = None,
    ) -> Completed:
        return run(["sh", "-c", script], timeout_s=20, check=False)


class Killing(Probe[Package]):
    """A probe that kills the worker which runs it, as a kernel does that is short of memory."""

    section = "killing"
    record = Package

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        return "echo why >&2; read -r _ _ _ worker _ </proc/self/stat; kill -9 $worker"

    @classmethod
    def parse(cls, _output: str, _inputs: ProbeInputs, /) -> dict[str, Package]:
        return {}


def test_the_error_of_a_probe_whose_worker_was_killed_has_its_name(tmp_path: Path) -> None:
    with pytest.raises(HarnessError) as caught:
        read(ShellMachine(), ProbeInputs(), [Killing], folder=str(tmp_path))
    assert str(caught.value) == (
        "the probe 'killing' was killed on answering\n"
        "why\n\n"
        "To do: look for a killed process in the machine's log: was memory short?"
    )


def test_damaged_output_of_a_pass_is_an_error_of_the_harness() -> None:
    with pytest.raises(HarnessError) as caught:
        read(AnsweringMachine(b"kernel 0 1 0\nabc\n"), ProbeInputs())
    assert str(caught.value) == (
        "the output of the probes' pass is damaged\n"
        "bc\n"
        "To do: does a process that a probe started go on printing?"
    )


def test_additions_removals_and_changes_are_differences() -> None:
    before = Facts({"packages": {"a": _package("1"), "b": _package("1")}})
    after = Facts({"packages": {"a": _package("2"), "c": _package("1")}})
    there = "version=1, state=install ok installed"
    assert diff(before, after) == (
        Difference(path="packages/a/version", before="1", after="2"),
        Difference(path="packages/b", before=there, after=None),
        Difference(path="packages/c", before=None, after=there),
    )


def test_volatile_fields_make_no_difference() -> None:
    first, second = (
        Facts({"sockets": {"s": ListeningSocket(protocol="tcp", address="::", port=1, pid=pid)}})
        for pid in (1, 2)
    )
    assert diff(first, second) == ()


def test_sections_are_lower_case_words_and_unique() -> None:
    sections = [probe.section for probe in every_probe()]
    assert len(set(sections)) == len(sections)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", section) for section in sections)


def test_volatile_fields_are_fields() -> None:
    for probe in every_probe():
        assert probe.record.volatile <= probe.record.model_fields.keys()


def _package(version: str) -> Package:
    return Package(version=version, state="install ok installed")
