"""What the administrator set with dpkg-statoverride still holds."""

import pytest

from upgradeproof.probes.attribution import distribution_upgraded
from upgradeproof.probes.overrides import Override, Overrides
from upgradeproof.runner import State


def test_override_of_owner_and_mode_still_holds(installed: State, upgraded: State) -> None:
    """An override is applied to what dpkg unpacks; a maintainer script may set another mode."""
    if not installed[Overrides]:
        pytest.skip("dpkg-statoverride had no entry before the upgrade")
    after = upgraded[Overrides]
    broken = []
    for path, was in installed[Overrides].items():
        now = after.get(path)
        if not was.holds_for(was) or upgraded.reason_for(f"overrides/{path}/mode") is not None:
            continue
        if now is None:
            if not distribution_upgraded(installed.facts, upgraded.facts):
                broken.append(f"dpkg-statoverride set {was.sets} for {path}, and has no entry now")
        elif now.has and not was.holds_for(now):
            broken.append(f"{sentence(path, now)}{differs(was, now)}")
    assert not broken, "\n".join(broken)


def sentence(path: str, now: Override) -> str:
    """Return what is set for a file, and what it has."""
    return f"dpkg-statoverride sets {now.sets} for {path}, and the file has {now.has}"


def differs(was: Override, now: Override) -> str:
    """Return what the override was, if it is another one now."""
    return f"; it set {was.sets} before" if was.sets != now.sets else ""
