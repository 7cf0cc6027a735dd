"""The checks of facts that only clones have: apt's sources, and files that are read."""

from __future__ import annotations

import pytest

from suites.test_apt_sources import test_apt_verifies_every_source as verifies
from suites.test_config_reads import test_config_is_still_read as is_read
from tests.unit.suites.states import state
from upgradeproof.plan import Config
from upgradeproof.probes import Facts
from upgradeproof.probes.apt_sources import AptSource, AptSources
from upgradeproof.probes.conffiles import Conffile, Conffiles
from upgradeproof.probes.config_reads import ConfigRead, ConfigReads
from upgradeproof.runner import State

CONFIG = Config(path="/etc/a.ini")
REFUSED = AptSource(refused=True, message="SHA1 is not considered secure")
AWAY = AptSource(unreachable=True, message="Could not resolve")


def state_with(
    source: AptSource | None = None,
    read: ConfigRead | None = None,
    conffile: Conffile | None = None,
) -> State:
    sound = state()
    facts = Facts(
        {
            AptSources.section: {} if source is None else {"http://a.test x": source},
            ConfigReads.section: {} if read is None else {CONFIG.path: read},
            Conffiles.section: {} if conffile is None else {CONFIG.path: conffile},
        }
    )
    return State("any", sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


def test_a_source_that_is_newly_refused_fails_with_the_message_of_apt() -> None:
    message = r"apt does not trust http://a\.test x any more:\n +SHA1 is not considered secure"
    with pytest.raises(AssertionError, match=message):
        verifies(state_with(), state_with(REFUSED))
    verifies(state_with(REFUSED), state_with(REFUSED))
    verifies(state_with(), state_with())


def test_an_unreachable_source_is_not_applicable() -> None:
    with pytest.raises(pytest.skip.Exception, match="out of reach"):
        verifies(state_with(), state_with(AWAY))


def test_a_file_that_no_process_reads_any_more_fails() -> None:
    before, after = ConfigRead(read_at_start=True), ConfigRead(read_at_start=False)
    message = r"/etc/a\.ini is still there, and no process reads it any more"
    with pytest.raises(AssertionError, match=message):
        is_read(state_with(read=before), state_with(read=after), CONFIG)
    is_read(state_with(read=before), state_with(read=before), CONFIG)
    with pytest.raises(AssertionError, match=r"/etc/a\.ini is gone"):
        is_read(state_with(read=before), state_with(), CONFIG)


def test_a_file_that_its_package_dropped_and_no_one_edited_is_not_applicable() -> None:
    before, after = ConfigRead(read_at_start=True), ConfigRead(read_at_start=False)
    dropped = Conffile(package="a", state="unmodified", obsolete=True)
    with pytest.raises(pytest.skip.Exception, match=r"a does not bring /etc/a\.ini any more"):
        is_read(state_with(read=before), state_with(read=after, conffile=dropped), CONFIG)
    edited = dropped.model_copy(update={"state": "modified"})
    with pytest.raises(AssertionError, match="no process reads it any more"):
        is_read(state_with(read=before), state_with(read=after, conffile=edited), CONFIG)


def test_a_file_that_was_not_read_before_is_not_applicable() -> None:
    for before in (None, ConfigRead(), ConfigRead(problem="no access times")):
        with pytest.raises(pytest.skip.Exception):
            is_read(state_with(read=before), state_with(), CONFIG)
