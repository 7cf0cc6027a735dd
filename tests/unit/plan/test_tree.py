"""Folders that a plan copies: modes, owners and links, and what can't be copied."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.plan.steps import UploadTree
from upgradeproof.plan.steps.copy import Copy
from upgradeproof.plan.tree import Entry, Tree

MANY = 5_000
UNPRIVILEGED_UID = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file, a program, a folder and a link, as a checkout has them."""
    folder = tmp_path / "files"
    (folder / "bin").mkdir(parents=True)
    (folder / "a.conf").write_text("a")
    (folder / "bin" / "run").write_text("#!/bin/sh\n")
    for name, mode in {"a.conf": 0o664, "bin/run": 0o775, "bin": 0o2775, ".": 0o775}.items():
        (folder / name).chmod(mode)
    (folder / "current").symlink_to("a.conf")
    return folder


def tree(folder: Path, manifest: str = "", **more: object) -> Tree:
    """Return the tree of a copy step with a manifest of some text."""
    if manifest:
        (folder.parent / "list.mtree").write_text(manifest)
        more["manifest"] = "list.mtree"
    step = Copy.model_validate({"source": folder.name, "path": "/srv/web", **more})
    (action,) = step.actions(folder.parent)
    assert isinstance(action, UploadTree)
    return action.tree


def owned(found: Tree) -> dict[str, str]:
    """Return mode and owner of each entry, as ``stat`` prints them."""
    return {e.name: f"{e.mode:04o} {e.user}:{e.group}" for e in found.entries()}


def refused(folder: Path, manifest: str = "", **more: object) -> str:
    with pytest.raises(PlanError) as caught:
        tree(folder, manifest, **more).entries()
    return str(caught.value).replace(str(folder.parent), "PRODUCT")


def cannot_be_copied(*lines: str) -> str:
    return "\n".join(
        [
            "the folder PRODUCT/files can't be copied",
            *lines,
            "To do: remove what can't be copied, or copy a folder without it",
        ]
    )


def test_modes_are_preserved_except_for_bits_that_depend_on_the_umask(folder: Path) -> None:
    assert owned(tree(folder)) == {
        ".": "0755 root:root",
        "a.conf": "0644 root:root",
        "bin": "0755 root:root",
        "bin/run": "0755 root:root",
        "current": "0777 root:root",
    }


def test_a_mode_and_an_owner_are_given_to_every_file(folder: Path) -> None:
    assert owned(tree(folder, mode="0640", owner="web:www-data")) == {
        ".": "0750 web:www-data",
        "a.conf": "0640 web:www-data",
        "bin": "0750 web:www-data",
        "bin/run": "0640 web:www-data",
        "current": "0777 web:www-data",
    }


def test_a_manifest_overrides_the_step(folder: Path) -> None:
    listed = "#mtree\n/set uname=web\n./bin/run mode=04755 gname=Debian-exim\n./bin type=dir\n"
    assert owned(tree(folder, listed, owner="1000:1000")) == {
        ".": "0755 1000:1000",
        "a.conf": "0644 1000:1000",
        "bin": "0755 web:1000",
        "bin/run": "4755 web:Debian-exim",
        "current": "0777 1000:1000",
    }


def test_links_and_empty_folders_of_the_manifest_are_made(folder: Path) -> None:
    listed = "./spool type=dir mode=0700\n./zone type=link link=/usr/share/zoneinfo/UTC\n"
    made = [e for e in tree(folder, listed).entries() if e.name in ("spool", "zone")]
    common = {"user": "root", "group": "root", "listed": True}
    assert made == [
        Entry(name="spool", kind="dir", mode=0o700, **common),  # type: ignore[arg-type]  # as given
        Entry(name="zone", kind="link", mode=0o777, target="/usr/share/zoneinfo/UTC", **common),  # type: ignore[arg-type]  # as given
    ]


def test_a_folder_is_listed_before_its_content(folder: Path) -> None:
    (folder / "bin-x").write_text("")
    (folder / "#a").write_text("")
    names = [entry.name for entry in tree(folder).entries()]
    assert names == [".", "#a", "a.conf", "bin", "bin-x", "bin/run", "current"]


@pytest.mark.parametrize("target", ["bin/run", "/srv/web/a.conf", "../web/a.conf", "not-there"])
def test_a_link_that_stays_in_the_tree_is_copied_as_it_is(folder: Path, target: str) -> None:
    (folder / "link").symlink_to(target)
    (link,) = (entry for entry in tree(folder).entries() if entry.name == "link")
    assert (link.kind, link.target) == ("link", target)


@pytest.mark.parametrize("target", ["/etc/passwd", "../../x", "/srv/web2", ".."])
def test_a_link_that_leaves_the_tree_is_refused(folder: Path, target: str) -> None:
    (folder / "link").symlink_to(target)
    assert refused(folder) == cannot_be_copied(
        f"link: a link to {target!r}, which leaves /srv/web: to allow it, name it in a manifest"
    )


def test_a_link_that_leaves_the_tree_is_copied_where_the_manifest_names_it(folder: Path) -> None:
    (folder / "link").symlink_to("/etc/passwd")
    assert tree(folder, "./link type=link link=/etc/passwd\n").entries()[-1].target == "/etc/passwd"


def test_no_link_leaves_the_root_folder(folder: Path) -> None:
    (folder / "link").symlink_to("/usr/share/zoneinfo/UTC")
    assert tree(folder, path="/").entries()[-1].target == "/usr/share/zoneinfo/UTC"


def test_sockets_and_fifos_are_refused_all_at_once(folder: Path) -> None:
    os.mkfifo(folder / "bin" / "queue")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "api.sock"))
        assert refused(folder) == cannot_be_copied(
            "api.sock: a socket can't be copied", "bin/queue: a FIFO can't be copied"
        )


def test_an_error_lists_some_problems_and_counts_the_rest(folder: Path) -> None:
    for number in range(12):
        os.mkfifo(folder / f"{number:02d}")
    lines = [f"{number:02d}: a FIFO can't be copied" for number in range(10)]
    assert refused(folder) == cannot_be_copied(*lines, "and 2 more")


def test_an_unreadable_file_is_refused(folder: Path) -> None:
    (folder / "a.conf").chmod(0)
    (folder / "bin").chmod(0)
    for parent in list(folder.parents)[:-2]:
        parent.chmod(parent.stat().st_mode | 0o055)
    user = os.geteuid()
    try:
        if user == 0:  # for root every file can be read
            os.seteuid(UNPRIVILEGED_UID)
        found = refused(folder)
    finally:
        os.seteuid(user)
    assert found == cannot_be_copied(
        "a.conf: can't be read: permission denied", "bin: can't be read: permission denied"
    )


def test_a_file_name_that_is_not_utf_8_is_copied(folder: Path) -> None:
    (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9"))).write_text("x")
    listed = tree(folder, "./caf\\351 mode=0600\n")
    assert owned(listed)["caf\udce9"] == "0600 root:root"


WRONG_LINES = {
    "classic": ("bin type=dir", "'bin' is no path in the tree: write it in full, after `./`"),
    "absolute": ("/bin type=dir", "'/bin' is no path in the tree: write it in full, after `./`"),
    "above": ("./../x", "'./../x' is no path in the tree: write it in full, after `./`"),
    "keyword": ("./bin modus=0755", "unknown keyword 'modus'; did you mean 'mode'?"),
    "kind": ("./bin type=fifo", "type=fifo can't be copied; valid: dir, file, link"),
    "mode": ("./bin mode=u+rwx", "mode=u+rwx is not a mode in octal, such as 0644"),
    "owner": ("./bin uname=a;id", "'a;id' is not the name of a user or a group, or its number"),
}


@pytest.mark.parametrize("name", WRONG_LINES)
def test_a_wrong_line_of_a_manifest_is_named(folder: Path, name: str) -> None:
    line, message = WRONG_LINES[name]
    assert refused(folder, f"#mtree\n{line}\n") == (
        "PRODUCT/list.mtree is not a valid manifest\n"
        f"PRODUCT/list.mtree:2: {message}\n"
        "To do: write one path in a line, as in `./etc/motd type=file mode=0644 uname=root "
        "gname=root`"
    )


def test_a_path_is_listed_once_in_a_manifest(folder: Path) -> None:
    assert "PRODUCT/list.mtree:2: bin is in line 1, too" in refused(folder, "./bin\n./bin\n")


WRONG_ENTRIES = {
    "./b.conf type=file": "PRODUCT/list.mtree:1: b.conf: there is no such file below PRODUCT/files",
    "./b.conf": "PRODUCT/list.mtree:1: b.conf: there is no such file below PRODUCT/files",
    "./b type=link": "PRODUCT/list.mtree:1: b: type=link needs link=, where it leads",
    "./bin type=file": "bin: is type=dir, and type=file in the manifest",
    "./current link=bin": "current: leads to 'a.conf', and to 'bin' in the manifest",
}


@pytest.mark.parametrize("line", WRONG_ENTRIES)
def test_a_manifest_that_does_not_fit_the_folder_is_refused(folder: Path, line: str) -> None:
    assert refused(folder, f"{line}\n") == cannot_be_copied(WRONG_ENTRIES[line])


def test_a_manifest_needs_a_folder(folder: Path) -> None:
    (folder.parent / "list.mtree").write_text("")
    step = Copy(source="files/a.conf", path="/a", manifest="list.mtree")
    with pytest.raises(PlanError) as caught:
        step.check(folder.parent)
    assert str(caught.value) == (
        f"{folder.parent}/upgrade.toml: a copy step has a manifest for 'files/a.conf', which is no "
        "folder\nTo do: give `mode` and `owner` instead"
    )


def test_a_missing_manifest_is_refused(folder: Path) -> None:
    step = Copy(source="files", path="/a", manifest="none.mtree")
    with pytest.raises(PlanError) as caught:
        step.check(folder.parent)
    assert str(caught.value) == (
        f"{folder.parent}/upgrade.toml: 'none.mtree', which a copy step has as manifest, is no "
        f"file and no folder in the product's folder\nTo do: put it below {folder.parent}, or "
        "correct the name"
    )


def relinked(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda folder: (folder / "bin" / "run").write_text("#!/bin/sh\n\n"),
    "mode": lambda folder: (folder / "bin" / "run").chmod(0o644),
    "another file": lambda folder: (folder / "b.conf").write_text(""),
    "a file less": lambda folder: (folder / "a.conf").unlink(),
    "an empty folder": lambda folder: (folder / "empty").mkdir(),
    "a link's target": lambda folder: relinked(folder / "current", "bin/run"),
    "the manifest": lambda folder: (folder.parent / "list.mtree").write_text("./a.conf gid=5\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_digest_changes_with_all_that_the_machine_gets(folder: Path, change: str) -> None:
    found = tree(folder, "./bin\n")
    before = found.digest()
    assert found.digest() == before
    CHANGES[change](folder)
    assert found.digest() != before


def test_the_digest_is_that_of_another_checkout(folder: Path) -> None:
    found = tree(folder)
    before = found.digest()
    for path in (folder / "a.conf", folder / "bin" / "run", folder / "bin"):
        path.chmod(path.stat().st_mode & ~0o022)
        os.utime(path, (1, 1), follow_symlinks=False)
    moved = folder.rename(folder.parent / "moved")
    assert tree(moved).digest() == before


def test_a_step_knows_which_files_it_writes(folder: Path) -> None:
    (folder.parent / "list.mtree").write_text("./spool type=dir\n")
    step = Copy(source="files", path="/srv/web", manifest="list.mtree")
    paths = ["/srv/web/a.conf", "/srv/web/current", "/srv/web/spool", "/srv/web/x", "/srv/a.conf"]
    assert [step.writes(path, folder.parent) for path in paths] == [True, True, True, False, False]
    assert not step.writes("/srv/web", folder.parent)


def test_a_large_folder_is_read_in_a_time_that_grows_with_it(tmp_path: Path) -> None:
    """At this rate 50,000 files take 20 s of processor time; measured: 5 s."""
    folder = tmp_path / "files"
    for number in range(MANY // 500):
        (folder / f"{number}").mkdir(parents=True)
        for file in range(500):
            (folder / f"{number}" / f"{file}").touch()
    found = tree(folder)
    began = time.process_time()
    assert len(found.entries()) == MANY + MANY // 500 + 1
    assert found.digest()
    assert time.process_time() - began < 20 * MANY / 50_000
