"""The table of the preflight: what a plan may ask, and what is asked without a word of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.texts import told, write
from upgradeproof.plan import Preflight

ADDED = "[expect]\n"


def test_without_a_table_only_room_is_asked_for() -> None:
    asked = Preflight()
    assert [(room.path, room.min_mb, room.severity) for room in asked.required_space] == [
        ("/", 200, "inhibitor"),
        ("/boot", 100, "inhibitor"),
    ]
    amounts = (asked.cores, asked.memory_gb, asked.uplink_gbps, asked.storage_iops)
    assert not any(amount.asked for amount in amounts)


def test_the_folders_to_read_are_each_named_once() -> None:
    asked = Preflight.model_validate(
        {
            "space": [{"path": "/var/thing", "min_mb": 1}, {"path": "/", "min_mb": 5}],
            "storage_iops": {"path": "/var/thing", "min": 100},
        }
    )
    assert asked.folders == ("/var/thing", "/", "/boot")


def test_the_first_glob_that_fits_gives_code_and_reason() -> None:
    asked = Preflight.model_validate(
        {
            "codes": {"configs/*": "E1001", "*": "E1"},
            "accept": [
                {"findings": ["cores", "memory"], "reason": "a small host"},
                {"findings": ["*"], "reason": "whatever it may be"},
            ],
        }
    )
    assert [asked.code_for(name) for name in ("configs//etc/a", "cores")] == ["E1001", "E1"]
    assert [asked.reason_for(name) for name in ("cores", "uplink")] == [
        "a small host",
        "whatever it may be",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "[preflight.cores]\nmin = 8\nrecommended = 4\n",
            "47: preflight.cores: `recommended` is less than the required minimum",
        ),
        (
            '[preflight.cores]\nseverity = "low"\n',
            (
                "48: preflight.cores.severity: input should be 'inhibitor', 'high' or 'info', not"
                " 'low'"
            ),
        ),
        (
            "[preflight.core]\nmin = 8\n",
            "47: unknown key 'preflight.core'; did you mean 'cores'?",
        ),
        (
            (
                '[[preflight.space]]\npath = "/a"\nmin_mb = 1\n'
                '[[preflight.space]]\npath = "/a"\nmin_mb = 2\n'
            ),
            "51: preflight.space.1.path: /a is required twice",
        ),
        (
            '[[preflight.accept]]\nfindings = ["*"]\nreason = "no"\n',
            "49: preflight.accept.0.reason: string should have at least 8 characters, not 'no'",
        ),
    ],
    ids=["too little", "severity", "key", "twice", "no reason"],
)
def test_a_wrong_table_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    lines = told(write(tmp_path, (ADDED, f"{text}{ADDED}"))).splitlines()
    assert lines == ["PLAN is not a valid plan", f"PLAN:{problem}"]
