"""Files with libraries or symbols that the C library's loader can't resolve."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from upgradeproof.probes import libraries as libraries_module
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.libraries import Libraries


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("libatm.so.1 => not found", "libatm.so.1"),
        (
            "/x: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /x)",
            "libc.so.6 (GLIBC_2.38)",
        ),
        (
            "/usr/bin/x: error while loading shared libraries: /usr/bin/x: file too short",
            "/usr/bin/x: file too short",
        ),
        ("loader crashed", "loader crashed"),
    ],
)
def test_each_message_of_the_loader_is_parsed(line: str, missing: str) -> None:
    found = Libraries.parse(f"/usr/bin/x\t{line}\n", ProbeInputs())
    assert found["/usr/bin/x"].missing == (missing,)


def test_a_file_lists_all_that_it_misses_once_and_in_order() -> None:
    output = "/a\tlibz.so.1 => not found\n/a\tliba.so.1 => not found\n/a\tlibz.so.1 => not found\n"
    assert Libraries.parse(output, ProbeInputs())["/a"].missing == ("liba.so.1", "libz.so.1")


def test_a_machine_without_problems_has_no_facts() -> None:
    assert Libraries.parse("", ProbeInputs()) == {}


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("#!/bin/sh", ""),
        ("#!/usr/bin/python3.0 -u", "/usr/bin/python3.0"),
        ("#! /usr/bin/env python3.0", "python3.0"),
        ("#!/usr/bin/env sh", ""),
        ("#!/usr/bin/env -S python3.0", ""),
        ("plain text", ""),
        ("", ""),
    ],
)
def test_a_script_needs_its_interpreter(tmp_path: Path, line: str, missing: str) -> None:
    script = tmp_path / "script"
    script.write_text(f"{line}\n")
    program = Path(libraries_module.__file__).with_name("unsure_programs.pl").read_text()
    program = program.replace("^(?:/usr(?:/local)?)?/s?bin/", f"^{tmp_path}/")
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec 4>&1 >/dev/null; exec /usr/bin/perl -e "$0"', program],
        input=f"{script}\0",
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert done.stdout == (f"{script}\tno interpreter {missing}\n" if missing else "")
    found = Libraries.parse(done.stdout, ProbeInputs())
    assert [file.missing for file in found.values()] == (
        [(f"no interpreter {missing}",)] if missing else []
    )
