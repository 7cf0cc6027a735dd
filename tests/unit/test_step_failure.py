"""The lines of a step's output that state why it failed."""

from __future__ import annotations

from upgradeproof.command import TAIL_LINES
from upgradeproof.step_failure import (
    LAST_LINES,
    MAXIMUM_LINES,
    decisive_lines,
    lost_archive,
    untrusted,
)

APT = """\
Reading package lists...
{unpacking}
Setting up thing (2.0) ...
thing: the data in /var/lib/thing is of format 1
thing: run thing-migrate first
dpkg: error processing package thing (--configure):
 installed thing package post-installation script subprocess returned error exit status 1
{more}
Errors were encountered while processing:
 thing
E: Sub-process /usr/bin/dpkg returned an error code (1)
"""


def many(text: str, count: int) -> str:
    return "\n".join(f"{text} {number}" for number in range(count))


def test_the_lines_before_an_error_of_dpkg_are_printed_wherever_it_is() -> None:
    output = APT.format(unpacking=many("Unpacking", 100), more=many("Setting up", 100))
    shown = decisive_lines(output).splitlines()
    assert "thing: run thing-migrate first" in shown
    assert "dpkg: error processing package thing (--configure):" in shown
    assert shown[-1] == "E: Sub-process /usr/bin/dpkg returned an error code (1)"
    assert "Unpacking 50" not in shown


def test_lines_that_were_left_out_are_marked() -> None:
    output = APT.format(unpacking=many("Unpacking", 100), more=many("Setting up", 100))
    assert decisive_lines(output).count("[...]") == 1


def test_the_end_of_an_output_without_errors_is_printed() -> None:
    assert decisive_lines(many("line", 100)).splitlines()[0] == f"line {100 - TAIL_LINES}"


def test_the_lines_of_an_output_with_many_errors_are_limited() -> None:
    output = "\n".join(f"dpkg: error processing package p{n}" for n in range(1000))
    assert len(decisive_lines(output).splitlines()) <= MAXIMUM_LINES + 1
    assert LAST_LINES < MAXIMUM_LINES


def test_an_empty_output_has_no_lines() -> None:
    assert decisive_lines("") == ""


def test_a_file_that_is_missing_on_a_server_is_an_error_of_the_archive() -> None:
    line = "E: Failed to fetch http://archive.test/a.deb  404  Not Found [IP: 10.0.0.1 80]"
    assert lost_archive(f"Get:1 b\n{line}\nE: Unable to fetch") == line
    assert lost_archive("E: Failed to fetch file:/srv/repo/a.deb  File not found") == ""


def test_a_rejected_signature_is_no_error_of_the_network() -> None:
    line = "W: GPG error: http://vendor.test ./ InRelease: NO_PUBKEY 0123456789ABCDEF"
    assert untrusted(f"Hit:1 a\n{line}") == line
    assert untrusted("E: Failed to fetch http://archive.test/x  Connection timed out") == ""
