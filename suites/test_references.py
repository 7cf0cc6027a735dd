"""What the administrator's files name is still there: nothing that they need was taken away."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import pytest

from upgradeproof.plan import Expectations
from upgradeproof.probes import Facts
from upgradeproof.probes.files import Files
from upgradeproof.probes.mounts import Mounts
from upgradeproof.probes.references import Reference, References
from upgradeproof.runner import State

_SENTENCES = {
    "path": "names {name}, which is gone",
    "socket": "names the socket {name}, which is not there any more",
    "process": "names {name}, which holds the number of no running process any more",
    "command": "runs {name}, which no folder of PATH holds any more",
    "option": "calls {name}, an option that the program does not have any more",
    "interpreter": "is run by {name}, which is gone",
    "python": "imports {name}, which its Python does not find any more",
    "perl": "uses {name}, which Perl does not find any more",
    "pam": "names the PAM module {name}, which is gone",
    "zone": "names the time zone {name}, which is gone",
    "link": "is a link to {name}, which is gone",
    "user": "names the user {name}, who is gone",
    "unit": "names the unit {name}, which is gone",
    "release": "names the release {name}, which no source of apt offers any more",
    "php": "uses {name}, which PHP does not have any more",
    "attribute": "uses {name}, which its Python does not have any more",
    "ruby": "uses {name}, which Ruby does not have any more",
    "plugin": "names the plugin {name}, which is gone",
    "folder": "is in {name}, a folder that no package brings and no program names any more",
    "variable": "sets {name}, which no unit and no script reads any more",
}


def sentence(before: Reference, after: Reference) -> str:
    if before.kind in ("environment", "modules"):
        noun = "is a virtual environment of" if before.kind == "environment" else "holds modules of"
        return (
            f"{before.name} {noun} {before.target}, and the interpreter is {after.target} now:"
            " none of the modules is found"
        )
    where = f"{after.file}:{after.line}" if after.line else after.file
    if before.kind == "stored":
        return f"{where} names {before.name}, whose files systemd now deletes {after.target}"
    reference = f"{where} {_SENTENCES[before.kind].format(name=before.name)}"
    elsewhere = before.target if before.target != before.name else ""
    was = " of ".join(filter(None, (elsewhere, before.package)))
    if not was:
        return reference
    return f"{reference} (it was {was})" if elsewhere else f"{reference} (it was in {was})"


def dangling(before: Facts, after: Facts, expectations: Expectations) -> dict[str, Reference]:
    """Return what was there before, and is named by a file that is still there, and is gone."""
    was, now = before[References], after[References]
    return {
        key: reference
        for key, reference in {**gone_plugins(before, after), **now}.items()
        if not reference.resolves
        and not (reference.kind == "option" and program_is_gone(reference, now))
        and key in was
        and was[key].resolves
        and was[key].brought
        and not expectations.reason_for(f"references/{key}/resolves")
    }


def program_is_gone(option: Reference, references: Mapping[str, Reference]) -> bool:
    """Return whether the program of an option is named by the same file, and is gone itself."""
    program = option.name.partition(" ")[0]
    named = (references.get(f"{option.file}: {kind} {program}") for kind in ("command", "path"))
    return any(each and not each.resolves for each in named)


def test_what_the_administrators_files_name_is_still_there(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    """Temporary files are judged after a boot only, which may empty their folders."""
    before = installed[References]
    gone = dangling(installed.facts, upgraded.facts, expectations)
    lines = [sentence(before[key], it) for key, it in gone.items() if not it.temporary]
    assert not lines, "\n".join(lines)


@pytest.mark.follows("*::*_active*", "test_config_checks::test_no_daemon_refuses*")
def test_what_the_administrators_files_name_is_there_after_a_reboot(
    installed: State,
    installed_rebooted: State,
    upgraded: State,
    rebooted: State,
    expectations: Expectations,
) -> None:
    """What a boot of the old release left counts, and what was not already gone before the boot."""
    before = installed_rebooted[References]
    known = dangling(installed.facts, upgraded.facts, expectations)
    gone = dangling(installed_rebooted.facts, rebooted.facts, expectations)
    lines = [
        f"after a boot {sentence(before[key], it)}{hidden(rebooted, it)}"
        for key, it in gone.items()
        if key not in known or it.temporary
    ]
    assert not lines, "\n".join(lines)


def hidden(rebooted: State, reference: Reference) -> str:
    """Return which mount holds the path of what is gone, or "": the file system of ``/``."""
    above = [str(folder) for folder in PurePosixPath(reference.name).parents]
    mount = next((folder for folder in above if folder in rebooted[Mounts]), "/")
    return "" if mount == "/" else f" ({rebooted[Mounts][mount].file_system} is on {mount})"


def gone_plugins(installed: Facts, upgraded: Facts) -> dict[str, Reference]:
    """Return the plugins that no package has any more, and that the same file still names.

    Where no package has it, nothing shows that a word is the name of a plugin.
    """
    files, now = installed[Files], upgraded[Files]
    return {
        key: reference.model_copy(update={"resolves": False})
        for key, reference in installed[References].items()
        if reference.kind == "plugin" and key not in upgraded[References]
        if (was := files.get(reference.file)) and was.sha256
        if (file := now.get(reference.file)) and file.sha256 == was.sha256
    }
