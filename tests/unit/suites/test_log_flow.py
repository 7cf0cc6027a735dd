"""The checks of messages that reach other files, or have other names."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from suites import test_log_flow as suite
from tests.unit.suites.states import state_with
from upgradeproof.probes.endurance import Endurance, Stay
from upgradeproof.probes.log_flow import LogFile, LogFlow
from upgradeproof.probes.log_names import LogNames, UnitNames
from upgradeproof.probes.open_files import OpenFile, OpenFiles
from upgradeproof.runner import State

OLD, NEW = "Mon DD HH:MM:SS HOST TAG:", "YYYY-MM-DDTHH:MM:SS+hh:mm HOST TAG:"
A_TO_B = {"name": "a", "change": "renamed", "to": "b"}
LOGS_MORE = {"facts": ["endurance/web.service/logged_lines"], "reason": "it is documented"}
AUDIT, OTHER = "/var/log/ssh-audit.log", "/var/log/auth.log"


def flow(**files: LogFile) -> State:
    return state_with({LogFlow: {f"/var/log/{name}": file for name, file in files.items()}})


def logs(files: Mapping[str, LogFile]) -> State:
    return state_with({LogFlow: files})


def test_one_message_names_every_file_and_how_lines_begin_now() -> None:
    before = flow(
        errors=LogFile(selectors=("mail.err",), shape=OLD),
        all=LogFile(selectors=("*.*",), shape=OLD),
    )
    after = flow(all=LogFile(selectors=("mail.*", "daemon.*"), shape=NEW))
    suite.test_messages_reach_the_files_that_they_reached(before, before)
    with pytest.raises(AssertionError) as caught:
        suite.test_messages_reach_the_files_that_they_reached(before, after)
    message = str(caught.value)
    assert "/var/log/errors no longer takes mail.err\n" in message
    assert "/var/log/all no longer takes auth.debug" in message
    assert "and 73 more" in message
    assert f"lines begin differently: /var/log/all: '{NEW}' instead of '{OLD}'" in message


def test_a_change_that_the_plan_expects_is_no_failure() -> None:
    before = flow(errors=LogFile(selectors=("mail.err",), shape=OLD))
    change = {"facts": ["log_flow//var/log/errors"], "reason": "nothing reads it any more"}
    after = state_with({LogFlow: {}}, expect={"change": [change]})
    suite.test_messages_reach_the_files_that_they_reached(before, after)


def test_a_file_that_receives_more_is_no_failure() -> None:
    before = flow(mail=LogFile(selectors=("mail.err",)))
    after = flow(mail=LogFile(selectors=("mail.*",)), more=LogFile(selectors=("*.*",)))
    suite.test_messages_reach_the_files_that_they_reached(before, after)


def test_a_machine_without_any_log_is_not_applicable() -> None:
    with pytest.raises(pytest.skip.Exception):
        suite.test_messages_reach_the_files_that_they_reached(flow(), flow())


def test_a_file_without_new_lines_is_reported_with_the_lines_of_other_files() -> None:
    check = suite.test_files_of_other_rules_take_the_lines_that_they_took
    lines = ("Accepted publickey", "Server listening", "pam_env: old")
    before = logs({AUDIT: LogFile(kinds=lines)})
    after = logs(
        {
            AUDIT: LogFile(kinds=("Server listening",)),
            OTHER: LogFile(selectors=("auth.*",), kinds=("Accepted publickey",)),
        }
    )
    check(before, before)
    with pytest.raises(AssertionError, match=f"{AUDIT} no longer takes lines such as Accepted pub"):
        check(before, after)
    gone = logs({OTHER: LogFile(selectors=("auth.*",), kinds=("Accepted publickey",))})
    with pytest.raises(AssertionError, match="written elsewhere"):
        check(before, gone)


def test_lines_that_no_file_receives_are_reported_by_another_check() -> None:
    before, after = logs({AUDIT: LogFile(kinds=("old words",))}), logs({AUDIT: LogFile()})
    suite.test_files_of_other_rules_take_the_lines_that_they_took(before, after)


def test_a_new_name_fails_where_a_file_of_the_administrators_names_the_old_one() -> None:
    check = suite.test_names_that_the_administrator_relies_on_are_preserved
    was = UnitNames(names=("sshd",), named_in=("/etc/rsyslog.d/10-a.conf",))
    before = state_with({LogNames: {"ssh.service": was}})
    after = state_with({LogNames: {"ssh.service": UnitNames(names=("sshd", "sshd-session"))}})
    check(before, before)
    with pytest.raises(AssertionError) as caught:
        check(before, after)
    assert str(caught.value).startswith(
        "ssh.service logs as sshd-session as well as sshd; the old name is in"
        " /etc/rsyslog.d/10-a.conf"
    )
    free = state_with({LogNames: {"ssh.service": UnitNames(names=("sshd",))}})
    with pytest.raises(pytest.skip.Exception):
        check(free, after)


def test_a_file_that_a_service_does_not_write_any_more_is_named() -> None:
    check = suite.test_service_writes_the_files_that_it_wrote
    before = state_with({OpenFiles: {"/srv/a.log": OpenFile(units=("a.service",))}})
    check(before, before)
    with pytest.raises(AssertionError, match=r"a\.service had /srv/a\.log open for writing"):
        check(before, state_with({OpenFiles: {}}))


def test_a_file_with_a_random_word_in_its_name_is_no_lost_one() -> None:
    names = ("/srv/a-jlkitbxq.log", "/srv/a-sNu_kn.log")
    before, after = (
        state_with({OpenFiles: {name: OpenFile(units=("a.service",))}}) for name in names
    )
    suite.test_service_writes_the_files_that_it_wrote(before, after)


def test_a_renamed_service_writes_the_files_of_its_old_name() -> None:
    check = suite.test_service_writes_the_files_that_it_wrote
    before, after = (
        state_with(
            {OpenFiles: {"/srv/a.log": OpenFile(units=(unit,))}}, expect={"service": [A_TO_B]}
        )
        for unit in ("a.service", "b.service")
    )
    check(before, after)
    with pytest.raises(AssertionError, match=r"a\.service had /srv/a\.log open for writing"):
        check(before, before)


def idle(lines: int = 0, size: int = 0, *, watched_s: int = 20, **more: object) -> State:
    stay = Stay(
        active="active",
        sub="running",
        watched_s=watched_s,
        logged_lines=lines,
        logged_bytes=size,
    )
    return state_with({Endurance: {"web.service": stay}}, **more)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (idle(lines=400), "web.service writes 20.0 lines to the journal a second"),
        (idle(size=60_000), "web.service writes 3000.0 bytes to its log files a second"),
    ],
)
def test_an_idle_service_that_floods_its_log_is_reported(now: State, reason: str) -> None:
    with pytest.raises(AssertionError) as caught:
        suite.test_no_idle_service_logs_many_times_as_much(idle(lines=4, size=400), now)
    assert str(caught.value).startswith(f"{reason} while no client uses it, ")


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (idle(lines=400), idle(lines=800)),
        (idle(), idle(lines=90)),
        (idle(), idle(size=19_000)),
        (idle(), idle(lines=400, watched_s=4)),
        (idle(), idle(lines=400, expect={"change": [LOGS_MORE]})),
    ],
)
def test_what_an_idle_service_may_log(before: State, now: State) -> None:
    suite.test_no_idle_service_logs_many_times_as_much(before, now)


def test_a_new_service_is_compared_with_silence() -> None:
    with pytest.raises(AssertionError, match=r"20\.0 lines to the journal a second"):
        suite.test_no_idle_service_logs_many_times_as_much(state_with({Endurance: {}}), idle(400))
