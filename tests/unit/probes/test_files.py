"""The walk of the file tree, on captured text and on a tree with hostile names."""

from __future__ import annotations

import base64
import os
import socket
from pathlib import Path

import pytest

from tests.unit.probes.captured_text import captured
from tests.unit.probes.test_scripts import output
from upgradeproof.probes import Difference, Facts, ProbeInputs, diff
from upgradeproof.probes.file_records import ROOT, File
from upgradeproof.probes.files import Files
from upgradeproof.probes.text_diff import LINES, packed, unified, unpacked

FOUND = Files.parse(captured("files"), ProbeInputs())


def parsed(*lines: str) -> dict[str, File]:
    return Files.parse("\n".join(lines), ProbeInputs())


def entry(path: str, kind: str = "file", mode: str = "0644", **more: str) -> str:
    """Return a line as the script prints it."""
    names = ("package", "caps", "acl", "target", "end", "target_package", "exists", "size", "which")
    cells = [more.get(name, "") for name in names]
    return " ".join(["file", path, kind, "root", "root", mode, *cells])


def test_a_file_of_no_package_has_owner_mode_and_content() -> None:
    found = FOUND["/etc/acmed/acmed.conf"]
    assert (found.type, found.owner, found.group, found.mode) == ("file", "acme", "acme", "0644")
    assert found.package == ""
    assert found.sha256.startswith("ee3f778a6e63")
    assert unpacked(found.text) == "port=9999\npassword = (secret)\n"


def test_a_folder_of_data_has_the_owners_of_all_that_it_holds() -> None:
    found = FOUND["/var/lib/acmed"]
    assert (found.owner, found.owners, found.entries) == ("acme", ("acme:acme",), 2)
    assert found.modes == ("directory 0755", "file 0644")


def test_an_alternative_has_its_choices_and_the_package_of_its_target() -> None:
    found = FOUND["/etc/alternatives/pager2"]
    assert (found.target, found.leads_to) == ("/bin/cat", "/usr/bin/cat")
    assert (found.target_package, found.choices) == ("coreutils", ("/bin/cat", "/bin/more"))
    assert FOUND["/etc/alternatives/pager3"].choices == ("/bin/ls", "/bin/true")


def test_a_copy_of_a_packages_file_names_the_package() -> None:
    assert FOUND["/root/.profile"].copy_of == "base-files"
    assert FOUND["/etc/ssh/sshd_config"].package == "openssh-server"
    assert not FOUND["/etc/ssh/sshd_config"].edited


def test_file_names_of_any_bytes_can_be_stored() -> None:
    names = {path for path in FOUND if path.startswith("/etc/weird/")}
    assert names >= {
        r"/etc/weird/new\x0aline\x09tab",
        "/etc/weird/\\xff\\xfe bad % name",
        "/etc/weird/ü space",
    }
    assert Facts({"files": FOUND}).to_json().encode()


def test_a_file_that_is_too_large_has_its_size() -> None:
    assert (FOUND["/etc/weird/big"].sha256, FOUND["/etc/weird/big"].size) == ("", 2_000_000)


def test_special_files_are_facts_by_their_type() -> None:
    assert FOUND["/etc/weird/fifo"].type == "fifo"
    assert FOUND["/etc/weird/sock"].type == "socket"


def test_ordinary_programs_are_names_only() -> None:
    assert FOUND[ROOT].ordinary
    assert not set(FOUND[ROOT].ordinary) & FOUND.keys()


def test_capabilities_and_access_lists_are_read_from_their_attributes() -> None:
    caps = "0100000200200000000000000000000000000000"
    acl = "0200000001000700ffffffff02000600e803000004000400ffffffff10000600ffffffff"
    found = parsed(entry("/usr/bin/ping", caps=caps, acl=acl, mode="0755"))["/usr/bin/ping"]
    assert found.capabilities == "cap_net_raw=ep"
    assert found.acl == "user:1000:rw-,mask::rw-"
    assert found.privileged


def test_the_problem_of_an_aborted_walk_names_the_path() -> None:
    found = parsed(entry("/", "directory", "0755"), "stopped /srv/%0A")
    assert found[ROOT].unread == r"/srv/\x0a"


def test_only_a_link_has_no_mode() -> None:
    found = parsed(entry("/etc/a", "link", "0777", target="b", end="/etc/b"))["/etc/a"]
    assert (found.mode, found.world_writable) == ("", False)


def test_a_changed_text_file_has_a_unified_diff() -> None:
    before, after = (
        Facts({"files": parsed(entry("/etc/a"), f"sum /etc/a {n}", f"text /etc/a {encoded}")})
        for n, encoded in ((1, encode("x\npassword=a\n")), (2, encode("y\npassword=b\n")))
    )
    (line,) = diff(before, after)
    assert line.path == "files//etc/a/sha256"
    assert Files.detail(line, before, after) == "@@ -1,3 +1,3 @@\n-x\n+y\n password=(secret)\n "


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_diff_that_contains_only_secrets_is_replaced_by_a_note() -> None:
    before, after = packed(b"token: abc"), packed(b"token: xyz")
    assert unified(before, after) == "only what is masked as a secret changed"


def test_a_long_diff_is_truncated() -> None:
    before, after = packed(b"a\n" * 1000), packed(b"b" * 9999 + b"\n" * 500)
    lines = unified(before, after).split("\n")
    assert len(lines) == LINES + 1
    assert lines[-1].endswith(" more lines)")
    assert max(map(len, lines)) < 300


@pytest.mark.parametrize("stored", ["", "no base64!", "AAAA", "\N{SNOWMAN}"])
def test_a_stored_text_that_cannot_be_decoded_is_empty(stored: str) -> None:
    assert unpacked(stored) == ""


def test_a_line_of_another_field_has_no_diff() -> None:
    line = Difference(path="files//etc/a/mode", before="0600", after="0644")
    assert Files.detail(line, Facts({}), Facts({})) == ""


def test_the_script_reads_a_tree_with_hostile_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script runs in a plain `sh`; a folder of the test replaces ``/etc`` in its patterns."""
    root = tmp_path / "etc"
    root.mkdir()
    for name in (b"new\nline", b"\xff\xfe", b"a b%c", b"-n", b"'\""):
        Path(os.fsdecode(bytes(root) + b"/" + name)).write_bytes(b"x")
    os.mkfifo(root / "fifo")
    (root / "loop").symlink_to("loop")
    (root / "private").write_text("KEY")
    (root / "private").chmod(0o600)
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(root)
        listening.bind("socket")
    script = Files.script(ProbeInputs()).replace("@disks = ('/')", f"@disks = ('{root}')")
    script = script.replace("for (lines '/proc/self/mountinfo')", "for (())")
    script = script.replace(
        r"qr/^(?:\/etc\/|\/usr\/local", "qr/^(?:" + str(root).replace("/", r"\/") + r"|\/usr\/local"
    )
    found = {
        path.removeprefix(f"{root}/"): file
        for path, file in Files.parse(output(script), ProbeInputs()).items()
    }
    assert {r"new\x0aline", r"\xff\xfe", "a b%c", "-n", "'\"", "fifo", "socket"} <= found.keys()
    sums = {name for name, file in found.items() if file.sha256}
    assert sums == {r"new\x0aline", r"\xff\xfe", "a b%c", "-n", "'\"", "private"}
    assert not found["private"].text
    assert unpacked(found["-n"].text) == "x"
