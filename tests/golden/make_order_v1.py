"""Made `tests/golden/v1/order.bin` and `order.json` once; kept to show what they hold.

    python tests/golden/make_order_v1.py

The keys of the account are those of `make_v1.py`. HPKE is written out here, because the library
draws its randomness itself: with `ephemeral` the same bytes come again, in every language.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from csbackup.format.ids import AccountId, DeviceId, OrderId, SnapshotId
from csbackup.format.keys import account_keys, seal_data_key, sign
from csbackup.format.orders import SIGN_ORDER, Order, key_name, order_info
from csbackup.format.snapshot import SIGN_CERTIFICATE, Certificate

FOLDER = Path(__file__).parent / "v1"
ACCOUNT = AccountId(bytes.fromhex("00112233445566778899aabbccddeeff"))
MASTER_SECRET = bytes(range(32, 64))
DEVICE = DeviceId(bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"))
SOURCE = DeviceId(b"\xee" * 16)
ORDER = OrderId(bytes(range(16)))
EPHEMERAL = bytes(range(200, 232))
SEALING = X25519PrivateKey.from_private_bytes(bytes(range(128, 160)))
SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
DATA_KEYS = (bytes(range(160, 192)), bytes(range(192, 224)))
CREATED_MS = 1_700_000_000_123
PATHS = (b"/home/ada/notes.txt", b"/home/ada/\xff\xfe", b"/srv/" + b"long/" * 60)

_KEM = b"KEM" + struct.pack(">H", 0x20)
_SUITE = b"HPKE" + struct.pack(">HHH", 0x20, 1, 2)


def seal(plain: bytes, public: X25519PublicKey, info: bytes, ephemeral: bytes) -> bytes:
    """HPKE of RFC 9180, base mode, with an ephemeral key that is given."""
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    encapsulated = private.public_key().public_bytes_raw()
    extracted = _extract(_KEM, b"", b"eae_prk", private.exchange(public))
    context = encapsulated + public.public_bytes_raw()
    shared = _expand(_KEM, extracted, b"shared_secret", context, 32)
    schedule = b"\0" + _extract(_SUITE, b"", b"psk_id_hash", b"")
    schedule += _extract(_SUITE, b"", b"info_hash", info)
    secret = _extract(_SUITE, shared, b"secret", b"")
    key = _expand(_SUITE, secret, b"key", schedule, 32)
    nonce = _expand(_SUITE, secret, b"base_nonce", schedule, 12)
    return encapsulated + AESGCM(key).encrypt(nonce, plain, b"")


def _extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    return _hmac(salt or bytes(32), b"HPKE-v1" + suite + label + secret)


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labelled = struct.pack(">H", length) + b"HPKE-v1" + suite + label + info
    return _hmac(key, labelled + b"\1")[:length]


def _hmac(key: bytes, message: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(message)
    return made.finalize()


def main() -> None:
    if (FOLDER / "order.bin").exists():
        raise SystemExit("Golden files are made once; a change is a new version.")
    keys = account_keys(MASTER_SECRET, ACCOUNT)
    public = keys.device.sealing_public
    sealed = [seal_data_key(key, public, ACCOUNT) for key in DATA_KEYS]
    rows = b"".join(key_name(one) + key for one, key in zip(sealed, DATA_KEYS, strict=True))
    signing_public = SIGNING.public_key().public_bytes_raw()
    sealing_public = SEALING.public_key().public_bytes_raw()
    certificate = Certificate(ACCOUNT, DEVICE, 2, signing_public, sealing_public, 0).encode()
    order = Order(
        account=ACCOUNT,
        order=ORDER,
        device=DEVICE,
        serial=2,
        number=1_700_000_000_001,
        source=SOURCE,
        sequence=7,
        snapshot=SnapshotId(b"\x5a" * 32),
        paths=PATHS,
        target="/home/ada/zurück".encode(),
        overwrite=True,
        created_ns=CREATED_MS * 1_000_000,
        expires_ns=CREATED_MS * 1_000_000 + 7 * 24 * 3600 * 1_000_000_000,
        sealed_keys=seal(rows, SEALING.public_key(), order_info(ACCOUNT, DEVICE, ORDER), EPHEMERAL),
    )
    document = order.encode()
    (FOLDER / "order.bin").write_bytes(document)
    vectors = {
        "file": "order.bin",
        "signature": sign(keys.signing_private, SIGN_ORDER, document).hex(),
        "order": ORDER.hex(),
        "ephemeral": EPHEMERAL.hex(),
        "device": DEVICE.hex(),
        "device_sealing_private": SEALING.private_bytes_raw().hex(),
        "certificate": certificate.hex(),
        "certificate_signature": sign(keys.signing_private, SIGN_CERTIFICATE, certificate).hex(),
        "source": SOURCE.hex(),
        "serial": 2,
        "number": order.number,
        "sequence": order.sequence,
        "snapshot": order.snapshot.hex(),
        "paths": [path.hex() for path in PATHS],
        "target": order.target.hex(),
        "overwrite": True,
        "created_ms": CREATED_MS,
        "sealed_data_keys": [one.hex() for one in sealed],
        "data_keys": [key.hex() for key in DATA_KEYS],
    }
    (FOLDER / "order.json").write_text(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
