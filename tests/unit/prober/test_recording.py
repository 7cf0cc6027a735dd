"""A recording is read back as it was written, or is one clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.errors import LoadError
from upgradeproof.prober import Recording, Sample, Stall

RECORDING = Recording(
    began_at=12.5,
    lasted_s=1.0,
    ended_on_request=True,
    samples=(Sample("kept", 0.0, 0.0, 0.00123, ""), Sample("new", 0.01, None, 0.1, "not sent")),
    stalls=(Stall(0.3, 0.04),),
)


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    RECORDING.write(tmp_path / "requests.json")
    assert Recording.read(tmp_path / "requests.json") == RECORDING
    assert [path.name for path in tmp_path.iterdir()] == ["requests.json"]


def test_the_record_of_a_request_is_short(tmp_path: Path) -> None:
    assert '["kept",0.0,0.0,0.00123,""]' in RECORDING.model_dump_json()


@pytest.mark.parametrize("part", [0.0, 0.5, 0.99])
def test_a_truncated_recording_is_one_error(tmp_path: Path, part: float) -> None:
    path = tmp_path / "requests.json"
    whole = RECORDING.model_dump_json()
    path.write_text(whole[: int(part * len(whole))])
    with pytest.raises(LoadError, match=r"^the prober's recording is damaged\nInvalid JSON"):
        Recording.read(path)


def test_a_missing_recording_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"^the prober left no recording$"):
        Recording.read(tmp_path / "requests.json")
