"""Whether a failed step of apt is the fault of the archive or of the product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.runner.fakes import FolderBackend, FolderMachine
from tests.unit.runner.test_executor import SPEC, Steps
from upgradeproof.errors import UpgradeproofError
from upgradeproof.plan.steps import Script
from upgradeproof.results import Verdict


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[FolderMachine]:
    with FolderBackend(tmp_path / "backend").start(SPEC) as started:
        assert isinstance(started, FolderMachine)
        yield started


def failing(machine: FolderMachine, tmp_path: Path, message: str) -> UpgradeproofError:
    """Return the error of a step that prints a message like apt on stderr, and fails."""
    action = Script(title="install a", script=f"echo '{message}' >&2; exit 100", timeout_s=5)
    with pytest.raises(UpgradeproofError) as caught:
        Steps(tmp_path).executor.script(machine, action)
    return caught.value


@pytest.mark.parametrize(
    "why",
    [
        "Temporary failure resolving archive.test",
        "Could not connect to archive.test:80 (10.0.0.1), connection timed out",
        "Unable to connect to archive.test:http:",
        "404  Not Found [IP: 10.0.0.1 80]",
        "503  Service Unavailable [IP: 10.0.0.1 80]",
        "Error reading from server. Remote end closed connection",
        "File has unexpected size (1 != 2). Mirror sync in progress?",
    ],
)
def test_an_unreachable_archive_is_no_fault_of_the_product(
    machine: FolderMachine, tmp_path: Path, why: str
) -> None:
    line = f"E: Failed to fetch http://archive.test/a.deb  {why}"
    error = failing(machine, tmp_path, f"Get:1 a\n{line}\nE: Unable to fetch some archives")
    assert Verdict.of(error) is Verdict.BROKEN
    assert str(error).splitlines()[:2] == [
        "the step 'install a' lost its archive: nothing is known of the product",
        line,
    ]


def test_a_package_that_a_repository_on_the_machine_lacks_is_the_products(
    machine: FolderMachine, tmp_path: Path
) -> None:
    error = failing(machine, tmp_path, "E: Failed to fetch file:/srv/repo/a.deb  File not found")
    assert Verdict.of(error) is Verdict.FAILED


def test_a_signature_that_apt_refuses_is_the_products(
    machine: FolderMachine, tmp_path: Path
) -> None:
    message = "E: The repository http://vendor.test/repo stable InRelease is not signed."
    action = Script(
        title="fetch the package lists",
        script=f"echo '{message}' >&2; exit 100",
        timeout_s=5,
        environment="is the archive in reach?",
    )
    with pytest.raises(UpgradeproofError) as caught:
        Steps(tmp_path).executor.script(machine, action)
    assert Verdict.of(caught.value) is Verdict.FAILED
    assert message in caught.value.details
