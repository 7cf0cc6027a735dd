"""The log files, the messages that they receive, and the files that services write."""

from __future__ import annotations

import pytest

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.base import Difference, Facts
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.log_flow import LogFile, LogFlow
from upgradeproof.probes.log_names import LogNames, UnitNames
from upgradeproof.probes.open_files import OpenFile, OpenFiles


def flow(text: str, since: float = 0.0) -> dict[str, LogFile]:
    return LogFlow.parse(text, ProbeInputs(since=since))


def test_a_file_has_the_messages_that_it_receives() -> None:
    found = flow(captured("log_flow"))
    assert found["/home/app/logs/app.log"].selectors == ("local3.*",)
    assert found["/var/log/auth.log"].selectors == ("auth.*", "authpriv.*")
    assert found["journal"].selectors == ("*.*",)
    assert "mail.err" in found["/var/log/mail.log"].takes()
    assert len(found["journal"].takes()) == 95


def test_a_file_without_a_facility_has_the_first_words_of_its_lines() -> None:
    found = flow(captured("log_flow"))["/var/log/ssh-audit.log"]
    assert not found.selectors
    assert "Accepted publickey" in found.kinds


@pytest.mark.parametrize(
    ("start", "shape"),
    [
        ("Nov  9 12:00:00 machine upgradeproof-flow: ", "Mon DD HH:MM:SS HOST TAG:"),
        (
            "2026-11-29T12:00:00.123456+00:00 machine upgradeproof-flow: ",
            "YYYY-MM-DDTHH:MM:SS+hh:mm HOST TAG:",
        ),
        ("2026-11-29T12:00:00Z machine TAG[7]: ", "YYYY-MM-DDTHH:MM:SS+hh:mm HOST TAG[N]:"),
        ("", ""),
    ],
)
def test_the_start_of_a_line_is_a_shape(start: str, shape: str) -> None:
    found = flow(f"host\tmachine\nline\t/var/log/a\t{start}\tmail.err\n")
    assert found == {"/var/log/a": LogFile(selectors=("mail.err",), shape=shape)}


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("1970-01-12T13:46:39+00:00 machine a: old words", False),
        ("1970-01-12T13:46:41+00:00 machine a: old words", True),
        ("Jan 12 13:46:39 machine a: old words", False),
        ("Jan 12 13:46:41 machine a: old words", True),
        ("without a stamp", True),
    ],
)
def test_a_line_from_before_the_boot_does_not_count(line: str, counts: bool) -> None:
    found = flow(f"host\tmachine\nzone\t+0000\nother\t/var/log/a\t{line}\n", since=1_000_000)
    assert bool(found) is counts


def test_the_private_folder_of_a_service_has_a_stable_name() -> None:
    path = f"/tmp/systemd-private-{'0a' * 16}-rsyslog.service-aB3dE6/tmp/feed.log"
    found = flow(f"line\t{path}\t\tlocal4.err\n")
    assert list(found) == ["/tmp/systemd-private-rsyslog.service/tmp/feed.log"]


def test_names_of_a_unit_have_the_files_that_name_them() -> None:
    text = (
        "name\tssh.service\tsshd\nname\tssh.service\tsshd-session\nname\tcron.service\tcron\n"
        "named\t/etc/rsyslog.d/10-a:b.conf:sshd\n"
    )
    assert LogNames.parse(text, ProbeInputs()) == {
        "ssh.service": UnitNames(
            names=("sshd", "sshd-session"), named_in=("/etc/rsyslog.d/10-a:b.conf",)
        ),
        "cron.service": UnitNames(names=("cron",)),
    }


def test_other_names_are_explained_only_where_nothing_relies_on_the_old_ones() -> None:
    line = Difference(path="log_names/ssh.service/names", before="a", after="b")
    after = Facts({"log_names": {"ssh.service": UnitNames(names=("sshd", "sshd-session"))}})
    free = Facts({"log_names": {"ssh.service": UnitNames(names=("sshd",))}})
    bound = UnitNames(names=("sshd",), named_in=("/etc/rsyslog.d/10-a.conf",))
    assert "in /etc names sshd" in LogNames.explain(line, free, after)
    assert not LogNames.explain(line, Facts({"log_names": {"ssh.service": bound}}), after)


def test_a_name_that_is_missing_is_explained() -> None:
    line = Difference(path="log_names/cron.service/names", before="a", after="b")
    was = UnitNames(names=("CRON", "cron"), named_in=("/etc/rsyslog.d/10-a.conf",))
    before = Facts({"log_names": {"cron.service": was}})
    for after in ({}, {"cron.service": UnitNames(names=("cron",))}):
        assert LogNames.explain(line, before, Facts({"log_names": after})) == (
            "the unit logs under no new name"
        )


def test_an_open_file_has_its_units_and_a_path_without_numbers() -> None:
    text = "open\ta.service\t/var/log/p/p-15-main.log\nopen\tb.service\t/var/log/p/p-15-main.log\n"
    assert OpenFiles.parse(text, ProbeInputs()) == {
        "/var/log/p/p-N-main.log": OpenFile(units=("a.service", "b.service"))
    }
