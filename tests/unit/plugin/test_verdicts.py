"""The outcome of a test becomes a verdict: one run with a test of every kind, and its reports."""

from __future__ import annotations

from html import unescape
from xml.etree import ElementTree as ET

import pytest

from tests.unit.plugin.project import AMD64, ARM64, Project, make_project
from upgradeproof.command import Completed
from upgradeproof.render import every_format
from upgradeproof.results import Verdict

SUITE = """
import pytest
from upgradeproof.errors import HarnessError, ImageError, StepError


@pytest.fixture
def bad_set_up():
    raise OSError("set-up is broken")


@pytest.fixture
def bad_tear_down():
    yield
    raise OSError("tear-down is broken")


def test_passes(upgraded): pass
def test_asserts(upgraded): assert 1 == 2, "one is not two <b>"
def test_of_a_list(upgraded):
    lost = ["this", "that"]
    assert not lost, "\\n".join(lost)
def test_fails(upgraded): pytest.fail("the test calls fail")
def test_has_a_bug(upgraded): {}["no such key"]
def test_skips(upgraded): pytest.skip("nothing to see here")
@pytest.mark.subject("service")
def test_of_a_subject(upgraded, service): assert service == "thingd"
def test_needs_a_kernel(upgraded): pass
def test_without_set_up(upgraded, bad_set_up): pass
def test_without_tear_down(upgraded, bad_tear_down): pass
def test_failed_without_tear_down(upgraded, bad_tear_down): assert False, "the product's fault"
def test_of_both(installed, upgraded): assert installed.machine.name != upgraded.machine.name
def test_of_no_cell(): pass
@pytest.mark.subject("endpoint")
def test_without_a_subject(upgraded, endpoint): pass


@pytest.mark.xfail(reason="known", strict=False)
def test_is_expected_to_fail(upgraded): assert False


@pytest.mark.xfail(reason="known", strict=False)
def test_is_expected_to_fail_and_passes(upgraded): pass


@pytest.mark.own_kernel
def test_of_a_kernel(upgraded): raise RuntimeError("not run in a container")


@pytest.mark.destructive
def test_destroys(upgraded): upgraded.machine.run("rm packages/thing")


def test_after_the_destruction(upgraded):
    assert upgraded.machine.run("cat packages/thing").text == "2.0"


@pytest.mark.parametrize("error", [HarnessError, StepError, ImageError])
def test_raises(upgraded, error):
    raise error("this happened", details="this was seen", resolution="this is to do")
"""

EXPECTED = {
    "test_passes": (Verdict.PASSED, ""),
    "test_asserts": (Verdict.FAILED, "one is not two <b>\nassert 1 == 2"),
    "test_fails": (Verdict.FAILED, "the test calls fail"),
    "test_has_a_bug": (Verdict.BROKEN, "KeyError: 'no such key'"),
    "test_skips": (Verdict.NOT_APPLICABLE, "nothing to see here"),
    "test_of_a_subject[thingd]": (Verdict.PASSED, ""),
    "test_of_a_subject[thing-helper]": (
        Verdict.FAILED,
        "assert 'thing-helper' == 'thingd'\n  \n  - thingd\n  + thing-helper",
    ),
    "test_needs_a_kernel": (Verdict.PASSED, ""),
    "test_without_set_up": (Verdict.BROKEN, "OSError: set-up is broken"),
    "test_without_tear_down": (Verdict.BROKEN, "OSError: tear-down is broken"),
    "test_failed_without_tear_down": (
        Verdict.FAILED,
        "the product's fault",
    ),
    "test_of_both": (Verdict.PASSED, ""),
    "test_is_expected_to_fail": (
        Verdict.FAILED,
        "marked as an expected failure (known): declare it in the plan instead",
    ),
    "test_is_expected_to_fail_and_passes": (
        Verdict.FAILED,
        "marked as an expected failure (known): declare it in the plan instead",
    ),
    "test_of_a_list": (Verdict.FAILED, "this\n  that"),
    "test_of_a_kernel": (
        Verdict.NOT_APPLICABLE,
        "the machine shares its host's kernel: only a VM can prove this",
    ),
    "test_destroys": (Verdict.PASSED, ""),
    "test_after_the_destruction": (Verdict.PASSED, ""),
    **{
        f"test_raises[{name}]": (verdict, "this happened\nthis was seen\nTo do: this is to do")
        for name, verdict in {
            "HarnessError": Verdict.BROKEN,
            "StepError": Verdict.FAILED,
            "ImageError": Verdict.NEVER_RAN,
        }.items()
    },
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("verdicts")).write(test_it=SUITE)


@pytest.fixture(scope="module")
def done(project: Project) -> Completed:
    return project.pytest()


@pytest.fixture
def finished(project: Project, done: Completed) -> Project:
    return project


@pytest.mark.parametrize("test", EXPECTED)
def test_a_test_becomes_a_verdict_and_a_reason(finished: Project, test: str) -> None:
    check = finished.check(f"test_it::{test}")
    assert (check.verdict, check.reason) == EXPECTED[test]


def test_there_are_no_other_checks(finished: Project) -> None:
    for cell in finished.result.cells:
        assert {check.id for check in cell.checks} == {f"test_it::{test}" for test in EXPECTED}


def test_a_check_names_its_states(finished: Project) -> None:
    assert finished.check("test_it::test_passes").states == ("upgraded",)
    assert finished.check("test_it::test_of_both").states == ("installed", "upgraded")


def test_cell_and_run_have_the_verdict_of_the_worst_check(finished: Project) -> None:
    assert [cell.verdict for cell in finished.result.cells] == [Verdict.FAILED, Verdict.FAILED]
    assert (finished.result.verdict, finished.result.green) == (Verdict.FAILED, False)


def test_a_run_with_a_failure_exits_with_1(done: Completed) -> None:
    assert done.exit_status == 1


def test_our_own_errors_are_shown_without_a_traceback(done: Completed) -> None:
    shown = done.text.split("test_raises[example-1-amd64.container.thing-1-to-2-HarnessError] _")[1]
    lines = shown.splitlines()
    assert lines[1:4] == ["this happened", "this was seen", "To do: this is to do"]
    assert lines[4].startswith("____")


def test_the_summary_names_every_cell_and_the_matrix(finished: Project, done: Completed) -> None:
    lines = done.text.splitlines()
    at = next(i for i, line in enumerate(lines) if " upgradeproof: failed " in line)
    wanted = [
        f"failed          {AMD64}  ({len(EXPECTED)} checks)",
        f"failed          {ARM64}  ({len(EXPECTED)} checks)",
        f"matrix: {finished.reports / 'index.html'}",
    ]
    assert [line for line in lines[at + 1 :] if line in wanted] == wanted


def test_junit_xml_has_the_cells_properties(finished: Project, done: Completed) -> None:
    cases = {
        case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")}
        for case in ET.parse(finished.reports / "junit.xml").iter("testcase")
    }
    assert cases[f"test_of_both[{AMD64}]"] == {
        "cell": AMD64,
        "platform": "example-1-amd64.container",
        "upgrade": "thing-1-to-2",
        "state": "installed upgraded",
        "verdict": "passed",
    }
    assert cases[f"test_skips[{ARM64}]"]["verdict"] == "not_applicable"
    assert cases[f"test_without_set_up[{ARM64}]"]["verdict"] == "broken"
    assert cases["test_of_no_cell"] == {}


def test_pytest_html_has_our_columns(finished: Project) -> None:
    page = unescape((finished.reports / "pytest.html").read_text()).replace('\\"', '"')
    for name in ("cell", "state", "verdict"):
        assert f'<th class="sortable" data-column-type="{name}">{name}</th>' in page
    for name, text in (("cell", AMD64), ("state", "installed upgraded"), ("verdict", "broken")):
        assert f'<td class="col-{name}">{text}</td>' in page


def test_one_machine_serves_all_tests_of_a_cell_that_only_read(finished: Project) -> None:
    log = (finished.folder / "backend" / "log").read_text().splitlines()
    starts = sorted(line for line in log if line.startswith("start"))
    assert starts == sorted(
        2 * ["start main from image", "start installed from snapshot", "start clone from snapshot"]
    )


def test_every_report_is_written(finished: Project) -> None:
    names = {"run.json", "junit.xml", "pytest.html", "journal"}
    names |= {drawn.FILE_NAME for drawn in every_format().values() if drawn.BY_DEFAULT}
    assert names <= {path.name for path in finished.reports.iterdir()}
