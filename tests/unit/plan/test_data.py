"""Data that is written with another value after the upgrade, and the author's commands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from upgradeproof.plan import Data, ExpectedCommand
from upgradeproof.plan.shell import strict

WRITE = 'echo "$UPGRADEPROOF_VALUE" >note'


def data(**keys: str) -> Data:
    return Data.model_validate({"id": "note", "write": WRITE, "read": "cat note", **keys})


def run(script: str, folder: Path) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else f"exit status {done.returncode}"


@pytest.mark.parametrize("equals", ["$UPGRADEPROOF_VALUE", "${UPGRADEPROOF_VALUE}"])
def test_each_state_has_another_value(tmp_path: Path, equals: str) -> None:
    note = data(equals=f"it is {equals}", read='echo "it is $(cat note)"')
    run(note.to_write(), tmp_path)
    assert run(note.to_read(), tmp_path) == note.expected() != note.expected("after")
    run(note.to_write("after"), tmp_path)
    assert run(note.to_read("after"), tmp_path) == note.expected("after")


def test_a_write_that_does_nothing_is_detected(tmp_path: Path) -> None:
    run(data(equals="$UPGRADEPROOF_VALUE").to_write(), tmp_path)
    idle = data(equals="$UPGRADEPROOF_VALUE", write="true $UPGRADEPROOF_VALUE")
    run(idle.to_write("after"), tmp_path)
    assert run(idle.to_read("after"), tmp_path) != idle.expected("after")


def test_data_without_the_value_stays_as_it_is() -> None:
    fixed = data(write="echo hi >note", equals="hi")
    assert fixed.expected("before") == fixed.expected("after") == "hi"


@pytest.mark.parametrize(
    ("write", "equals", "another"),
    [
        ("echo hi >note", "hi", "hii"),
        ("echo '{\"a\": 1}' >note", '{"a": 1}', '{"a": 11}'),
        (WRITE, "$UPGRADEPROOF_VALUE", data(equals="$UPGRADEPROOF_VALUE").expected("after")),
    ],
)
def test_another_value_is_written_and_read(
    tmp_path: Path, write: str, equals: str, another: str
) -> None:
    note = data(write=write, equals=equals)
    run(note.to_write(), tmp_path)
    longer = note.another
    assert longer is not None
    assert run(longer.to_write(), tmp_path) == ""
    assert run(longer.to_read(), tmp_path) == longer.expected() == another != note.expected()


@pytest.mark.parametrize("equals", ["bye", "..."])
def test_there_is_no_other_value_if_the_write_does_not_contain_the_value(equals: str) -> None:
    assert data(write="echo hi; echo ... >note", equals=equals).another is None


@pytest.mark.parametrize(
    "keys", [{"equals": "hi"}, {"write": "x", "equals": "$UPGRADEPROOF_VALUE"}]
)
def test_a_value_that_is_written_is_expected(keys: dict[str, str]) -> None:
    with pytest.raises(
        ValueError, match=r"`equals` must contain \$UPGRADEPROOF_VALUE if and only if `write` does"
    ):
        data(**keys)


@pytest.mark.parametrize(
    ("script", "stop", "found"),
    [
        ("false | cat", False, "exit status 1"),
        ("yes | head -1", False, "y"),
        ("false; echo on", False, "on"),
        ("false; echo on", True, "exit status 1"),
        (r"echo 'a\tb'", False, "a\tb"),
        ("exit 3", False, "exit status 3"),
        ("cat <<'E'\nit's\nE", False, "it's"),
    ],
)
def test_no_failure_of_a_script_is_hidden(
    tmp_path: Path, script: str, stop: bool, found: str
) -> None:
    assert run(strict(script, stop=stop), tmp_path) == found


def test_a_mask_is_a_regular_expression() -> None:
    with pytest.raises(ValueError, match=r"'\(' is no regular expression: missing \)"):
        ExpectedCommand(id="a", run="a", mask=("(",))
