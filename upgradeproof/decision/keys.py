"""Keys that sign: an OpenSSH key file, or a key that an ssh-agent holds; ed25519 only."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_ssh_private_key,
    load_ssh_public_key,
)

from upgradeproof.decision.agent import Agent
from upgradeproof.errors import SigningError

KEY_TYPE = "ssh-ed25519"
HOW_TO_MAKE_A_KEY = "make a key: ssh-keygen -t ed25519"


class Signer(Protocol):
    """What signs bytes."""

    @property
    def blob(self) -> bytes:
        """Return the public key, as OpenSSH writes it."""

    @property
    def ssh_file(self) -> Path:
        """Return the file that ``ssh-keygen -Y sign`` is called with."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature of 64 bytes. Raises SigningError."""


@dataclass(frozen=True, kw_only=True)
class FileSigner:
    """A key file without a passphrase."""

    key: Ed25519PrivateKey
    ssh_file: Path

    @property
    def blob(self) -> bytes:
        """Return the public key, as OpenSSH writes it."""
        return blob_of(self.key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Return the signature."""
        return self.key.sign(data)


@dataclass(frozen=True, kw_only=True)
class AgentSigner:
    """A key that an ssh-agent holds."""

    agent: Agent
    blob: bytes
    ssh_file: Path

    def sign(self, data: bytes) -> bytes:
        """Return the signature. Raises SigningError."""
        return self.agent.sign(self.blob, data)


def open_signer(path: Path) -> Signer:
    """Return what signs with a key: the file itself, or the agent for a file with a passphrase.

    ``path`` may be a public key, too: the agent must hold the private one. Raises SigningError.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SigningError(
            f"the key {path} can't be read: {error.strerror}", resolution=HOW_TO_MAKE_A_KEY
        ) from None
    if b"PRIVATE KEY" not in content:
        return _of_agent(path, content)
    try:
        key = load_ssh_private_key(content, password=None)
    except TypeError:  # cryptography's documented answer to a key with a passphrase
        return _of_agent(path, _public_half(path))
    except (ValueError, ArithmeticError) as error:
        raise SigningError(
            f"{path} is no private key of OpenSSH",
            details=str(error).strip(),
            resolution=HOW_TO_MAKE_A_KEY,
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _other_type(path, type(key).__name__.removesuffix("PrivateKey").lstrip("_"))
    return FileSigner(key=key, ssh_file=path)


def _public_half(path: Path) -> bytes:
    public = path.with_name(f"{path.name}.pub")
    if not public.is_file():
        raise SigningError(
            f"the key {path} has a passphrase, and {public.name} is not next to it",
            resolution="write the public key there, and add the key to an agent by ssh-add",
        )
    return public.read_bytes()


def _of_agent(path: Path, public: bytes) -> AgentSigner:
    blob = _parse_public(path, public)
    socket = os.environ.get("SSH_AUTH_SOCK", "")
    agent = Agent(Path(socket)) if socket else None
    if agent is None or blob not in agent.identities():
        why = "no ssh-agent runs" if agent is None else "the ssh-agent does not hold it"
        private = path.with_name(path.name.removesuffix(".pub"))
        raise SigningError(
            f"the key {path} can't be used: it has a passphrase or is the public half, and {why}",
            resolution=f"start an agent (eval $(ssh-agent)), then ssh-add {private}",
        )
    public_file = path if path.suffix == ".pub" else path.with_name(f"{path.name}.pub")
    return AgentSigner(agent=agent, blob=blob, ssh_file=public_file)


def _parse_public(path: Path, content: bytes) -> bytes:
    try:
        key = load_ssh_public_key(content)
    except ValueError:
        raise SigningError(f"{path} is no key of OpenSSH", resolution=HOW_TO_MAKE_A_KEY) from None
    if not isinstance(key, Ed25519PublicKey):
        raise _other_type(path, content.split(maxsplit=1)[0].decode("ascii", "replace"))
    return blob_of(key)


def _other_type(path: Path, kind: str) -> SigningError:
    return SigningError(
        f"the key {path} is of the type {kind}, and only {KEY_TYPE} can sign a decision",
        resolution=HOW_TO_MAKE_A_KEY,
    )


def blob_of(key: Ed25519PublicKey) -> bytes:
    """Return a public key, as OpenSSH writes it."""
    line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return base64.b64decode(line.split()[1])


def key_of(blob: bytes) -> Ed25519PublicKey | None:
    """Return the key of a blob; None where it is of another type, or is none."""
    line = f"{KEY_TYPE} {base64.b64encode(blob).decode()}".encode()
    try:
        key = load_ssh_public_key(line)
    except ValueError:
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


def fingerprint(blob: bytes) -> str:
    """Return the fingerprint of a key, as ``ssh-keygen -l`` prints it."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"
