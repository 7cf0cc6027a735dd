"""Programs may still connect to the unix sockets that they could connect to."""

from collections.abc import Iterator

import pytest

from upgradeproof.plan import Expectations
from upgradeproof.probes.unix_sockets import UnixSocket, UnixSockets
from upgradeproof.runner import State
from upgradeproof.runner.reasons import known


def on_both(
    installed: State, upgraded: State, expectations: Expectations, *fields: str
) -> Iterator[tuple[str, UnixSocket, UnixSocket]]:
    """Yield the sockets of both states, but for those of which a field may change."""
    for path, after in upgraded[UnixSockets].items():
        before = installed[UnixSockets].get(path)
        paths = [f"unix_sockets/{path}/{field}" for field in fields]
        if before and not any(known(upgraded, expectations, one) for one in paths):
            yield path, before, after


def test_access_to_unix_sockets_is_as_before(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    changed = [
        f"{path} of {after.unit or after.process} was {before.access}, is {after.access}:"
        f" {verdict(before, after)}"
        for path, before, after in on_both(
            installed, upgraded, expectations, "mode", "owner", "group"
        )
        if before.writers != after.writers
    ]
    assert not changed, "\n".join(changed)


def verdict(before: UnixSocket, after: UnixSocket) -> str:
    """Return who gained or lost the right to connect, which is the right to write."""
    if not after.mode:
        return "the socket's file is gone, no program can connect"
    was, now = (int(one.mode or "0", 8) for one in (before, after))
    if was & 0o002 and not now & 0o002:
        return f"only {after.owner} and members of the group {after.group} may connect now"
    if now & 0o002 and not was & 0o002:
        return "every user may connect now"
    return "other users may connect than before"


@pytest.mark.follows(
    "test_services::*_active*", "test_config_checks::test_no_daemon_refuses*", "test_libraries::*"
)
def test_no_unix_socket_is_lost(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    """A socket that another one of the same unit replaces has another path, and is lost as well."""
    lost = [
        f"{path} of {socket.unit or socket.process}"
        for path, socket in installed[UnixSockets].items()
        if path not in upgraded[UnixSockets]
        and not known(upgraded, expectations, f"unix_sockets/{path}")
    ]
    assert not lost, f"no process listens any more on {', '.join(lost)}"
