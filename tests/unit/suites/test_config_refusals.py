"""A check of a configuration that accepts what it refused before is reported."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from suites.test_config_refusals import test_check_refuses_a_wrong_file_as_before as check
from tests.unit.suites.states import state
from upgradeproof.command import Completed
from upgradeproof.machines import Machine
from upgradeproof.plan import Config
from upgradeproof.runner import InUse, State
from upgradeproof.runner.refusals import check_of_a_wrong_file

TEXT = "port = 1\n"


class Shell:
    """A machine that runs scripts on this host."""

    def __init__(self, word: str) -> None:
        self._word = word

    def run(self, script: str, **_: Any) -> Completed:
        """Run a script, with the word that the check looks for in its environment."""
        done = subprocess.run(
            ["sh", "-c", script],
            env={"WORD": self._word, "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return Completed(
            command="",
            exit_status=done.returncode,
            stdout=done.stdout,
            stderr=done.stderr,
            duration_s=0.0,
        )


def on(word: str) -> State:
    machine = cast("Machine", Shell(word))
    return replace(state(), _machine=lambda: machine)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "app.conf"
    path.write_text(TEXT, encoding="utf-8")
    script = f'if grep "$WORD" {path} >&2; then exit 1; fi'
    return Config(path=str(path), check=script)


def test_a_check_that_finds_nothing_any_more_is_reported(config: Config) -> None:
    with pytest.raises(AssertionError, match="before the upgrade it refused it: upgradeproof_"):
        check(on("unknown"), InUse(on("nothing")), config)
    assert Path(config.path).read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize(
    ("before", "after"), [("unknown", "unknown"), ("nothing", "nothing"), ("nothing", "unknown")]
)
def test_a_check_that_finds_as_much_as_before_is_accepted(
    before: str, after: str, config: Config
) -> None:
    check(on(before), InUse(on(after)), config)


def test_a_check_that_did_not_accept_the_file_before_proves_nothing(config: Config) -> None:
    """Its program may come with the new release: that it failed is no refusal."""
    with pytest.raises(pytest.skip.Exception, match="was not accepted before"):
        check(on("port"), InUse(on("nothing")), config)
    with pytest.raises(pytest.skip.Exception, match="is refused as it is"):
        check(on("unknown"), InUse(on("port")), config)


def test_no_copy_is_next_to_the_file_while_it_is_checked(config: Config) -> None:
    """A daemon that reads the whole folder would refuse the copy, and not the wrong line."""
    folder = Path(config.path).parent
    counting = config.model_copy(update={"check": f'[ "$(ls -A {folder} | wc -l)" = 1 ]'})
    tried = check_of_a_wrong_file(on("").machine, counting)
    assert tried is not None
    assert tried.ok
    assert [path.name for path in folder.iterdir()] == ["app.conf"]


def test_a_secret_that_the_check_prints_is_not_in_the_message(config: Config) -> None:
    script = f'if grep -q "$WORD" {config.path}; then echo password=Hunter2x; exit 1; fi'
    printing = config.model_copy(update={"check": script})
    with pytest.raises(AssertionError, match=r"refused it: password=\(secret\)"):
        check(on("unknown"), InUse(on("nothing")), printing)


def test_a_file_that_is_not_there_is_not_judged(config: Config) -> None:
    Path(config.path).unlink()
    with pytest.raises(pytest.skip.Exception, match="is gone"):
        check(on("unknown"), InUse(on("nothing")), config)
