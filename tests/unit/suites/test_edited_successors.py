"""The check of edits that a newer version of a package does not read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suites.test_edited_successors import (
    test_edit_is_also_in_the_file_of_the_newer_version as check,
)
from tests.unit.suites.states import state
from upgradeproof.probes import Facts, Record
from upgradeproof.probes.conffiles import Conffile, Conffiles
from upgradeproof.probes.file_records import File
from upgradeproof.probes.files import Files
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.runner import State

SOUND = state()
OLD, NEW = "/etc/image-6/policy.xml", "/etc/image-7/policy.xml"
EDITED = Conffile(package="image-6-common", state="modified", md5="ab")


def having(
    version: str, conffiles: dict[str, Conffile] | None = None, **files: tuple[str, bool]
) -> State:
    """Return a state with a version of the package, and its files: content and whether edited."""
    names = {"old": OLD, "new": NEW}
    found: dict[str, Record] = {
        names[name]: File(type="file", package="image", sha256=sha256, edited=edited)
        for name, (sha256, edited) in files.items()
    }
    if "old" in files:
        found[OLD] = File(type="file", package="image-6-common", sha256=files["old"][0],
                          edited=files["old"][1])  # fmt: skip
    package = Package(version="1", state="install ok installed")
    facts = Facts(
        {
            Files.section: found,
            Conffiles.section: dict(conffiles or {}),
            Packages.section: {f"image-{version}-common": package},
        }
    )
    return replace(SOUND, facts=facts)


@pytest.mark.parametrize(("edits", "by_ucf"), [({OLD: EDITED}, False), ({}, True)])
def test_an_edit_that_the_newer_version_does_not_read_is_reported(
    edits: dict[str, Conffile], by_ucf: bool
) -> None:
    before = having("6", edits, old=("aa", by_ucf))
    with pytest.raises(AssertionError, match=f"{OLD} was edited, and image-7-common reads {NEW}"):
        check(before, having("7", edits, old=("aa", by_ucf), new=("bb", False)))


def test_an_edit_that_was_carried_over_is_no_failure() -> None:
    before = having("6", {OLD: EDITED}, old=("aa", False))
    check(before, having("7", {NEW: EDITED}, new=("cc", False)))
    check(before, having("7", {}, new=("aa", False)))
    check(before, having("7", {}, new=("cc", True)))
    check(before, having("7", {}))


def test_a_machine_without_edits_or_successors_is_left_out() -> None:
    edited = having("6", {OLD: EDITED}, old=("aa", False))
    plain = having("6", old=("aa", False)), having("7", new=("bb", False))
    for before, after in (plain, (edited, edited)):
        with pytest.raises(pytest.skip.Exception, match="no package with an edited file"):
            check(before, after)
