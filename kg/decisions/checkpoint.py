"""Checkpoints: signed lines in a file outside the database, each saying how far its log had come."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.domain.canonical_json import canonical
from kg.domain.fact import Instant
from kg.errors import CheckpointInvalid, ConfigError
from kg.ports.audit import AuditLog
from kg.ports.clock import Clock, instant

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was seen of a log, signed with Ed25519 over the RFC 8785 JSON of all but the signature."""

    database: str
    seq: int
    hash: str
    at: Instant
    key: str
    """The public key, base64."""
    signature: str = ""

    @property
    def signed(self) -> bytes:
        return canonical({name: value for name, value in asdict(self).items() if name != "signature"})


def take(log: AuditLog, file: Path, key_file: Path, clock: Clock) -> Checkpoint:
    """Append a checkpoint of the log to the file. Raises CheckpointInvalid, ConfigError."""
    key = private_key(key_file)
    head = log.audit_head()
    made = Checkpoint(head.database, head.seq, head.hash, instant(clock()), _raw(key.public_key()))
    made = replace(made, signature=base64.b64encode(key.sign(made.signed)).decode())
    if file.exists():
        for one in read_checkpoints(file):
            if one.database != made.database:
                raise CheckpointInvalid(
                    f"{file} has checkpoints of another database ({one.database}): name another file"
                )
    try:
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(asdict(made), sort_keys=True) + "\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError as exc:
        raise CheckpointInvalid(f"cannot write {str(file)!r}: {exc.strerror}") from exc
    return made


def read_checkpoints(file: Path, known: Path | None = None) -> list[Checkpoint]:
    """The checkpoints of the file, each with a signature that holds, by the ``known`` key where one is given.

    Raises CheckpointInvalid, ConfigError.
    """
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as exc:
        raise CheckpointInvalid(f"cannot read {str(file)!r} as checkpoints: {exc}") from exc
    trusted = None if known is None else public_key(known)
    found = [_read(f"{file}:{number}", line, trusted) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise CheckpointInvalid(f"{file} holds no checkpoint")
    return found


def _read(where: str, line: str, trusted: str | None) -> Checkpoint:
    cryptography()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        one = _parsed(json.loads(line))
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(one.key, validate=True))
        key.verify(base64.b64decode(one.signature, validate=True), one.signed)
    except InvalidSignature as exc:
        raise CheckpointInvalid(f"{where}: the signature does not hold: the checkpoint was changed") from exc
    except (ValueError, TypeError) as exc:
        raise CheckpointInvalid(f"{where}: this is no checkpoint") from exc
    if trusted is not None and one.key != trusted:
        raise CheckpointInvalid(f"{where}: it is signed with another key than the one you trust")
    return one


def _parsed(told: dict[str, Any]) -> Checkpoint:
    """Raises ValueError, TypeError."""
    one = Checkpoint(**told)
    if not isinstance(one.seq, int) or not all(isinstance(said, str) for name, said in told.items() if name != "seq"):
        raise TypeError
    return one


def private_key(file: Path) -> Ed25519PrivateKey:
    """The key that signs; it is made, for its owner alone to read, where there is no such file."""
    cryptography()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        held = file.read_bytes() if file.exists() else _made(file)
        key = serialization.load_pem_private_key(held, None)
    except (OSError, ValueError, TypeError) as exc:
        raise ConfigError(f"cannot use {str(file)!r} as a key: {exc}") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{file} holds no Ed25519 key")
    return key


def _made(file: Path) -> bytes:
    """A new key in the file, and its public half beside it."""
    from cryptography.hazmat.primitives import serialization as to
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(to.Encoding.PEM, to.PrivateFormat.PKCS8, to.NoEncryption())
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(private)
    public = key.public_key().public_bytes(to.Encoding.PEM, to.PublicFormat.SubjectPublicKeyInfo)
    file.with_suffix(".pub").write_bytes(public)
    return private


def public_key(file: Path) -> str:
    """Base64 of the key in a PEM file."""
    cryptography()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = serialization.load_pem_public_key(file.read_bytes())
    except (OSError, ValueError) as exc:
        raise ConfigError(f"cannot read {str(file)!r} as a public key: {exc}") from exc
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{file} holds no Ed25519 key")
    return _raw(key)


def _raw(key: Ed25519PublicKey) -> str:
    return base64.b64encode(key.public_bytes_raw()).decode()


def cryptography() -> None:
    """Raises ConfigError where the package is not installed."""
    try:
        import cryptography as _  # noqa: F401
    except ImportError as exc:
        raise ConfigError("checkpoints are signed with the package cryptography: pip install 'whence[access]'") from exc
