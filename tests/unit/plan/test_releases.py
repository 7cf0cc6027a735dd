"""Releases that name only what differs from another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.texts import error_of, plan, write
from upgradeproof.plan import Component

FIRST = 'name = "1"\n[release.packages]\nthing = "1.*"\n'
COMPONENTS = """\
[[release.component]]
name = "NGINX"
package = "nginx"
min = "1.20"
needs = ["OpenSSL"]
[[release.component]]
name = "OpenSSL"
supported = "3"
[[release.component]]
name = "Redis"
"""
SECOND = 'name = "2"\npackages = { thing = "2.*" }\n'
FROM_1 = 'components_from = "1"\n'
THIRD = 'name = "3"\n'


def release_texts(first: str = "", second: str = "", third: str = "") -> list[tuple[str, str]]:
    """Return the changes that give the three releases more text."""
    inline = FIRST.replace("[release.packages]\nthing", "packages.thing")
    more = [(FIRST, inline + first), (SECOND, SECOND + second), (THIRD, THIRD + third)]
    return [(text, added) for text, added in more if text != added]


def test_components_are_added_changed_and_removed(tmp_path: Path) -> None:
    second = (
        'components_from = "1"\ncomponents_removed = ["Redis"]\n'
        '[[release.component]]\nname = "NGINX"\nmin = "1.21"\ncode = "E1"\n'
        '[[release.component]]\nname = "etcd"\nsupported = "3.5"\n'
    )
    found = plan(tmp_path, *release_texts(COMPONENTS, second, 'components_from = "2"\n'))
    assert found.release[1].component == (
        Component(name="NGINX", package="nginx", min="1.21", needs=("OpenSSL",), code="E1"),
        Component(name="OpenSSL", supported="3"),
        Component(name="etcd", supported="3.5"),
    )
    assert found.release[2].component == found.release[1].component


def test_a_release_may_be_listed_before_the_one_that_it_differs_from(tmp_path: Path) -> None:
    found = plan(
        tmp_path, *release_texts('components_from = "2"\n', 'components_from = "3"\n', COMPONENTS)
    )
    assert [len(release.component) for release in found.release] == [3, 3, 3]


def test_a_key_is_taken_away_by_an_empty_one(tmp_path: Path) -> None:
    changed = '[[release.component]]\nname = "NGINX"\nneeds = []\nmin = ""\n'
    found = plan(tmp_path, *release_texts(COMPONENTS, f"{FROM_1}{changed}"))
    assert found.release[1].component[0] == Component(name="NGINX", package="nginx")


def test_only_components_are_taken_from_another_release(tmp_path: Path) -> None:
    found = plan(tmp_path, *release_texts(COMPONENTS, "", 'components_from = "2"\n'))
    assert (found.release[2].packages, found.release[2].component) == ({}, ())


WRONG = {
    "no such release": (
        release_texts(COMPONENTS, 'components_from = "10"\n'),
        "18: release.1.components_from: there is no release '10'; did you mean '1'?",
    ),
    "itself": (
        release_texts("", 'components_from = "2"\n'),
        "8: release.1.components_from: '2' takes its components from itself",
    ),
    "a circle": (
        release_texts('components_from = "3"\n', FROM_1, 'components_from = "2"\n'),
        "9: release.1.components_from: '1' takes its components from itself",
    ),
    "no such component": (
        release_texts(COMPONENTS, f'{FROM_1}components_removed = ["Redi"]\n'),
        (
            "19: release.1.components_removed.0: there is no component 'Redi' to remove; did you "
            "mean 'Redis'?"
        ),
    ),
    "removed without a release": (
        release_texts("", 'components_removed = ["Redis"]\n'),
        "8: release.1.components_removed: `components_removed` goes with `components_from`",
    ),
    "removed and changed": (
        release_texts(
            COMPONENTS,
            f'{FROM_1}components_removed = ["Redis"]\n[[release.component]]\nname = "Redis"\n',
        ),
        "21: release.1.component.0.name: the component 'Redis' is removed, and also defined",
    ),
    "needed and removed": (
        release_texts(COMPONENTS, f'{FROM_1}components_removed = ["OpenSSL"]\n'),
        (
            "18: release.1.components_from: there is no component 'OpenSSL', which 'NGINX' needs; "
            "valid: NGINX, Redis"
        ),
    ),
    "a range that does not fit what is inherited": (
        release_texts(COMPONENTS, f'{FROM_1}[[release.component]]\nname = "NGINX"\nmax = "1.19"\n'),
        "19: release.1.component.0: no version is at least 1.20 and at most 1.19",
    ),
    "a range of a component without a probe": (
        release_texts(COMPONENTS, f'{FROM_1}[[release.component]]\nname = "NGNIX"\nmax = "1.19"\n'),
        ("19: release.1.component.0: a range needs a `package` or a `command` for the version"),
    ),
    "an unknown component in needs": (
        release_texts(
            COMPONENTS, f'{FROM_1}[[release.component]]\nname = "Redis"\nneeds = ["Opensl"]\n'
        ),
        (
            "21: release.1.component.0.needs: there is no component 'Opensl'; did you mean "
            "'OpenSSL'?"
        ),
    ),
    "twice": (
        release_texts(
            COMPONENTS,
            FROM_1 + '[[release.component]]\nname = "Redis"\n' * 2,
        ),
        "22: release.1.component.1.name: there is another component 'Redis'",
    ),
    "an unknown key": (
        release_texts(COMPONENTS, 'component_from = "1"\n'),
        "18: unknown key 'release.1.component_from'; did you mean 'components_from'?",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_error_for_a_wrong_difference_has_line_and_key(tmp_path: Path, name: str) -> None:
    changes, problem = WRONG[name]
    lines = error_of(write(tmp_path, *changes)).splitlines()
    assert lines == ["PLAN is not a valid plan", f"PLAN:{problem}"]
