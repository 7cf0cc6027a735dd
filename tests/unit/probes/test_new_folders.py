"""What the scripts of a new package make in its own new folder follows from the package."""

from __future__ import annotations

import pytest

from tests.unit.probes.test_files_explained import facts
from upgradeproof.probes import diff
from upgradeproof.probes.file_records import File
from upgradeproof.probes.files import Files


@pytest.mark.parametrize(
    ("was", "now", "reason"),
    [
        ("", "2", "is in a directory of nginx, which was installed in version 2"),
        ("1", "2", ""),
    ],
    ids=["a package that is new", "a package that was there"],
)
def test_what_a_new_package_makes_in_its_new_folder_is_explained(
    was: str, now: str, reason: str
) -> None:
    folder = {"/etc/nginx": File(type="directory", mode="0755", package="nginx")}
    made = {"/etc/nginx/local": File(type="file", mode="0644", package="")}
    before, after = facts(was, {}), facts(now, folder | made)
    line = next(each for each in diff(before, after) if each.path == "files//etc/nginx/local")
    assert Files.explain(line, before, after) == reason
    assert not Files.explain(line, facts(was, folder), after)
