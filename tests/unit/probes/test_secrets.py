"""Secrets never reach the facts, and a changed one is still seen to have changed."""

import pytest

from upgradeproof.probes.secrets import masked, masked_command


def test_a_setting_that_may_be_a_secret_is_told_apart_but_never_told() -> None:
    before = masked({"requirepass": "hunter2", "port": "6379"})
    assert before["port"] == "6379"
    assert "hunter2" not in before["requirepass"]
    assert before == masked({"requirepass": "hunter2", "port": "6379"})
    assert before["requirepass"] != masked({"requirepass": "hunter3"})["requirepass"]


def test_a_password_in_an_address_is_masked() -> None:
    content = masked({"database": "postgres://app:hunter2@db.test/app"})
    assert content["database"].startswith("postgres://app:(secret #")
    assert content["database"].endswith(")@db.test/app")
    assert "hunter2" not in content["database"]


def test_an_empty_setting_is_no_secret() -> None:
    assert masked({"password": ""}) == {"password": ""}


@pytest.mark.parametrize(
    "command",
    [
        "dump --password=hunter2 db",
        "dump --db-password hunter2 db",
        "PGPASSWORD='hunter2' dump db",
        "curl -u app:hunter2 https://a.test",
        "curl https://app:hunter2@a.test",
        "API_KEY=hunter2; run",
    ],
)
def test_a_secret_in_a_command_line_is_masked(command: str) -> None:
    assert "hunter2" not in masked_command(command)
    assert "(secret #" in masked_command(command)


def test_a_command_line_without_secrets_stays_as_it_is() -> None:
    command = "nice -n10 /usr/sbin/check -u app --passive /srv:/srv && run-parts --report /etc/x"
    assert masked_command(command) == command
