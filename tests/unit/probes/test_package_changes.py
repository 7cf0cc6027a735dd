"""Which changes of packages an upgrade of the distribution explains, and which it never does."""

from __future__ import annotations

from typing import Any

import pytest

from upgradeproof.probes import Facts, diff
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package, Packages

GONE: dict[str, Any] = {"state": "deinstall ok config-files"}
AUTO: dict[str, Any] = {"auto": True}


def facts(version: str, **packages: dict[str, Any]) -> Facts:
    found = {
        name.replace("_", "-"): Package.model_validate(
            {"version": version, "state": "install ok installed", **fields}
        )
        for name, fields in packages.items()
    }
    system = OperatingSystem(state="running", id="os", version=version)
    return Facts({"packages": found, "system": {"system": system}})


def reasons(before: Facts, after: Facts) -> dict[str, str]:
    lines = [line for line in diff(before, after) if line.path.startswith("packages/")]
    return {line.path: Packages.explain(line, before, after) for line in lines}


@pytest.mark.parametrize(
    ("was", "now", "why"),
    [
        ({"tool": {}}, {"tool": {}}, {"tool/version": "upgraded with the distribution"}),
        ({"tool": {}}, {"tool": {"version": "0"}}, {"tool/version": ""}),
        ({}, {"dep": AUTO}, {"dep": "installed as a dependency"}),
        ({}, {"asked": {}}, {"asked": ""}),
        ({"tool": {}}, {}, {"tool": ""}),
        (
            {"dep": AUTO},
            {},
            {"dep": "installed as a dependency only, and no package depends on it now"},
        ),
        (
            {"lib1_2": AUTO},
            {"lib1_3": AUTO},
            {"lib1-2": "replaced by lib1-3, by its name", "lib1-3": "installed as a dependency"},
        ),
        (
            {"lib": {}},
            {"libt64": {"provides": ("lib",), **AUTO}},
            {"lib": "replaced by libt64", "libt64": "installed as a dependency"},
        ),
        (
            {"old": {"library": True}, "new": {"replaces": ("old",), "breaks": ("old",)}},
            {
                "old": {**GONE, "version": "1"},
                "new": {"version": "1", "replaces": ("old",), "breaks": ("old",)},
            },
            {"old/state": "replaced by new"},
        ),
        (
            {"old": {}, "new": {"replaces": ("old",), "breaks": ("old",)}},
            {
                "old": {**GONE, "version": "1"},
                "new": {"version": "1", "replaces": ("old",), "breaks": ("old",)},
            },
            {"old/state": ""},
        ),
        (
            {"lib": {"version": "2", **AUTO}},
            {"lib": {**GONE, "version": "2"}},
            {
                "lib/state": "installed as a dependency only, and no package depends on it now",
                "lib/auto": "is not installed any more: its state shows that",
            },
        ),
        (
            {"tool": {"version": "2"}},
            {"tool": {"version": "2", "obsolete": True}},
            {"tool/obsolete": ""},
        ),
        (
            {"dep": {"version": "2", **AUTO}},
            {"dep": {"version": "2", "obsolete": True, **AUTO}},
            {"dep/obsolete": "left over from the former release, as a dependency"},
        ),
        ({"tool": {"version": "2", **AUTO}}, {"tool": {"version": "2"}}, {"tool/auto": ""}),
        (
            {},
            {"tool": GONE},
            {"tool": "was installed in between, and left its configuration files"},
        ),
    ],
)
def test_an_upgrade_of_the_distribution_explains_changes_of_automatic_packages(
    was: dict[str, Any], now: dict[str, Any], why: dict[str, str]
) -> None:
    found = reasons(facts("1", **was), facts("2", **now))
    assert found == {f"packages/{path}": reason for path, reason in why.items()}


def test_without_another_version_of_the_system_nothing_is_explained() -> None:
    before = facts("1", tool={}, dep=AUTO)
    after = facts("1", tool={"version": "2"}, new=AUTO)
    assert set(reasons(before, after).values()) == {""}


def test_a_removed_package_is_a_change_of_its_state_alone() -> None:
    found = reasons(facts("1", dep=AUTO), facts("1", dep={**GONE, "version": "1"}))
    assert found == {
        "packages/dep/state": "",
        "packages/dep/auto": "is not installed any more: its state shows that",
    }
    manual = reasons(facts("1", dep={"version": "2", **AUTO}), facts("1", dep={"version": "2"}))
    assert manual == {"packages/dep/auto": ""}


def test_apts_mark_of_a_package_of_which_only_configuration_is_left_is_not_read() -> None:
    """apt removes the mark some time after the package, which is no change."""
    text = (
        "native\tamd64\n"
        "package\tdep\tamd64\t1\tdeinstall ok config-files\n"
        "package\tlib\tamd64\t1\tinstall ok installed\n"
        "auto\tdep\tamd64\n"
        "auto\tlib\tamd64\n"
    )
    found = Packages.parse(text, ProbeInputs())
    assert (found["dep"].auto, found["lib"].auto) == (False, True)


def test_recommended_and_running_packages_are_determined_from_the_output_of_dpkg() -> None:
    text = (
        "native\tamd64\n"
        "package\ttool\tall\t1\tinstall ok installed\n"
        "relations\ttool\tall\tvirtual (= 1), other\told (<< 2)\told (<< 2), worse\n"
        "recommends\ttool\tall\thelper (>= 1) | other-helper, virtual, gone:any\n"
        "section\ttool\tall\tcontrib/libs\n"
        "package\thelper\tamd64\t1\tinstall ok installed\n"
        "recommends\thelper\tamd64\tnone\n"
        "auto\thelper\tamd64\n"
        "candidate\ttool\t2\n"
        "autoremovable\thelper\n"
        "program\t/usr/sbin/toold\ttool.service\n"
        "owner\ttool\t/sbin/toold\n"
    )
    found = Packages.parse(text, ProbeInputs())
    assert found["tool"] == Package(
        version="1",
        state="install ok installed",
        library=True,
        upgradable="2",
        runs=("tool.service",),
        provides=("virtual", "other"),
        replaces=("old",),
        breaks=("old", "worse"),
        unmet=("gone",),
    )
    assert (found["helper"].autoremovable, found["helper"].unmet) == (True, ())


def kinds(before: Facts, after: Facts) -> dict[str, str]:
    lines = [line for line in diff(before, after) if line.path.startswith("packages/")]
    found = {line.path: Packages.kind(line, before, after) for line in lines}
    return {path.removeprefix("packages/"): kind for path, kind in found.items()}


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ({"tool": {}}, {"tool": {}}, {"tool/version": "upgraded"}),
        ({"tool": {}}, {"tool": {"version": "0"}}, {"tool/version": "downgraded"}),
        ({}, {"dep": AUTO}, {"dep": "installed as a dependency"}),
        ({}, {"asked": {}}, {"asked": "installed"}),
        (
            {"tool": {**GONE, "version": "2"}},
            {"tool": {"version": "2"}},
            {"tool/state": "installed"},
        ),
        ({"tool": {}}, {}, {"tool": "removed"}),
        ({}, {"tool": GONE}, {"tool": "removed"}),
        ({"tool": {"version": "2"}}, {"tool": {**GONE, "version": "2"}}, {"tool/state": "removed"}),
        ({"tool": GONE}, {}, {"tool": "removed"}),
        (
            {"lib": {}},
            {"libt64": {"provides": ("lib",), **AUTO}},
            {"lib": "replaced", "libt64": "installed as a dependency"},
        ),
        (
            {"lib1": AUTO},
            {"lib2": AUTO},
            {"lib1": "replaced", "lib2": "installed as a dependency"},
        ),
        ({"lib1": {}}, {"lib2": AUTO}, {"lib1": "removed", "lib2": "installed as a dependency"}),
        (
            {"tool": {"version": "2"}},
            {"tool": {"version": "2", "obsolete": True}},
            {"tool/obsolete": "no longer offered"},
        ),
        (
            {"tool": {"version": "2", "obsolete": True}},
            {"tool": {"version": "2"}},
            {"tool/obsolete": "offered again"},
        ),
        (
            {"tool": {"version": "2"}},
            {"tool": {"version": "2", **AUTO}},
            {"tool/auto": "marked auto"},
        ),
        (
            {"tool": {"version": "2", **AUTO}},
            {"tool": {"version": "2"}},
            {"tool/auto": "marked manual"},
        ),
        (
            {"tool": {"version": "2"}},
            {"tool": {"version": "2", "state": "hold ok installed"}},
            {"tool/state": "changed"},
        ),
    ],
)
def test_each_change_of_a_package_has_a_kind(
    was: dict[str, Any], now: dict[str, Any], expected: dict[str, str]
) -> None:
    assert kinds(facts("1", **was), facts("2", **now)) == expected
