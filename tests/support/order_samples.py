"""A restore order of fixed bytes, and who gave it to whom."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from csbackup.format.ids import AccountId, DeviceId, OrderId, SnapshotId
from csbackup.format.keys import SUITE, account_keys
from csbackup.format.orders import LIFE_NS, Order, key_name, order_info

ACCOUNT = AccountId(bytes.fromhex("00112233445566778899aabbccddeeff"))
DEVICE = DeviceId(bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"))
SOURCE = DeviceId(b"\xee" * 16)
ORDER_ID = OrderId(bytes(range(16)))
KEYS = account_keys(bytes(range(32, 64)), ACCOUNT)
SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
SEALING = X25519PrivateKey.from_private_bytes(bytes(range(128, 160)))
SEALED = (b"first sealed key" + bytes(64), b"other sealed key" + bytes(64))
DATA_KEYS = (bytes(range(160, 192)), bytes(range(192, 224)))
CREATED = 1_700_000_000_000_000_000


def sealed_rows(public: X25519PrivateKey = SEALING, order: OrderId = ORDER_ID) -> bytes:
    rows = b"".join(key_name(sealed) + key for sealed, key in zip(SEALED, DATA_KEYS, strict=True))
    return SUITE.encrypt(rows, public.public_key(), info=order_info(ACCOUNT, DEVICE, order))


ORDER = Order(
    account=ACCOUNT,
    order=ORDER_ID,
    device=DEVICE,
    serial=2,
    number=1_700_000_000_000,
    source=SOURCE,
    sequence=7,
    snapshot=SnapshotId(b"\x5a" * 32),
    paths=(b"/home/ada/notes.txt", b"/home/ada/\xff"),
    target=b"/home/ada/back",
    overwrite=False,
    created_ns=CREATED,
    expires_ns=CREATED + LIFE_NS,
    sealed_keys=sealed_rows(),
)
