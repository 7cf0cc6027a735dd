"""Envelopes of signed statements: DSSE, one JSON object a line."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidSignature
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from upgradeproof.decision.keys import Signer, fingerprint, key_of

PAYLOAD_TYPE = "application/vnd.in-toto+json"

_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


class Signature(BaseModel):
    """One signature; the keyid is a hint that no verification depends on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keyid: str
    sig: str


class Envelope(BaseModel):
    """A payload with its signatures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payload: str
    payload_type: str = Field(alias="payloadType")
    signatures: tuple[Signature, ...]

    @field_validator("payload")
    @classmethod
    def _is_base64(cls, payload: str) -> str:
        base64.b64decode(payload, validate=True)
        return payload

    @classmethod
    def of(cls, statement: dict[str, Any]) -> Envelope:
        """Return an envelope without a signature. Equal statements give equal bytes."""
        text = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        payload = base64.b64encode(text.encode()).decode()
        return cls(payload=payload, payloadType=PAYLOAD_TYPE, signatures=())

    @property
    def content(self) -> bytes:
        """Return the payload's bytes."""
        return base64.b64decode(self.payload, validate=True)

    @property
    def statement(self) -> dict[str, Any]:
        """Return the payload as JSON. Raises ValueError where it is none."""
        return _OBJECT.validate_json(self.content)

    def signed_by(self, signer: Signer) -> Envelope:
        """Return the envelope with one more signature."""
        keyid = fingerprint(signer.blob)
        sig = base64.b64encode(signer.sign(encoded(self.payload_type, self.content))).decode()
        others = tuple(each for each in self.signatures if each.keyid != keyid)
        return self.model_copy(update={"signatures": (*others, Signature(keyid=keyid, sig=sig))})

    def signers(self, blobs: Iterable[bytes]) -> list[bytes]:
        """Return those of some keys that signed; each key is tried with each signature."""
        message = encoded(self.payload_type, self.content)
        return [blob for blob in blobs if any(_verifies(blob, s, message) for s in self.signatures)]

    def line(self) -> str:
        """Return the envelope as a line."""
        return self.model_dump_json(by_alias=True) + "\n"


def encoded(payload_type: str, payload: bytes) -> bytes:
    """Return what is signed: DSSE's pre-authentication encoding, version 1."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _verifies(blob: bytes, signature: Signature, message: bytes) -> bool:
    key = key_of(blob)
    if key is None:
        return False
    try:
        key.verify(base64.b64decode(signature.sig, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True
