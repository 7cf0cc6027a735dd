"""No secret leaves a server: each is replaced on the server by a value of the same kind."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.capture.walking import Root, contents

SECRET = "Private7secretQ"
TOKEN = "Pl4ntedTokenXyZ8901234567890abcdEFGHijkl"


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/etc/app.conf", f"db_password = {SECRET}\n"),
        ("/etc/app.conf", f'db_password="{SECRET} with blanks"\n'),
        ("/etc/app.yaml", f"database:\n  password: {SECRET}\n"),
        ("/etc/app.json", f'{{"api_key": "{SECRET}"}}\n'),
        ("/etc/app.php", f"<?php define('DB_PASSWORD', '{SECRET}'); $pass = '{SECRET}';\n"),
        ("/etc/app.php", f"<?php $config['db']['password'] = '{SECRET}';\n"),
        ("/etc/app.xml", f"<password>{SECRET}</password>\n"),
        ("/etc/app.ini", f"; old: secret={SECRET}\n"),
        ("/etc/app.conf", f"url = postgres://app:{SECRET}@db.example/app\n"),
        ("/etc/redis.conf", f"requirepass {SECRET}\nmasterauth {SECRET}\n"),
        ("/etc/haproxy.cfg", f"userlist u\n  user ada insecure-password {SECRET}\n"),
        ("/etc/key.conf", f'key "k" {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n'),
        ("/etc/key.conf", f'key "k" {{\n  secret "{SECRET}";\n}};\n'),
        ("/etc/postfix/sasl_passwd", f"[relay.example]:587 mailer:{SECRET}\n"),
        ("/etc/dovecot/users", f"ada:{{PLAIN}}{SECRET}:1000:1000::/home/ada\n"),
        ("/etc/dovecot/users", f"ada:{SECRET}:1000:1000::/home/ada\n"),
        ("/etc/apache2/htpasswd", f"ada:{SECRET}\n"),
        ("/etc/ppp/chap-secrets", f'ada * "{SECRET}" *\nbob * {SECRET} 10.0.0.1\n'),
        ("/etc/ipsec.secrets", f'10.0.0.1 10.0.0.2 : PSK "{SECRET}"\n'),
        ("/etc/apt/auth.conf.d/a.conf", f"machine a.example login ada password {SECRET}\n"),
        ("/etc/netrc", f"machine a.example\nlogin ada\npassword {SECRET}\n"),
        ("/etc/pgpass", f"db.example:5432:app:ada:{SECRET}\n"),
        ("/etc/mysql/debian.cnf", f"[client]\nuser = root\npassword = {SECRET}\n"),
        ("/etc/systemd/system/a.service", f"[Service]\nEnvironment=APP_TOKEN={SECRET}\n"),
        ("/etc/default/app", f'export SECRET_KEY="{SECRET}"\n'),
        ("/etc/cron.d/a", f"1 2 * * * root backup --password {SECRET}\n"),
        ("/etc/cron.d/a", f"1 2 * * * root curl -u ada:{SECRET} example\n"),
        ("/etc/cron.d/a", f"1 2 * * * root mysqldump -uroot -p{SECRET} app\n"),
        ("/etc/cron.d/a", f"1 2 * * * root PASSWORD='{SECRET}' backup\n"),
        ("/usr/local/bin/a", f"#!/bin/sh\nTOKEN={SECRET}\n"),
        ("/usr/local/bin/a", f"#!/usr/bin/python3\npassword = '{SECRET}'\n"),
        ("/etc/nginx/a.conf", f"proxy_set_header Authorization 'Bearer {SECRET}';\n"),
        ("/etc/snmpd.conf", f"rocommunity {SECRET}\n"),
        ("/etc/wpa.conf", f'network={{\n  psk="{SECRET}"\n}}\n'),
        ("/etc/wireguard/wg0.conf", f"[Peer]\nPresharedKey = {SECRET}\n"),
        ("/etc/ldap.conf", f"bindpw {SECRET}\nrootpw: {SECRET}\n"),
        ("/etc/random.conf", f"x-key: {TOKEN}\n"),
        ("/etc/aws.conf", "id: AKIAPRIVATE7SECRETQZ\n"),
        ("/etc/app.conf", f"# requirepass {SECRET}\n;password {SECRET}\n"),
        ("/etc/app.conf", f"connect = host=db user=app password={SECRET} dbname=a\n"),
        ("/etc/app.conf", f"jdbc:mysql://db/app?user=a&password={SECRET}\n"),
        ("/etc/cron.d/a", f"1 2 * * * root PGPASSWORD={SECRET} pg_dump app\n"),
        ("/etc/cron.d/a", f"1 2 * * * root sshpass -p {SECRET} scp a b:\n"),
        ("/etc/cron.d/a", f"1 2 * * * root app --api-key='{SECRET}'\n"),
        ("/etc/fetchmailrc", f'poll a.example user "ada" password "{SECRET}" ssl\n'),
        ("/etc/cifs-credentials", f"username=ada\npassword={SECRET}\n"),
        ("/etc/rsyncd.secrets", f"backup:{SECRET}\n"),
        ("/etc/exim4/passwd.client", f"mail.example:ada:{SECRET}\n"),
        ("/etc/snmp/snmpd.conf", f'createUser ada SHA "{SECRET}" AES {SECRET}\n'),
        ("/etc/http.conf", f"Authorization: Basic {SECRET}==\n"),
    ],
)
def test_what_may_be_a_secret_stays_on_the_server(root: Root, path: str, text: str) -> None:
    safe = root.treated(path, text)
    for secret in (SECRET, TOKEN, "AKIAPRIVATE7SECRETQZ"):
        assert secret not in safe
    assert len(safe) == len(text)
    assert [len(line) for line in safe.splitlines()] == [len(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/etc/pam.d/a", "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\n"),
        ("/etc/pam.d/a", "password requisite pam_pwquality.so retry=3\n"),
        ("/etc/nsswitch.conf", "passwd:         files systemd\nshadow: files\n"),
        ("/etc/ssh/sshd_config", "PermitRootLogin prohibit-password\nPasswordAuthentication no\n"),
        ("/etc/ssh/sshd_config", "PermitEmptyPasswords no\nAuthorizedKeysFile .ssh/keys\n"),
        ("/etc/postfix/main.cf", "smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\n"),
        ("/etc/dovecot/a.conf", "ssl_key = </etc/ssl/private/a.key\npassdb {\n  driver = pam\n}\n"),
        (
            "/etc/dovecot/b.conf",
            "args = scheme=SHA512-CRYPT username_format=%u /etc/dovecot/users\n",
        ),
        ("/etc/nginx/a.conf", "ssl_certificate_key /etc/ssl/private/a.key;\nkeepalive 16;\n"),
        ("/etc/php.ini", "session.use_strict_mode = 1\nmysqli.default_pw =\n"),
        ("/etc/login.defs", "PASS_MAX_DAYS\t99999\nPASS_MIN_LEN 8\nENCRYPT_METHOD YESCRYPT\n"),
        ("/etc/a.sh", '#!/bin/sh\nread -r password\nmysql -p"$password" -u root\n'),
        ("/etc/ssh/a.pub", f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'Ab3d' * 10} ada@a\n"),
        ("/etc/redis.conf", "# AUTH <username> <password>\\n# text\\nsave 60 1\\n# set <key>\\n"),
        ("/etc/nginx.conf", "# Basic Settings\\nserver_tokens off;\\n"),
        ("/etc/dns.conf", "token_ttl = 3600s\npassword_min_length = 12\n"),
    ],
)
def test_a_setting_that_is_no_secret_is_left_alone(root: Root, path: str, text: str) -> None:
    assert root.treated(path, text) == text


def test_equal_secrets_have_equal_replacements(root: Root) -> None:
    root.write("/etc/a.conf", f"password = {SECRET}\n")
    root.write("/etc/b.env", f"DB_PASSWORD={SECRET}\n")
    walked = root.walk()
    first, second = (entry.content or b"" for entry in walked.entries.values() if entry.content)
    assert first.split()[-1] == second.strip().split(b"=")[1] != SECRET.encode()
    assert walked.secrets == {"/etc/a.conf": {"setting": 1}, "/etc/b.env": {"setting": 1}}


@pytest.mark.parametrize(
    "shape",
    [r"\$6\$\w{16}\$[./\w]{86}", r"\$y\$j9T\$\w{16}\$[./\w]{43}", r"\$1\$\w{8}\$[./\w]{22}"],
)
def test_a_hash_is_replaced_by_that_of_a_generated_password_by_the_same_method(
    root: Root, shape: str
) -> None:
    method = shape.split("$")[1].strip("\\")
    settings = {"6": "$6$abcdefghabcdefgh", "y": "$y$j9T$abcdefghabcdefgh$", "1": "$1$abcdefgh"}
    hashed = subprocess.run(
        ["perl", "-e", "print crypt($ARGV[0], $ARGV[1])", SECRET, settings[method]],
        check=True, capture_output=True, text=True, timeout=10,
    ).stdout  # fmt: skip
    safe = root.treated("/etc/shadow.txt", f"ada:{hashed}:1\n", 0o600)
    found = re.fullmatch(rf"ada:({shape}):1\n", safe)
    assert found
    assert found[1] != hashed
    root.write("/etc/shadow", f"ada:{hashed}:1:::::\nbob:!{hashed}:1::\nlp:*:1::\n", 0o600)
    accounts = root.walk().accounts
    assert sorted(accounts) == ["ada", "bob"]
    assert accounts["bob"] == f"!{accounts['ada']}"
    assert re.fullmatch(shape, accounts["ada"])
    assert accounts["ada"] != hashed


def test_a_hash_of_a_web_server_keeps_its_shape(root: Root) -> None:
    text = "ada:$apr1$Private1$PrivateHashPrivateHas1\n"
    safe = root.treated("/etc/nginx/htpasswd", text)
    assert re.fullmatch(r"ada:\$apr1\$\w{8}\$[./\w]{22}\n", safe)
    assert "Private" not in safe


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_a_restricted_file_that_is_one_word_or_no_text_is_a_secret(root: Root, mode: int) -> None:
    root.write("/etc/app/cookie", f"{SECRET}\n", mode)
    root.write("/etc/app/blob", b"\0\1Private binary\2" * 9, mode)
    root.write("/etc/app/odd.conf", f"thing {SECRET}9!x\nlevel info\n", mode)
    walked = root.walk()
    assert b"Private" not in b"".join(contents(walked))
    assert [len(content) for content in contents(walked)] == [153, 16, 36]
    assert walked.entries["/etc/app/odd.conf"].content.endswith(b"\nlevel info\n")  # type: ignore[union-attr]


def test_binary_keys_and_key_stores_are_secrets_even_if_every_user_may_read_them(
    root: Root,
) -> None:
    root.write("/etc/app/a.p12", b"\0Private")
    root.write("/etc/app/a.keytab", b"\0Private")
    assert b"Private" not in root.printed()


def test_a_secret_that_equals_the_replacement_of_another_one_is_replaced_too(root: Root) -> None:
    """Among many secrets of one letter each, some equal the replacement of another."""
    letters = "abcdefghijklmnopqrstuvwyz"  # x is left out: it means "no password"
    for letter in letters:
        root.write(f"/etc/{letter}.conf", f"password = {letter}\n")
    walked = root.walk()
    for letter in letters:
        assert walked.entries[f"/etc/{letter}.conf"].content != f"password = {letter}\n".encode()


def test_a_secret_of_several_parts_is_replaced_as_a_whole(root: Root) -> None:
    text = "password = AKIAPRIVATE7SECRETQZ.PrivateRest\n"
    safe = root.treated("/etc/app.conf", text)
    assert "PrivateRest" not in safe
    assert "AKIAPRIVATE7SECRETQZ" not in safe
    assert len(safe) == len(text)
