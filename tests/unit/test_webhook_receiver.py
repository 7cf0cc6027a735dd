"""The webhook receiver that a check runs on a machine: what it records, and what it rejects."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from fixtures.outages import RECEIVER

Post = Callable[[bytes], int]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "received.jsonl"


@pytest.fixture
def post(file: Path, tmp_path: Path) -> Iterator[Post]:
    """Run the receiver as systemd does; yield a function that posts a body to it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        argv = [sys.executable, "-B", "-I", str(RECEIVER), str(port), str(file)]
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        with subprocess.Popen(argv, env=environment, stderr=subprocess.PIPE) as receiver:
            try:
                assert manager.recv(100) == b"READY=1"
                with urllib3.HTTPConnectionPool("127.0.0.1", port, retries=False) as pool:
                    yield lambda body: pool.request("POST", "/alerts", body=body).status
            finally:
                receiver.kill()


def received(file: Path) -> list[str]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_each_body_is_one_line_in_the_order_of_arrival(post: Post, file: Path) -> None:
    assert [post(b'{"status":\n"firing"}'), post("gelöst".encode()), post(b"\xff")] == [204] * 3
    assert received(file) == ['{"status":\n"firing"}', "gelöst", "\ufffd"]


def test_a_body_that_is_too_large_is_rejected(post: Post, file: Path) -> None:
    assert post(b"x" * 65_537) == 413
    assert (post(b"next"), received(file)) == (204, ["next"])
