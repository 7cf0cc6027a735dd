"""A load that other hosts send: real masters and workers, and a fake ssh that runs them here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.load.servers import FRONT_PAGE, aim, at_once, load, serving
from upgradeproof.load import send

SSH = f"""\
#!/bin/sh
# Run on this host the command for another one: the last argument, as sshd would.
for asked in "$@"; do :; done
export TMPDIR=$(mktemp -d) PATH={Path(sys.executable).parent}:$PATH
exec sh -c "$asked"
"""


@pytest.fixture
def _ssh_to_this_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ssh").write_text(SSH)
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.mark.usefixtures("_ssh_to_this_host")
def test_workers_send_one_load_together() -> None:
    asked = load(model="open", users=4, rate_per_s=50, duration_s=1, workers=["load-1", "load-2"])
    with serving(at_once) as port:
        found = send(asked, aim(port), FRONT_PAGE)
    assert (found.generators, len(found.recordings)) == (2, 2)
    assert found.requests == found.answered == 50
