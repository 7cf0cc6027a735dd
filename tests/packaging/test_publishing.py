"""The repositories that a cell publishes, and what a defect changes in them."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from tests.packaging.conftest import NewPlan
from upgradeproof.packaging import Packager
from upgradeproof.plan import Cell, Plan, Platform
from upgradeproof.plan.packages import Edit
from upgradeproof.plan.steps import Script, Upload

PLATFORM = Platform(image="example-1", architecture="amd64", machine="container")


def delivered(packager: Packager, plan: Plan, state: str) -> tuple[Upload, Script]:
    """Return the first two actions that lead to a state: they publish the repository."""
    upload, script, *_ = packager.actions(Cell(plan, plan.upgrade[0], PLATFORM), state)
    assert isinstance(upload, Upload)
    assert isinstance(script, Script)
    return upload, script


def bundled(upload: Upload) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(upload.source.read_bytes())) as tar:
        return {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]  # all are files


def test_a_publication_becomes_a_file_and_a_script(packager: Packager, new_plan: NewPlan) -> None:
    upload, script = delivered(packager, new_plan(), "upgraded")
    assert set(bundled(upload)) == {
        *("InRelease", "Packages", "key.gpg", "thing.sources"),
        *("thing_1_all.deb", "thing_2_all.deb"),
    }
    assert script.title == "publish 1, 2 in a signed APT repository"
    assert script.environment


def test_at_first_only_the_old_release_is_published(packager: Packager, new_plan: NewPlan) -> None:
    upload, _ = delivered(packager, new_plan(), "installed")
    assert "thing_2_all.deb" not in bundled(upload)


def test_other_actions_of_a_plan_stay_the_same(packager: Packager, new_plan: NewPlan) -> None:
    plan = new_plan()
    cell = Cell(plan, plan.upgrade[0], PLATFORM)
    assert packager.actions(cell, "upgraded")[2:] == cell.actions("upgraded")[1:]


def test_a_repository_that_is_signed_again_has_the_same_digest(
    new_plan: NewPlan, tmp_path: Path
) -> None:
    one, other = (
        delivered(Packager(tmp_path / name), new_plan(), "installed")[0] for name in ("a", "b")
    )
    assert one.digest == other.digest
    assert one.source.read_bytes() != other.source.read_bytes()


def test_a_defect_is_in_the_new_release_only(packager: Packager, new_plan: NewPlan) -> None:
    good = new_plan()
    bad = good.model_copy(update={"edits": (Edit(file="build.sh", old="this is", new="bad"),)})
    installed = [delivered(packager, plan, "installed")[0] for plan in (good, bad)]
    assert installed[0] == installed[1]
    before, after = (bundled(delivered(packager, plan, "upgraded")[0]) for plan in (good, bad))
    assert before["thing_1_all.deb"] == after["thing_1_all.deb"]
    assert before["thing_2_all.deb"] != after["thing_2_all.deb"]


def test_no_secret_is_delivered(packager: Packager, new_plan: NewPlan, tmp_path: Path) -> None:
    upload, _ = delivered(packager, new_plan(), "installed")
    secret = (tmp_path / "cache" / "key" / "secret.asc").read_text().splitlines()[2]
    content = upload.source.read_bytes()
    assert secret.encode() not in content
    assert b"PRIVATE KEY" not in content
