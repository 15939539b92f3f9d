"""The key tree: from a password or a recovery key to every key there is.

    S         = Argon2id(NFKC(password), salt, m, t, p)            stays on the device
    auth      = HKDF(S, "csb1/auth" || parameters)                 goes to the server
    KEK || cm = HKDF(S, "csb1/wrap" || parameters)                 stays on the device
    MS        = 32 random bytes, the master secret, wrapped by KEK and by the recovery key
    all others = HKDF(MS, label)

HKDF is HKDF-SHA-256 (RFC 5869) with the account id as salt; Argon2id is RFC 9106, HPKE RFC 9180.
"""

from __future__ import annotations

import hmac
import struct
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from csbackup.errors import (
    BlockDamaged,
    KdfTooCostly,
    KdfTooWeak,
    Malformed,
    SignatureInvalid,
    UnknownVersion,
    WrongPassword,
    WrongRecoveryKey,
)
from csbackup.format.ids import AccountId

KDF_ARGON2ID = 2
SALT_BYTES = 16
SECRET_BYTES = 32
WRAP_BYTES = 32 + 12 + SECRET_BYTES + 16
SEALED_KEY_BYTES = 80

SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class KdfParameters:
    """How a password becomes keys; bound into every key that comes of it."""

    salt: bytes
    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4

    def encode(self) -> bytes:
        """26 bytes: algorithm, memory in KiB, passes, lanes, salt."""
        numbers = struct.pack(">BIIB", KDF_ARGON2ID, self.memory_kib, self.passes, self.lanes)
        return numbers + self.salt


FLOOR = KdfParameters(salt=b"")
CEILING_MEMORY_KIB = 1024 * 1024
CEILING_PASSES = 16
CEILING_LANES = 16


def read_kdf_parameters(data: bytes) -> KdfParameters:
    """The parameters a server names; refused when weaker than the floor or absurdly high."""
    if not data or data[0] != KDF_ARGON2ID:
        raise UnknownVersion("The password protection", data[0] if data else "none")
    if len(data) != 10 + SALT_BYTES:
        raise Malformed("The password protection", f"it has {len(data)} bytes")
    _, memory_kib, passes, lanes = struct.unpack(">BIIB", data[:10])
    if memory_kib < FLOOR.memory_kib or passes < FLOOR.passes or lanes < 1:
        raise KdfTooWeak
    if memory_kib > CEILING_MEMORY_KIB or passes > CEILING_PASSES or lanes > CEILING_LANES:
        raise KdfTooCostly
    return KdfParameters(data[10:], memory_kib, passes, lanes)


def derive(secret: bytes, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """HKDF-SHA-256."""
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


@dataclass(frozen=True, slots=True)
class UnlockKeys:
    """What a password or a recovery key gives: proof for the server, and the key of the wrap."""

    auth: bytes
    kek: bytes
    commitment: bytes
    context: bytes  # goes into the wrap's associated data


def password_keys(password: str, account: AccountId, parameters: KdfParameters) -> UnlockKeys:
    """Takes about 0.2 s and `memory_kib` of memory; `KdfTooCostly` where there is not as much."""
    stretching = Argon2id(
        salt=parameters.salt,
        length=SECRET_BYTES,
        iterations=parameters.passes,
        lanes=parameters.lanes,
        memory_cost=parameters.memory_kib,
    )
    try:
        stretched = stretching.derive(unicodedata.normalize("NFKC", password).encode())
    except MemoryError as problem:
        raise KdfTooCostly from problem
    context = parameters.encode()
    auth = derive(stretched, account, b"csb1/auth" + context)
    wrap = derive(stretched, account, b"csb1/wrap" + context, 64)
    return UnlockKeys(auth, wrap[:32], wrap[32:], b"password" + context)


def recovery_keys(recovery_key: bytes, account: AccountId) -> UnlockKeys:
    """`recovery_key`: the 20 bytes of `format.recovery`."""
    auth = derive(recovery_key, account, b"csb1/recovery-auth")
    wrap = derive(recovery_key, account, b"csb1/recovery-wrap", 64)
    return UnlockKeys(auth, wrap[:32], wrap[32:], b"recovery")


def wrap_master_secret(
    secret: bytes, keys: UnlockKeys, account: AccountId, *, nonce: bytes
) -> bytes:
    """92 bytes: commitment, nonce (12 random bytes), sealed master secret."""
    sealed = AESGCM(keys.kek).encrypt(nonce, secret, _wrap_context(account, keys))
    return keys.commitment + nonce + sealed


def unwrap_with_password(wrap: bytes, keys: UnlockKeys, account: AccountId) -> bytes:
    secret = _unwrap(wrap, keys, account)
    if secret is None:
        raise WrongPassword
    return secret


def unwrap_with_recovery_key(wrap: bytes, keys: UnlockKeys, account: AccountId) -> bytes:
    secret = _unwrap(wrap, keys, account)
    if secret is None:
        raise WrongRecoveryKey
    return secret


def _unwrap(wrap: bytes, keys: UnlockKeys, account: AccountId) -> bytes | None:
    # The commitment is compared first: a wrap that opens under several passwords would let a
    # hostile server sort out many guesses at once.
    if len(wrap) != WRAP_BYTES or not hmac.compare_digest(wrap[:32], keys.commitment):
        return None
    try:
        return AESGCM(keys.kek).decrypt(wrap[32:44], wrap[44:], _wrap_context(account, keys))
    except InvalidTag:
        return None


def _wrap_context(account: AccountId, keys: UnlockKeys) -> bytes:
    return b"csb1/wrap-ms" + account + keys.context


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """What a device keeps: enough to add to the backup, not enough to open it."""

    account: AccountId
    id_key: bytes  # K_id: chunk ids, hard-link groups
    cut_key: bytes  # K_cdc: the chunker's seed
    hedge_key: bytes  # K_psk: goes into every block key
    sealing_public: bytes  # X25519; data keys are sealed to it
    account_public: bytes  # Ed25519; signs certificates


@dataclass(frozen=True, slots=True)
class AccountKeys:
    """Everything the master secret gives; lives only while the account is unlocked."""

    device: DeviceKeys
    name_key: bytes
    sealing_private: X25519PrivateKey
    signing_private: Ed25519PrivateKey

    def data_key(self, sealed: bytes) -> bytes:
        """What opens the blocks of a run."""
        return open_data_key(sealed, self)


def account_keys(secret: bytes, account: AccountId) -> AccountKeys:
    def key(label: bytes, length: int = 32) -> bytes:
        return derive(secret, account, b"csb1/" + label, length)

    sealing = X25519PrivateKey.from_private_bytes(key(b"seal-x25519"))
    signing = Ed25519PrivateKey.from_private_bytes(key(b"account-ed25519"))
    device = DeviceKeys(
        account=account,
        id_key=key(b"chunk-id"),
        cut_key=key(b"chunker"),
        hedge_key=key(b"psk"),
        sealing_public=sealing.public_key().public_bytes_raw(),
        account_public=signing.public_key().public_bytes_raw(),
    )
    return AccountKeys(device, key(b"names", 64), sealing, signing)


def seal_data_key(data_key: bytes, sealing_public: bytes, account: AccountId) -> bytes:
    """80 bytes that only the account's sealing key opens."""
    public = X25519PublicKey.from_public_bytes(sealing_public)
    return SUITE.encrypt(data_key, public, info=b"csb1/data-key" + account)


def open_data_key(sealed: bytes, keys: AccountKeys) -> bytes:
    info = b"csb1/data-key" + keys.device.account
    try:
        return SUITE.decrypt(sealed, keys.sealing_private, info=info)
    except (InvalidTag, ValueError) as problem:
        raise BlockDamaged("its data key is not sealed to this account") from problem


def sign(private: Ed25519PrivateKey, domain: bytes, message: bytes) -> bytes:
    """`domain` keeps signatures of one purpose from serving another."""
    return private.sign(b"csb1/" + domain + b"\x00" + message)


def check_signature(
    public: bytes, domain: bytes, message: bytes, signature: bytes, what: str
) -> None:
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
        key.verify(signature, b"csb1/" + domain + b"\x00" + message)
    except (InvalidSignature, ValueError) as problem:
        raise SignatureInvalid(what) from problem
