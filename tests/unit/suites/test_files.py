"""The checks of files that changed without a reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import suites.test_files as suite
from tests.unit.suites.states import state
from upgradeproof.probes import Facts
from upgradeproof.probes.conffiles import Conffile
from upgradeproof.probes.file_records import ROOT, File
from upgradeproof.probes.files import Files
from upgradeproof.probes.leftovers import Leftover, Leftovers
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.text_diff import packed
from upgradeproof.runner import State
from upgradeproof.runner.judging import judge

Check = Callable[[State, State], None]
SOUND = state()


def file(mode: str = "0644", type_: str = "file", **more: object) -> File:
    return File.model_validate({"type": type_, "mode": mode, **more})


BEFORE = {
    ROOT: file("0755", "directory", ordinary=("/usr/bin/cat",)),
    "/etc/acmed": file("0755", "directory", package="procps"),
    "/etc/acmed/acmed.conf": file(owner="acme", sha256="1", text=packed(b"port=9999\n")),
    "/etc/alternatives/pager": File(type="link", target="/bin/less", leads_to="/bin/less"),
    "/etc/cron.d/backup": file(sha256="1"),
    "/etc/ssl/private.pem": file("0600", sha256="1"),
    "/etc/sysctl.conf": file(package="procps", sha256="1"),
    "/etc/client.conf": file(package="procps", sha256="1"),
    "/usr/bin/su": file("4755", package="util-linux"),
    "/usr/local/bin/job": file("0755", sha256="1"),
    "/var/lib/acmed": file(
        "0755", "directory", package="procps", owner="acme", owners=("acme:acme",), entries=9
    ),
}


def states(path: str, after: File | None, **sections: object) -> tuple[State, State]:
    """Return the states before and after, of which one file differs and every package."""
    files = {**BEFORE, path: after}
    was = facts(BEFORE, "1")
    now = facts({name: each for name, each in files.items() if each}, "2", **sections)
    changes = judge(SOUND.cell, "upgraded", was, now)
    return state_with(was), state_with(now, changes)


def facts(files: object, version: str, **sections: object) -> Facts:
    packages = {
        name: Package(version=version, state="install ok installed")
        for name in ("procps", "util-linux", "coreutils")
    }
    found = {Files.section: files, Packages.section: packages, Leftovers.section: {}, **sections}
    return Facts(found)  # type: ignore[arg-type]  # the sections are of several types


def state_with(found: Facts, changes: object = ()) -> State:
    return State("any", SOUND.cell, SOUND.fidelity, found, changes, 0.0, (), lambda: SOUND.machine)  # type: ignore[arg-type]  # as above


def changed(path: str, **fields: object) -> File:
    return BEFORE[path].model_copy(update=fields)


CASES = [
    (
        suite.test_no_program_gains_set_uid_or_set_gid,
        "/usr/bin/cat",
        file("4755", package="coreutils"),
        "/usr/bin/cat runs as root:root for every user (mode 4755)",
    ),
    (
        suite.test_no_program_gains_set_uid_or_set_gid,
        "/usr/local/bin/job",
        changed("/usr/local/bin/job", mode="4755"),
        "/usr/local/bin/job runs as root:root for every user (mode 4755)",
    ),
    (
        suite.test_no_program_gains_capabilities,
        "/usr/local/bin/job",
        changed("/usr/local/bin/job", capabilities="cap_bpf=ep"),
        "/usr/local/bin/job has cap_bpf=ep, and had ",
    ),
    (
        suite.test_no_program_loses_its_privileges,
        "/usr/bin/su",
        changed("/usr/bin/su", mode="0755", owner="acme"),
        "/usr/bin/su had 4000, and has 0000",
    ),
    (
        suite.test_program_can_still_be_executed_by_every_user,
        "/usr/bin/cat",
        file("0750", package="coreutils"),
        "/usr/bin/cat could be executed by every user, and now only by root and the group root",
    ),
    (
        suite.test_program_can_still_be_executed_by_every_user,
        "/usr/bin/cat",
        file("0644", package="coreutils"),
        "/usr/bin/cat could be executed by every user, and now by no user",
    ),
    (
        suite.test_program_can_still_be_executed_by_every_user,
        "/usr/bin/su",
        changed("/usr/bin/su", mode="4700"),
        "/usr/bin/su could be executed by every user, and now only by root",
    ),
    (
        suite.test_configuration_can_still_be_read_by_every_user,
        "/etc/client.conf",
        changed("/etc/client.conf", mode="0640"),
        "/etc/client.conf could be read by every user, and now only by root and the group root",
    ),
    (
        suite.test_configuration_can_still_be_read_by_every_user,
        "/etc/acmed",
        changed("/etc/acmed", mode="0700"),
        "/etc/acmed could be entered by every user, and now only by root",
    ),
    (
        suite.test_no_private_file_becomes_readable_for_others,
        "/etc/ssl/private.pem",
        changed("/etc/ssl/private.pem", mode="0644"),
        "/etc/ssl/private.pem had mode 0600, and has 0644",
    ),
    (
        suite.test_no_file_becomes_writable_for_everyone,
        "/usr/local/bin/job",
        changed("/usr/local/bin/job", mode="0777"),
        "/usr/local/bin/job has mode 0777",
    ),
    (
        suite.test_no_file_of_the_administrator_is_lost,
        "/etc/cron.d/backup",
        None,
        "/etc/cron.d/backup is gone",
    ),
    (
        suite.test_no_folder_of_data_is_emptied,
        "/var/lib/acmed",
        changed("/var/lib/acmed", owners=(), entries=0),
        "/var/lib/acmed held 9 files and folders, and holds none",
    ),
    (
        suite.test_no_folder_of_data_is_emptied,
        "/var/lib/acmed",
        None,
        "/var/lib/acmed held 9 files and folders, and is gone",
    ),
    (
        suite.test_content_of_the_administrators_files_is_preserved,
        "/etc/acmed/acmed.conf",
        changed("/etc/acmed/acmed.conf", sha256="2", text=packed(b"port=8086\n")),
        "/etc/acmed/acmed.conf has another content\n      @@ -1,2 +1,2 @@\n      -port=9999",
    ),
    (
        suite.test_owner_of_configuration_and_data_is_preserved,
        "/etc/acmed/acmed.conf",
        changed("/etc/acmed/acmed.conf", owner="root"),
        "/etc/acmed/acmed.conf belonged to acme:root, and belongs to root:root",
    ),
    (
        suite.test_owner_of_configuration_and_data_is_preserved,
        "/var/lib/acmed",
        changed("/var/lib/acmed", owners=("root:root",)),
        "and belongs to acme:root (in it: root:root)",
    ),
    (
        suite.test_link_points_to_the_same_program,
        "/etc/alternatives/pager",
        changed("/etc/alternatives/pager", target="/bin/more", leads_to="/bin/more"),
        "/etc/alternatives/pager pointed to /bin/less, and points to /bin/more",
    ),
]
IDS = [f"{case[0].__name__}-{case[1]}" for case in CASES]
CHECKS: list[Check] = list(dict.fromkeys(case[0] for case in CASES))


@pytest.mark.parametrize(("check", "path", "after", "message"), CASES, ids=IDS)
def test_a_loss_fails_its_check_with_the_path(
    check: Check, path: str, after: File | None, message: str
) -> None:
    with pytest.raises(AssertionError) as failed:
        check(*states(path, after))
    assert message in str(failed.value)


@pytest.mark.parametrize(("check", "path", "after", "message"), CASES, ids=IDS)
def test_a_loss_fails_no_other_check(
    check: Check, path: str, after: File | None, message: str
) -> None:
    assert message
    for other in CHECKS:
        if other is not check:
            other(*states(path, after))


def test_what_the_plan_expects_is_accepted() -> None:
    was, now = states("/etc/cron.d/backup", None)
    change = {"facts": ["files//etc/cron.d/backup"], "reason": "the job is retired"}
    expect = SOUND.cell.plan.expect.model_validate({"change": [change]})
    plan = SOUND.cell.plan.model_copy(update={"expect": expect})
    cell = type(SOUND.cell)(plan, SOUND.cell.upgrade, SOUND.cell.platform)
    changes = judge(cell, "upgraded", was.facts, now.facts)
    suite.test_no_file_of_the_administrator_is_lost(was, state_with(now.facts, changes))


def test_an_edited_file_that_was_renamed_is_reported_with_its_copy() -> None:
    edited = {"/etc/sysctl.conf": Conffile(package="procps", state="modified")}
    aside = {"/etc/sysctl.conf.dpkg-bak": Leftover(kind="dpkg-bak")}
    was = Facts({**facts(BEFORE, "1").sections, "conffiles": edited})
    files = {path: each for path, each in BEFORE.items() if path != "/etc/sysctl.conf"}
    now = facts(files, "2", leftovers=aside)
    upgraded = state_with(now, judge(SOUND.cell, "upgraded", was, now))
    with pytest.raises(AssertionError, match=r"is gone, and /etc/sysctl\.conf\.dpkg-bak is there"):
        suite.test_no_file_of_the_administrator_is_lost(state_with(was), upgraded)


def test_an_upgrade_without_losses_passes() -> None:
    for check in CHECKS:
        check(*states("/etc/sysctl.conf", changed("/etc/sysctl.conf", sha256="2")))
