"""Changes of groups that add no right."""

from __future__ import annotations

import pytest

from upgradeproof.probes.base import Difference, Facts, Record
from upgradeproof.probes.groups import Group, Groups
from upgradeproof.probes.users import User, Users


def facts(*members: str) -> Facts:
    users: dict[str, Record] = {
        name: User(uid=gid, gid=gid, comment="", home="/", shell="/bin/false")
        for name, gid in (("tunnel", 110), ("other", 111))
    }
    groups: dict[str, Record] = {"tunnel": Group(gid=110, members=members)}
    return Facts({Groups.section: groups, Users.section: users})


@pytest.mark.parametrize(
    ("before", "after", "explained"),
    [
        ((), ("tunnel",), True),
        ((), ("other", "tunnel"), False),
        ((), ("unknown",), False),
        (("other",), ("tunnel",), False),
    ],
)
def test_a_group_that_lists_a_user_whose_primary_group_it_is_adds_no_right(
    before: tuple[str, ...], after: tuple[str, ...], explained: bool
) -> None:
    line = Difference(path="groups/tunnel/members", before="[]", after="[...]")
    assert bool(Groups.explain(line, facts(*before), facts(*after))) is explained
