"""Secrets are never stored in the facts, but a changed secret is still a change."""

import pytest

from upgradeproof.probes.secrets import masked, masked_command, masked_text


def test_a_possible_secret_is_comparable_but_never_stored() -> None:
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


KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1\n-----END OPENSSH PRIVATE KEY-----\n"
SECRETS = [
    ("requirepass hunter2", "hunter2"),
    ("  db_password = 'hunter2'", "hunter2"),
    ('"apiKey": "hunter2",', "hunter2"),
    ("export API_TOKEN=hunter2", "hunter2"),
    ("#old_secret: hunter2", "hunter2"),
    ("PrivateKey = aGVsbG8gd29ybGQ=", "aGVsbG8gd29ybGQ="),
    ("postgres://app:hunter2@db.test/app", "hunter2"),
    ("admin:$6$salt$wKQ8s0IfCzU", "wKQ8s0IfCzU"),
    ("admin:{SHA}wKQ8s0IfCzU=", "wKQ8s0IfCzU"),
    ("Authorization: Bearer abc.def", "abc.def"),
    ("x = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY12", "wJalrXUtnFEMI"),
    (KEY, "b3BlbnNzaC1"),
    (KEY[:50], "b3Blb"),
]
OPEN = [
    "PasswordAuthentication yes",
    "password\t[success=1 default=ignore]\tpam_unix.so obscure",
    "auth required pam_permit.so",
    "ssl_certificate_key /etc/ssl/private/snakeoil.key;",
    "# To disable tunneled clear text passwords, change to no here!",
    "mozilla/D-TRUST_Root_Class_3_CA_2_EV_2009_and_more_of_it.crt",
    "session optional pam_umask.so",
    "passwd: files systemd",
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_a_secret_in_a_text_is_masked(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in masked_text(text)
    assert "(secret" in masked_text(text)


@pytest.mark.parametrize("text", OPEN)
def test_text_that_is_no_secret_is_unchanged(text: str) -> None:
    assert masked_text(text) == text


def test_a_long_text_is_masked_in_linear_time() -> None:
    assert masked_text("a" * 65_536) == "a" * 65_536
    assert masked_text("pass" * 16_000)


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
