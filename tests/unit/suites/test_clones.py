"""What the suites say of facts that only clones have: apt's sources, and files that are read."""

from __future__ import annotations

import pytest

from suites.test_apt_sources import test_apt_verifies_every_source as verifies
from suites.test_config_reads import test_config_is_still_read as is_read
from tests.unit.suites.states import state
from upgradeproof.plan import Config
from upgradeproof.probes import Facts
from upgradeproof.probes.apt_sources import AptSource, AptSources
from upgradeproof.probes.config_reads import ConfigRead, ConfigReads
from upgradeproof.runner import State

CONFIG = Config(path="/etc/a.ini")
REFUSED = AptSource(refused=True, message="SHA1 is not considered secure")
AWAY = AptSource(unreachable=True, message="Could not resolve")


def standing(source: AptSource | None = None, read: ConfigRead | None = None) -> State:
    sound = state()
    facts = Facts(
        {
            AptSources.section: {} if source is None else {"http://a.test x": source},
            ConfigReads.section: {} if read is None else {CONFIG.path: read},
        }
    )
    return State("any", sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


def test_a_source_that_is_refused_now_fails_with_apts_line() -> None:
    message = r"apt does not trust http://a\.test x any more:\n +SHA1 is not considered secure"
    with pytest.raises(AssertionError, match=message):
        verifies(standing(), standing(REFUSED))
    verifies(standing(REFUSED), standing(REFUSED))
    verifies(standing(), standing())


def test_a_source_out_of_reach_is_not_applicable() -> None:
    with pytest.raises(pytest.skip.Exception, match="out of reach"):
        verifies(standing(), standing(AWAY))


def test_a_file_that_no_process_reads_any_more_fails() -> None:
    before, after = ConfigRead(read_at_start=True), ConfigRead(read_at_start=False)
    message = r"/etc/a\.ini is still there, and no process reads it any more"
    with pytest.raises(AssertionError, match=message):
        is_read(standing(read=before), standing(read=after), CONFIG)
    is_read(standing(read=before), standing(read=before), CONFIG)
    with pytest.raises(AssertionError, match=r"/etc/a\.ini is gone"):
        is_read(standing(read=before), standing(), CONFIG)


def test_a_file_that_was_not_read_before_is_not_applicable() -> None:
    for before in (None, ConfigRead(), ConfigRead(problem="no access times")):
        with pytest.raises(pytest.skip.Exception):
            is_read(standing(read=before), standing(), CONFIG)
