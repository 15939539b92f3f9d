"""The release keys: private ones in files that nobody else may read, public ones as hexadecimal."""

from __future__ import annotations

import os
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

PASSPHRASE = "CSB_RELEASE_PASSPHRASE"


def new_key(path: Path, passphrase: str) -> bytes:
    """Make a private key, in a file that is not there yet; its public key."""
    private = Ed25519PrivateKey.generate()
    kept: KeySerializationEncryption = NoEncryption()
    if passphrase:
        kept = BestAvailableEncryption(passphrase.encode())
    content = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, kept)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as problem:
        raise click.ClickException(f"{path} cannot be made: {problem.strerror}.") from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return private.public_key().public_bytes_raw()


def read_key(path: Path) -> Ed25519PrivateKey:
    """Asks for the passphrase where the file has one and the environment does not say it."""
    try:
        content = path.read_bytes()
        if path.stat().st_mode & 0o077:
            raise click.ClickException(f"Others may read {path}. Run: chmod 600 {path}")
        key = load_pem_private_key(content, _passphrase(path, content))
    except OSError as problem:
        raise click.ClickException(f"{path} cannot be read: {problem.strerror}.") from None
    except (ValueError, TypeError):
        raise click.ClickException(
            f"{path} is no private key, or its passphrase differs."
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise click.ClickException(f"{path} is no Ed25519 key.")
    return key


def _passphrase(path: Path, content: bytes) -> bytes | None:
    if b"ENCRYPTED" not in content:
        return None
    said = os.environ.get(PASSPHRASE) or click.prompt(f"Passphrase of {path}", hide_input=True)
    return str(said).encode()
