"""One family of errors: what happened, details, what to do; one exit status for each kind."""

from __future__ import annotations

import pickle

import pytest

from upgradeproof import errors
from upgradeproof.errors import UpgradeproofError

EVERY = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, UpgradeproofError)
]
CODES = {
    errors.PlanError: 2,
    errors.ProductError: 3,
    errors.HarnessError: 4,
    errors.UnavailableError: 5,
}


def test_an_error_states_what_happened_the_details_and_what_to_do() -> None:
    error = UpgradeproofError("happened", details="seen", resolution="do")
    assert str(error) == "happened\nseen\nTo do: do"


def test_an_empty_part_of_an_error_is_left_out() -> None:
    assert str(UpgradeproofError("happened")) == "happened"
    assert str(UpgradeproofError("happened", resolution="do")) == "happened\nTo do: do"


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_an_error_is_the_same_in_another_process(kind: type[UpgradeproofError]) -> None:
    error = kind("happened", details="seen", resolution="do")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (kind, str(error))


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_each_error_is_of_one_of_four_kinds(kind: type[UpgradeproofError]) -> None:
    roots = [root for root in CODES if issubclass(kind, root)]
    expected = 1 if kind is UpgradeproofError else CODES[roots[0]]
    assert (kind.exit_code, len(roots)) == (expected, 0 if kind is UpgradeproofError else 1)
