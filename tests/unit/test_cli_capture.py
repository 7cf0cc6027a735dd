"""The verb `capture`, until it connects to a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.command_line import Command, project, upgradeproof

__all__ = ["upgradeproof"]

NEITHER = "upgradeproof: name a server, as in ssh://root@host, or --local\n"


@pytest.mark.parametrize("words", [(), ("ssh://root@web1", "--local")])
def test_one_server_is_captured(
    upgradeproof: Command, words: tuple[str, ...]
) -> None:  # the fixture
    done = upgradeproof("capture", *words, "--to", "products/web1")
    assert (done.status, done.err) == (2, NEITHER)


def test_an_invalid_address_is_an_error(upgradeproof: Command) -> None:
    done = upgradeproof("capture", "web1", "--to", "products/web1")
    assert (done.status, done.err) == (
        2,
        (
            "upgradeproof: 'web1' is no address of a server\n"
            "To do: write ssh://root@host or ssh://user@host:port\n"
        ),
    )


def test_an_existing_folder_is_an_error_before_the_connection(
    upgradeproof: Command,
    tmp_path: Path,
) -> None:
    project(tmp_path)
    (tmp_path / "products" / "web1").mkdir(parents=True)
    done = upgradeproof("capture", "ssh://no-such-host.invalid", "--to", "products/web1")
    assert (done.status, done.err) == (
        2,
        (
            "upgradeproof: products/web1 already exists, and nothing was written\n"
            "To do: remove it, or choose another name\n"
        ),
    )


def test_an_unreachable_server_leaves_no_folder(upgradeproof: Command, tmp_path: Path) -> None:
    project(tmp_path)
    config = tmp_path / "config"
    config.write_text("Host *\n  HostName 127.0.0.1\n  Port 1\n", encoding="utf-8")
    done = upgradeproof(
        "capture", "ssh://web1", "--ssh-config", str(config), "--to", "products/web1"
    )
    assert done.status == 5
    assert done.err.startswith("upgradeproof: web1 can't be reached\n")
    assert not (tmp_path / "products").exists()
