"""A login, by SSH too, and a cron job give a user what they gave before the upgrade."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from upgradeproof.probes.sessions import Session, Sessions, same_limit
from upgradeproof.runner import State

WORDS = {"cron": "a cron job", "login": "a login", "ssh": "a login by SSH"}
LOCALE = ("LANG", "LANGUAGE", "LC_")


def pairs(before: State, after: State) -> Iterator[tuple[str, str, Session, Session]]:
    """Yield key, words, old and new session of each that there was before and is now."""
    sessions = {key: each for key, each in before[Sessions].items() if not each.problem}
    if not sessions:
        pytest.skip("no session could be opened before the upgrade")
    for key, was in sessions.items():
        user, _, kind = key.partition("/")
        now = after[Sessions].get(key)
        if now is not None and not now.problem:
            yield key, f"{WORDS[kind]} of {user}", was, now


def changed(
    before: State, after: State, field: str, words: Callable[[Session, Session], str]
) -> list[str]:
    """Return a sentence for each session for which ``words`` returns a difference."""
    return [
        f"{who}: {difference}"
        for key, who, was, now in pairs(before, after)
        if not after.reason_for(f"sessions/{key}/{field}")
        if (difference := words(was, now))
    ]


def test_session_can_still_be_opened(installed_rebooted: State, rebooted: State) -> None:
    refused = [
        f"{key}: {now.problem if now else 'there is no such session'}"
        for key, was in installed_rebooted[Sessions].items()
        if not was.problem and not rebooted.reason_for(f"sessions/{key}")
        if (now := rebooted[Sessions].get(key)) is None or now.problem
    ]
    assert not refused, "sessions that can't be opened any more: " + "; ".join(refused)


def test_umask_is_preserved(installed_rebooted: State, rebooted: State) -> None:
    def words(was: Session, now: Session) -> str:
        if (was.umask, was.file_mode) == (now.umask, now.file_mode):
            return ""
        return (
            f"umask {now.umask} instead of {was.umask},"
            f" new files have mode {now.file_mode} instead of {was.file_mode}"
        )

    found = changed(installed_rebooted, rebooted, "umask", words)
    assert not found, "; ".join(found) + "; to do: see UMASK in /etc/login.defs and pam_umask"


def test_environment_is_preserved(installed_rebooted: State, rebooted: State) -> None:
    def words(was: Session, now: Session) -> str:
        return _differences(_plain(was.environment), now.environment)

    found = changed(installed_rebooted, rebooted, "environment", words)
    assert not found, "\n".join(found)


def test_locale_is_preserved(installed_rebooted: State, rebooted: State) -> None:
    def words(was: Session, now: Session) -> str:
        return _differences(_locale(was.environment), now.environment)

    found = changed(installed_rebooted, rebooted, "environment", words)
    assert not found, "; ".join(found) + "; to do: see /etc/default/locale"


def test_zone_is_preserved(installed_rebooted: State, rebooted: State) -> None:
    def words(was: Session, now: Session) -> str:
        return "" if was.zone == now.zone else f"zone {now.zone} instead of {was.zone}"

    found = changed(installed_rebooted, rebooted, "zone", words)
    assert not found, "; ".join(found) + "; to do: see /etc/localtime and TZ"


def test_path_keeps_its_folders(installed_rebooted: State, rebooted: State) -> None:
    def words(was: Session, now: Session) -> str:
        folders = now.environment.get("PATH", "").split(":")
        gone = [f for f in was.environment.get("PATH", "").split(":") if f not in folders]
        return f"PATH has lost {', '.join(gone)}" if gone else ""

    found = changed(installed_rebooted, rebooted, "environment", words)
    assert not found, "; ".join(found)


def test_limits_are_not_lower(installed_rebooted: State, rebooted: State) -> None:
    def words(was: Session, now: Session) -> str:
        return ", ".join(
            f"{name} {now.limits[name]} instead of {limit}"
            for name, limit in was.limits.items()
            if name in now.limits and not same_limit(name, limit, now.limits[name])
            if any(map(_lower, now.limits[name].split("/"), limit.split("/")))
        )

    found = changed(installed_rebooted, rebooted, "limits", words)
    assert not found, "\n".join(found)


def test_groups_are_preserved(installed_rebooted: State, rebooted: State) -> None:
    def words(was: Session, now: Session) -> str:
        same = was.identity == now.identity
        return "" if same else f"{now.identity} instead of {was.identity}"

    found = changed(installed_rebooted, rebooted, "identity", words)
    assert not found, "\n".join(found)


def _lower(now: str, was: str) -> bool:
    return now != "unlimited" and (was == "unlimited" or int(now) < int(was))


def _locale(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(LOCALE)}


def _plain(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that no other check is about."""
    of_others = {"PATH", *_locale(environment)}
    return {name: value for name, value in environment.items() if name not in of_others}


def _differences(was: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return the variables that are gone or have another value; a new one is none of them."""
    return ", ".join(
        f"{name} is {repr(now[name]) if name in now else 'not set'} instead of {value!r}"
        for name, value in was.items()
        if now.get(name) != value
    )
