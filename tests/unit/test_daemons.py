"""The data files of the daemons."""

from __future__ import annotations

from pathlib import Path

import pytest

import upgradeproof.daemons
from tests.unit.stub_programs import with_stub
from upgradeproof.daemons import daemons
from upgradeproof.errors import PlanError
from upgradeproof.probes.base import Probe
from upgradeproof.probes.config_checks import ConfigChecks
from upgradeproof.probes.effective_config import EffectiveConfig
from upgradeproof.probes.inputs import ProbeInputs

VALID = 'title = "own"\nunits = ["own.service"]\nneeds = "own"\npackages = ["own"]\ncheck = "own"\n'


def add(product: Path, name: str, text: str = VALID) -> None:
    (product / "daemons").mkdir(exist_ok=True)
    (product / "daemons" / f"{name}.toml").write_text(text)


def test_every_file_of_the_folder_is_a_daemon() -> None:
    files = {path.stem for path in Path(upgradeproof.daemons.__file__).parent.glob("*.toml")}
    assert files <= set(daemons())
    assert {"sshd", "nginx", "named"} <= files


def test_a_product_adds_daemons_and_replaces_those_of_the_same_name(tmp_path: Path) -> None:
    add(tmp_path, "own")
    (tmp_path / "daemons" / "sshd.toml").write_text(VALID)
    found = daemons(tmp_path)
    assert found["own"].check == "own"
    assert found["sshd"].units == ("own.service",)
    assert found["nginx"] == daemons()["nginx"]


def test_a_missing_folder_adds_no_daemon(tmp_path: Path) -> None:
    assert daemons(tmp_path / "none") == daemons()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            VALID.replace('check = "own"\n', ""),
            "a daemon needs a `check`, a `dump`, `data` or a `greeting`",
        ),
        (VALID.replace("own.service", "own; reboot"), "units.0: string should match pattern"),
        (VALID + 'checks = "x"\n', "unknown key 'checks'; did you mean 'check'?"),
    ],
)
def test_a_wrong_file_is_one_error(tmp_path: Path, text: str, message: str) -> None:
    add(tmp_path, "own", text)
    with pytest.raises(PlanError, match=r"own\.toml") as caught:
        daemons(tmp_path)
    assert message in str(caught.value)


def test_a_name_that_a_script_can_not_contain_is_an_error(tmp_path: Path) -> None:
    add(tmp_path, "a b")
    with pytest.raises(PlanError, match="the name of a daemon has letters, digits and - only"):
        daemons(tmp_path)


@pytest.mark.parametrize("probe", [ConfigChecks, EffectiveConfig])
def test_the_scripts_contain_every_daemon(probe: type[Probe]) -> None:  # type: ignore[type-arg]
    script = probe.script(ProbeInputs())
    part = "check" if probe is ConfigChecks else "dump"
    for name, daemon in daemons().items():
        assert (f"|{name} " in script or f"run {name} " in script) == bool(getattr(daemon, part))


def test_a_comparison_that_postfix_prints_in_another_way_is_the_same_setting(
    tmp_path: Path,
) -> None:
    dump = daemons()["postfix"].dump
    assert dump is not None
    setting = "mynetworks_style = ${{$compatibility_level} < {2} ? {subnet} : {host}}\n"
    for text in (setting, setting.replace(" < ", " <level ")):
        done = with_stub(tmp_path, "postconf", f"cat <<'END'\n{text}END", dump.command)
        assert (done.returncode, done.stdout) == (0, setting)


def test_the_settings_of_a_client_are_refused_by_file_unless_they_run_commands(
    tmp_path: Path,
) -> None:
    check = daemons()["ssh-client"].check
    for user, text in (("ada", "bad"), ("bob", "good"), ("eve", "bad\nMatch exec true")):
        (tmp_path / user / ".ssh").mkdir(parents=True)
        (tmp_path / user / ".ssh/config").write_text(f"{text}\n")
    there = check.replace("/home/", f"{tmp_path}/").replace("/etc/ssh/ssh_config /root", "/no")
    client = """[ "$4" ] && ! grep -q bad "$4" || { echo "$4: bad" >&2; exit 255; }"""
    done = with_stub(tmp_path, "ssh", client, there)
    assert (done.returncode, done.stderr) == (1, f"{tmp_path}/ada/.ssh/config: bad\n")
    (tmp_path / "ada/.ssh/config").write_text("good\n")
    assert with_stub(tmp_path, "ssh", client, there).returncode == 0


def test_a_cipher_that_openssl_does_not_offer_any_more_is_named_by_the_script_that_uses_it(
    tmp_path: Path,
) -> None:
    script = tmp_path / "backup"
    script.write_text(
        "#!/bin/sh\n# openssl enc -rc4\ntar c /x | openssl enc -bf -k y | cat\n"
        "openssl enc -aes-256-cbc -k y\nopenssl idea -k y\nopenssl enc -des-ede3-cbc\n"
    )
    check = daemons()["openssl"].check.replace("/usr/local/bin", str(tmp_path))
    for offered, status, lines in (("", 1, (3, 5)), ("-bf|-idea|", 0, ())):
        stub = f"""case $2 in {offered}-des-ede3-cbc) ;; *) echo unsupported >&2; exit 1 ;; esac"""
        done = with_stub(tmp_path, "openssl", stub, check)
        names = {3: "-bf", 5: "-idea"}
        expected = [f"{script}:{it}: openssl refuses {names[it]}: unsupported" for it in lines]
        assert (done.returncode, done.stdout.splitlines()) == (status, expected)


def test_code_in_php_is_refused_by_file(tmp_path: Path) -> None:
    """The stub refuses a file that has braces."""
    (tmp_path / "page.php").write_text("<?php echo $s{0};")
    (tmp_path / "other.php").write_text("<?php echo 1;")
    check = daemons()["php-code"].check.replace("/var/www /srv /opt /usr/local", str(tmp_path))
    lint = """
for file in "$@"; do :; done
grep -q '{' "$file" || { echo "No syntax errors detected in $file"; exit 0; }
echo "Fatal error:  no braces in $file on line 1" >&2; exit 255"""
    done = with_stub(tmp_path, "php", lint, check)
    refused = f"Fatal error:  no braces in {tmp_path}/page.php on line 1\n"
    assert (done.returncode, done.stdout) == (1, refused)
    (tmp_path / "page.php").unlink()
    assert with_stub(tmp_path, "php", lint, check).returncode == 0


def test_ciphers_of_ldap_are_refused_where_its_library_is_linked_with_openssl(
    tmp_path: Path,
) -> None:
    settings_file = tmp_path / "ldap.conf"
    settings_file.write_text("tls_cipher_suite SECURE256\n")
    check = daemons()["ldap-client"].check.replace("/etc/ldap/ldap.conf", str(settings_file))
    path = tmp_path / "libldap.so.2"
    for name, body in (
        ("ldconfig", f"echo '	libldap.so.2 (libc6,x86-64) => {path}'"),
        ("openssl", "[ $2 != SECURE256 ]"),
    ):
        with_stub(tmp_path, name, body, "true")
    gnutls = with_stub(tmp_path, "ldd", "echo libgnutls.so.30", check)
    assert (gnutls.returncode, gnutls.stdout) == (0, "")
    refused = with_stub(tmp_path, "ldd", "echo libssl.so.3", check)
    message = f"{settings_file}: TLS_CIPHER_SUITE SECURE256: error: OpenSSL has no such cipher\n"
    assert (refused.returncode, refused.stdout) == (1, message)


def test_pip_is_refused_in_scripts_that_use_the_python_of_the_distribution(
    tmp_path: Path,
) -> None:
    (tmp_path / "own").write_text("#!/bin/sh\n# pip install x\ncd /x && pip3 install -q x\n")
    (tmp_path / "venv").write_text("#!/bin/sh\n. /opt/x/bin/activate\npip install x\n")
    (tmp_path / "other").write_text("#!/bin/sh\n/opt/x/bin/pip install x\n")
    check = daemons()["pip"].check.replace("/usr/local/bin /usr/local/sbin /opt", str(tmp_path))
    stub = f"echo {tmp_path}"
    assert with_stub(tmp_path, "python3", stub, check).returncode == 0
    (tmp_path / "EXTERNALLY-MANAGED").touch()
    done = with_stub(tmp_path, "python3", stub, check)
    message = f"error: pip refuses to install: {tmp_path}/EXTERNALLY-MANAGED"
    assert (done.returncode, done.stdout) == (1, f"{tmp_path}/own:3: {message}\n")
