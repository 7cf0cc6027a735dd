"""The results of the daemons' own configuration checks, as the script frames them."""

from __future__ import annotations

import base64

from tests.unit.probes.captured_text import captured
from upgradeproof.daemons import Daemon
from upgradeproof.probes import Difference, Facts
from upgradeproof.probes.config_checks import (
    ConfigCheck,
    ConfigChecks,
    complaints,
    decisive,
    new_complaints,
)
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.services import Service, Services

EXAMPLE = Daemon(
    title="an example",
    units=("exampled.service",),
    needs="exampled",
    packages=("exampled",),
    check="exampled --check",
    inconclusive=("not root",),
)
INTERESTS = ProbeInputs(daemons={"example": EXAMPLE}, services=("exampled",))


def parsed(status: str, printed: str = "", name: str = "example") -> dict[str, ConfigCheck]:
    encoded = base64.b64encode(printed.encode()).decode()
    line = f"ran\t{name}\texample\texampled.service\t{status}\t{encoded}\t\n"
    return ConfigChecks.parse(line, INTERESTS)


def test_the_output_of_a_machine_is_read() -> None:
    checks = ConfigChecks.parse(captured("config_checks"), ProbeInputs())
    assert {name for name, check in checks.items() if not check.accepted} == set()
    assert checks["named"].output.startswith(
        "/etc/bind/named.conf.local:9: option 'auto-dnssec' is deprecated"
    )
    assert checks["php8.2-fpm"].daemon == "php-fpm"
    assert checks["postgresql@15-main"].unit == "postgresql@15-main.service"


def test_a_refusal_contains_the_lines_of_the_checker() -> None:
    assert parsed("1", "line 3: no such setting\n")["example"] == ConfigCheck(
        daemon="example",
        unit="exampled.service",
        command="exampled --check",
        accepted=False,
        output="line 3: no such setting",
    )


def test_the_decisive_lines_name_an_error() -> None:
    output = "INFO started\nERROR missing parameter 'id'\nINFO stopped"
    assert decisive(output) == ["ERROR missing parameter 'id'"]
    assert decisive("one\ntwo") == ["one", "two"]


def test_a_missing_program_and_a_hang_are_facts() -> None:
    assert parsed("missing")["example"].problem == "there is no program exampled"
    assert parsed("124")["example"].problem == "no answer within 30 s"
    assert parsed("")["example"].problem == "it left no exit status"


def test_a_checker_without_a_result_is_no_fact() -> None:
    assert parsed("1", "exampled: not root") == {}


def test_an_unknown_daemon_is_ignored() -> None:
    assert parsed("0", name="other") == {}


def test_a_password_in_a_checkers_line_is_masked() -> None:
    output = parsed("1", "bad line: admin_password = Hunter2!x")["example"].output
    assert output.startswith("bad line: admin_password = (secret #")


def test_complaints_are_the_lines_with_warnings() -> None:
    output = "a.conf:1: option 'x' is deprecated\nall is well\nunknown key y"
    assert complaints(output) == ("a.conf:1: option 'x' is deprecated", "unknown key y")


def test_the_same_complaint_at_another_time_and_line_is_not_new() -> None:
    before = "[Sun Nov 29 11:57:21 2026] a.conf:1: 'x' is deprecated"
    after = "[Mon Nov 30 01:02:03 2026] a.conf:7: 'x' is deprecated\n'z' is obsolete"
    assert new_complaints(before, after) == ["'z' is obsolete"]


def test_the_script_runs_only_daemons_of_existing_units() -> None:
    script = ConfigChecks.script(INTERESTS)
    assert "wanted=exampled.service\n" in script
    assert (
        '    exampled.service) run example example "$unit" 30 exampled \'exec 2>&1\n'
        "exampled --check' '' ;;" in script
    )


def facts(unit: Service | None, check: ConfigCheck | None) -> Facts:
    return Facts(
        {
            Services.section: {} if unit is None else {"exampled.service": unit},
            ConfigChecks.section: {} if check is None else {"example": check},
        }
    )


def test_a_check_of_a_new_unit_is_explained_and_a_refusal_is_not() -> None:
    line = Difference(path="config_checks/example", before=None, after="there")
    fine = ConfigCheck(daemon="example", unit="exampled.service", accepted=True)
    bad = fine.model_copy(update={"accepted": False})
    nothing, unit = facts(None, None), Service(active="active")
    reason = "exampled.service came, went or changed: see services/exampled.service"
    assert ConfigChecks.explain(line, nothing, facts(unit, fine)) == reason
    assert ConfigChecks.explain(line, nothing, facts(unit, bad)) == ""
    assert ConfigChecks.explain(line, nothing, facts(None, fine)) == ""


def test_another_process_of_a_unit_explains_no_check_that_is_gone() -> None:
    line = Difference(path="config_checks/example", before="there", after=None)
    fine = ConfigCheck(daemon="example", unit="exampled.service", accepted=True)
    before = facts(Service(active="active", main_pid=1), fine)
    after = facts(Service(active="active", main_pid=2), None)
    assert ConfigChecks.explain(line, before, after) == ""


def test_a_checker_that_is_there_only_now_and_accepts_is_explained() -> None:
    unit = Service(active="active")
    line = Difference(path="config_checks/example/accepted", before="false", after="true")
    fine = ConfigCheck(daemon="example", unit="exampled.service", accepted=True)
    missing = fine.model_copy(update={"accepted": False, "problem": "there is no program example"})
    refused = fine.model_copy(update={"accepted": False})
    reason = "its checker gives an answer now, and accepts the configuration"
    assert ConfigChecks.explain(line, facts(unit, missing), facts(unit, fine)) == reason
    assert ConfigChecks.explain(line, facts(unit, missing), facts(unit, refused)) == ""
    assert ConfigChecks.explain(line, facts(unit, refused), facts(unit, fine)) == ""
