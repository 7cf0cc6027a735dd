"""An upgrade that would skip a release of the distribution is not started."""

from __future__ import annotations

from tests.unit.preflight.situations import found
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.system import System


def on(codename: str) -> dict[object, dict[str, OperatingSystem]]:
    return {System: {"system": OperatingSystem(state="running", codename=codename)}}


def switch(old: str, new: str) -> dict[str, str]:
    return {"step": "apt-sources", "old": old, "new": new}


FULL = {"step": "apt-full-upgrade"}


def test_sources_that_name_no_codename_are_judged_by_the_machine() -> None:
    assert found(on("bullseye"), upgrade=[switch("stable", "trixie"), FULL]) == [
        (
            "inhibitor releases/trixie: the upgrade from bullseye to trixie (13) skips"
            " bookworm (12): of Debian a stable release is upgraded to the next one only\n"
            "  The distribution does not support that: what the skipped release converts stays as"
            " it is. See the release notes of each release, in the chapter about upgrades.\n"
            "  To do: upgrade to bookworm, then to trixie"
        )
    ]


def test_releases_in_sequence_are_no_finding() -> None:
    steps = [switch("bullseye", "bookworm"), FULL, switch("bookworm", "trixie"), FULL]
    assert found(on("bullseye"), upgrade=steps) == []


def test_the_next_release_is_no_finding() -> None:
    assert found(on("bookworm"), upgrade=[switch("stable", "trixie"), FULL]) == []


def test_without_a_switch_of_the_sources_there_is_no_finding() -> None:
    assert found(on("bullseye")) == []
    assert found(upgrade=[switch("bullseye", "trixie")]) == []
