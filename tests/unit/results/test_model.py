"""The models of run.json: verdicts, and writing and reading the file."""

from __future__ import annotations

import json
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.render.measured import availability
from tests.unit.results.events import CELL, CONTROLLER, WORKER, failed, measured
from upgradeproof.errors import HarnessError
from upgradeproof.results import Fidelity, Run, Verdict, fold, worst
from upgradeproof.results import journal as j
from upgradeproof.results.reading import read_run, unambiguous

F, B, N, P, A = (
    Verdict.FAILED,
    Verdict.BROKEN,
    Verdict.NEVER_RAN,
    Verdict.PASSED,
    Verdict.NOT_APPLICABLE,
)
SUBSETS = list(chain.from_iterable(combinations([F, B, N, P, A], n) for n in range(6)))


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([], N),
        ([P], P),
        ([A], A),
        ([P, A], P),
        ([A, N], N),
        ([P, N], N),
        ([N, B], B),
        ([P, B], B),
        ([B, F], F),
        ([F, P, A, N, B], F),
    ],
)
def test_the_whole_has_the_verdict_of_its_worst_part(parts: list[Verdict], whole: Verdict) -> None:
    assert worst(parts) is whole
    assert worst(reversed(parts)) is whole


@pytest.mark.parametrize("parts", SUBSETS)
def test_only_passed_and_not_applicable_parts_make_a_whole_passed(parts: tuple[Verdict]) -> None:
    assert (worst(parts) is P) == (P in parts and set(parts) <= {P, A})


def test_a_fold_of_folds_is_the_same() -> None:
    for parts in SUBSETS:
        for cut in range(1, len(parts)):
            assert worst([worst(parts[:cut]), worst(parts[cut:])]) is worst(parts)


RUN = fold([*CONTROLLER, *WORKER, failed("upgraded", 30)])
LOAD = j.LoadSent(at=RUN.started_at, cell=CELL, measured=measured(state="upgraded"))


def test_a_run_is_read_from_a_file_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(RUN.model_dump_json(indent=1))
    assert read_run(path) == RUN


def test_the_file_names_its_schema_and_holds_the_verdicts() -> None:
    plain = json.loads(RUN.model_dump_json())
    assert plain["schema_version"] == 1
    assert plain["verdict"] == "failed"
    assert [cell["verdict"] for cell in plain["cells"]] == ["failed", "never_ran"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schema_version": 0}, "schema_version: Input should be 1"),
        ({"unknown": 1}, "unknown: Extra inputs are not permitted"),
        ({"cells": "none"}, "cells: Input should be a valid array"),
        ({"run_id": None}, "run_id: Input should be a valid string"),
    ],
)
def test_a_file_of_another_schema_is_refused(
    tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps({**json.loads(RUN.model_dump_json()), **change}))
    with pytest.raises(HarnessError) as caught:
        read_run(path)
    assert str(caught.value) == f"{path} is not a run.json of this version\n{problem}"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_a_file_that_is_not_json_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(HarnessError, match="the file: Invalid JSON"):
        read_run(path)


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(HarnessError) as caught:
        read_run(tmp_path / "run.json")
    assert str(caught.value) == (f"there is no run in {tmp_path}/run.json\nTo do: run pytest first")


@pytest.mark.parametrize("content", [b'{"schema_version": 2}', b'{"schema_version": 2, "x": 1}'])
def test_a_file_of_a_newer_version_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(HarnessError) as caught:
        read_run(tmp_path)
    assert str(caught.value) == (
        f"{path} was written by a newer upgradeproof\n"
        "its schema version is 2, and this version reads 1\n"
        "To do: use the version of upgradeproof that wrote it, or a newer one"
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"a": {"b": 1, "c": 2, "b": 1}}', "the key 'b' is there twice"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b"{", "Expecting property name"),
    ],
)
def test_ambiguous_json_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        unambiguous(content)


def test_a_run_is_immutable() -> None:
    with pytest.raises(ValidationError):
        setattr(RUN.cells[0].checks[0], "verdict", Verdict.PASSED)  # noqa: B010  # mypy would report an assignment


@pytest.mark.parametrize(
    ("kernel", "execution", "own_kernel", "absolute_time"),
    [
        ("shared", "native", False, True),
        ("shared", "qemu-user", False, False),
        ("own", "kvm", True, True),
        ("own", "tcg", True, False),
    ],
)
def test_fidelity_determines_what_a_cell_can_prove(
    kernel: str, execution: str, own_kernel: bool, absolute_time: bool
) -> None:
    fidelity = Fidelity.model_validate({"kernel": kernel, "execution": execution})
    assert (fidelity.own_kernel, fidelity.absolute_time) == (own_kernel, absolute_time)
    assert str(fidelity) == f"{kernel} kernel, {execution}"


def test_fidelity_states_the_engine_and_the_tunnel_to_it() -> None:
    here = Fidelity(kernel="shared", execution="native", engine="here")
    assert str(here) == "shared kernel, native, on here"
    assert here.absolute_latency
    tunnelled = here.model_copy(update={"engine": "arm1", "tunnel_ms": 1.5})
    assert str(tunnelled) == "shared kernel, native, on arm1 through a tunnel (1.5 ms)"
    assert (tunnelled.absolute_time, tunnelled.absolute_latency) == (True, False)
    assert tunnelled.slowness == 1.0


def test_the_schema_version_is_the_first_that_there_is() -> None:
    assert Run.model_fields["schema_version"].default == 1


def by_old_names(text: str) -> str:
    """Return a run.json, or a line of a journal, with the old names of earlier versions."""
    for new, old in (
        ("duration_ms", "lasted_ms"),
        ("max_ms", "longest_ms"),
        ("answer_timeout_ms", "late_ms"),
    ):
        assert text.count(f'"{new}":'), new
        text = text.replace(f'"{new}":', f'"{old}":')
    return text


def test_a_run_of_an_earlier_version_is_read_by_its_old_names(tmp_path: Path) -> None:
    probed = j.UpgradeProbed(at=RUN.started_at, cell=CELL, availability=availability()[0])
    run = fold([*CONTROLLER, *WORKER, probed, LOAD])
    assert run.cells[0].availability
    path = tmp_path / "run.json"
    path.write_text(by_old_names(run.model_dump_json()), encoding="utf-8")
    assert read_run(path) == run
    lines = by_old_names("\n".join(each.model_dump_json() for each in (probed, LOAD)))
    assert list(j.parse(lines.encode().splitlines())) == [probed, LOAD]
