"""Which configuration files are read when the services start."""

from __future__ import annotations

from upgradeproof.probes import Difference, Facts
from upgradeproof.probes.conffiles import Conffile, Conffiles
from upgradeproof.probes.config_reads import ConfigRead, ConfigReads
from upgradeproof.probes.inputs import ConfigInput, ProbeInputs

INTERESTS = ProbeInputs(
    configs=(ConfigInput(path="/etc/a b"), ConfigInput(path="/etc/c")), services=("exampled",)
)


def test_a_file_is_read_not_read_or_unknown() -> None:
    output = "read\t0\nunread\t1\nfixed\t7\nread\tx\n"
    assert ConfigReads.parse(output, INTERESTS) == {
        "/etc/a b": ConfigRead(read_at_start=True),
        "/etc/c": ConfigRead(read_at_start=False),
    }
    assert ConfigReads.parse("fixed\t0\nmissing\t1\n", INTERESTS) == {
        "/etc/a b": ConfigRead(problem="its file system does not record access times")
    }
    assert ConfigReads.parse("down\t0\n", INTERESTS)["/etc/a b"].problem == (
        "a service did not start again, and may have read it before it ended"
    )


def test_the_services_are_restarted_once_after_all_files_were_prepared() -> None:
    script = ConfigReads.script(INTERESTS)
    assert script.count("systemctl restart exampled ") == 1
    assert script.index("prepare 1 /etc/c") < script.index("systemctl restart")
    assert "prepare 0 '/etc/a b'" in script


def test_without_services_or_files_nothing_is_restarted() -> None:
    assert ConfigReads.script(ProbeInputs(services=("exampled",))) == ":"
    assert ConfigReads.script(ProbeInputs(configs=INTERESTS.configs)) == ":"


def test_only_a_file_that_is_no_longer_read_is_a_loss() -> None:
    def facts(*read: bool, conffile: Conffile | None = None) -> Facts:
        found = dict.fromkeys(["/etc/c"] if read else [], ConfigRead(read_at_start=any(read)))
        conffiles = {"/etc/c": conffile} if conffile else {}
        return Facts({ConfigReads.section: found, Conffiles.section: conffiles})

    def reason(path: str, before: Facts, after: Facts) -> str:
        line = Difference(path=f"config_reads/{path}", before="1", after="2")
        return ConfigReads.explain(line, before, after)

    assert reason("/etc/c/read_at_start", facts(True), facts(False)) == ""
    assert reason("/etc/c", facts(True), facts()) == ""
    assert reason("/etc/c/read_at_start", facts(False), facts(True)) == "a process reads it now"
    assert reason("/etc/c", facts(), facts(False)) == "no process read it before"
    dropped = Conffile(package="c", state="unmodified", obsolete=True)
    unread = facts(False, conffile=dropped)
    assert reason("/etc/c/read_at_start", facts(True), unread).startswith("c does not bring it")
    edited = facts(False, conffile=dropped.model_copy(update={"state": "modified"}))
    assert reason("/etc/c/read_at_start", facts(True), edited) == ""
