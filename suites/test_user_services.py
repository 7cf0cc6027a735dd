"""What an administrator gave to a user's own systemd runs as before, also after a boot."""

import pytest

from upgradeproof.probes.user_services import UserServices
from upgradeproof.runner import State


def test_services_of_users_run_as_before(
    installed: State, upgraded: State, installed_rebooted: State, rebooted: State
) -> None:
    running = [unit for unit, was in installed_rebooted[UserServices].items() if was.runs]
    if not running:
        pytest.skip("no user has a service that runs after a boot without a login")
    down = [
        *stopped(running, installed, upgraded),
        *(f"after a boot: {each}" for each in stopped(running, installed_rebooted, rebooted)),
    ]
    assert not down, "\n".join(down)


def stopped(names: list[str], before: State, after: State) -> list[str]:
    """Return a sentence for each of these services that ran in one state and not in the other."""
    found = []
    for name in names:
        was, now = before[UserServices].get(name), after[UserServices].get(name)
        path = f"user_services/{name}" + ("/active" if now else "")
        if not (was and was.runs) or (now and now.runs) or after.reason_for(path) is not None:
            continue
        user, unit = name.split("/", 1)
        gone = f"is not known to the systemd of {user}, or that does not run"
        found.append(f"{unit} of the user {user} {now.sentence if now else gone}")
    return found
