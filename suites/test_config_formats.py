"""The administrator's configuration is preserved or migrated, and the daemons accept it."""

from collections.abc import Mapping

import pytest

from upgradeproof.plan import Config
from upgradeproof.probes.certificates import Certificates
from upgradeproof.probes.conffiles import Conffiles
from upgradeproof.probes.configs import Configs
from upgradeproof.probes.edited_files import EditedFiles, has_same_content, is_installed
from upgradeproof.probes.file_records import ROOT
from upgradeproof.probes.files import Files
from upgradeproof.runner import State


@pytest.mark.subject("config")
def test_config_is_there(upgraded: State, config: Config) -> None:
    assert upgraded[Configs][config.path].exists, f"{config.path} is gone"


@pytest.mark.subject("preserved_config")
def test_config_is_byte_for_byte_the_same(
    installed: State, upgraded: State, preserved_config: Config
) -> None:
    before, after = (
        installed[Configs][preserved_config.path],
        upgraded[Configs][preserved_config.path],
    )
    assert after.sha256 == before.sha256, f"the upgrade changed {preserved_config.path}"


@pytest.mark.subject("migrated_config")
def test_migrated_config_keeps_its_settings(
    installed: State, upgraded: State, migrated_config: Config
) -> None:
    path = migrated_config.path
    before, after = installed[Configs][path], upgraded[Configs][path]
    before_values = [(key, values(before.content, key)) for key in migrated_config.preserved_keys]
    never = [key for key, was in before_values if not was]
    why = before.problem or "see `preserved_keys`"
    assert not never, f"{path} had no {never} before the upgrade: {why}"
    lost = [key for key, was in before_values if values(after.content, key) != was]
    assert not lost, f"{path} lost or changed {lost}"


def values(content: Mapping[str, str], key: str) -> list[str]:
    """Return the values of a key in a file, also of a key that occurs more than once."""
    return [value for name, value in content.items() if name == key or name.startswith(f"{key}[")]


@pytest.mark.subject("reformatted_config")
def test_config_leaves_its_old_format(
    installed: State, upgraded: State, reformatted_config: Config
) -> None:
    before = installed[Configs][reformatted_config.path]
    after = upgraded[Configs][reformatted_config.path]
    assert after.sha256 != before.sha256, (
        f"{reformatted_config.path} is still the file in the format {reformatted_config.format}"
    )


@pytest.mark.subject("parsed_config")
def test_config_parses_in_its_format(upgraded: State, parsed_config: Config) -> None:
    found = upgraded[Configs][parsed_config.path]
    assert not found.problem, found.problem
    assert found.content, f"{parsed_config.path} holds no setting at all"


@pytest.mark.subject("config")
def test_config_keeps_its_owner_and_mode(installed: State, upgraded: State, config: Config) -> None:
    before, after = installed[Configs][config.path], upgraded[Configs][config.path]
    if not after.exists:
        pytest.skip(f"{config.path} is gone, which fails test_config_is_there")
    was, now = (f"{found.owner}:{found.group} {found.mode}" for found in (before, after))
    assert now == was, f"{config.path} was {was}, and is {now}"


@pytest.mark.subject("checked_config")
def test_daemon_accepts_its_config(upgraded: State, checked_config: Config) -> None:
    found = upgraded[Configs][checked_config.path]
    assert found.exists, f"{checked_config.path} is gone: {checked_config.check} reads other files"
    assert found.accepted, f"{checked_config.check}: {found.check_output}"


def test_edit_of_a_conffile_is_preserved(installed: State, upgraded: State) -> None:
    edited = {p: c for p, c in installed[Conffiles].items() if c.state == "modified"}
    after = {path: file for path, file in upgraded[Conffiles].items() if file.state != "missing"}
    lost = [path for path in edited if path not in after]
    unread = [path for path in lost if is_left(path, edited[path].package, upgraded)]
    gone = [path for path in lost if path not in unread]
    problems = [f"the administrator's edits are gone from {gone}"] if gone else []
    problems += [
        f"{path} is still on the disk, and its package {edited[path].package} is removed:"
        " nothing reads it"
        for path in unread
    ]
    assert not problems, "\n".join(problems)
    changed = [
        path
        for path, file in edited.items()
        if after[path].md5 != file.md5
        and not upgraded.reason_for(f"conffiles/{path}/md5")
        and not upgraded.cell.reason_for(upgraded.name, f"files/{path}/sha256")
    ]
    assert not changed, f"the upgrade changed the files that the administrator edited: {changed}"


def is_left(path: str, package: str, upgraded: State) -> bool:
    """Return whether a conffile is on the disk, and its package is not installed any more."""
    return path in upgraded[Files] and not is_installed(package, upgraded.facts)


def test_edit_of_a_package_file_is_preserved(installed: State, upgraded: State) -> None:
    if not installed[EditedFiles]:
        pytest.skip("no file of a package, conffiles aside, was edited before the upgrade")
    lost = [
        f"{path} of {file.package} had been edited, and {fate}"
        for path, file in installed[EditedFiles].items()
        if is_installed(file.package, upgraded.facts)
        if not upgraded.reason_for(f"edited_files/{path}")
        and not upgraded.reason_for(f"edited_files/{path}/md5")
        and not upgraded.cell.reason_for(upgraded.name, f"files/{path}/sha256")
        if (fate := fate_of(path, installed, upgraded))
    ]
    assert not lost, "\n".join(lost)


def fate_of(path: str, installed: State, upgraded: State) -> str:
    """Return what became of an edited file that is no conffile, or "": it is the same."""
    now = upgraded[EditedFiles].get(path)
    if now:
        same = now.md5 == installed[EditedFiles][path].md5
        return "" if same else "has another content now"
    if has_same_content(path, installed.facts, upgraded.facts):
        return ""
    if not on_disk(path, installed):  # the section files has it in no state
        return "is as the package brings it now, or is gone"
    return "is as the package brings it now" if on_disk(path, upgraded) else "is gone"


def on_disk(path: str, state: State) -> bool:
    """Return whether the section ``files`` has a path, as a fact or as an ordinary file."""
    return path in state[Files] or path in state[Files][ROOT].ordinary


def test_no_conffile_is_left_behind(installed: State, upgraded: State) -> None:
    before = {path for path, file in installed[Conffiles].items() if file.obsolete}
    left = [
        f"{path}: {file.package} does not bring it any more, and did not remove it"
        for path, file in upgraded[Conffiles].items()
        if file.obsolete and path not in before
        if not any(map(upgraded.reason_for, _paths_of(path)))
    ]
    assert not left, "\n".join(left)


@pytest.mark.subject("certificate")
def test_certificate_is_the_same(installed: State, upgraded: State, certificate: str) -> None:
    before, after = installed[Certificates][certificate], upgraded[Certificates][certificate]
    assert not after.problem, after.problem
    assert after.sha256 == before.sha256, f"{certificate} was replaced"


def _paths_of(conffile: str) -> tuple[str, str]:
    """Return where the diff shows a conffile that became obsolete: as new, or as changed."""
    return f"conffiles/{conffile}", f"conffiles/{conffile}/obsolete"
