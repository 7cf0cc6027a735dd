"""Errors of the journal."""

from __future__ import annotations

import json

from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.journal import MAXIMUM_LENGTH, Journal, JournalError


def parse(*entries: object) -> dict[str, JournalError]:
    return Journal.parse("\n".join(map(json.dumps, entries)), ProbeInputs())


def entry(message: object, **fields: object) -> dict[str, object]:
    return {"PRIORITY": "3", "_SYSTEMD_UNIT": "nginx.service", "MESSAGE": message, **fields}


def test_messages_that_differ_in_numbers_are_one_fact() -> None:
    messages = parse(
        entry("2026/11/22 15:51:02 [emerg] 812#812: bind() to 0.0.0.0:443 failed (98: in use)"),
        entry("2026/11/22 15:51:03 [emerg] 977#977: bind() to 0.0.0.0:443 failed (98: in use)"),
    )
    assert messages == {
        "nginx.service: N N [emerg] N#N: bind() to N failed (N: in use)": JournalError(
            unit="nginx.service",
            priority=3,
            count=2,
            sample="2026/11/22 15:51:02 [emerg] 812#812: bind() to 0.0.0.0:443 failed (98: in use)",
        )
    }


def test_hexadecimal_strings_are_replaced() -> None:
    text = "segfault at 0x7f38 in libc, id 81e8387d-1e4c-43ab-88b7-03c7cffee746, decade"
    assert set(parse(entry(text))) == {"nginx.service: segfault at H in libc, id H, decade"}


def test_the_unit_that_a_message_is_about_comes_before_its_sender() -> None:
    messages = parse(entry("start failed", UNIT="etcd.service", _SYSTEMD_UNIT="init.scope"))
    assert [message.unit for message in messages.values()] == ["etcd.service"]


def test_the_highest_priority_is_used() -> None:
    messages = parse(entry("it burns"), entry("it burns", PRIORITY="1"))
    assert [message.priority for message in messages.values()] == [1]


def test_bytes_repeated_fields_and_nothing_are_messages() -> None:
    texts = {message.sample for message in parse(entry([110, 255]), entry(["a", "b"])).values()}
    assert texts == {"n\N{REPLACEMENT CHARACTER}", "a"}
    assert set(parse(entry(None), entry([]), entry([[1]]))) == {"nginx.service:"}


def test_control_characters_and_invalid_utf_8_are_replaced() -> None:
    messages = parse(entry("a\x1b[31mb\ud800c"))
    assert [message.sample for message in messages.values()] == ["a\ufffd[31mb\ufffdc"]


def test_a_long_message_is_truncated() -> None:
    messages = parse(entry("a-" * 500_000))
    assert [len(message.sample) for message in messages.values()] == [MAXIMUM_LENGTH]


def test_a_line_that_is_no_entry_is_reported() -> None:
    messages = Journal.parse("[1, 2]\n{torn", ProbeInputs())
    assert {message.sample for message in messages.values()} == {
        "not a journal entry: [1, 2]",
        "not a journal entry: {torn",
    }


def test_the_journal_is_read_since_the_state_began() -> None:
    assert "--since=@1795363186.715358 " in Journal.script(ProbeInputs(since=1795363186.715358))
