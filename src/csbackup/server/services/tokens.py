"""Tokens and one-time codes: 32 random bytes; only their hash is kept."""

from __future__ import annotations

import hashlib
import secrets

SESSION = "csbs_"
DEVICE = "csbd_"


def new_token(prefix: str = "") -> str:
    return prefix + secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def proof_hash(proof: bytes) -> bytes:
    """What is kept of a password's or recovery key's proof, which is 32 unguessable bytes."""
    return hashlib.sha256(proof).digest()
