"""The table of the preflight: what a plan may require, and what is examined by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.texts import error_of, write
from upgradeproof.plan import Preflight

ADDED = "[expect]\n"


def test_without_a_table_only_free_space_is_examined() -> None:
    preflight = Preflight()
    assert [(space.path, space.min_mb, space.severity) for space in preflight.required_space] == [
        ("/", 200, "inhibitor"),
        ("/boot", 100, "inhibitor"),
    ]
    amounts = (preflight.cores, preflight.memory_gb, preflight.uplink_gbps, preflight.storage_iops)
    assert not any(amount.asked for amount in amounts)


def test_the_folders_to_read_are_each_named_once() -> None:
    preflight = Preflight.model_validate(
        {
            "space": [{"path": "/var/thing", "min_mb": 1}, {"path": "/", "min_mb": 5}],
            "storage_iops": {"path": "/var/thing", "min": 100},
        }
    )
    assert preflight.folders == ("/var/thing", "/", "/boot")


def test_code_and_reason_are_those_of_the_first_matching_glob() -> None:
    preflight = Preflight.model_validate(
        {
            "codes": {"configs/*": "E1001", "*": "E1"},
            "accept": [
                {"findings": ["cores", "memory"], "reason": "a small host"},
                {"findings": ["*"], "reason": "whatever it may be"},
            ],
        }
    )
    assert [preflight.code_for(name) for name in ("configs//etc/a", "cores")] == ["E1001", "E1"]
    assert [preflight.reason_for(name) for name in ("cores", "uplink")] == [
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
def test_the_error_for_a_wrong_table_has_its_line(tmp_path: Path, text: str, problem: str) -> None:
    lines = error_of(write(tmp_path, (ADDED, f"{text}{ADDED}"))).splitlines()
    assert lines == ["PLAN is not a valid plan", f"PLAN:{problem}"]
