"""The journal: each event is written immediately, so that a kill loses one event at most."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.results.events import CONTROLLER, WORKER, finished
from upgradeproof.errors import HarnessError
from upgradeproof.results import Journal, fold, read_journals
from upgradeproof.results.journal import CheckFinished, parse

ROOT = Path(__file__).parents[3]
WHOLE = [*CONTROLLER, *WORKER]


def written(path: Path) -> Path:
    with Journal(path) as journal:
        for event in WHOLE:
            journal.write(event)
    return path


def test_events_are_read_as_they_were_written(tmp_path: Path) -> None:
    assert list(read_journals([written(tmp_path / "deep" / "a.jsonl")])) == WHOLE


def test_an_event_is_in_the_file_immediately(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.jsonl") as journal:
        for count, event in enumerate(WHOLE, start=1):
            journal.write(event)
            assert len(list(read_journals([journal.path]))) == count


def test_an_event_is_one_line_whatever_its_text_holds(tmp_path: Path) -> None:
    odd = finished("a\nb\u2028c\x85d").model_copy(update={"reason": "one\r\ntwo\x0b\x0c\x1c\ud7ff"})
    with Journal(tmp_path / "a.jsonl") as journal:
        journal.write(odd)
        journal.write(WHOLE[0])
    assert list(read_journals([journal.path])) == [odd, WHOLE[0]]


def test_an_event_with_a_name_that_is_not_utf_8_is_written(tmp_path: Path) -> None:
    odd = CheckFinished.model_validate({**dict(finished("a")), "reason": os.fsdecode(b"caf\xe9")})
    with Journal(tmp_path / "a.jsonl") as journal:
        journal.write(odd)
    assert [event.reason for event in read_journals([journal.path])] == ["caf?"]  # type: ignore[union-attr]  # the event that was written


def test_a_disk_that_is_full_within_a_line_loses_that_line_and_no_other(tmp_path: Path) -> None:
    """In this case the call succeeds, and returns a smaller number of bytes."""
    script = f"""
import resource, signal
from pathlib import Path
from tests.unit.results.events import WORKER
from upgradeproof.errors import HarnessError
from upgradeproof.results import Journal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Journal(Path({str(tmp_path / "a.jsonl")!r})) as journal:
    journal.write(WORKER[0])
    size = journal.path.stat().st_size
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, most))
    try:
        journal.write(WORKER[1])
    except HarnessError as error:
        print(error.brief.rpartition(": ")[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    journal.write(WORKER[2])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("20 of ")
    assert list(read_journals([tmp_path / "a.jsonl"])) == [WORKER[0], WORKER[2]]


def test_many_journals_are_read_one_after_the_other(tmp_path: Path) -> None:
    for name, events in (("a", CONTROLLER), ("b", WORKER)):
        with Journal(tmp_path / f"{name}.jsonl") as journal:
            for event in events:
                journal.write(event)
    both = list(read_journals(sorted(tmp_path.glob("*.jsonl"))))
    assert fold(both) == fold(WHOLE)


def test_the_complete_lines_of_a_truncated_journal_are_read(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.jsonl").read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    for size in [*range(0, len(whole), 37), len(whole) - 1, len(whole)]:
        events = list(parse(whole[:size].splitlines()))
        lines = sum(end <= size + 1 for end in ends)  # the last line end adds nothing
        assert events == WHOLE[:lines]


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"null", b"\xff\x00", b'{"event": "new"}'])
def test_a_line_that_is_no_event_is_skipped(line: bytes) -> None:
    whole = WHOLE[0].model_dump_json().encode()
    assert list(parse([whole, line, whole])) == [WHOLE[0]] * 2


def test_a_journal_is_appended_to(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl")
    assert len(list(read_journals([written(tmp_path / "a.jsonl")]))) == 2 * len(WHOLE)


def test_a_full_disk_is_one_clear_error() -> None:
    with Journal(Path("/dev/full")) as journal, pytest.raises(HarnessError) as caught:
        journal.write(WHOLE[0])
    assert str(caught.value) == (
        "the journal /dev/full can't be written: No space left on device\n"
        "To do: free space on this host; the journal so far is preserved"
    )
