"""A tree is unpacked unchanged, tested with the tar of this host and real files."""

from __future__ import annotations

import io
import os
import shlex
import stat
import tarfile
from pathlib import Path

import pytest

from upgradeproof.command import run
from upgradeproof.errors import PlanError
from upgradeproof.plan.steps import UploadTree
from upgradeproof.plan.tree import Tree
from upgradeproof.tree_archive import unpacking


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a folder that will be copied."""
    source = tmp_path / "files"
    (source / "etc" / "app").mkdir(parents=True)
    (source / "etc" / "app" / "-v a.conf").write_text("a")
    (source / "etc" / "current").symlink_to("app")
    return source


def my_ids() -> tuple[str, str]:
    return str(os.geteuid()), str(os.getegid())


def action(source: Path, machine: Path, manifest: str = "", *, user: str = "") -> UploadTree:
    """Return the upload of a folder to the root of a machine, which is a folder in this test."""
    listed = source.parent / "list.mtree"
    listed.write_text(manifest)
    own, group = my_ids()
    tree = Tree(source=source, path=f"{machine}", user=user or own, group=group, manifest=listed)
    return UploadTree(title="copy", tree=tree, timeout_s=9)


def unpack(upload: UploadTree) -> str:
    """Run the script; return its output if it failed."""
    script, archive = unpacking(upload)
    done = run(["sh", "-c", script.script], stdin=archive, timeout_s=30, check=False)
    return "" if done.ok else done.tail


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_files_folders_and_links_arrive(source: Path, tmp_path: Path) -> None:
    machine = tmp_path / "machine"
    assert not unpack(action(source, machine, "./etc/app/-v\\040a.conf mode=0600\n"))
    assert (machine / "etc" / "app" / "-v a.conf").read_text() == "a"
    assert mode(machine / "etc" / "app" / "-v a.conf") == 0o600
    assert (machine / "etc" / "current").readlink() == Path("app")


def test_other_files_of_the_machine_remain(source: Path, tmp_path: Path) -> None:
    machine = tmp_path / "machine"
    (machine / "etc").mkdir(parents=True)
    (machine / "etc" / "other").write_text("other")
    (machine / "etc").chmod(0o2775)
    assert not unpack(action(source, machine))
    assert (machine / "etc" / "other").read_text() == "other"
    assert mode(machine / "etc") == 0o2775


def test_a_folder_that_the_manifest_names_gets_its_mode(source: Path, tmp_path: Path) -> None:
    machine = tmp_path / "machine"
    (machine / "etc").mkdir(parents=True)
    assert not unpack(action(source, machine, "./etc mode=0750\n./spool type=dir mode=1777\n"))
    assert (mode(machine / "etc"), mode(machine / "spool")) == (0o750, 0o1777)


def test_a_folder_that_is_a_link_on_the_machine_remains_a_link(
    source: Path, tmp_path: Path
) -> None:
    machine = tmp_path / "machine"
    (machine / "usr" / "etc").mkdir(parents=True)
    (machine / "etc").symlink_to("usr/etc")
    assert not unpack(action(source, machine))
    assert (machine / "etc").is_symlink()
    assert (machine / "usr" / "etc" / "app" / "-v a.conf").is_file()


def test_a_file_replaces_an_existing_one(source: Path, tmp_path: Path) -> None:
    machine = tmp_path / "machine"
    (machine / "etc" / "app").mkdir(parents=True)
    (tmp_path / "elsewhere").write_text("not to be written")
    (machine / "etc" / "app" / "-v a.conf").symlink_to(tmp_path / "elsewhere")
    (machine / "etc" / "current").write_text("a file")
    assert not unpack(action(source, machine))
    assert (machine / "etc" / "app" / "-v a.conf").read_text() == "a"
    assert (machine / "etc" / "current").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "not to be written"


@pytest.mark.parametrize("what", ["user", "group"])
def test_an_unknown_owner_is_an_error_before_a_file_is_written(
    source: Path, tmp_path: Path, what: str
) -> None:
    machine = tmp_path / "machine"
    key = {"user": "uname", "group": "gname"}[what]
    printed = unpack(action(source, machine, f"./etc/app {key}=nobody-has-it\n"))
    assert printed == f"the machine has no {what} nobody-has-it"
    assert not machine.exists()


def test_a_path_is_one_word_of_the_script(source: Path, tmp_path: Path) -> None:
    machine = tmp_path / "a machine; touch evil $(id)"
    assert not unpack(action(source, machine))
    assert shlex.quote(str(machine)) in unpacking(action(source, machine))[0].script
    assert (machine / "etc").is_dir()


def test_the_archive_has_names_and_numbers_only_without_a_name(source: Path) -> None:
    upload = action(source, Path("/srv"), "./etc/current uname=web gid=7\n", user="1234")
    with tarfile.open(fileobj=io.BytesIO(unpacking(upload)[1])) as tar:
        found = {item.name: (item.uname, item.uid, item.gname, item.gid) for item in tar}
    group = int(my_ids()[1])
    assert found["./etc/current"] == ("web", 0, "", 7)
    assert found["./etc/app"] == ("", 1234, "", group)


def test_a_name_that_is_no_text_is_preserved(source: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    (source / name).write_text("x")
    assert not unpack(action(source, tmp_path / "machine"))
    assert (tmp_path / "machine" / name).read_text() == "x"


def test_a_folder_that_vanishes_is_one_error(source: Path) -> None:
    upload = action(source, Path("/srv"))
    source.rename(source.parent / "moved")
    with pytest.raises(PlanError) as caught:
        unpacking(upload)
    assert str(caught.value) == (
        f"the folder {source} can't be copied\n"
        ".: can't be read: no such file or directory\n"
        "To do: remove what can't be copied, or copy a folder without it"
    )
