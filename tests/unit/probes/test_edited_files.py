"""The files of packages, conffiles aside, that an administrator edited."""

from __future__ import annotations

from collections.abc import Mapping

from upgradeproof.probes import Facts, ProbeInputs, Record, diff
from upgradeproof.probes.base import Difference
from upgradeproof.probes.conffiles import Conffile
from upgradeproof.probes.edited_files import EditedFile, EditedFiles
from upgradeproof.probes.file_records import File
from upgradeproof.probes.files import Files
from upgradeproof.probes.packages import Package

INI = "/opt/acmed/tuning.ini"
EDITED = {INI: EditedFile(package="acmed", md5="a")}


def facts(version: str, **sections: Mapping[str, Record]) -> Facts:
    state = "install ok installed" if version else "deinstall ok config-files"
    packages = {"acmed": Package(version=version or "1", state=state)}
    empty: dict[str, Mapping[str, Record]] = {"conffiles": {}, "files": {}, "edited_files": {}}
    return Facts({"packages": packages, **empty, **sections})


def reasons(before: Facts, after: Facts) -> dict[str, str]:
    return {
        line.path: EditedFiles.explain(line, before, after)
        for line in diff(before, after)
        if line.path.startswith("edited_files/")
    }


def test_lines_of_another_shape_are_left_out() -> None:
    output = f"edited\tacmed\ta\t{INI}\nedited\tacmed\nedited\ta\tb\t/a\t/b\n\n"
    assert EditedFiles.parse(output, ProbeInputs()) == EDITED
    assert EditedFiles.parse("", ProbeInputs()) == {}


def test_an_edit_that_is_lost_is_explained_by_nothing() -> None:
    was = facts("1", edited_files=EDITED, files={INI: File(type="file", sha256="1")})
    now = facts("2", files={INI: File(type="file", sha256="2")})
    assert reasons(was, now) == {f"edited_files/{INI}": ""}
    assert reasons(now, was) == {f"edited_files/{INI}": ""}
    other = facts("2", edited_files={INI: EditedFile(package="acmed", md5="b")})
    assert reasons(was, other) == {f"edited_files/{INI}/md5": ""}


def test_a_removed_package_and_the_same_content_are_reasons() -> None:
    same = {INI: File(type="file", sha256="1")}
    was = facts("1", edited_files=EDITED, files=same)
    conffile = {INI: Conffile(package="acmed", state="modified", md5="a")}
    line = f"edited_files/{INI}"
    assert reasons(was, facts("")) == {line: "belonged to acmed, which was removed (it was 1)"}
    assert reasons(was, facts("2", files=same)) == {line: "has the same content"}
    assert reasons(was, facts("2", conffiles=conffile)) == {line: "has the same content"}


def test_another_package_may_bring_the_file() -> None:
    moved = facts("2", edited_files={INI: EditedFile(package="acmed-common", md5="a")})
    found = reasons(facts("1", edited_files=EDITED), moved)
    assert found == {f"edited_files/{INI}/package": "acmed-common brings the file now"}


def test_the_change_of_an_edited_file_is_not_attributed_to_its_package() -> None:
    line = Difference(path=f"files/{INI}/sha256", before="1", after="2")
    old, new = (File(type="file", package="acmed", sha256=each) for each in "12")
    now = facts("2", files={INI: new})
    plain, edited = facts("1", files={INI: old}), facts("1", files={INI: old}, edited_files=EDITED)
    assert Files.explain(line, plain, now) == "belongs to acmed, which went from 1 to 2"
    assert Files.explain(line, edited, now) == ""
