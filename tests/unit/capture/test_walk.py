"""The walk of a server's files: added, edited, removed, unusual and vanished files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.capture.walking import Root
from upgradeproof.capture import stream
from upgradeproof.errors import HarnessError


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


def test_only_what_an_administrator_added_or_edited_leaves_the_server(root: Root) -> None:
    root.package("app", {"/etc/app.conf": "a", "/etc/edited.conf": "b", "/etc/gone.conf": "c"})
    root.write("/etc/app.conf", "a")
    root.write("/etc/edited.conf", "new\n", 0o640)
    root.write("/etc/own.conf", "mine\n")
    (root.folder / "etc" / "own.link").symlink_to("own.conf")
    (root.folder / "etc" / "empty").mkdir(mode=0o711)
    walked = root.walk()
    kinds = {
        path: (entry.type, entry.mode, entry.content) for path, entry in walked.entries.items()
    }
    link_mode = kinds.pop("/etc/own.link")
    assert kinds == {
        "/etc/app.conf": ("file", "0644", None),
        "/etc/edited.conf": ("file", "0640", b"new\n"),
        "/etc/own.conf": ("file", "0644", b"mine\n"),
        "/etc/empty": ("directory", "0711", None),
    }
    assert [link_mode[0], walked.entries["/etc/own.link"].target] == ["link", "own.conf"]
    assert walked.edited == ["/etc/edited.conf"]
    assert walked.missing == ["/etc/gone.conf"]


def test_files_that_belong_to_the_machine_are_left_out_and_listed(root: Root) -> None:
    for name in ("fstab", "hostname", "machine-id", "network/interfaces", "netplan/a.yaml"):
        root.write(f"/etc/{name}", "x\n")
    walked = root.walk()
    assert [path for path, entry in walked.entries.items() if entry.type == "file"] == []
    assert sorted(walked.left) == ["/etc/fstab", "/etc/netplan/a.yaml", "/etc/network/interfaces"]


def test_the_bytes_of_a_name_that_is_not_utf_8_are_preserved(root: Root) -> None:
    folder = os.fsencode(root.folder) + b"/etc"
    Path(os.fsdecode(folder)).mkdir()
    Path(os.fsdecode(folder + b"/caf\xe9 \n%41#.conf")).write_bytes(b"x\n")
    (entry,) = root.walk().entries.values()
    assert entry.path == "/etc/caf%E9%20%0A%2541#.conf"
    assert entry.content == b"x\n"
    assert stream.readable(entry.path) == "/etc/caf\\xe9 \\x0a%41#.conf"


def test_a_file_that_vanishes_is_reported_and_the_others_are_read(
    root: Root, tmp_path: Path
) -> None:
    """The program that computes the checksums removes one of the files that it must read."""
    root.package("app", {"/etc/a.conf": "a", "/etc/b.conf": "b", "/etc/c.conf": "c"})
    for name in "abc":
        root.write(f"/etc/{name}.conf", "edited\n")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "md5sum").write_text(
        f'#!/bin/sh\nrm {root.folder}/etc/b.conf\nexec /usr/bin/md5sum "$@"\n'
    )
    (programs / "md5sum").chmod(0o755)
    walked = root.walk(programs=programs)
    assert walked.vanished == ["/etc/b.conf"]
    assert sorted(walked.entries) == ["/etc/a.conf", "/etc/c.conf"]


def test_100_000_files_are_read(root: Root) -> None:
    for folder in range(100):
        where = root.folder / "etc" / "many" / str(folder)
        where.mkdir(parents=True)
        (where / "0").write_bytes(b"password = x%d\n" % folder)
        for number in range(1, 1000):
            os.link(f"{where}/0", f"{where}/{number}")  # cheaper than another file
    walked = root.walk()
    assert sum(entry.type == "file" for entry in walked.entries.values()) == 100_000


def test_a_file_that_is_too_large_and_a_fifo_do_not_stop_the_walk(root: Root) -> None:
    root.write("/etc/large", b"x" * (stream.LARGEST_BYTES + 1))
    os.mkfifo(root.folder / "etc" / "fifo")
    root.write("/etc/small", "x\n")
    walked = root.walk()
    assert walked.unread == {"/etc/large": stream.LARGEST_BYTES + 1}
    assert list(walked.entries) == ["/etc/small"]


def test_data_is_copied_only_where_it_is_named(root: Root) -> None:
    root.write("/srv/www/index.html", "hello\n")
    assert root.walk().entries == {}
    assert list(root.walk("/srv/www").entries) == ["/srv/www", "/srv/www/index.html"]


def test_a_derived_file_does_not_leave_the_server(root: Root) -> None:
    root.write("/etc/postfix/sasl_passwd.db", b"\0Private\0")
    assert b"Private" not in root.printed()
    assert [entry.type for entry in root.walk().entries.values()] == ["directory", "derived"]


def test_an_answer_that_is_cut_off_is_an_error() -> None:
    with pytest.raises(HarnessError) as raised:
        stream.parse(b"directory 0755 root root /etc/a\n")
    assert raised.value.brief == "the walk of the server's files did not end"


def test_only_owner_and_mode_of_state_folders_leave_the_server(root: Root) -> None:
    root.write("/var/lib/web/one/two/data", "Private\n")
    (root.folder / "var/lib/web").chmod(0o700)
    (root.folder / "var/lib/web/one").chmod(0o2750)
    (root.folder / "var/lib/web/one/two").chmod(0o700)
    assert b"Private" not in root.printed()
    found = root.walk().entries
    assert {p: (e.type, e.mode) for p, e in found.items()} == {
        "/var/lib/web": ("state", "0700"),
        "/var/lib/web/one": ("state", "2750"),
    }


def test_files_of_the_images_of_machines_are_left_out(root: Root) -> None:
    root.write("/etc/systemd/system/upgradeproof-agent.service", "[Service]\n")
    root.write("/etc/systemd/system/own.service", "[Service]\n")
    files = [path for path, entry in root.walk().entries.items() if entry.type == "file"]
    assert files == ["/etc/systemd/system/own.service"]
