"""Under the plan's loads a release answers as the plan promises, the new one as fast as the old."""

from collections.abc import Iterable

import pytest

from upgradeproof.load import Judgement, Verdict
from upgradeproof.plan import Load
from upgradeproof.runner import State, UnderLoad

pytestmark = [pytest.mark.destructive, pytest.mark.load]


@pytest.mark.subject("load")
def test_old_release_answers(installed: State, load: Load, under_load: UnderLoad) -> None:
    _prove(judged for judged in under_load.judge(load, installed) if judged.target == "success")


@pytest.mark.subject("load")
def test_new_release_answers(upgraded: State, load: Load, under_load: UnderLoad) -> None:
    _prove(judged for judged in under_load.judge(load, upgraded) if judged.target == "success")


@pytest.mark.subject("limited_load")
def test_new_release_keeps_its_latency(
    upgraded: State, limited_load: Load, under_load: UnderLoad
) -> None:
    judged = under_load.judge(limited_load, upgraded)
    _prove(each for each in judged if each.target != "success")


@pytest.mark.subject("compared_load")
def test_new_release_is_as_fast_as_the_old(
    installed: State, upgraded: State, compared_load: Load, under_load: UnderLoad
) -> None:
    _prove(under_load.compare(compared_load, installed, upgraded))


@pytest.mark.subject("load")
def test_old_release_answers_after_the_rollback(
    rolled_back: State, load: Load, under_load: UnderLoad
) -> None:
    _prove(judged for judged in under_load.judge(load, rolled_back) if judged.target == "success")


def _prove(judged: Iterable[Judgement]) -> None:
    """Fail if a result is worse than the plan allows; an unknown result never passes."""
    results = [(each.verdict, f"{each.target}: {each.reason}") for each in judged]
    failed = [text for verdict, text in results if verdict is Verdict.FAILED]
    assert not failed, "\n".join(failed)
    if unknown := [text for verdict, text in results if verdict is Verdict.NOT_APPLICABLE]:
        pytest.skip("\n".join(unknown))
