"""An image is made once, by the first source that can; an error names every source."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.imaging import fakes
from tests.unit.imaging.fakes import PLATFORM, BlockedSource, FailingSource, WritingSource, example
from tests.unit.test_locks import make_old
from upgradeproof.errors import ImageError, MachineError, PlanError
from upgradeproof.machines import Health
from upgradeproof.plan.images import Platform

UNREACHABLE = ImageError("the archive can't be reached", details="E: one\nE: two", resolution="ask")


def worker(folder: Path) -> subprocess.Popen[str]:
    """Start a process that requests the example image; return as soon as it does."""
    process = subprocess.Popen(
        [sys.executable, fakes.__file__, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "asking\n"
    return process


def wait_until_made(folder: Path) -> None:
    deadline = time.monotonic() + 20
    while not (folder / "made").exists():
        assert time.monotonic() < deadline, "no process builds"
        time.sleep(0.01)


def test_an_image_is_made_once(tmp_path: Path) -> None:
    source = WritingSource(tmp_path)
    images = example(tmp_path, source)
    assert images.ensure(PLATFORM) == images.ensure(PLATFORM)
    assert len(source.made.read_text().splitlines()) == 1


def test_an_image_is_found_by_the_next_run(tmp_path: Path) -> None:
    first = example(tmp_path, WritingSource(tmp_path)).ensure(PLATFORM)
    assert example(tmp_path).ensure(PLATFORM) == first


def test_one_of_two_processes_builds_and_the_other_waits(tmp_path: Path) -> None:
    workers = [worker(tmp_path), worker(tmp_path)]
    wait_until_made(tmp_path)
    (tmp_path / "go").touch()
    answers = [process.communicate(timeout=30)[0] for process in workers]
    assert answers[0] == answers[1]
    assert answers[0].startswith("upgradeproof/image:example-1-amd64-")
    assert len((tmp_path / "made").read_text().splitlines()) == 1


def test_a_killed_builder_leaves_no_lock_and_no_scratch(tmp_path: Path) -> None:
    killed = worker(tmp_path)
    wait_until_made(tmp_path)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=10)
    assert len(list((tmp_path / "cache").glob("*.build"))) == 1
    (tmp_path / "go").touch()
    assert example(tmp_path, WritingSource(tmp_path)).ensure(PLATFORM)
    assert not list((tmp_path / "cache").glob("*.build"))


def test_the_stale_scratch_folder_of_another_image_is_removed_too(tmp_path: Path) -> None:
    stale = tmp_path / "cache" / "other-9-amd64-0123.build"
    stale.mkdir(parents=True)
    example(tmp_path, WritingSource(tmp_path)).ensure(PLATFORM)
    assert not stale.exists()


def test_old_files_of_locks_and_failures_are_removed_by_a_build(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    for name in ("other-9-amd64-0123.lock", "other-9-amd64-0123.failed"):
        make_old(cache / name)
    (cache / "other-8-amd64-4567.lock").touch()
    images = example(tmp_path, WritingSource(tmp_path))
    images.ensure(PLATFORM)
    own = f"{images.request(PLATFORM).key}.lock"
    left = {path.name for path in cache.iterdir() if path.suffix in (".lock", ".failed")}
    assert left == {"other-8-amd64-4567.lock", own}


def test_the_error_of_a_wait_that_timed_out_states_what_to_do(tmp_path: Path) -> None:
    builder = worker(tmp_path)
    wait_until_made(tmp_path)
    images = example(tmp_path, wait_s=0.2)
    key = images.request(PLATFORM).key
    try:
        with pytest.raises(ImageError) as caught:
            images.ensure(PLATFORM)
    finally:
        builder.kill()
        builder.communicate(timeout=10)
    assert str(caught.value) == (
        f"another process has held the image {key} for 0.2 s\n"
        f"lock: {tmp_path}/cache/{key}.lock\n"
        "To do: end that process, and run again"
    )


def test_the_next_source_is_tried_when_one_fails(tmp_path: Path) -> None:
    working = WritingSource(tmp_path)
    assert example(tmp_path, FailingSource("first", UNREACHABLE), working).ensure(PLATFORM)


def test_the_error_names_every_source_and_why_it_failed(tmp_path: Path) -> None:
    images = example(
        tmp_path,
        BlockedSource("registry", ImageError("no digest is pinned for amd64")),
        FailingSource("bootstrap", UNREACHABLE),
        FailingSource("third", MachineError("tar is not installed", resolution="install it")),
        FailingSource("fourth", OSError(28, "No space left on device", "/cache/x")),
    )
    with pytest.raises(ImageError) as caught:
        images.ensure(PLATFORM)
    assert str(caught.value) == (
        "there is no image for example-1-amd64\n"
        "- registry: no digest is pinned for amd64\n"
        "- bootstrap: the archive can't be reached\n"
        "    E: one\n"
        "    E: two\n"
        "- third: tar is not installed\n"
        "- fourth: [Errno 28] No space left on device: '/cache/x'\n"
        "To do: ask; or install it; or free disk space, or fix what the message names"
    )


def test_a_failure_is_remembered_within_a_run_by_every_worker(tmp_path: Path) -> None:
    source = FailingSource("bootstrap", UNREACHABLE)
    workers = [example(tmp_path, source, run="run-1") for _ in range(2)]
    errors = []
    for images in workers:
        with pytest.raises(ImageError) as caught:
            images.ensure(PLATFORM)
        errors.append(str(caught.value))
    assert source.asked == 1
    assert errors[0] == errors[1]


def test_the_next_run_tries_again(tmp_path: Path) -> None:
    with pytest.raises(ImageError):
        example(tmp_path, FailingSource("bootstrap", UNREACHABLE), run="run-1").ensure(PLATFORM)
    assert example(tmp_path, WritingSource(tmp_path), run="run-2").ensure(PLATFORM)


def test_an_unknown_image_is_an_error_of_the_plan(tmp_path: Path) -> None:
    platform = Platform(image="exampel-1", architecture="amd64", machine="container")
    with pytest.raises(PlanError) as caught:
        example(tmp_path).ensure(platform)
    assert str(caught.value) == ("there is no image 'exampel-1'\nTo do: did you mean 'example-1'?")


def test_a_cache_that_cannot_be_used_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(ImageError) as caught:
        example(tmp_path, WritingSource(tmp_path)).ensure(PLATFORM)
    assert str(caught.value) == (
        f"the cache for images can't be used: [Errno 17] File exists: '{tmp_path}/cache'"
    )


def test_without_free_space_no_source_is_called(tmp_path: Path) -> None:
    source = WritingSource(tmp_path)
    with pytest.raises(ImageError) as caught:
        example(tmp_path, source, needed_bytes=10**18).ensure(PLATFORM)
    assert re.fullmatch(
        "there is no image for example-1-amd64\n"
        rf"- writing: the disk is nearly full: {tmp_path}/cache has \d+ MB left\n"
        "To do: free disk space: an image needs 1000000000000 MB while it is made",
        str(caught.value),
    )
    assert not source.made.exists()


def test_health_of_a_cached_image(tmp_path: Path) -> None:
    example(tmp_path, WritingSource(tmp_path)).ensure(PLATFORM)
    assert example(tmp_path).health(PLATFORM) == Health(works=True, brief="cached")


def test_health_of_an_image_that_can_be_made(tmp_path: Path) -> None:
    blocked = BlockedSource("registry", ImageError("no digest is pinned for amd64"))
    assert example(tmp_path, blocked, WritingSource(tmp_path)).health(PLATFORM) == Health(
        works=True, brief="not cached; writing makes it when needed"
    )


def test_health_of_an_image_that_is_unavailable_states_the_solution(tmp_path: Path) -> None:
    blocked = [
        BlockedSource("registry", ImageError("no digest is pinned for amd64")),
        BlockedSource("bootstrap", ImageError("there is no keyring", resolution="install it")),
    ]
    assert example(tmp_path, *blocked).health(PLATFORM) == Health(
        works=False,
        brief="registry: no digest is pinned for amd64; bootstrap: there is no keyring",
        resolution="install it",
    )
