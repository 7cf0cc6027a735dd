"""The plugin as a guest in a pytest run of the user: its names, its root, and what it imports."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.unit.plugin.project import AMD64, ROOT
from upgradeproof.settings import pytest_words
from upgradeproof.states import STATES

HEAVY = ("pydantic", "docker", "jinja2", "rich", "locust", "matplotlib", "debian", "filelock")
"""Libraries that take long to import."""
SHOW = """
import sys
def pytest_unconfigure():
    print("\\nimported:", *sorted(name for name in sys.modules if name.startswith("upgradeproof")))
    print("heavy:", *(name for name in {heavy!r} if name in sys.modules))
"""
ALONE = ["-p", "no:html", "-p", "no:xdist", "-p", "no:testinfra", "-p", "no:pytest11.testinfra"]


def test_without_a_plan_nothing_heavy_is_imported(pytester: pytest.Pytester) -> None:
    """A separate process is necessary, because this one has imported all libraries."""
    pytester.makeconftest(SHOW.format(heavy=HEAVY))
    pytester.makepyfile("def test_a(): pass")
    environment = f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    main = f"{environment}import pytest; sys.exit(pytest.main({ALONE!r}))"
    done = pytester.run(sys.executable, "-c", main)
    assert done.ret == 0
    done.stdout.fnmatch_lines(
        [
            (
                "imported: upgradeproof upgradeproof.plugin upgradeproof.plugin.hookspecs"
                " upgradeproof.plugin.options upgradeproof.settings"
            ),
            "heavy:",
        ]
    )


def test_without_a_plan_there_is_no_fixture_and_no_mark(pytester: pytest.Pytester) -> None:
    marks = pytester.runpytest_inprocess("--markers")
    assert marks.ret == 0
    for name in ("subject(", "first:", "follows(", "destructive", "own_kernel"):
        assert f"@pytest.mark.{name}" not in marks.stdout.str()
    shown = pytester.runpytest_inprocess("--fixtures", "-v")
    for name in ("cell", "installed", "upgraded", "upgradeproof_runner"):
        assert f"\n{name} " not in shown.stdout.str()


def test_with_a_plan_there_are_fixtures_and_marks(inside: pytest.Pytester) -> None:
    marks = inside.runpytest_inprocess("--markers").stdout.str()
    assert "@pytest.mark.subject(name): the test runs for each thing of this kind" in marks
    assert "@pytest.mark.not_yet: cells of the plan tagged 'not-yet'" in marks
    shown = inside.runpytest_inprocess("--fixtures", "-v").stdout.str()
    for name in ("cell", "installed", "upgraded", "upgradeproof_runner"):
        assert f"\n{name} [session scope]" in shown or f"\n{name} --" in shown
    for state, spec in STATES.items():
        assert re.search(
            rf"^{state} -- \S+\n    Hand out {re.escape(spec.summary)}\.$", shown, re.MULTILINE
        )


def test_every_option_and_ini_key_has_our_prefix(pytester: pytest.Pytester) -> None:
    with_us = pytester.runpytest_inprocess("--help").outlines
    without = pytester.runpytest_inprocess("--help", "-p", "no:upgradeproof").outlines
    words = {line.split()[0] for line in with_us if line.strip()} - {
        line.split()[0] for line in without if line.strip()
    }
    ours = {word for word in words if word.startswith("-") or "upgradeproof" in word}
    assert {word.partition("=")[0] for word in ours if word.startswith("-")} == {
        "--upgradeproof-cell",
        "--upgradeproof-plan",
        "--upgradeproof-reports",
        "--upgradeproof-fresh",
        "--upgradeproof-strict",
        "--upgradeproof-junit",
        "--upgradeproof-shard",
        "--upgradeproof-html",
    }


def test_a_path_in_an_option_never_changes_the_root(inside: pytest.Pytester) -> None:
    """pytest takes a value of an option that it does not know yet for a place of tests; ``-o`` is
    its own, and it knows its value."""
    other = inside.path / "elsewhere" / "product"
    other.mkdir(parents=True)
    plan = (inside.path / "upgrade.toml").rename(other / "upgrade.toml")
    (other / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    inside.makepyfile(test_it="def test_a(cell): pass\n")
    words = pytest_words(plans=[plan], reports=other / "out")
    done = inside.runpytest_inprocess("--collect-only", "-q", *words)
    assert done.outlines[0] == f"test_it.py::test_a[{AMD64}]"
    relative = "elsewhere/product/upgrade.toml"
    for words in (("-o", f"upgradeproof_plans={relative}"), (f"--upgradeproof-plan={relative}",)):
        done = inside.runpytest_inprocess("--collect-only", "-q", *words)
        assert done.outlines[0] == f"test_it.py::test_a[{AMD64}]"


@pytest.mark.parametrize("option", ["--upgradeproof-plan", "--upgradeproof-reports"])
def test_an_option_and_its_path_in_two_words_are_an_error(
    inside: pytest.Pytester, option: str
) -> None:
    done = inside.runpytest_inprocess(option, "upgrade.toml")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"ERROR: {option} and its path are two words*{option}=PATH"])


def test_the_ini_file_names_plans_and_reports(inside: pytest.Pytester) -> None:
    folder = inside.path / "a product"
    folder.mkdir()
    (inside.path / "upgrade.toml").rename(folder / "upgrade.toml")
    with (inside.path / "pytest.ini").open("a", encoding="utf-8") as ini:
        ini.write("upgradeproof_plans = 'a product/upgrade.toml'\nupgradeproof_reports = here\n")
    inside.makepyfile(test_it="def test_a(cell): pass\n")
    assert inside.runpytest_inprocess(f"--upgradeproof-cell={AMD64}").ret == 0
    assert (inside.path / "here" / "run.json").is_file()
    there = inside.runpytest_inprocess(
        f"--upgradeproof-cell={AMD64}", "--upgradeproof-reports=there"
    )
    assert there.ret == 0
    assert (inside.path / "there" / "run.json").is_file()
    assert not (inside.path / "reports").exists()


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ((), set()),
        (("--upgradeproof-junit",), {"junit.xml"}),
        (("--upgradeproof-html",), {"pytest.html"}),
        (("-o", "upgradeproof_junit=true"), {"junit.xml"}),
        (("-o", "upgradeproof_html=true"), {"pytest.html"}),
    ],
)
def test_pytests_own_reports_are_written_when_asked_for(
    words: tuple[str, ...], written: set[str], inside: pytest.Pytester
) -> None:
    (inside.path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    inside.makepyfile(test_it="def test_a(cell): pass\n")
    assert inside.runpytest_inprocess(f"--upgradeproof-cell={AMD64}", *words).ret == 0
    reports = Path(inside.path, "reports", "out")
    assert {path.name for path in reports.iterdir()} & {"junit.xml", "pytest.html"} == written
