"""A daemon's check of its configuration still finds what is wrong."""

import pytest

from upgradeproof.plan import Config
from upgradeproof.probes.secrets import masked_text
from upgradeproof.probes.text import clean
from upgradeproof.runner import InUse, State
from upgradeproof.runner.refusals import WRONG, check_of_a_wrong_file

pytestmark = pytest.mark.destructive


@pytest.mark.subject("checked_config")
@pytest.mark.follows("test_config_formats::test_daemon_accepts_its_config*")
def test_check_refuses_a_wrong_file_as_before(
    installed: State, in_use: InUse, checked_config: Config
) -> None:
    """Without it, the service does not start after the administrator's next mistake."""
    now = check_of_a_wrong_file(in_use.machine, checked_config)
    if now is None:
        pytest.skip(f"{checked_config.path} is gone, is refused as it is, or can't be written")
    if not now.ok:
        return
    before = check_of_a_wrong_file(installed.machine, checked_config)
    if before is None:
        pytest.skip(f"{checked_config.path} is new, or was not accepted before the upgrade")
    assert before.ok, (
        f"`{checked_config.check}` accepts {checked_config.path} with the line `{WRONG}`;"
        f" before the upgrade it refused it: {masked_text(clean(before.tail), marks=False)}"
    )
