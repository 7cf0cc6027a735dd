"""What a package takes away from users who could use it is explained in no way."""

from __future__ import annotations

import pytest

from tests.unit.probes.test_files_explained import NGINX, facts, file, reasons
from upgradeproof.probes import Facts, diff
from upgradeproof.probes.file_records import ROOT, File
from upgradeproof.probes.files import Files
from upgradeproof.probes.operating_system import OperatingSystem

PATH = "/usr/bin/x"
OURS = f"belongs to {NGINX}"


@pytest.mark.parametrize("mode", ["0750", "0700", "0644"])
def test_an_ordinary_program_that_others_cannot_execute_is_explained_by_nothing(mode: str) -> None:
    """Its mode before is known from the names of ordinary programs alone."""
    closed = file(mode, package="nginx")
    assert reasons(None, closed, PATH, ordinary=((PATH,), ())) == {"": ""}
    assert reasons(None, closed, PATH) == {"": OURS}
    assert reasons(None, closed, "/usr/lib/nginx/x", ordinary=((PATH,), ())) == {"": OURS}


@pytest.mark.parametrize(
    ("path", "was", "now", "explained"),
    [
        ("/usr/sbin/x", "4755", "4750", False),
        ("/opt/nginx/bin/x", "0755", "0750", False),
        ("/opt/nginx/lib/x", "0755", "0750", True),
        ("/usr/sbin/x", "4750", "4710", True),
        ("/usr/sbin/x", "0755", "0555", True),
    ],
)
def test_only_a_program_that_others_could_execute_is_taken_from_them(
    path: str, was: str, now: str, *, explained: bool
) -> None:
    found = reasons(file(was, package="nginx"), file(now, package="nginx"), path)
    assert found == {"mode": OURS if explained else ""}


@pytest.mark.parametrize(
    ("path", "was", "now", "explained"),
    [
        ("/etc/x/client.conf", "0644", "0600", False),
        ("/etc/x/client.conf", "0640", "0600", True),
        ("/etc/x/server.key", "0644", "0600", True),
        ("/etc/x/passwords/a", "0644", "0640", True),
        ("/var/lib/x/a", "0644", "0600", True),
    ],
)
def test_a_configuration_file_that_others_cannot_read_is_explained_by_nothing(
    path: str, was: str, now: str, *, explained: bool
) -> None:
    found = reasons(file(was, package="nginx"), file(now, package="nginx"), path)
    assert found == {"mode": OURS if explained else ""}


def closed_folder(**inside: File) -> str:
    """Return the reason why a folder of configuration is closed to others."""
    held = {f"/etc/x/{name}": each for name, each in inside.items()}
    was, now = (
        facts(version, {"/etc/x": file(mode, type="directory", package="nginx"), **held})
        for version, mode in (("1", "0755"), ("2", "0700"))
    )
    (line,) = (each for each in diff(was, now) if each.path == "files//etc/x/mode")
    return Files.explain(line, was, now)


def test_a_folder_is_taken_from_others_if_it_held_what_they_could_read() -> None:
    assert closed_folder(conf=file()) == ""
    assert closed_folder(conf=file("0600"), key=file()) == OURS
    assert closed_folder() == OURS


def test_an_upgrade_of_the_distribution_may_close_configuration_but_no_program() -> None:
    paths = {"/etc/client.conf": ("0644", "0600"), "/usr/sbin/x": ("4755", "4750")}
    was, now = (
        facts(
            version,
            {path: file(modes[at], package="nginx") for path, modes in paths.items()},
            system={"system": OperatingSystem(state="running", id="os", version=version)},
        )
        for at, version in enumerate("12")
    )
    found = {line.path: Files.explain(line, was, now) for line in diff(was, now)}
    assert found["files//etc/client.conf/mode"] == OURS
    assert found["files//usr/sbin/x/mode"] == ""


def test_a_file_that_became_ordinary_is_not_shown_as_gone() -> None:
    special, ordinary, gone = (
        Facts({"files": {ROOT: File(type="directory", ordinary=names), **more}})
        for names, more in (((), {PATH: file("0750")}), ((PATH,), {}), ((), {}))
    )
    (line,) = diff(special, ordinary)
    assert Files.detail(line, special, ordinary) == (
        "it is an ordinary file of its package now: root:root, and every user may read it"
    )
    (line,) = diff(ordinary, special)
    assert Files.detail(line, ordinary, special) == (
        "it was an ordinary file before: root:root, and every user may read it"
    )
    (line,) = diff(special, gone)
    assert Files.detail(line, special, gone) == ""
