"""Rollback and second upgrade on a real machine, judged by the project's own suite."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.machines import ticker
from tests.machines.projects import ROOT, Ended, Project, cell_of, check_of, state_of
from upgradeproof.results import Cell, Verdict

SERVE = """
cat >/opt/serve <<'PERL'
use IO::Socket::INET; my $open = IO::Socket::INET->new(
Listen => 5, LocalPort => shift) or die; sleep
PERL
printf '%s\\n' '[Service]' 'ExecStart=perl /opt/serve 8000' '[Install]' \\
  'WantedBy=multi-user.target' >/etc/systemd/system/serve.service
systemctl daemon-reload; systemctl enable -q --now serve
"""
FORTH = """sed -i s/8000/8001/ /etc/systemd/system/serve.service
systemctl daemon-reload; systemctl restart serve
dpkg -i /opt/ticker_2.deb
"""
ONCE = (
    "[ ! -e /var/cache/been-here ] || echo second:x:998: >>/etc/group; touch /var/cache/been-here\n"
)
"""A step that does something else the second time: a probe reads the group, none the file."""
BACK = """
[[upgrade.rollback]]
step = "run"
title = "roll back"
script = '''
sed -i s/8001/8000/ /etc/systemd/system/serve.service
systemctl daemon-reload; systemctl restart serve
dpkg -i /opt/ticker_1.deb
'''
"""
EXPECT = """
[[expect.port]]
port = 8000
change = "moved"
to = 8001
[[expect.change]]
facts = ["packages/ticker/version", "sockets/tcp/0.0.0.0:800*", "groups/*"]
reason = "the upgrade moves the port and may bring a group"
[[expect.data]]
id = "note"
write = "echo before >/srv/note"
read = "cat /srv/note"
equals = "before"
"""
SECOND = "test_the_upgrade_applied_again_ends_in_the_same_facts"


@pytest.fixture(scope="module")
def project(new_project: Callable[[str], Project]) -> Project:
    project = new_project("rollback")
    upgrades = {
        "2": ticker.run(FORTH, 'title = "upgrade"') + BACK,
        "2-once": ticker.run(FORTH + ONCE, 'title = "upgrade"') + BACK,
    }
    plan = ticker.plan(project.token, upgrades, install=SERVE)
    project.write("upgrade.toml", plan + EXPECT)
    suite = ROOT / "suites" / "test_rollback.py"
    project.write("test_rollback.py", suite.read_text(encoding="utf-8"))
    return project


@pytest.fixture(scope="module")
def ended(project: Project) -> Ended:
    return project.pytest("-ra")


def cell(project: Project, ended: Ended, upgrade: str) -> Cell:
    assert ended.exit_status == 1, ended.output
    return cell_of(project.result(), upgrade)


def test_a_rollback_and_a_second_upgrade_pass(project: Project, ended: Ended) -> None:
    good = cell(project, ended, "-1-to-2")
    verdicts = {check.id.partition("::")[2]: check.verdict for check in good.checks}
    assert verdicts.pop("test_the_old_kernel_runs_again") is Verdict.NOT_APPLICABLE
    assert set(verdicts.values()) == {Verdict.PASSED}, ended.output
    assert {SECOND, "test_rollback_keeps_its_limit"} <= verdicts.keys()
    assert [(state.name, state.release) for state in good.states[1:]] == [
        ("installed", "1"),
        ("upgraded", "2"),
        ("rolled_back", "1"),
        ("upgraded_again", "2"),
    ]
    assert state_of(good, "rolled_back").changes == state_of(good, "upgraded_again").changes == ()


def test_an_upgrade_that_differs_the_second_time_fails(project: Project, ended: Ended) -> None:
    bad = cell(project, ended, "-2-once")
    failed = [check.id for check in bad.checks if check.verdict is Verdict.FAILED]
    assert failed == [f"test_rollback::{SECOND}"]
    first_line = check_of(bad, SECOND).reason.splitlines()[0]
    change = r"groups/second: \(nothing\) -> gid=\d+"
    assert re.fullmatch(rf"1 change, different from the first upgrade; it is {change}", first_line)
