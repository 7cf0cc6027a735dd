"""Each line of a diff has a kind, and a reason with its source if it is expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.runner.world import cell
from upgradeproof.errors import PlanError
from upgradeproof.plan import Cell, Platform
from upgradeproof.probes import Facts
from upgradeproof.probes.kernel import RunningKernel
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.services import Service
from upgradeproof.probes.tls_offers import TlsOffer, TlsOffers
from upgradeproof.probes.users import User
from upgradeproof.results import Change
from upgradeproof.runner.judging import judge, judge_boot
from upgradeproof.runner.known_changes import check_known_changes

FILE = """\
[applies]
system = "example"
from = "1"
to = "2"

[[change]]
id = "new-shell"
facts = ["users/root/shell"]
kind = "changed"
reason = "the shell has another name"
source = "release notes, 4.2"

[[change]]
id = "new-comment"
facts = ["users/root/comment"]
own_kernel = true
reason = "it is in the comment"
source = "release notes, 4.3"
"""
VM = Platform(image="example-1", architecture="amd64", machine="vm")


def facts(version: str, shell: str, comment: str = "", kernel: str = "6.1.0") -> Facts:
    user = User(uid=0, gid=0, home="/root", shell=shell, comment=comment)
    return Facts(
        {
            "system": {"system": OperatingSystem(state="running", id="example", version=version)},
            "kernel": {"running": RunningKernel(release=kernel, version="", architecture="")},
            "packages": {"tool": Package(version=version, state="install ok installed")},
            "users": {"root": user},
        }
    )


def project(folder: Path, expect: dict[str, Any] | None = None, platform: Any = None) -> Cell:
    """Return a cell of a product that has its own known changes."""
    (folder / "known").mkdir(exist_ok=True)
    (folder / "known" / "example-1-to-2.toml").write_text(FILE, encoding="utf-8")
    (folder / "upgrade.toml").write_text("# the plan\n", encoding="utf-8")
    on = {} if platform is None else {"platform": platform}
    return cell(folder, expect=expect or {}, **on)


def judged(on: Cell, before: Facts, after: Facts) -> dict[str, tuple[str, ...]]:
    changes = judge(on, "upgraded", before, after)
    return {c.path: (c.kind, c.source, c.reason, c.known, c.known_for) for c in changes}


def test_a_change_has_its_kind_its_reason_and_the_source_of_the_reason(tmp_path: Path) -> None:
    system = [{"facts": ["system/system/version"], "reason": "that is the upgrade"}]
    on = project(tmp_path, {"change": system})
    assert judged(on, facts("1", "/bin/sh", "old"), facts("2", "/bin/bash", "new")) == {
        "packages/tool/version": ("upgraded", "package", "upgraded with the distribution", "", ""),
        "system/system/version": ("changed", "plan", "that is the upgrade", "", ""),
        "users/root/comment": ("changed", "none", "", "", ""),
        "users/root/shell": (
            *("changed", "known", "the shell has another name"),
            *("example-1-to-2/new-shell", "Example 1 -> 2"),
        ),
    }


def test_the_plan_has_priority_over_known_changes_and_may_exclude_them(tmp_path: Path) -> None:
    before, after = facts("1", "/bin/sh"), facts("2", "/bin/bash")
    shell = [{"facts": ["users/root/shell"], "reason": "we want it so"}]
    on = project(tmp_path, {"change": shell})
    assert judged(on, before, after)["users/root/shell"][1:3] == ("plan", "we want it so")
    without = project(tmp_path, {"known": {"exclude": ["example-1-to-2/new-shell"]}})
    assert judged(without, before, after)["users/root/shell"] == ("changed", "none", "", "", "")


def test_a_plan_may_include_known_changes_that_the_machines_do_not_select(tmp_path: Path) -> None:
    before, after = facts("7", "/bin/sh"), facts("7", "/bin/bash")
    assert judged(project(tmp_path), before, after)["users/root/shell"][1] == "none"
    on = project(tmp_path, {"known": {"include": ["example-1-to-2/*"]}})
    assert judged(on, before, after)["users/root/shell"][1] == "known"


def test_known_changes_of_a_kernel_do_not_apply_to_a_container(tmp_path: Path) -> None:
    before, after = facts("1", "/bin/sh", "old"), facts("2", "/bin/sh", "new")
    assert judged(project(tmp_path), before, after)["users/root/comment"][1] == "none"
    assert judged(project(tmp_path, platform=VM), before, after)["users/root/comment"][1] == "known"


@pytest.mark.parametrize(("platform", "source"), [(None, "none"), (VM, "known")])
def test_the_kernel_of_a_container_is_not_its_own(
    tmp_path: Path, platform: Platform | None, source: str
) -> None:
    before, after = facts("1", "/bin/sh"), facts("1", "/bin/sh", kernel="6.12.0")
    first = facts("1", "/bin/sh", kernel="6.1.0")
    found = judged(project(tmp_path, platform=platform), first or before, after)
    assert found["kernel/running/release"][:2] == ("changed", source)


def test_a_change_of_a_boot_has_a_kind() -> None:
    (change,) = judge_boot(facts("1", "/bin/sh"), facts("1", "/bin/bash"))
    assert change == Change(
        path="users/root/shell",
        before="/bin/sh",
        after="/bin/bash",
        expected=True,
        reason="a boot of the old release changes this, too",
        source="boot",
        kind="changed",
    )


def test_a_plan_that_excludes_an_unknown_id_is_refused(tmp_path: Path) -> None:
    plan = project(tmp_path, {"known": {"exclude": ["example-1-to-2/new-shel"]}}).plan
    with pytest.raises(PlanError) as caught:
        check_known_changes(plan)
    assert caught.value.details == (
        f"{tmp_path / 'upgrade.toml'}:1: known.exclude: there is no known change "
        "'example-1-to-2/new-shel'; did you mean 'example-1-to-2/new-shell'?"
    )


@pytest.mark.parametrize(("services", "source"), [([], "package"), (["base15"], "none")])
def test_a_unit_that_the_plan_names_is_not_explained_by_its_successor(
    services: list[str], source: str
) -> None:
    def state(version: str, number: str) -> Facts:
        package = Package(version=version, state="install ok installed")
        system = OperatingSystem(state="running", id="example", version=version)
        unit = Service(active="active", sub="running", enabled="enabled")
        own = unit.model_copy(update={"executable": f"/usr/bin/base{number}"})
        return Facts(
            {
                "system": {"system": system},
                "packages": {f"base-{number}": package},
                "services": {f"base{number}.service": unit, "own.service": own},
            }
        )

    on = cell(expect={"services": ["own", *services]})
    changes = judge(on, "upgraded", state("1", "15"), state("2", "17"))
    sources = {change.path: change.source for change in changes}
    assert sources["services/base15.service"] == source
    assert sources["services/base17.service"] == "package"
    assert sources["services/own.service/executable"] == "package"  # a link leads to it


def test_what_only_clones_show_is_explained_by_the_facts_of_a_whole_clone() -> None:
    """What is compared then are the facts of intrusive probes: they hold no packages."""

    def facts(version: str, suite: str) -> Facts:
        packages = {"libssl3": Package(version=version, state="install ok installed")}
        offers = {"site/TLSv1.2": TlsOffer(suites=(suite,))}
        return Facts({Packages.section: packages, TlsOffers.section: offers})

    old, new = (
        facts("3.0", "ECDHE-RSA-AES128-GCM-SHA256"),
        facts("3.5", "ECDHE-RSA-AES256-GCM-SHA384"),
    )
    clones = (old.only(intrusive=True), new.only(intrusive=True))
    changes = judge(cell(), "rebooted", clones[0], new, origin=old, baseline=old)
    offered = [change for change in changes if change.path.startswith("tls_offers/")]
    assert [change.reason for change in offered] == [
        "the choice of libssl3, which went from 3.0 to 3.5"
    ]
    assert list(clones[1].sections) == ["tls_offers"]
