"""The effective configuration that daemons print."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.unit.probes.captured_text import captured
from tests.unit.stub_programs import with_stub
from upgradeproof.daemons import Daemon, Dump, DumpFormat, daemons
from upgradeproof.probes import Difference, Facts
from upgradeproof.probes.config_checks import ConfigCheck, ConfigChecks
from upgradeproof.probes.dump_formats import MAXIMUM_SETTINGS, settings
from upgradeproof.probes.effective_config import EffectiveConfig, Setting
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.services import Service, Services


def probe_inputs(format_name: DumpFormat = "equals", *services: str) -> ProbeInputs:
    dump = Dump(
        command="exampled --dump",
        format=format_name,
        volatile=("uptime",),
        secret=("pin",),
        important=("listen*",),
        sources=("file*",),
    )
    daemon = Daemon(
        title="an example",
        units=("exampled.service",),
        needs="exampled",
        packages=("exampled",),
        dump=dump,
    )
    return ProbeInputs(daemons={"example": daemon}, services=services)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def ran(printed: str, status: str = "0", complained: str = "") -> str:
    cells = ("ran", "example", "example", "exampled.service", status)
    return "\t".join([*cells, encoded(printed), encoded(complained)]) + "\n"


def test_the_output_of_a_machine_is_read() -> None:
    found = EffectiveConfig.parse(captured("effective_config"), ProbeInputs(services=("ssh",)))
    assert found["sshd/maxauthtries"] == Setting(
        value="6", set_by="/etc/ssh/sshd_config", important=True
    )
    assert found["sshd/maxsessions"] == Setting(value="10")
    assert found["sshd/listenaddress"].value == "[::]:22"
    assert found["sshd/listenaddress[1]"].value == "0.0.0.0:22"
    assert found['named/zone "localhost"/type'].value == "master"
    assert found["redis/maxmemory-policy"].value == "noeviction"
    assert found["haproxy/feature OPENSSL"].value == "yes"
    assert found["sshd"].unit == "ssh.service"


@pytest.mark.parametrize(
    ("format_name", "text", "expected"),
    [
        ("space", "port 22\nalone\n", {"port": "22", "alone": ""}),
        ("equals", "a = b = c\nno separator\n", {"a": "b = c"}),
        ("colon", "a: b:c\n", {"a": "b:c"}),
        ("tabs", "a\tb\tfile\nc\n\td\n", {"a": "b"}),
        ("braces", "a { b c d; };\nb 1;\nb 2;", {"a/b": "c d", "b": "1", "b[1]": "2"}),
        (
            "braces",
            "s x {\n  k = %{user} # no comment\n}\nt = 1",
            {"s x/k": "%{user} # no comment", "t": "1"},
        ),
        ("braces", '}}} x "a;b" ; "torn', {"x": '"a;b"'}),
    ],
)
def test_each_format_is_parsed(
    format_name: DumpFormat, text: str, expected: dict[str, str]
) -> None:
    assert {name: value for name, (value, _) in settings(text, format_name).items()} == expected


def test_an_endless_dump_is_truncated() -> None:
    text = "\n".join(f"k{number} = {'x' * 400}" for number in range(MAXIMUM_SETTINGS + 10))
    found = settings(text, "equals")
    assert len(found) == MAXIMUM_SETTINGS
    assert found["k0"] == (f"{'x' * 300}...", "")


def test_secrets_are_masked_and_volatile_settings_left_out() -> None:
    text = (
        "pin = 4711!\nuptime = 3\ndb_password = Hunter2\nadmin_key = /etc/key\nauth_debug = yes\n"
    )
    found = EffectiveConfig.parse(ran(text), probe_inputs())
    assert "example/uptime" not in found
    assert found["example/pin"].value.startswith("(secret #")
    assert found["example/db_password"].value.startswith("(secret #")
    assert found["example/admin_key"].value == "/etc/key"
    assert found["example/auth_debug"].value == "yes"


def test_a_dump_that_fails_or_hangs_is_one_fact() -> None:
    failed = EffectiveConfig.parse(ran("a = b", "1", "warning\ncan't connect\n\n"), probe_inputs())
    assert list(failed) == ["example"]
    assert failed["example"].problem == "exit status 1: can't connect"
    hung = EffectiveConfig.parse(ran("a = b", "124"), probe_inputs())
    assert hung["example"].problem == "no answer in time"


def test_a_setting_that_an_edited_file_names_is_the_administrators() -> None:
    content = encoded("# other = 1\n  Max-Size = 777M\n[section]\n")
    lines = f"edited\t/etc/example.conf\t{content}\nreads\texample\t/etc/example.conf\n"
    text = "max_size = 777M\nother = 1\n"
    found = EffectiveConfig.parse(lines + ran(text), probe_inputs())
    assert found["example/max_size"].set_by == "/etc/example.conf"
    assert found["example/other"].set_by == ""


def test_a_daemon_may_print_the_origin_of_a_value() -> None:
    found = EffectiveConfig.parse(ran("a\t1\tfile x\nb\t2\tdefault\n"), probe_inputs("tabs"))
    assert (found["example/a"].set_by, found["example/b"].set_by) == ("file x", "")


def test_important_settings_are_those_of_daemons_that_the_plan_names() -> None:
    text = "listen = 80\nother = 1\n"
    found = EffectiveConfig.parse(ran(text), probe_inputs("equals", "exampled"))
    assert found["example/listen"].important
    assert not found["example/other"].important
    assert not EffectiveConfig.parse(ran(text), probe_inputs())["example/listen"].important


def facts(version: str, problem: str = "", **found: Setting) -> Facts:
    package = Package(version=version, state="install ok installed")
    dump = Setting(unit="exampled.service", packages=("exampled",), problem=problem)
    records = {f"example/{name}": record for name, record in found.items()}
    return Facts(
        {
            Packages.section: {"exampled": package},
            ConfigChecks.section: {},
            Services.section: {"exampled.service": Service(active="active")},
            EffectiveConfig.section: {"example": dump, **records},
        }
    )


def reason(before: Facts, after: Facts, path: str = "example/a/value") -> str:
    line = Difference(path=f"effective_config/{path}", before="1", after="2")
    return EffectiveConfig.explain(line, before, after)


def test_a_changed_default_follows_from_the_package() -> None:
    before, after = facts("1", a=Setting(value="1")), facts("2", a=Setting(value="2"))
    assert reason(before, after) == "the default of exampled changed with its version: 1 -> 2"
    assert reason(before, facts("2"), "example/a").startswith("the default of exampled")
    assert reason(before, facts("1", a=Setting(value="2"))) == ""


def test_a_setting_of_the_administrator_and_an_important_one_are_not_explained() -> None:
    after = facts("2", a=Setting(value="2"))
    assert reason(facts("1", a=Setting(value="1", set_by="/etc/x")), after) == ""
    assert reason(facts("1", a=Setting(value="1", important=True)), after) == ""


def test_a_dump_that_fails_after_the_upgrade_is_reported_once() -> None:
    before, after = facts("1", a=Setting(value="1")), facts("2", "exit status 1: x")
    assert reason(before, after, "example/a") == (
        "example does not print its settings any more: see effective_config/example"
    )
    assert reason(before, after, "example/problem") == ""


def test_a_dump_that_fails_because_the_configuration_is_refused_is_not_reported_again() -> None:
    after = facts("2", "exit status 1: x")
    refused = ConfigCheck(daemon="example", unit="exampled.service")
    checks = Facts({ConfigChecks.section: {"example": refused}})
    assert reason(facts("1"), after.joined(checks), "example/problem") == (
        "example refuses its configuration: see config_checks/example"
    )


def test_a_removed_daemon_is_reported_by_its_unit() -> None:
    before = facts("1", a=Setting(value="1", set_by="/etc/x"))
    probes = (Packages, EffectiveConfig, ConfigChecks)
    nothing: dict[str, dict[str, Any]] = {probe.section: {} for probe in probes}
    gone = Facts({**nothing, Services.section: {}})
    expected = "exampled.service changed: see services/exampled.service"
    assert reason(before, gone, "example/a") == expected
    assert reason(before, gone, "example") == expected
    still = Facts({**nothing, Services.section: before.sections[Services.section]})
    assert reason(before, still, "example") == ""
    assert reason(before, still, "example/a").startswith("example does not print")


def test_a_daemon_that_printed_nothing_before_has_no_settings_to_lose() -> None:
    nothing = Facts({Packages.section: {}, EffectiveConfig.section: {}, Services.section: {}})
    assert reason(nothing, facts("2", a=Setting(value="1")), "example/a") == (
        "example printed nothing before"
    )


def test_booleans_that_exim_prints_by_name_are_settings(tmp_path: Path) -> None:
    """A boolean that the new version does not have is lost like any other setting."""
    dump = daemons()["exim"].dump
    assert dump is not None
    body = "printf '%s\\n' 'spool = /x' accept_a no_allow_b ''"
    done = with_stub(tmp_path, "exim", body, dump.command)
    assert done.returncode == 0
    assert {name: value for name, (value, _) in settings(done.stdout, dump.format).items()} == {
        "spool": "/x",
        "accept_a": "true",
        "allow_b": "false",
    }
