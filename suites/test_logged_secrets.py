"""No secret of a configuration file is in a log that did not contain it before."""

import pytest

from upgradeproof.runner import InUse, State
from upgradeproof.runner.logged_secrets import secrets_in_logs


@pytest.mark.follows("test_services::*_active*", "test_in_use::test_data_is_w*")
def test_no_secret_is_in_a_log(installed: State, upgraded: State, in_use: InUse) -> None:
    """The services were started with the clone, and all data is written, before logs are read."""
    if upgraded.fidelity.own_kernel:
        pytest.skip("another clone of a VM takes minutes: a container shows the same")
    in_use.write_all()
    now = secrets_in_logs(in_use.machine)
    if now is None:
        pytest.skip("no file below /etc sets a secret that has a letter and a digit")
    before = secrets_in_logs(installed.machine) or set()
    leaked = [
        f"{log} contains a secret of {file}, and did not before the upgrade"
        for log, file in sorted(now)
        if (log, file) not in before and not upgraded.reason_for(f"files/{log}/secrets")
    ]
    assert not leaked, "\n".join(leaked)
