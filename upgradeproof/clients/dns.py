"""DNS messages, as far as a zone's records are asked for and compared (RFC 1035)."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator

from upgradeproof.plan.endpoint import DNS_TYPES

CODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
_NAMES = {number: name for name, number in DNS_TYPES.items()}
_MAX_JUMPS = 64
_HEADER_BYTES, _LENGTH_BYTES = 12, 2
_JUMP = 0xC0
"""The bits of a length that mark a pointer to the rest of the name."""


def dns_query(name: str, kind: str) -> bytes:
    """Return the query for the records of a type, such as ``MX``, that a name has."""
    labels = [label.encode("idna") for label in name.rstrip(".").split(".") if label]
    question = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    header = struct.pack(">HHHHHH", 0x7570, 0x0100, 1, 0, 0, 0)
    return header + question + struct.pack(">HH", DNS_TYPES[kind], 1)


def dns_text(message: bytes) -> str:
    """Return an answer as text: its code, then each record as ``name TYPE data``, sorted.

    Raises ValueError for what is no message.
    """
    return "\n".join([_code(message), *sorted(set(_records(message)))])


def transferred(stream: bytes) -> str:
    """Return a zone transfer, as ``dns_text`` would: messages with their lengths before them."""
    code, records = "", []
    while len(stream) > _LENGTH_BYTES:
        size = int.from_bytes(stream[:2], "big")
        message, stream = stream[2 : 2 + size], stream[2 + size :]
        code = code or _code(message)
        records += list(_records(message))
    return "\n".join([code or "no answer", *sorted(set(records))])


def _code(message: bytes) -> str:
    if len(message) < _HEADER_BYTES:
        raise ValueError("the answer is no DNS message")
    number = message[3] & 15
    return CODES[number] if number < len(CODES) else f"RCODE{number}"


def _records(message: bytes) -> Iterator[str]:
    try:
        questions, answers = struct.unpack_from(">HH", message, 4)
        at = _HEADER_BYTES
        for _ in range(questions):
            at = _name(message, at)[1] + 4
        for _ in range(answers):
            name, at = _name(message, at)
            kind, _class, _ttl, size = struct.unpack_from(">HHIH", message, at)
            at += 10
            yield f"{name} {_NAMES.get(kind, f'TYPE{kind}')} {_data(message, kind, at, size)}"
            at += size
    except (struct.error, IndexError, UnicodeError) as error:
        raise ValueError(f"the answer is no whole DNS message: {error}") from None


def _data(message: bytes, kind: int, at: int, size: int) -> str:
    data = message[at : at + size]
    words: tuple[object, ...]
    match _NAMES.get(kind):
        case "A" | "AAAA":
            words = (ipaddress.ip_address(data),)
        case "NS" | "CNAME" | "PTR":
            words = (_name(message, at)[0],)
        case "MX":
            words = (int.from_bytes(data[:2], "big"), _name(message, at + 2)[0])
        case "SRV":
            words = (*struct.unpack_from(">HHH", data), _name(message, at + 6)[0])
        case "SOA":
            server, after = _name(message, at)
            owner, after = _name(message, after)
            words = (server, owner, *struct.unpack_from(">IIIII", message, after))
        case "TXT":
            words = tuple(f'"{text}"' for text in _texts(data))
        case _:
            words = (data.hex(),)
    return " ".join(map(str, words))


def _texts(data: bytes) -> Iterator[str]:
    while data:
        size = data[0]
        yield data[1 : 1 + size].decode("utf-8", "replace")
        data = data[1 + size :]


def _name(message: bytes, at: int) -> tuple[str, int]:
    """Return a name and where what follows it begins; a name may go on elsewhere."""
    labels: list[str] = []
    after, jumps = 0, 0
    while (size := message[at]) != 0:
        if size >= _JUMP:
            after = after or at + 2
            at, jumps = (size & 0x3F) << 8 | message[at + 1], jumps + 1
            if jumps > _MAX_JUMPS:
                raise IndexError("its names go round in a circle")
            continue
        labels.append(message[at + 1 : at + 1 + size].decode("ascii", "replace"))
        at += 1 + size
    return ".".join([*labels, ""]) if labels else ".", after or at + 1
