"""The script `settle.pl` removes what the server does not have and sets owners and modes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.capture.examples import captured
from upgradeproof.capture.folder import folder_files, twin_of


@pytest.mark.skipif(os.geteuid() != 0, reason="a root folder of its own needs root")
def test_what_the_server_does_not_have_is_removed_from_the_twin(tmp_path: Path) -> None:
    """Run the script in a mount namespace in which /etc, /usr/local and /var are test folders."""
    script = folder_files(twin_of(captured(), boots=False))["twin/settle.pl"].decode()
    root = tmp_path / "root"
    files = {
        "etc/listed.conf": "file\t0640\troot\troot\t/etc/listed.conf",
        "etc/gone.conf": "missing\t\t\t\t/etc/gone.conf",
        "etc/extra.conf": "",
        "etc/extra/deep/file": "",
        "etc/package.conf": "",
        "etc/hostname": "",
        "etc/systemd/system/upgradeproof-agent.service": "",
        "usr/local/bin/extra": "",
        "var/lib/dpkg/info/app.list": "",
    }
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("/etc/package.conf\n" if name.endswith(".list") else "x")
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    state = "state\t2750\troot\troot\t/var/lib/app"
    manifest = root / "settle.tsv"
    manifest.write_text("\n".join([*filter(None, files.values()), state, ""]))
    done = subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-ec",
         f"for d in etc usr/local var; do mount --bind {root}/$d /$d; done; perl - {manifest}"],
        input=script, text=True, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    left = sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())
    assert left == [
        "etc/group",
        "etc/hostname",
        "etc/listed.conf",
        "etc/package.conf",
        "etc/passwd",
        "etc/systemd/system/upgradeproof-agent.service",
        "settle.tsv",
        "var/lib/dpkg/info/app.list",
    ]
    assert (root / "etc/listed.conf").stat().st_mode & 0o777 == 0o640
    assert (root / "var/lib/app").stat().st_mode & 0o7777 == 0o2750
    assert "/etc/gone.conf: removed, as on the server\n" in done.stdout
    assert "/etc/extra.conf: removed, it is not on the server\n" in done.stdout
