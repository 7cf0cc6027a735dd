"""Subtests of pytest 9: each reports a phase of its test, and none of them is the test's end."""

from __future__ import annotations

from tests.unit.plugin.project import Project
from upgradeproof.results import Verdict

MANY = """
import pytest

def test_one_fails(upgraded, subtests):
    for number in range(3):
        with subtests.test(number=number):
            assert number != 1

def test_skips_in_the_end(upgraded, subtests):
    with subtests.test("first"): pass
    pytest.skip("can't be proven")
"""
CUT_OFF = """
def test_it(upgraded, subtests):
    with subtests.test("first"): pass
    raise KeyboardInterrupt
"""


def test_a_check_has_the_verdict_of_its_end_or_a_worse_one(project: Project) -> None:
    project.write(test_a=MANY).pytest("-m", "amd64")
    assert project.check("test_a::test_one_fails").verdict is Verdict.FAILED
    skipped = project.check("test_a::test_skips_in_the_end")
    assert (skipped.verdict, skipped.reason) == (Verdict.NOT_APPLICABLE, "can't be proven")


def test_an_interrupted_check_never_ran_even_if_its_subtests_passed(project: Project) -> None:
    project.write(test_a=CUT_OFF).pytest("-m", "amd64")
    assert project.check("test_a::test_it").verdict is Verdict.NEVER_RAN
    assert not project.result.green
