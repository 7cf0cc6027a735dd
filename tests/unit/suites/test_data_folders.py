"""The check of deleted parts of the data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suites.test_data_folders import test_no_part_of_the_data_is_deleted as check
from tests.unit.suites.states import state
from tests.unit.suites.test_whole_machine import expecting
from upgradeproof.plan import Cell
from upgradeproof.probes import Facts
from upgradeproof.probes.file_records import File
from upgradeproof.probes.files import Files
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.system import System
from upgradeproof.runner import State

DATA = "/var/lib/acmed"
SOUND = state()
Parts = dict[str, tuple[int, int]]
BEFORE: Parts = {".": (2, 900), "uploads": (200, 20_000), "few": (9, 90)}


def folder(parts: Parts) -> dict[str, File]:
    entries = sum(files for files, _ in parts.values())
    return {DATA: File(type="directory", mode="0755", entries=entries, subfolders=parts)}


def with_files(files: dict[str, File], version: str = "12") -> State:
    system = OperatingSystem(state="running", id="os", version=version)
    facts = Facts({Files.section: files, System.section: {"system": system}})
    return replace(SOUND, facts=facts)


def holding(parts: Parts, version: str = "12") -> State:
    return with_files(folder(parts), version)


def failure(before: Parts, after: State, at_reboot: Parts | None = None) -> str:
    """Return the message of the check, empty where it passes."""
    try:
        check(holding(before), holding(at_reboot or before), after)
    except AssertionError as error:
        return str(error).partition("\nassert")[0]
    return ""


@pytest.mark.parametrize(
    ("parts", "holds"),
    [
        ({**BEFORE, "uploads": (0, 0)}, "none"),
        ({".": (2, 900), "few": (9, 90)}, "none"),
        ({**BEFORE, "uploads": (99, 9_900)}, "99"),
    ],
    ids=["emptied", "gone", "less than half"],
)
def test_a_deleted_part_is_reported_with_both_numbers(parts: Parts, holds: str) -> None:
    message = f"{DATA}/uploads held 200 files, and holds {holds}"
    assert failure(BEFORE, holding(parts)) == message


def test_files_directly_in_the_folder_are_a_part() -> None:
    before: Parts = {".": (40, 400), "sub": (30, 300)}
    message = f"{DATA} held 40 files directly in it, and holds 3"
    assert failure(before, holding({**before, ".": (3, 30)})) == message


@pytest.mark.parametrize(
    "parts",
    [
        {**BEFORE, "uploads": (100, 10_000)},
        {**BEFORE, "uploads": (20, 20_000)},
        {**BEFORE, "few": (0, 0)},
        {**BEFORE, "uploads": (0, 0), "media": (200, 20_000)},
        {},
    ],
    ids=["half", "compacted", "too few", "moved", "emptied as a whole"],
)
def test_what_is_no_deletion_passes(parts: Parts) -> None:
    assert failure(BEFORE, holding(parts)) == ""


@pytest.mark.parametrize("name", ["cache", "Caches", "tmp", "image-cache", "upload_temp"])
def test_caches_may_be_emptied(name: str) -> None:
    assert failure({".": (2, 9), name: (50, 500)}, holding({".": (2, 9)})) == ""


def test_what_the_old_release_deletes_at_a_reboot_is_not_compared() -> None:
    rebooted: Parts = {**BEFORE, "uploads": (3, 300)}
    assert failure(BEFORE, holding(rebooted), at_reboot=rebooted) == ""


def test_an_upgrade_of_the_distribution_may_not_delete_all_files() -> None:
    some, none = (holding({**BEFORE, "uploads": (n, n)}, "13") for n in (1, 0))
    assert failure(BEFORE, some) == ""
    assert failure(BEFORE, none) == f"{DATA}/uploads held 200 files, and holds none"


def test_a_subfolder_that_is_not_among_the_counted_ones_is_unknown() -> None:
    many: Parts = {f"tenant-{n}": (200, 200) for n in range(100)}
    assert failure(BEFORE, holding(many)) == ""


def test_a_folder_that_is_small_enough_to_be_listed_is_counted_by_its_records() -> None:
    listed = {DATA: File(type="directory", mode="0755")}
    left = {f"{DATA}/uploads/{n}": File(type="file", mode="0644") for n in range(150)}
    assert failure(BEFORE, with_files(listed | left)) == ""
    few = dict(list(left.items())[:7])
    assert failure(BEFORE, with_files(listed | few)) == (
        f"{DATA}/uploads held 200 files, and holds 7"
    )


def test_a_folder_that_is_gone_is_a_matter_of_another_check() -> None:
    assert failure(BEFORE, with_files({})) == ""


def test_the_plan_may_expect_the_loss() -> None:
    plan = SOUND.cell.plan.model_copy(update={"expect": expecting(f"files/{DATA}/subfolders")})
    cell = Cell(plan, SOUND.cell.upgrade, SOUND.cell.platform)
    assert failure(BEFORE, replace(holding({".": (2, 900)}), cell=cell)) == ""
