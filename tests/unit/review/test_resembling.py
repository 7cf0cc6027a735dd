"""A similar known change is a hint, for whichever distribution it is known."""

import pytest

from tests.unit.review.runs import came, change
from upgradeproof.known import KnownEntry, KnownFile
from upgradeproof.results import Change
from upgradeproof.review import Paths, group
from upgradeproof.review.resembling import resembling

ENTRY = {
    "id": "tmp",
    "facts": ["mounts//tmp", "services/tmp.mount*", "packages/libssl3"],
    "reason": "it is a tmpfs now",
    "source": "release notes",
}
FILE = KnownFile.model_validate(
    {"applies": {"system": "example", "from": "1", "to": "2"}, "change": [ENTRY]}
)


@pytest.mark.parametrize(
    ("found", "hint"),
    [
        (came("mounts//tmp"), "is known for one (tmp): it is a tmpfs now [release notes]"),
        (
            change("services/tmp.mount/active"),
            "is known for one (tmp): it is a tmpfs now [release notes]",
        ),
        (
            came("packages/libssl3t64"),
            "looks like a change that is known for one (tmp): it is a tmpfs now [release notes]",
        ),
        (came("packages/cron"), "None"),
        (came("users/tmp.mount"), "None"),
    ],
)
def test_a_similar_known_change_is_a_hint(found: Change, hint: str) -> None:
    (only,) = group([found], Paths(()))
    assert str(resembling(only, {"one": [FILE]})) == hint


def test_a_matching_known_change_has_priority_over_a_similar_one() -> None:
    other = FILE.model_copy(
        update={"change": (KnownEntry.model_validate(ENTRY | {"facts": ["mounts//tmp2"]}),)}
    )
    (only,) = group([came("mounts//tmp")], Paths(()))
    near = resembling(only, {"a": [other], "b": [FILE]})
    assert near is not None
    assert (near.file, near.covers) == ("b", True)
