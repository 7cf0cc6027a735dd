"""A secret in a log is reported with both files, and is never printed."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from suites.test_logged_secrets import test_no_secret_is_in_a_log as check
from tests.unit.suites.machines import LocalMachine, PrintingMachine
from tests.unit.suites.states import container
from upgradeproof.machines import Machine
from upgradeproof.runner import InUse, State
from upgradeproof.runner.logged_secrets import secrets_in_logs

SECRET = "Eeg7aiThoo4u"  # the secret of these tests
LEAK = ("/var/log/app.log", "/etc/app.conf")


def on(text: str) -> State:
    return container(PrintingMachine(text))


def test_a_secret_that_is_in_a_log_now_is_reported() -> None:
    clean, leaking = on("settings\t1\n"), on("settings\t1\nsecret\t" + "\t".join(LEAK))
    with pytest.raises(AssertionError) as caught:
        check(clean, leaking, InUse(leaking))
    text = str(caught.value).partition("\nassert ")[0]
    assert text == (
        "/var/log/app.log contains a secret of /etc/app.conf, and did not before the upgrade"
    )
    check(leaking, leaking, InUse(leaking))
    check(clean, clean, InUse(clean))


@pytest.mark.parametrize("text", ["settings\t0\n", "impossible\tthere is no perl\n", ""])
def test_without_a_secret_nothing_is_judged(text: str) -> None:
    with pytest.raises(pytest.skip.Exception, match="no file below /etc sets a secret"):
        check(on(text), on(text), InUse(on(text)))


@pytest.mark.parametrize(
    ("setting", "is_one"),
    [
        (f"password = {SECRET}", True),
        (f'  "api_key": "{SECRET}",', True),
        (f"# password = {SECRET}", False),
        ("password required pam_unix8.so", False),
        ("token_file = /etc/token8file", False),
        ("token = /etc/token8file", False),
    ],
)
def test_only_values_of_secret_settings_are_looked_for(
    tmp_path: Path, setting: str, is_one: bool
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "log").mkdir()
    (tmp_path / "etc/app.conf").write_text(f"name = a\n{setting}\n")
    log = tmp_path / "log/app log"
    log.write_bytes(b"\xff" * 4_200_000 + f"starts with {setting}\n".encode())
    (tmp_path / "log/other").write_text("starts\n")
    machine = cast("Machine", LocalMachine())
    found = secrets_in_logs(machine, f"{tmp_path}/etc", f"{tmp_path}/log")
    assert found == ({(str(log), f"{tmp_path}/etc/app.conf")} if is_one else None)
