"""URLs of the machine itself that the administrator's files name are answered as before."""

from __future__ import annotations

import pytest

from upgradeproof.probes.local_urls import LocalUrls
from upgradeproof.runner import State

FIRST_ERROR = 400
"""The lowest status of HTTP that is an error."""


def is_answered(status: int | None) -> bool:
    return status is not None and status < FIRST_ERROR


@pytest.mark.follows("test_services::*_active*", "test_reboot::*_active*", "test_libraries::*")
def test_urls_in_the_administrators_files_are_answered(
    installed_rebooted: State, rebooted: State
) -> None:
    before, after = installed_rebooted[LocalUrls], rebooted[LocalUrls]
    if not any(is_answered(was.status) for was in before.values()):
        pytest.skip("no file names a URL of the machine that was answered before the upgrade")
    lost = [
        f"{now.named_in} asks {url}, which {fate(now.status)}; before the upgrade it was"
        f" answered with status {was.status}"
        for url, was in before.items()
        if is_answered(was.status)
        and (now := after.get(url))
        and not is_answered(now.status)
        and not rebooted.reason_for(f"local_urls/{url}/status")
    ]
    assert not lost, "\n".join(lost)


def fate(status: int | None) -> str:
    return "is not answered" if status is None else f"is answered with status {status}"
