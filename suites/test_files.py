"""No file gained rights, lost its owner or its content, or vanished without a known reason.

Each check looks at the lines of the diff that neither the plan, nor the known changes, nor a
package's change explains, and names one kind of loss.
"""

from collections.abc import Iterator

from upgradeproof.probes.file_access import EXECUTE, READ, program_closed
from upgradeproof.probes.file_records import ROOT, File
from upgradeproof.probes.files import Files
from upgradeproof.probes.leftovers import Leftovers
from upgradeproof.runner import State

ADMINISTRATORS = ("/etc/", "/usr/local/", "/opt/", "/root/", "/home/", "/srv/", "/var/spool/cron/")
"""Folders whose files belong to an administrator, if no package owns them."""
PRIVATE = ("/etc/", "/root/", "/home/", "/var/lib/")
CONFIGURATION_AND_DATA = ("/etc/", "/var/", "/srv/", "/home/", "/opt/", "/root/")
READ_BY_OTHERS, WRITTEN_BY_OTHERS, PRIVILEGES = 0o044, 0o002, 0o6000


def test_no_program_gains_set_uid_or_set_gid(installed: State, upgraded: State) -> None:
    gained = [
        f"{path} runs as {now.owner}:{now.group} for every user (mode {now.mode})"
        for path, was, now in changed(installed, upgraded, "", "mode")
        if now and now.type == "file" and now.bits & PRIVILEGES & ~(was.bits if was else 0)
    ]
    assert not gained, "\n".join(gained)


def test_no_program_gains_capabilities(installed: State, upgraded: State) -> None:
    gained = [
        f"{path} has {now.capabilities}, and had {was.capabilities if was else ''}"
        for path, was, now in changed(installed, upgraded, "", "capabilities")
        if now and now.capabilities and now.capabilities != (was.capabilities if was else "")
    ]
    assert not gained, "\n".join(gained)


def test_no_program_loses_its_privileges(installed: State, upgraded: State) -> None:
    """A file keeps its capabilities: a new version of a package does not set them again."""
    there = {*upgraded[Files], *upgraded[Files][ROOT].ordinary}
    lost = [
        f"{path} had {rights(was)}, and has {rights(now) if now else 'no privileges'}"
        for path, was, now in changed(installed, upgraded, "", "mode", "capabilities")
        if was and was.privileged and path in there and rights(was) != rights(now)
        if not (now and now.bits & PRIVILEGES & ~was.bits)
    ]
    assert not lost, "\n".join(lost)


def test_program_can_still_be_executed_by_every_user(installed: State, upgraded: State) -> None:
    """A job of another user than root gets "Permission denied" from its first start on."""
    ordinary = installed[Files][ROOT].ordinary
    closed = [
        f"{path} could be executed by every user, and now {only_by(now, EXECUTE)}"
        for path, was, now in changed(installed, upgraded, "", "mode")
        if now and (was or path in ordinary) and program_closed(path, was, now)
    ]
    assert not closed, "\n".join(closed)


def test_configuration_can_still_be_read_by_every_user(installed: State, upgraded: State) -> None:
    """A client of another user than root ignores its settings, or does not start."""
    closed = [
        f"{path} could be {verb} by every user, and now {only_by(now, right)}"
        for path, was, now in changed(installed, upgraded, "mode")
        if was and now and path.startswith("/etc/") and was.type == now.type
        for kind, verb, right in (("file", "read", READ), ("directory", "entered", EXECUTE))
        if now.type == kind and was.bits & right & ~now.bits
    ]
    assert not closed, "\n".join(closed)


def test_no_private_file_becomes_readable_for_others(installed: State, upgraded: State) -> None:
    opened = [
        f"{path} had mode {was.mode}, and has {now.mode}"
        for path, was, now in changed(installed, upgraded, "mode")
        if was and now and path.startswith(PRIVATE)
        if now.bits & READ_BY_OTHERS & ~was.bits
    ]
    assert not opened, "\n".join(opened)


def test_no_file_becomes_writable_for_everyone(installed: State, upgraded: State) -> None:
    opened = [
        f"{path} has mode {now.mode}"
        for path, was, now in changed(installed, upgraded, "", "mode", "type")
        if now and now.world_writable and not (was and was.world_writable)
    ]
    assert not opened, "\n".join(opened)


def test_no_file_of_the_administrator_is_lost(installed: State, upgraded: State) -> None:
    lost = [
        f"{path} is gone"
        + (f", and {path}.dpkg-bak is there" if f"{path}.dpkg-bak" in leftovers(upgraded) else "")
        for path, was, now in changed(installed, upgraded, "")
        if was and now is None and path.startswith(ADMINISTRATORS) and not was.privileged
    ]
    assert not lost, "\n".join(lost)


def test_no_folder_of_data_is_emptied(installed: State, upgraded: State) -> None:
    emptied = [
        f"{path} held {was.entries} files and folders, and {'holds none' if now else 'is gone'}"
        for path, was, now in changed(installed, upgraded, "", "owners")
        if was
        and was.entries
        and (now.entries == 0 if now else not path.startswith(ADMINISTRATORS))
    ]
    assert not emptied, "\n".join(emptied)


def test_content_of_the_administrators_files_is_preserved(
    installed: State, upgraded: State
) -> None:
    details = {change.path: change.detail for change in upgraded.regressions}
    replaced = [
        f"{path} has another content{indented(details.get(f'files/{path}/sha256', ''))}"
        for path, was, now in changed(installed, upgraded, "sha256", "size", "type")
        if was and now and path.startswith(ADMINISTRATORS)
    ]
    assert not replaced, "\n".join(dict.fromkeys(replaced))


def test_owner_of_configuration_and_data_is_preserved(installed: State, upgraded: State) -> None:
    given = [
        f"{path} belonged to {of(was)}, and belongs to {of(now)}"
        for path, was, now in changed(installed, upgraded, "owner", "group", "owners")
        if was and now and path.startswith(CONFIGURATION_AND_DATA) and of(was) != of(now)
        if now.entries != 0
    ]
    assert not given, "\n".join(dict.fromkeys(given))


def test_link_points_to_the_same_program(installed: State, upgraded: State) -> None:
    moved = [
        f"{path} pointed to {was.target}, and points to {now.target}"
        for path, was, now in changed(installed, upgraded, "target")
        if was and now
    ]
    assert not moved, "\n".join(moved)


def changed(
    installed: State, upgraded: State, *fields: str
) -> Iterator[tuple[str, File | None, File | None]]:
    """Yield the files of which a field changed without a reason; ``""``: added or removed ones."""
    before, after = installed[Files], upgraded[Files]
    unexplained = {change.path for change in upgraded.regressions}
    for path in sorted(before.keys() | after.keys()):
        lines = (f"files/{path}/{field}" if field else f"files/{path}" for field in fields)
        if any(line in unexplained for line in lines):
            yield path, before.get(path), after.get(path)


def rights(file: File | None) -> str:
    """Return set-uid, set-gid and capabilities as text."""
    if file is None:
        return ""
    return f"{file.bits & PRIVILEGES:04o} {file.capabilities}".strip()


def only_by(file: File, right: int) -> str:
    """Return which user and group have a right that others don't have."""
    who = [file.owner] if file.bits & right << 6 else []
    who += [f"the group {file.group}"] if file.bits & right << 3 else []
    return f"only by {' and '.join(who)}" if who else "by no user"


def of(file: File) -> str:
    """Return the owner and the group, and those of what a folder of data holds."""
    inside = f" (in it: {', '.join(file.owners)})" if file.owners else ""
    return f"{file.owner}:{file.group}{inside}"


def indented(detail: str) -> str:
    """Return a unified diff below the line that it is about."""
    return "".join(f"\n    {line}" for line in detail.split("\n")) if detail else ""


def leftovers(state: State) -> set[str]:
    """Return the paths of what dpkg and ucf left next to configuration files."""
    return set(state[Leftovers])
