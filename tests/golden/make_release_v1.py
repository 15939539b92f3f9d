"""Made `tests/golden/v1/release/` once; kept to show what it holds.

python tests/golden/make_release_v1.py
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.format.releases import (
    MANIFEST,
    PINNED,
    SIGNATURES,
    Manifest,
    ReleaseFile,
    Version,
    sign_manifest,
    write_pinned,
)

FOLDER = Path(__file__).parent / "v1" / "release"
OLD = [Ed25519PrivateKey.from_private_bytes(bytes([one]) * 32) for one in (1, 2)]
NEW = [Ed25519PrivateKey.from_private_bytes(bytes([one]) * 32) for one in (2, 3)]
RELEASED_NS = 1_790_000_000 * 1_000_000_000
YEAR_NS = 365 * 24 * 3600 * 1_000_000_000


def public(keys: list[Ed25519PrivateKey]) -> tuple[bytes, ...]:
    return tuple(key.public_key().public_bytes_raw() for key in keys)


def main() -> None:
    manifest = Manifest(
        version=Version(1, 10, 2),
        released_ns=RELEASED_NS,
        expires_ns=RELEASED_NS + YEAR_NS,
        min_version=Version(1, 0, 0),
        files={
            "linux-amd64": ReleaseFile("csb-1.10.2-linux-amd64.tar.xz", 16_400_000, "ab" * 32),
            "linux-amd64-deb": ReleaseFile("csb_1.10.2_amd64.deb", 16_300_000, "cd" * 32),
        },
        keys=public(NEW),
    )
    content = manifest.encode()
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / MANIFEST).write_bytes(content)
    (FOLDER / SIGNATURES).write_bytes(sign_manifest(content, [*OLD, NEW[1]]))
    (FOLDER / PINNED).write_bytes(write_pinned(public(OLD)))


if __name__ == "__main__":
    main()
