"""Which upgrades a cell takes, by the names of its releases."""

from __future__ import annotations

import pytest

from tests.unit.review.runs import cell
from upgradeproof.review.ledger import takes


@pytest.mark.parametrize(
    ("upgrade", "path", "taken"),
    [
        ("12-to-13", "12-to-13", True),
        ("12-to-13-to-14", "12-to-13", True),
        ("12-to-13-to-14", "13-to-14", True),
        ("12-to-13-to-14", "12-to-14", False),
        ("lts-12-to-13", "12-to-13", False),
        ("12-to-13-rc", "12-to-13", False),
        ("lts-12-to-13-rc-to-14", "lts-12-to-13-rc", True),
        ("lts-12-to-13-rc-to-14", "rc-to-14", False),
    ],
)
def test_a_cell_takes_an_upgrade_if_it_leads_over_both_of_its_releases(
    upgrade: str, path: str, taken: bool
) -> None:
    assert takes(cell(f"debian-12-amd64.container.thing-{upgrade}"), path) is taken
