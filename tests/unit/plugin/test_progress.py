"""Progress: plain lines between tests, and `upgradeproof watch` from another terminal."""

from __future__ import annotations

import pytest

from tests.unit.plugin.project import AMD64, Project
from upgradeproof.errors import HarnessError

SUITE = "def test_a(upgraded): pass\n"


def test_pytest_prints_what_happened_after_each_test_and_watch_prints_the_same(
    project: Project,
) -> None:
    project.write(test_it=SUITE)
    done = project.pytest(f"--upgradeproof-cell={AMD64}")
    assert done.exit_status == 0, done.text
    lines = [line for line in done.text.splitlines() if f" s] {AMD64}: " in line]
    printed = [line.partition("] ")[2] for line in lines]
    assert f"{AMD64}: installed: begins" in printed
    assert f"{AMD64}: installed: install" in printed
    assert f"{AMD64}: upgraded: upgrade" in printed
    assert project.upgradeproof("watch").text.splitlines() == lines
    quiet = project.pytest(f"--upgradeproof-cell={AMD64}", "-q")
    assert f" s] {AMD64}: " not in quiet.text


def test_nothing_to_watch_is_one_clear_error(project: Project) -> None:
    done = project.upgradeproof("watch", "nowhere")
    assert done.exit_status == HarnessError.exit_code
    assert done.stderr.decode() == (
        "upgradeproof: there is no run in nowhere\nTo do: start pytest, then watch again\n"
    )


XFAIL = """
import pytest

@pytest.mark.xfail(reason="known", strict=False)
def test_fails(cell): assert False
@pytest.mark.xfail(reason="known", strict=False)
def test_passes(cell): pass
@pytest.mark.xfail(reason="known", strict=True)
def test_passes_strictly(cell): pass
"""


def test_an_expected_failure_is_a_failure_everywhere(inside: pytest.Pytester) -> None:
    inside.makepyfile(test_it=XFAIL)
    done = inside.runpytest_inprocess(f"--upgradeproof-cell={AMD64}", "-rA")
    done.assert_outcomes(failed=3)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    cell = Project(inside.path).cell()
    assert {(check.verdict.value, check.reason) for check in cell.checks} == {
        ("failed", "marked as an expected failure (known): declare it in the plan instead"),
        ("failed", "[XPASS(strict)] known"),
    }
    junit = (inside.path / "reports" / "out" / "junit.xml").read_text(encoding="utf-8")
    assert 'failures="3"' in junit
