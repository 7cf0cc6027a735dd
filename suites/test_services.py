"""What an administrator had running runs on, and starts again by itself."""

from upgradeproof.journey import State
from upgradeproof.probes.services import Services


def test_service_is_active(upgraded: State, service: str) -> None:
    unit = upgraded[Services][f"{service}.service"]
    assert unit.active == "active", f"{service} is {unit.active} ({unit.sub}, {unit.result})"


def test_service_is_enabled_as_before(installed: State, upgraded: State, service: str) -> None:
    before = installed[Services][f"{service}.service"].enabled
    after = upgraded[Services][f"{service}.service"].enabled
    assert after == before, f"{service} was {before}, is {after}"


def test_service_was_not_restarted_by_a_crash(upgraded: State, service: str) -> None:
    unit = upgraded[Services][f"{service}.service"]
    assert unit.restarts == 0, f"systemd restarted {service} {unit.restarts} times by itself"


def test_no_unit_fails_that_did_not_fail_before(installed: State, upgraded: State) -> None:
    before = {name for name, unit in installed[Services].items() if unit.failed}
    failed = [
        f"{name}: {unit.result}"
        for name, unit in upgraded[Services].items()
        if unit.failed and name not in before
    ]
    assert not failed, "\n".join(failed)
