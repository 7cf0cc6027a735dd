"""DNS messages: queries are encoded; answers are decoded, also those of invalid bytes."""

from __future__ import annotations

import random
import struct

import pytest

from upgradeproof.clients import dns_query, dns_text, transferred

HEADER = struct.pack(">HHHHHH", 0x7570, 0x8180, 1, 2, 0, 0)
QUESTION = b"\3www\7example\4test\0" + struct.pack(">HH", 1, 1)
ADDRESS = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([192, 0, 2, 1])
MAIL = b"\xc0\x10" + struct.pack(">HHIH", 15, 1, 60, 9) + b"\0\x0a" + b"\4mail\xc0\x10"
MESSAGE = HEADER + QUESTION + ADDRESS + MAIL
TEXT = "NOERROR\nexample.test. MX 10 mail.example.test.\nwww.example.test. A 192.0.2.1"


def test_a_query_contains_one_name_and_type() -> None:
    query = dns_query("www.example.test", "A")
    assert query[12:] == QUESTION
    assert query[4:6] == b"\0\1"


def test_an_answer_is_printed_as_its_code_and_its_records_in_order() -> None:
    assert dns_text(MESSAGE) == TEXT


@pytest.mark.parametrize(("code", "name"), [(2, "SERVFAIL"), (3, "NXDOMAIN"), (9, "RCODE9")])
def test_an_error_is_printed_by_its_name(code: int, name: str) -> None:
    assert dns_text(struct.pack(">HHHHHH", 1, 0x8180 | code, 0, 0, 0, 0)) == name


def test_a_transfer_consists_of_all_messages_that_arrive() -> None:
    framed = len(MESSAGE).to_bytes(2, "big") + MESSAGE
    assert transferred(framed * 2) == TEXT
    assert transferred(b"") == "no answer"


@pytest.mark.parametrize("message", [b"", b"short", HEADER + b"\xc0\x0c" * 3, MESSAGE[:-3]])
def test_an_incomplete_message_is_an_error(message: bytes) -> None:
    with pytest.raises(ValueError, match="the answer is no"):
        dns_text(message)


def test_random_bytes_raise_no_other_error() -> None:
    source = random.Random(1)
    for _ in range(2000):
        noise = HEADER + source.randbytes(40)
        try:
            dns_text(noise)
        except ValueError:
            continue
