"""Packages are built by their product's own command, once, and reproducibly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.conftest import BUILD, NewPlan
from upgradeproof.errors import BuildError, ProgramError, UpgradeproofError
from upgradeproof.packaging import Packager
from upgradeproof.packaging.package import Package
from upgradeproof.plan import Plan, load_plan
from upgradeproof.plan.packages import Edit
from upgradeproof.results import Verdict

ROOT = Path(__file__).parents[2]
OWN = [
    plan for plan in map(load_plan, sorted(ROOT.glob("products/*/upgrade.toml"))) if plan.packages
]


def failed(packager: Packager, new_plan: NewPlan, build: str, **packages: object) -> str:
    """Return the whole text of the error with which a build ends."""
    with pytest.raises(UpgradeproofError) as caught:
        packager.packages(new_plan(build, **packages), "1")
    return str(caught.value)


def sums(packages: list[Package]) -> dict[str, str]:
    return {package.path.name: package.sha256 for package in packages}


@pytest.mark.parametrize("plan", OWN, ids=lambda plan: str(plan.name))
def test_two_builds_in_two_folders_produce_the_same_bytes(tmp_path: Path, plan: Plan) -> None:
    for release in plan.release:
        first, second = (
            sums(Packager(tmp_path / name).packages(plan, release.name))
            for name in ("one", "another-folder")
        )
        assert first == second
        assert first


def test_a_release_is_built_once(packager: Packager, new_plan: NewPlan, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    plan = new_plan(f"echo built >>{witness}\n{BUILD}")
    for _ in range(2):
        assert [p.identity for p in packager.packages(plan, "1")] == [("thing", "1", "all")]
    Packager(tmp_path / "cache").packages(plan, "1")
    assert witness.read_text() == "built\n"


def test_a_change_of_the_sources_rebuilds_the_packages(
    packager: Packager, new_plan: NewPlan
) -> None:
    first = packager.packages(new_plan(), "1")
    second = packager.packages(new_plan(BUILD.replace("this is", "that is")), "1")
    assert sums(first) != sums(second)


def test_an_edit_is_in_the_package_and_not_in_the_sources(
    packager: Packager, new_plan: NewPlan
) -> None:
    plan = new_plan()
    edit = Edit(file="build.sh", old="this is", new="a bad")
    bad, good = packager.packages(plan, "2", (edit,)), packager.packages(plan, "2")
    assert sums(bad) != sums(good)
    assert "this is" in (plan.folder / "sources" / "build.sh").read_text()


def test_a_build_that_fails_is_one_clear_error(packager: Packager, new_plan: NewPlan) -> None:
    assert failed(packager, new_plan, "echo 'main.c:3: expected ;' >&2; exit 2") == (
        "the release 1 does not build: `sh build.sh` failed with exit status 2\n"
        "main.c:3: expected ;\n"
        "To do: fix the sources; the command is `build` of [packages] in the plan"
    )


def test_a_build_that_hangs_is_ended(packager: Packager, new_plan: NewPlan) -> None:
    assert failed(packager, new_plan, "echo waiting; sleep 60", timeout_s=0.5) == (
        "the build of the release 1 did not end in 0.5 s\n"
        "waiting\n"
        "To do: fix it, or increase `timeout_s` of [packages]"
    )


def test_a_build_without_packages_is_one_clear_error(packager: Packager, new_plan: NewPlan) -> None:
    assert failed(packager, new_plan, "true") == (
        "the build of the release 1 gave no package\n"
        "To do: it must leave *.deb files in the folder that UPGRADEPROOF_OUT names"
    )


def test_a_file_that_is_no_package_is_one_clear_error(
    packager: Packager, new_plan: NewPlan
) -> None:
    text = failed(packager, new_plan, 'echo junk >"$UPGRADEPROOF_OUT/thing.deb"')
    assert text.startswith("thing.deb is no package\n")


def test_programs_that_are_missing_are_named_with_their_packages(
    packager: Packager, new_plan: NewPlan
) -> None:
    programs = {"sparc64-linux-gnu-gcc": "gcc-sparc64-linux-gnu", "sh": "dash", "no-such": "none"}
    assert failed(packager, new_plan, BUILD, programs=programs) == (
        "sparc64-linux-gnu-gcc, no-such are not installed: this host can't build its packages\n"
        "To do: apt-get install gcc-sparc64-linux-gnu none"
    )


def test_what_failed_is_not_tried_again_in_the_same_process(
    packager: Packager, new_plan: NewPlan, tmp_path: Path
) -> None:
    build = f"echo built >>{tmp_path}/witness; exit 1"
    assert failed(packager, new_plan, build) == failed(packager, new_plan, build)
    assert (tmp_path / "witness").read_text() == "built\n"


@pytest.mark.parametrize(
    ("error", "verdict"), [(BuildError, Verdict.FAILED), (ProgramError, Verdict.NEVER_RAN)]
)
def test_a_failed_build_is_failed_and_a_missing_program_never_ran(
    error: type[UpgradeproofError], verdict: Verdict
) -> None:
    assert Verdict.of(error("")) is verdict
