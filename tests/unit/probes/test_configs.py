"""Configuration files, as the script frames them."""

from __future__ import annotations

import base64

import pytest

from upgradeproof.errors import HarnessError
from upgradeproof.probes.config_formats import MAXIMUM_BYTES
from upgradeproof.probes.configs import Config, Configs
from upgradeproof.probes.inputs import ConfigInput, ProbeInputs

INTERESTS = ProbeInputs(
    configs=(
        ConfigInput(path="/etc/app.toml", format="toml", check="app --check 'x y'"),
        ConfigInput(path="/etc/gone", format="ini"),
    )
)
CONTENT = base64.b64encode(b"[server]\nport = 443\n").decode()


def parse(*lines: str) -> dict[str, Config]:
    return Configs.parse("\n".join(lines), INTERESTS)


def test_a_file_and_its_daemons_verdict_are_read() -> None:
    output = base64.b64encode(b"bad port\n").decode()
    configs = parse(
        f"file\t0\troot 0 app 998 640\tabc\t20\t{CONTENT}", "missing\t1", f"check\t0\t1\t{output}"
    )
    assert configs["/etc/app.toml"] == Config(
        exists=True,
        sha256="abc",
        owner="root",
        group="app",
        mode="0640",
        content={"server.port": "443"},
        check_status=1,
        check_output="bad port\n",
    )
    assert not configs["/etc/app.toml"].accepted


def test_a_missing_file_is_a_fact() -> None:
    assert parse("missing\t0", "missing\t1")["/etc/gone"] == Config(exists=False)


def test_an_owner_without_a_name_is_a_number() -> None:
    config = parse(f"file\t0\tUNKNOWN 4711 UNKNOWN 4712 644\tabc\t20\t{CONTENT}")["/etc/app.toml"]
    assert (config.owner, config.group) == ("4711", "4712")


def test_a_large_file_is_not_parsed() -> None:
    size = MAXIMUM_BYTES + 1
    config = parse(f"file\t0\troot 0 root 0 644\tabc\t{size}\t")["/etc/app.toml"]
    assert config.problem == f"not parsed: {size} bytes, the limit is {MAXIMUM_BYTES}"


def test_the_output_of_a_check_is_volatile() -> None:
    assert "check_output" in Config.volatile


def test_content_that_is_not_base64_is_an_error_of_the_harness() -> None:
    with pytest.raises(HarnessError) as caught:
        parse("file\t0\troot 0 root 0 644\tabc\t20\t%%%")
    assert str(caught.value) == "a probe's script printed something else than base64\n%%%"


def test_paths_and_checks_are_quoted() -> None:
    script = Configs.script(INTERESTS)
    assert "\nconfig 0 /etc/app.toml\ncheck 0 'app --check '\"'\"'x y'\"'\"''\n" in script
