"""A wrong plan is one clear error: the line, the key, what was expected, the nearest valid name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.texts import PLAN, error_of, write
from upgradeproof.plan import load_plan
from upgradeproof.plan.loading import MAX_NAMES, nearest

KINDS = "apt-full-upgrade, apt-install, apt-repository, apt-sources, copy, reboot, restart, run"

WRONG = {
    "an unknown key": (
        ('name = "thing"', 'name = "thing"\ntitel = "A thing"'),
        "2: unknown key 'titel'; did you mean 'title'?",
    ),
    "an unknown key that is like no other": (
        ("[expect]", "[zzz]\n[expect]"),
        (
            "47: unknown key 'zzz'; valid: $schema, captured, defaults, expect, install, "
            "min_uptime_s, name, override, packages, preflight, ready_timeout_s, release, title, "
            "upgrade"
        ),
    ),
    "an unknown key of a release": (
        ('name = "3"', 'name = "3"\npackage = 1'),
        "11: unknown key 'release.2.package'; did you mean 'packages'?",
    ),
    "an unknown key of a step": (
        ('title = "install"', 'titles = "install"'),
        "17: unknown key 'install.0.titles'; did you mean 'title'?",
    ),
    "an unknown key of a step of the second upgrade": (
        ('script = "true"', 'script = "true"\ntimeout = 5'),
        "39: unknown key 'upgrade.1.steps.0.timeout'; did you mean 'timeout_s'?",
    ),
    "an unknown key of an upgrade": (
        ('via = ["2"]', 'via = ["2"]\nplatform = "*"'),
        "46: unknown key 'upgrade.2.platform'; did you mean 'platforms'?",
    ),
    "an unknown key of an upgrade's expectations": (
        ("[upgrade.expect]\nservices", "[upgrade.expect]\nservicing"),
        "28: unknown key 'upgrade.0.expect.servicing'; did you mean 'service'?",
    ),
    "an unknown key of a known change": (
        ('reason = "these', 'because = "these'),
        "29: 'upgrade.0.expect.change.0.reason' is missing",
        "31: unknown key 'upgrade.0.expect.change.0.because'; valid: facts, kind, reason",
    ),
    "an unknown key of an inline table": (
        ("[[expect.data]]", "[[expect.port]]\nport = 80\n[[expect.data]]\nx = { y = 1 }"),
        "51: unknown key 'expect.data.0.x'; valid: equals, id, mask, read, write",
    ),
    "a wrong type": (
        ('name = "thing"', "name = 5"),
        "1: name: input should be a valid string, not 5",
    ),
    "a wrong type in a table": (
        ('thing = "1.*"', "thing = 1.0"),
        "5: release.0.packages.thing: input should be a valid string, not 1.0",
    ),
    "a wrong type in an inline table": (
        ('{ thing = "2.*" }', "{ thing = 2 }"),
        "8: release.1.packages.thing: input should be a valid string, not 2",
    ),
    "a wrong type in an inline table before a like table": (
        ('{ thing = "2.*" }', "{ thing = 2 }"),
        ('name = "3"', 'name = "3"\n[release.packages]\nthing = "3.*"'),
        "8: release.1.packages.thing: input should be a valid string, not 2",
    ),
    "a wrong type behind a script": (
        ('title = "install"', "title = false"),
        "17: install.0.title: input should be a valid string, not False",
    ),
    "a text where a list is expected": (
        ('via = ["2"]', 'via = "2"'),
        "45: upgrade.2.via: input should be a list, not '2'",
    ),
    "missing keys of an upgrade": (
        ('[[upgrade]]\nfrom = "1"\nto = "3"\nvia = ["2"]', "[[upgrade]]"),
        "42: 'upgrade.2.from' is missing",
        "42: 'upgrade.2.to' is missing",
    ),
    "a missing name": (
        ('name = "thing"\n', ""),
        "1: 'name' is missing",
    ),
    "a missing key of a step": (
        ('packages = ["thing"]', ""),
        "18: 'install.1.packages' is missing",
    ),
    "a time limit of nothing": (
        ('title = "install"', "timeout_s = 0"),
        "17: install.0.timeout_s: input should be greater than 0, not 0",
    ),
    "an unknown kind of step": (
        ('step = "apt-install"', 'step = "apt-instal"'),
        "19: install.1.step: unknown step 'apt-instal'; did you mean 'apt-install'?",
    ),
    "a kind of step that is like no other": (
        ('step = "restart"', 'step = "dance"'),
        f"40: upgrade.1.steps.1.step: unknown step 'dance'; valid: {KINDS}",
    ),
    "a list in which every item is wrong": (
        ('[[install]]\nstep = "run"', '[[install]]\nstep = "rum"'),
        ('step = "apt-install"', 'step = "apt-instal"'),
        "12: install.0.step: unknown step 'rum'; did you mean 'run'?",
        "19: install.1.step: unknown step 'apt-instal'; did you mean 'apt-install'?",
    ),
    "a step of no kind": (
        ('step = "restart"\n', ""),
        "39: upgrade.1.steps.1: the key 'step' is missing, which names the kind",
    ),
    "a script of nothing": (
        ('script = "true"', 'script = " "'),
        "38: upgrade.1.steps.0.script: string should match pattern '\\S', not ' '",
    ),
    "an unknown release": (
        ('from = "2"\nto = "3"', 'from = "2"\nto = "30"'),
        "34: upgrade.1.to: there is no release '30'; did you mean '3'?",
    ),
    "an unknown release in via": (
        ('via = ["2"]', 'via = ["zz"]'),
        "45: upgrade.2.via.0: there is no release 'zz'; valid: 1, 2, 3",
    ),
    "a release twice": (
        ('name = "3"', 'name = "2"'),
        "10: release.2.name: there is another release '2'",
    ),
    "an upgrade twice": (
        ('from = "2"\nto = "3"', 'from = "1"\nto = "2"'),
        "32: upgrade.1: there is another upgrade 1 -> 2",
    ),
    "an upgrade without one of its hops": (
        ('from = "2"\nto = "3"', 'from = "3"\nto = "2"'),
        "45: upgrade.2.via: 1 -> 2 -> 3 needs an upgrade 2 -> 3, and there is none",
    ),
    "an upgrade with steps and a way": (
        ('to = "2"\nplatforms', 'to = "2"\nvia = ["3"]\nplatforms'),
        "21: upgrade.0: an upgrade has either steps, or other upgrades that it goes via",
    ),
    "two data of one id": (
        (
            'equals = "hi"\n',
            'equals = "hi"\n[[expect.data]]\nid = "note"\nwrite = "a"\nread = "b"\nequals = "c"\n',
        ),
        "54: expect.data.1.id: 'note' is the id of another data",
    ),
    "two endpoints of one id": (
        (
            "[expect]",
            (
                '[expect]\nendpoint = [\n  { id = "a", kind = "tcp", port = 1 },\n'
                '  { id = "a", kind = "tcp", port = 2 },\n]'
            ),
        ),
        "50: expect.endpoint.1.id: 'a' is the id of another endpoint",
    ),
    "a port moved to nowhere": (
        ("[[expect.data]]", '[[expect.port]]\nport = 1\nchange = "moved"\n[[expect.data]]'),
        '48: expect.port.0: `to` goes with change = "moved", and only with it',
    ),
    "a port that is none": (
        ("[[expect.data]]", "[[expect.port]]\nport = 70000\n[[expect.data]]"),
        "49: expect.port.0.port: input should be less than or equal to 65535, not 70000",
    ),
    "a change without a real reason": (
        ('reason = "these are upgraded"', 'reason = "known"'),
        (
            "31: upgrade.0.expect.change.0.reason: string should have at least 8 characters,"
            " not 'known'"
        ),
    ),
    "several at once, in the order of their lines": (
        ('name = "thing"', 'nam = "thing"'),
        ('script = "true"', "script = 5"),
        "1: 'name' is missing",
        "1: unknown key 'nam'; did you mean 'name'?",
        "38: upgrade.1.steps.0.script: input should be a valid string, not 5",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_error_for_a_wrong_plan_has_line_and_key(tmp_path: Path, name: str) -> None:
    changes = [part for part in WRONG[name] if isinstance(part, tuple)]
    expected = [f"PLAN:{part}" for part in WRONG[name] if isinstance(part, str)]
    lines = error_of(write(tmp_path, *changes)).splitlines()
    assert lines == ["PLAN is not a valid plan", *expected]


def test_the_plan_is_valid_before_it_is_changed(tmp_path: Path) -> None:
    assert load_plan(write(tmp_path)).name == "thing"


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    assert error_of(tmp_path / "upgrade.toml") == (
        "PLAN: there is no such file\nTo do: `upgradeproof init` writes a first upgrade.toml"
    )


def test_a_folder_instead_of_a_plan_is_an_error(tmp_path: Path) -> None:
    assert error_of(tmp_path) == "PLAN can't be read: Is a directory"


def test_a_file_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "upgrade.toml"
    path.write_bytes(b'name = "gr\xfcn"')
    assert error_of(path) == "PLAN is not UTF-8: invalid start byte at byte 10"


def test_the_error_for_a_file_that_is_not_toml_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "upgrade.toml"
    path.write_text("name: thing\n")
    assert (
        error_of(path)
        == "PLAN is not TOML: Expected '=' after a key in a key/value pair (at line 1, column 5)"
    )


def test_an_empty_file_lacks_all_required_keys(tmp_path: Path) -> None:
    path = tmp_path / "upgrade.toml"
    path.write_text("")
    assert error_of(path).splitlines() == [
        "PLAN is not a valid plan",
        *(f"PLAN:1: {name!r} is missing" for name in ("install", "name", "release", "upgrade")),
    ]


def test_a_table_header_in_a_script_is_ignored(tmp_path: Path) -> None:
    script = "script = '''\n[[upgrade]]\nnope = 1\n'''"
    path = write(tmp_path, ('script = "true"', script), ('via = ["2"]', "nope = 1"))
    assert f"PLAN:{PLAN[: PLAN.index('via')].count(chr(10)) + 4}: unknown key 'upgrade.2.nope'" in (
        error_of(path)
    )


def test_the_error_lists_some_valid_names_where_none_is_similar() -> None:
    names = [f"name-{number:03}" for number in range(MAX_NAMES + 1)]
    assert nearest("zzz", names[:2]) == "valid: name-000, name-001"
    assert nearest("zzz", names).endswith(f"name-{MAX_NAMES - 1:03}, and 1 more")
    assert nearest("zzz", []) == "there is none"
