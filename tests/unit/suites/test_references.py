"""The check of names in the administrator's files that no longer resolve after an upgrade."""

from __future__ import annotations

import pytest

from suites.test_references import test_what_the_administrators_files_name_is_still_there as check
from suites.test_references import (
    test_what_the_administrators_files_name_is_there_after_a_reboot as check_boot,
)
from tests.unit.suites.states import state, state_with
from upgradeproof.plan import Expectations
from upgradeproof.probes import Facts, Record, diff
from upgradeproof.probes.file_records import File
from upgradeproof.probes.files import Files
from upgradeproof.probes.mounts import Mount, Mounts
from upgradeproof.probes.references import Reference, References
from upgradeproof.runner import State

FILE = "/etc/cron.daily/care"
NONE = Expectations()


def reading(*references: Reference, tmpfs: str = "") -> State:
    sound = state()
    mount = Mount(source="tmpfs", file_system="tmpfs", options=("rw",))
    found: dict[str, Record] = {f"{r.file}: {r.kind} {r.name}": r for r in references}
    mounts: dict[str, Record] = {tmpfs: mount} if tmpfs else {}
    facts = Facts({References.section: found, Files.section: {}, Mounts.section: mounts})
    return State("any", sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


def there(kind: str, name: str, target: str = "", package: str = "", line: int = 3) -> Reference:
    return Reference(
        kind=kind,
        name=name,
        file=FILE,
        line=line,
        resolves=True,
        target=target or name,
        package=package,
    )


def gone(reference: Reference, target: str = "") -> Reference:
    return reference.model_copy(update={"resolves": False, "target": target, "package": ""})


SENTENCES = (
    (
        there("command", "dbshow", "/usr/bin/dbshow", "db-client"),
        "runs dbshow, which no folder of PATH holds any more (it was /usr/bin/dbshow of db-client)",
    ),
    (
        there("path", "/etc/dns/empty", package="dns"),
        "names /etc/dns/empty, which is gone (it was in dns)",
    ),
    (
        there("socket", "/run/app.sock"),
        "names the socket /run/app.sock, which is not there any more",
    ),
    (
        there("process", "/run/app.pid"),
        "names /run/app.pid, which holds the number of no running process any more",
    ),
    (
        there("folder", "/etc/tool/a.d", package="tool", line=3),
        (
            "is in /etc/tool/a.d, a folder that no package brings and no program names any more"
            " (it was in tool)"
        ),
    ),
    (
        there("zone", "US/East", "/usr/share/zoneinfo/US/East"),
        "names the time zone US/East, which is gone (it was /usr/share/zoneinfo/US/East)",
    ),
    (
        there("unit", "db.service", "/usr/lib/systemd/system/db.service", "db-server"),
        (
            "names the unit db.service, which is gone"
            " (it was /usr/lib/systemd/system/db.service of db-server)"
        ),
    ),
    (
        there("variable", "INTERVAL", "/etc/init.d/mail", "mail"),
        (
            "sets INTERVAL, which no unit and no script reads any more"
            " (it was /etc/init.d/mail of mail)"
        ),
    ),
    (
        there("release", "old", "/var/lib/apt/lists/old_InRelease"),
        (
            "names the release old, which no source of apt offers any more"
            " (it was /var/lib/apt/lists/old_InRelease)"
        ),
    ),
)


@pytest.mark.parametrize(("before", "sentence"), SENTENCES)
def test_a_reference_that_no_longer_resolves_is_reported_with_its_line(
    before: Reference, sentence: str
) -> None:
    with pytest.raises(AssertionError) as caught:
        check(reading(before), reading(gone(before)), NONE)
    assert str(caught.value).split("\n")[0] == f"{FILE}:3 {sentence}"


def test_an_environment_of_another_version_is_named_with_both() -> None:
    before = there("environment", "/opt/app/venv", "python3.11", line=0)
    with pytest.raises(AssertionError) as caught:
        check(reading(before), reading(gone(before, "python3.13")), NONE)
    assert str(caught.value).split("\n")[0] == (
        "/opt/app/venv is a virtual environment of python3.11, and the interpreter is python3.13"
        " now: none of the modules is found"
    )


def test_a_reference_that_did_not_resolve_before_is_no_loss() -> None:
    missing = gone(there("path", "/backup"))
    check(reading(missing), reading(missing), NONE)


def test_an_added_or_removed_file_is_not_judged() -> None:
    here = there("command", "dbshow")
    check(reading(here), reading(), NONE)
    check(reading(), reading(gone(here)), NONE)


def test_a_reference_that_the_plan_names_may_be_lost() -> None:
    here = there("command", "dbshow")
    known = {"facts": [f"references/{FILE}: command dbshow/*"], "reason": "it is replaced later"}
    check(reading(here), reading(gone(here)), Expectations.model_validate({"change": [known]}))


@pytest.mark.parametrize(("content", "lost"), [("1", True), ("2", False)])
def test_a_plugin_that_no_package_has_is_lost_if_the_file_still_names_it(
    content: str, lost: bool
) -> None:
    plugin = there("plugin", "squeeze", "/usr/lib/mail/lib20_squeeze_plugin.so", "mail")
    files = [{FILE: File(type="file", sha256=each * 64)} for each in ("1", content)]
    before, after = (
        state_with({References: records, Files: each})
        for records, each in zip(({f"{FILE}: plugin squeeze": plugin}, {}), files, strict=True)
    )
    if not lost:
        check(before, after, NONE)
        return
    with pytest.raises(AssertionError) as caught:
        check(before, after, NONE)
    assert str(caught.value).split("\n")[0] == (
        f"{FILE}:3 names the plugin squeeze, which is gone"
        " (it was /usr/lib/mail/lib20_squeeze_plugin.so of mail)"
    )


TEMPORARY = there("path", "/tmp/shop/list")


def test_a_temporary_file_may_go_before_a_boot() -> None:
    check(reading(TEMPORARY), reading(gone(TEMPORARY)), NONE)


def test_what_a_boot_takes_away_is_reported_with_the_mount_that_hides_it() -> None:
    here, after = reading(TEMPORARY), reading(gone(TEMPORARY), tmpfs="/tmp")
    with pytest.raises(AssertionError) as caught:
        check_boot(here, here, here, after, NONE)
    assert str(caught.value).split("\n")[0] == (
        f"after a boot {FILE}:3 names /tmp/shop/list, which is gone (tmpfs is on /tmp)"
    )


def test_what_a_boot_of_the_old_release_took_away_as_well_is_no_loss() -> None:
    lost = reading(gone(TEMPORARY))
    check_boot(reading(TEMPORARY), lost, reading(TEMPORARY), lost, NONE)


def test_what_was_gone_before_the_boot_is_reported_once() -> None:
    command = there("command", "dbshow")
    here, lost = reading(command), reading(gone(command))
    check_boot(here, here, lost, lost, NONE)


def test_a_folder_that_no_package_brought_is_not_missed() -> None:
    guessed = there("folder", "/etc/tool/mine", "/usr/bin/tool", package="tool")
    gone = guessed.model_copy(update={"resolves": False, "target": "", "package": ""})
    before, after = reading(guessed), reading(gone)
    check(before, after, NONE)
    lines = diff(before.facts, after.facts)
    assert lines
    assert all(References.explain(line, before.facts, after.facts) for line in lines)
