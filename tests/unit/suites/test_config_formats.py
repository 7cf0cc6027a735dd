"""The checks of a configuration file whose format must change."""

from __future__ import annotations

import base64
import hashlib

import pytest

from suites import test_config_formats as suite
from tests.unit.suites.states import state
from upgradeproof.plan import Config
from upgradeproof.probes import ConfigInput, Facts, ProbeInputs
from upgradeproof.probes.configs import Configs
from upgradeproof.runner import State

CONFIG = Config(path="/etc/a.conf", format="ini", change="migrated", to_format="toml")
OLD = b"[log]\nlevel = info\n"
NEW = b'[log]\nlevel = "info"\n'


def state_with(name: str, content: bytes, config: Config = CONFIG) -> State:
    """Return a state whose only fact is the file, parsed as the engine parses it in that state."""
    sound = state(name=name)
    sum_, encoded = hashlib.sha256(content).hexdigest(), base64.b64encode(content).decode()
    output = f"file\t0\troot 0 root 0 644\t{sum_}\t{len(content)}\t{encoded}\n"
    looked_at = ProbeInputs(configs=(ConfigInput(path=config.path, format=config.format_in(name)),))
    facts = Facts({Configs.section: Configs.parse(output, looked_at)})
    return State(name, sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


def test_a_migrated_file_leaves_its_old_format_and_parses_in_the_new_one() -> None:
    before, after = state_with("installed", OLD), state_with("upgraded", NEW)
    suite.test_config_leaves_its_old_format(before, after, CONFIG)
    suite.test_config_parses_in_its_format(after, CONFIG)


def test_an_unchanged_file_is_reported() -> None:
    before, after = state_with("installed", OLD), state_with("upgraded", OLD)
    with pytest.raises(AssertionError, match=r"a\.conf is still the file in the format ini"):
        suite.test_config_leaves_its_old_format(before, after, CONFIG)


def test_a_file_that_is_not_in_the_new_format_is_reported() -> None:
    with pytest.raises(AssertionError, match="line 2"):
        suite.test_config_parses_in_its_format(state_with("upgraded", OLD + b"\n"), CONFIG)


REPEATED = Config(path="/etc/a.conf", format="keyvalue", change="migrated", preserved_keys=["save"])


def test_a_setting_that_never_existed_is_an_error() -> None:
    absent = CONFIG.model_copy(update={"preserved_keys": ("log.colour",)})
    with pytest.raises(AssertionError, match=r"had no \['log.colour'\] before the upgrade"):
        suite.test_migrated_config_keeps_its_settings(
            state_with("installed", OLD), state_with("upgraded", NEW), absent
        )


def test_all_values_of_a_repeated_setting_are_preserved() -> None:
    before = state_with("installed", b"save 900 1\nsave 300 10\n", REPEATED)
    same = state_with("upgraded", b"save 900 1\nsave 300 10\n# new\n", REPEATED)
    suite.test_migrated_config_keeps_its_settings(before, same, REPEATED)
    other = state_with("upgraded", b"save 900 1\nsave 300 99\n", REPEATED)
    with pytest.raises(AssertionError, match=r"lost or changed \['save'\]"):
        suite.test_migrated_config_keeps_its_settings(before, other, REPEATED)
