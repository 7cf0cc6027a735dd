"""The check of the programs that a service ran all the time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suites.test_service_programs import test_service_runs_the_programs_that_it_ran as check
from tests.unit.suites.states import state
from upgradeproof.probes import Facts, ProbeInputs
from upgradeproof.probes.endurance import Endurance, Stay
from upgradeproof.probes.file_records import File
from upgradeproof.probes.files import Files
from upgradeproof.probes.references import Reference, References
from upgradeproof.runner import State

OWN, PACKAGED, INTERPRETER = "/opt/app/run.py", "/usr/sbin/web", "/usr/bin/python3.11"
UP = Stay(active="active", sub="running", programs=(OWN, PACKAGED, INTERPRETER))
LOST = UP.model_copy(update={"programs": ("/usr/bin/python3.13",), "wrote": ("ended: app",)})


def having(
    stay: Stay, *there: str, named: str = "", by: str = "/etc/a", kind: str = "path"
) -> State:
    """Return a state with a supervisor, files of no package, and a file that names a program."""
    reference = Reference(kind=kind, name=named, file=by, resolves=True)
    facts = Facts(
        {
            Endurance.section: {"supervisor.service": stay},
            Files.section: {path: File(type="file") for path in there},
            References.section: {"/etc/a: path x": reference} if named else {},
        }
    )
    return replace(state(), facts=facts)


def test_a_program_that_the_service_does_not_run_any_more_is_named_with_its_log() -> None:
    with pytest.raises(AssertionError) as caught:
        check(having(UP, OWN), having(LOST, OWN))
    sentence = f"supervisor.service ran {OWN} all the time, and does not now:\n    ended: app"
    assert sentence in str(caught.value)
    with pytest.raises(AssertionError, match=f"ran {PACKAGED} all the time"):
        check(having(UP, named=PACKAGED), having(LOST, named=PACKAGED))


def test_the_path_of_a_configuration_is_no_program_and_a_renamed_unit_is_followed() -> None:
    config = "/etc/app.conf"
    was = UP.model_copy(update={"programs": (config,)})
    check(having(was, config), having(LOST, config))
    renamed = {"name": "supervisor", "change": "renamed", "to": "manager"}
    plan = state(expect={"service": [renamed]})
    facts = having(LOST, OWN).facts
    moved = Facts({**facts.sections, Endurance.section: {"manager.service": LOST}})
    with pytest.raises(AssertionError, match=f"ran {OWN} all the time"):
        check(having(UP, OWN), replace(plan, facts=moved))


def test_what_else_a_service_may_run() -> None:
    check(having(UP, OWN), having(LOST))  # it is gone, or a package's
    check(having(UP, OWN), having(UP.model_copy(update={"active": "failed"}), OWN))
    check(having(UP, OWN), having(LOST.model_copy(update={"new_programs": (OWN,)}), OWN))
    for by, kind in (("/etc/shells", "path"), ("/usr/local/bin/a", "interpreter")):
        states = (having(stay, named=INTERPRETER, by=by, kind=kind) for stay in (UP, LOST))
        check(*states)  # another job runs another script
    with pytest.raises(pytest.skip.Exception, match="no service of the plan ran a program"):
        check(having(UP.model_copy(update={"programs": ()})), having(LOST))


LOOKS = f"""\
program\tfirst\ta.service\t7\t/usr/bin/python3
program\tfirst\ta.service\t8\t{OWN}
second\ta.service\tactive\trunning\tsuccess\t0\tab
program\tsecond\ta.service\t7\t/usr/bin/python3
program\tsecond\ta.service\t9\t{OWN}
program\tsecond\ta.service\t9\t/opt/app/late
wrote\ta.service\tpassword=abc
"""


def test_a_program_that_was_started_again_did_not_stay() -> None:
    found = Endurance.parse(LOOKS, ProbeInputs())["a.service"]
    assert (found.programs, found.new_programs) == (("/usr/bin/python3",), ("/opt/app/late",))
    assert "abc" not in found.wrote[0]
