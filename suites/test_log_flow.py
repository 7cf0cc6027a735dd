"""Messages reach the files that they reached, under the names that they had."""

from collections.abc import Iterable, Mapping

import pytest

from upgradeproof.plan import Log
from upgradeproof.probes.endurance import Endurance, Stay
from upgradeproof.probes.log_flow import LogFile, LogFlow
from upgradeproof.probes.log_names import LogNames
from upgradeproof.probes.open_files import OpenFiles, other_name
from upgradeproof.probes.secrets import masked_text
from upgradeproof.runner import InUse, State
from upgradeproof.runner.log_forms import forms_before, lines_written, other_form

NAMED = 12
"""How many of the messages that a file no longer takes are named."""
MIN_WATCHED_S = 5
FLOOD_LINES_PER_S, FLOOD_BYTES_PER_S = 5.0, 1000.0
"""Of an idle service: 1,000 bytes a second are 86 MB a day."""
SILENT = Stay(active="active", sub="running", watched_s=60)
"""What a service that the old release did not have is compared with."""
MORE = 10.0
"""How many times as much as before an idle service may log."""


def taking(state: State) -> Mapping[str, LogFile]:
    """Return the files and the journal, as far as messages reach them by facility."""
    found = {path: file for path, file in state[LogFlow].items() if file.selectors}
    if not found:
        pytest.skip("no file and no journal took a message before the upgrade")
    return found


def lost(before: LogFile, after: LogFile) -> list[str]:
    """Return the selectors that no longer reach a file, in the words of the old release."""
    if not after.takes():
        return list(before.selectors)
    return sorted(before.takes() - after.takes())


def expected(state: State, path: str, field: str) -> bool:
    """Return whether a change of a file's record, or the loss of the record, is expected."""
    return any(map(state.reason_for, (f"log_flow/{path}", f"log_flow/{path}/{field}")))


def test_messages_reach_the_files_that_they_reached(
    installed_rebooted: State, rebooted: State
) -> None:
    after = rebooted[LogFlow]
    changed, begins = [], []
    for path, was in taking(installed_rebooted).items():
        now = after.get(path, LogFile())
        if (gone := lost(was, now)) and not expected(rebooted, path, "selectors"):
            changed.append(f"{path} no longer takes {some(gone)}")
        if now.shape and now.shape != was.shape and not expected(rebooted, path, "shape"):
            begins.append(f"{path}: '{now.shape}' instead of '{was.shape}'")
    if begins:
        changed.append("lines begin differently: " + "; ".join(begins))
    assert not changed, "\n".join(changed) + (
        "\nto do: see the configuration of the syslog daemon, and what reads these files"
    )


def test_files_of_other_rules_take_the_lines_that_they_took(
    installed_rebooted: State, rebooted: State
) -> None:
    after = rebooted[LogFlow]
    rules = {path: was for path, was in installed_rebooted[LogFlow].items() if not was.selectors}
    if not rules:
        pytest.skip("no rule but those about facilities fed a file before the upgrade")
    elsewhere = {
        path: {kind for other, now in after.items() if other != path for kind in now.kinds}
        for path in rules
    }
    gone = {
        path: ({*was.kinds} - {*after.get(path, LogFile()).kinds}) & elsewhere[path]
        for path, was in rules.items()
    }
    blind = [
        f"{path} no longer takes lines such as {some(sorted(kinds))}, which are written elsewhere"
        for path, kinds in gone.items()
        if kinds
    ]
    assert not blind, "; ".join(blind) + "; to do: see under which name the program logs now"


def test_names_that_the_administrator_relies_on_are_preserved(
    installed_rebooted: State, rebooted: State
) -> None:
    relied_on = {unit: was for unit, was in installed_rebooted[LogNames].items() if was.named_in}
    if not relied_on:
        pytest.skip("no file of the administrator's in /etc names a program that logs")
    changed = []
    for unit, was in relied_on.items():
        now = rebooted[LogNames].get(unit)
        if now is None or rebooted.reason_for(f"log_names/{unit}/names"):
            continue
        new, gone = sorted({*now.names} - {*was.names}), sorted({*was.names} - {*now.names})
        if new:
            changed.append(
                f"{unit} logs as {', '.join(new)} {'instead of' if gone else 'as well as'}"
                f" {', '.join(gone or was.names)}; the old name is in {some(was.named_in)}"
            )
    assert not changed, "; ".join(changed) + "; to do: add the new name to these rules"


@pytest.mark.follows(
    "test_services::test_service_is_active*",
    "test_in_use::test_service_starts_again*",
    "test_reboot::test_service_is_active_after_a_reboot*",
)
def test_service_writes_the_files_that_it_wrote(installed_rebooted: State, rebooted: State) -> None:
    before, after = installed_rebooted[OpenFiles], rebooted[OpenFiles]
    if not before:
        pytest.skip("no service of the plan held a log or data file open before the upgrade")
    gone = [
        f"{unit} had {path} open for writing, and has not now"
        for path, was in before.items()
        if not rebooted.reason_for(f"open_files/{path}")
        for unit in was.units
        if (now := rebooted.cell.expect.unit_after(unit))
        and (path not in after or now not in after[path].units)
        and not other_name(path, before, after)
    ]
    assert not gone, "; ".join(gone)


def some(names: Iterable[str]) -> str:
    """Return names in one line, the first ones of many."""
    listed = list(names)
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    return ", ".join(listed[:NAMED]) + more


def floods(before: Stay, after: Stay) -> str:
    """Return how much an idle service logs, where that is a lot, and many times as much as before.

    The time is the one for which each was watched.
    """
    if min(before.watched_s, after.watched_s) < MIN_WATCHED_S:
        return ""
    measured = (
        ("lines to the journal", FLOOD_LINES_PER_S, before.logged_lines, after.logged_lines),
        ("bytes to its log files", FLOOD_BYTES_PER_S, before.logged_bytes, after.logged_bytes),
    )
    for what, limit_per_s, was, now in measured:
        rate, earlier = now / after.watched_s, was / before.watched_s
        if rate >= limit_per_s and rate >= MORE * earlier:
            idle = f"writes {rate:.1f} {what} a second while no client uses it"
            return f"{idle}, {earlier:.1f} before the upgrade"
    return ""


@pytest.mark.follows("test_services::*_active*", "test_reboot::*_active*", "test_libraries::*")
def test_no_idle_service_logs_many_times_as_much(
    installed_rebooted: State, rebooted: State
) -> None:
    before, after = installed_rebooted[Endurance], rebooted[Endurance]
    flooded = [
        f"{unit} {text}"
        for unit, stay in after.items()
        if (text := floods(before.get(unit, SILENT), stay))
        and not rebooted.reason_for(f"endurance/{unit}/logged_lines")
    ]
    assert not flooded, "\n".join(flooded)


@pytest.mark.subject("log")
@pytest.mark.follows("test_in_use::test_log_goes_on*", "test_services::*_active*")
def test_lines_of_the_log_begin_as_before(
    installed: State, upgraded: State, in_use: InUse, log: Log
) -> None:
    """A program that reads a log finds the time of a line by its form."""
    if upgraded.reason_for(f"log_flow/{log.path}/shape"):
        pytest.skip("the plan expects another form")
    before = forms_before(installed.machine, log)
    if not any(before):
        pytest.skip(f"no line of {log.path} began with a time before the upgrade")
    lines = lines_written(in_use.machine, log)
    if not lines:
        pytest.skip(f"nothing was written to {log.path}: test_log_goes_on asks for that")
    other = other_form(before, lines)
    was = " or ".join(sorted(filter(None, before)))
    assert not other, (
        f"the lines of {log.path} began with {was}, and begin with {other} now:"
        f"\n  {masked_text(lines[0], marks=False)}"
    )
