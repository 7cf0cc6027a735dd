"""Steps are pure: each compiles to exactly the scripts and files that a machine gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import upgradeproof.plan.steps
from upgradeproof.errors import PlanError
from upgradeproof.plan.steps import (
    AnyStep,
    Planned,
    Publish,
    Reboot,
    Script,
    Step,
    Upload,
    step_kinds,
)

STEP: TypeAdapter[Step] = TypeAdapter(AnyStep)
EVIL = [
    "a; rm -rf /",
    "$(id)",
    "`id`",
    "a b",
    "a\nb",
    "a\n",
    "a'b",
    'a"b',
    "a&b",
    "a|b",
    "-o",
    "--option",
    "",
    "a*",
    "a\\",
    "ä",
]


def step(kind: str, **keys: Any) -> Step:
    return STEP.validate_python({"step": kind, **keys})


def action(kind: str, folder: Path = Path(), **keys: Any) -> Planned:
    (only,) = step(kind, **keys).actions(folder)
    return only


def refused(kind: str, **keys: Any) -> bool:
    try:
        step(kind, **keys)
    except ValidationError:
        return True
    return False


def test_every_kind_of_step_is_found() -> None:
    files = {path.stem for path in Path(upgradeproof.plan.steps.__file__).parent.glob("*.py")}
    modules = {kind.__module__.rpartition(".")[2] for kind in step_kinds().values()}
    assert files - {"__init__", "base"} <= modules


def test_a_script_is_run_unchanged_and_stops_at_its_first_failure() -> None:
    assert action("run", script="one\ntwo 'it'\n", timeout_s=5) == Script(
        title="one", script="set -e\none\ntwo 'it'\n", timeout_s=5
    )


def test_a_script_may_have_a_title() -> None:
    assert action("run", script="one", title="do one").title == "do one"


def test_a_reboot_is_left_to_the_machine() -> None:
    assert action("reboot", timeout_s=90) == Reboot(title="reboot", timeout_s=90)


def test_a_publication_is_an_action_without_a_script() -> None:
    assert action("apt-repository") == Publish(releases=(), timeout_s=600)


def test_a_downgrade_has_its_option() -> None:
    scripts = [
        step("apt-install", packages=["a=1"], downgrade=wanted).actions(Path())[-1]
        for wanted in (False, True)
    ]
    assert ["--allow-downgrades" in vars(script)["script"] for script in scripts] == [False, True]


def test_lists_are_fetched_unless_they_are_not_wanted() -> None:
    titles = [
        [script.title for script in step("apt-install", packages=["a"], **more).actions(Path())]
        for more in ({}, {"fetch_lists": False})
    ]
    assert titles == [["fetch the package lists", "install a"], ["install a"]]


def test_the_timeout_of_a_step_is_ten_minutes_and_of_a_full_upgrade_thirty() -> None:
    assert step("run", script="true").timeout_s == 600
    assert step("apt-full-upgrade").timeout_s == 1800


def test_a_file_is_copied_with_its_mode_and_owner(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.conf").write_text("a")
    copied = action(
        "copy", tmp_path, source="files/a.conf", path="/etc/a.conf", mode="0640", owner="root:www"
    )
    assert copied == Upload(
        title="copy files/a.conf to /etc/a.conf",
        source=tmp_path / "files" / "a.conf",
        path="/etc/a.conf",
        mode=0o640,
        owner="root:www",
    )


@pytest.mark.parametrize("source", ["nowhere.conf", "../outside.conf", "..", "link", "/etc/passwd"])
def test_only_what_is_in_the_products_folder_is_copied(tmp_path: Path, source: str) -> None:
    folder = tmp_path / "product"
    (folder / "folder").mkdir(parents=True)
    (tmp_path / "outside.conf").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "outside.conf")
    with pytest.raises(PlanError) as caught:
        action("copy", folder, source=source, path="/etc/a.conf")
    assert str(caught.value) == (
        f"{folder}/upgrade.toml: {source!r}, which a copy step names, is no file and no folder in "
        f"the product's folder\nTo do: put it below {folder}, or correct the name"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("path", "etc/a.conf"),
        ("mode", "rw"),
        ("mode", "999"),
        ("mode", "0644; id"),
        ("owner", "root root"),
        ("owner", "root;id"),
        ("owner", "-R"),
        ("owner", "a:b:c"),
        ("owner", "a:"),
    ],
)
def test_an_impossible_mode_owner_or_path_is_refused(key: str, value: str) -> None:
    assert refused("copy", **{"source": "a", "path": "/a", key: value})


@pytest.mark.parametrize("word", [*EVIL, "a/", "a+", "a,b", ".a"])
def test_a_suite_with_special_characters_of_shell_or_sed_is_refused(word: str) -> None:
    assert refused("apt-sources", old=word, new="trixie")
    assert refused("apt-sources", old="bookworm", new=word)


@pytest.mark.parametrize("word", EVIL)
def test_a_package_with_special_characters_of_the_shell_is_refused(word: str) -> None:
    assert refused("apt-install", packages=["nginx", word])


@pytest.mark.parametrize("word", ["nginx", "libc6:arm64", "a=1:2.3-4~deb12+1", "a/stable", "g++"])
def test_a_package_name_that_apt_accepts_is_accepted(word: str) -> None:
    assert not refused("apt-install", packages=[word])


@pytest.mark.parametrize("word", [word for word in EVIL if word not in ("-o", "--option", "a\\")])
def test_a_unit_with_special_characters_of_the_shell_is_refused(word: str) -> None:
    assert refused("restart", services=[word])


@pytest.mark.parametrize("word", ["nginx", "getty@tty1.service", r"dev-disk-by\x2duuid.swap", "-o"])
def test_a_unit_as_systemd_names_it_is_one_word_behind_the_options(word: str) -> None:
    restart = action("restart", services=[word])
    assert isinstance(restart, Script)
    assert restart.script.startswith("systemctl restart -- ")


@pytest.mark.parametrize("kind", ["apt-install", "restart"])
def test_a_step_with_an_empty_list_is_refused(kind: str) -> None:
    assert refused(kind, packages=[]) if kind == "apt-install" else refused(kind, services=[])
