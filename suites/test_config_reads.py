"""A configuration file that the services read at their start is still read after the upgrade."""

import pytest

from upgradeproof.plan import Config
from upgradeproof.probes.conffiles import Conffiles
from upgradeproof.probes.config_reads import ConfigReads
from upgradeproof.runner import State


@pytest.mark.subject("config")
def test_config_is_still_read(installed_rebooted: State, rebooted: State, config: Config) -> None:
    before = installed_rebooted[ConfigReads].get(config.path)
    after = rebooted[ConfigReads].get(config.path)
    problem = next((found.problem for found in (before, after) if found and found.problem), "")
    if problem:
        pytest.skip(f"{config.path}: {problem}")
    if before is None or not before.read_at_start:
        pytest.skip(f"no process read {config.path} at the start of the services before")
    assert after is not None, f"{config.path} is gone"
    conffile = rebooted[Conffiles].get(config.path)
    if conffile and conffile.unused:
        pytest.skip(f"{conffile.package} does not bring {config.path} any more; no one edited it")
    assert after.read_at_start, f"{config.path} is still there, and no process reads it any more"
