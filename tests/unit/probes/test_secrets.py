"""Secrets never reach the facts, and a changed one is still seen to have changed."""

from upgradeproof.probes.secrets import masked


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
