"""Loads on real machines, judged by the project's own suite: as fast, slower, and stopped."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.machines import ticker
from tests.machines.projects import ROOT, Project, cell_of
from upgradeproof.results import Cell, Verdict

SERVE = r"""
cat >/opt/serve <<'PERL'
use IO::Socket::INET; $SIG{CHLD} = "IGNORE";
my $open = IO::Socket::INET->new(Listen => 128, LocalPort => 8000, ReuseAddr => 1) or die;
while (my $client = $open->accept) {
  next if fork;
  local $/ = "\r\n\r\n";
  while (<$client>) {
    select undef, undef, undef, $ARGV[0];
    print $client "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  }
  exit;
}
PERL
printf '%s\n' '[Service]' 'ExecStart=perl /opt/serve 0.020' '[Install]' \
  'WantedBy=multi-user.target' >/etc/systemd/system/serve.service
systemctl daemon-reload; systemctl enable -q --now serve
"""
SLOWER = """sed -i s/0.020/0.026/ /etc/systemd/system/serve.service
systemctl daemon-reload; systemctl restart serve
"""
GONE = "systemctl disable -q --now serve\n"
EXPECT = """
[[expect.endpoint]]
id = "page"
kind = "http"
port = 8000
contains = "ok"
[[expect.load]]
id = "visitors"
locustfile = "front_page.py"
endpoint = "page"
model = "closed"
users = 5
warm_up_s = 0.5
duration_s = 2
[expect.load.target]
p99_ms = 2000
throughput_ratio = 0.85
max_repeats = 6
"""
ANSWERS_BEFORE = "test_load::test_old_release_answers[visitors]"
ANSWERS = "test_load::test_new_release_answers[visitors]"
IN_TIME = "test_load::test_new_release_keeps_its_latency[visitors]"
AS_FAST = "test_load::test_new_release_is_as_fast_as_the_old[visitors]"
Run = Callable[[str], Cell]


@pytest.fixture(scope="module")
def run(new_project: Callable[[str], Project]) -> Run:
    """Return a function that runs the suite on the cell of one upgrade, and returns the cell."""
    project = new_project("load")
    upgrades = {
        "2": ticker.run(ticker.GOOD),
        "2-slower": ticker.run(ticker.GOOD + "\n" + SLOWER),
        "2-gone": ticker.run(ticker.GOOD + "\n" + GONE),
    }
    project.write("upgrade.toml", ticker.plan(project.token, upgrades, install=SERVE) + EXPECT)
    for file in ("suites/test_load.py", "fixtures/locustfiles/front_page.py"):
        source = ROOT / file
        project.write(source.name, source.read_text(encoding="utf-8"))
    fixture = ROOT / "fixtures" / "under_load.py"
    project.write("conftest.py", fixture.read_text(encoding="utf-8"))

    def run_one(upgrade: str) -> Cell:
        project.pytest("-ra", f"--upgradeproof-cell=*-{upgrade}")
        return cell_of(project.result(), f"-{upgrade}")

    return run_one


def results_of(cell: Cell) -> dict[str, tuple[Verdict, str]]:
    return {check.id: (check.verdict, check.reason) for check in cell.checks}


def test_a_release_that_is_as_fast_raises_no_alarm(run: Run) -> None:
    cell = run("1-to-2")
    found = results_of(cell)
    assert {found[name][0] for name in (ANSWERS_BEFORE, ANSWERS, IN_TIME)} == {Verdict.PASSED}
    assert found[AS_FAST][0] in (Verdict.PASSED, Verdict.NOT_APPLICABLE), found[AS_FAST]
    assert [load.state for load in cell.loads] == ["installed", "upgraded"]
    assert all(load.answered and load.p50_ms >= 20 for load in cell.loads)
    (ratio,) = cell.ratios
    assert ratio.outcome != "worse"
    assert len(ratio.pairs) >= 6


def test_a_release_that_is_30_percent_slower_is_found(run: Run) -> None:
    cell = run("1-to-2-slower")
    verdict, reason = results_of(cell)[AS_FAST]
    assert verdict is Verdict.FAILED, reason
    assert "times the old one's, 1.18 are allowed" in reason
    assert [ratio.outcome for ratio in cell.ratios] == ["worse"]


def test_a_release_that_answers_nothing_fails_every_check_of_it(run: Run) -> None:
    cell = run("1-to-2-gone")
    found = results_of(cell)
    assert found[ANSWERS_BEFORE][0] is Verdict.PASSED
    for name in (ANSWERS, IN_TIME, AS_FAST):
        verdict, reason = found[name]
        assert verdict is Verdict.FAILED, reason
        assert "not one request was answered well" in reason
    assert [ratio.outcome for ratio in cell.ratios] == ["not_compared"]
