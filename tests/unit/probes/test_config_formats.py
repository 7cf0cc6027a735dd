"""Formats of configuration files, with valid and hostile content."""

from __future__ import annotations

import pytest

from upgradeproof.probes.config_formats import (
    MAXIMUM_BYTES,
    MAXIMUM_CHARACTERS,
    MAXIMUM_DEPTH,
    MAXIMUM_NODES,
    parse_config,
)

TOO_MUCH = (
    f"it expands to more than {MAXIMUM_NODES} nodes, {MAXIMUM_CHARACTERS} characters"
    f" or {MAXIMUM_DEPTH} levels"
)
BILLION_LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)
BILLION_MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{i}: &a{i}\n  <<: [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)
BILLION_PAIRS = "a0: &a0 x\n" + "".join(
    f"a{i}: &a{i} !!pairs [{', '.join([f'k: *a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)


@pytest.mark.parametrize(
    ("format_name", "text", "settings"),
    [
        ("ini", "[Journal]\nStorage=none\n# x\n[Empty]\nkey\n", {"Journal.Storage": "none"}),
        ("ini", "[A]\nx=%(y)s\n[DEFAULT]\nx=2\n", {"A.x": "%(y)s", "DEFAULT.x": "2"}),
        ("json", '{"a": [1, {"b": null}], "c": true}', {"a[0]": "1", "a[1].b": "null"}),
        ("toml", "[a]\nb = 1.10\nc = 2026-01-02\n", {"a.b": "1.1", "a.c": "2026-01-02"}),
        ("yaml", "a:\n  - b: 1\n    c: {}\n  - []\n", {"a[0].c": "{}", "a[1]": "[]"}),
        ("yaml", "---\na: 1\n---\na: 2\n", {"[0].a": "1", "[1].a": "2"}),
        ("yaml", "a: !!set {c, b}\n", {"a[0]": "b", "a[1]": "c"}),
        ("keyvalue", "port 6379\n\n# x\nbind 127.0.0.1 ::1\n", {"bind": "127.0.0.1 ::1"}),
        ("keyvalue", "save 900 1\nsave 300 10\n", {"save[0]": "900 1", "save[1]": "300 10"}),
        ("keyvalue", "Port=22\nlevel = 3\nflag\n", {"Port": "22", "level": "3", "flag": ""}),
        ("env", "export A='b c'  # x\nB=\"$A\"\nC=\n", {"A": "b c", "B": "$A", "C": ""}),
        ("yaml", "", {}),
    ],
)
def test_settings_are_flat(format_name: str, text: str, settings: dict[str, str]) -> None:
    content, problem = parse_config(text.encode(), format_name)
    assert problem == ""
    assert content.items() >= settings.items()


@pytest.mark.parametrize("format_name", ["ini", "json", "toml", "yaml", "keyvalue", "env"])
def test_a_file_that_is_not_text_is_a_problem(format_name: str) -> None:
    assert parse_config(b"a\xff", format_name) == ({}, "byte 1 is not UTF-8")


def test_plain_text_has_no_settings() -> None:
    assert parse_config(b"a\xff", "text") == ({}, "")


@pytest.mark.parametrize(
    ("format_name", "text", "problem"),
    [
        (
            "json",
            "{",
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        ("ini", "a=1\n", "File contains no section headers. file: 'the file', line: 1 'a=1\\n'"),
        ("env", "A=1\nwhat\n", "line 2 is no assignment"),
        ("env", "A='1\n", "line 1: No closing quotation"),
        ("xml", "", "'xml' is no format of configuration files; known are env, ini, json,"),
        ("yaml", BILLION_LAUGHS, TOO_MUCH),
        ("yaml", BILLION_PAIRS, TOO_MUCH),
        ("yaml", BILLION_MERGES, f"merge keys expand to more than {MAXIMUM_NODES} nodes"),
        ("yaml", "&a [*a]", TOO_MUCH),
        ("yaml", f"a: 0x{'f' * 9000}", "Exceeds the limit (4300 digits)"),
        ("yaml", "a: !!python/object/apply:os.system [id]", "could not determine a constructor"),
        ("json", "9" * 9000, "Exceeds the limit (4300 digits)"),
        ("json", "[" * 200_000, "nested too deep to be parsed"),
        ("toml", "a = " + "[" * 200_000, "nested too deep to be parsed"),
        ("json", f'{{"{"k" * 400_000}": [{"0," * 300_000}0]}}', TOO_MUCH),
        ("keyvalue", "a 1\n" * 200_000, TOO_MUCH),
    ],
)
def test_a_hostile_file_is_a_problem_and_no_traceback(
    format_name: str, text: str, problem: str
) -> None:
    assert len(text) <= MAXIMUM_BYTES
    content, message = parse_config(text.encode(), format_name)
    assert content == {}
    assert message.startswith(problem)


def test_lone_surrogates_and_escapes_never_reach_the_facts() -> None:
    content, _ = parse_config(rb'{"a\ud800": "b\u001b"}', "json")
    assert content == {"a\ufffd": "b\ufffd"}
