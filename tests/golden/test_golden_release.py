"""The frozen release means today what it meant when it was made."""

from __future__ import annotations

from pathlib import Path

from csbackup.format.releases import (
    MANIFEST,
    PINNED,
    SIGNATURES,
    Version,
    read_manifest,
    read_pinned,
    read_signatures,
    signers,
    write_pinned,
    write_signatures,
    write_time,
)

FOLDER = Path(__file__).parent / "v1" / "release"
CONTENT = (FOLDER / MANIFEST).read_bytes()
SIGNED = (FOLDER / SIGNATURES).read_bytes()
KEYS = (FOLDER / PINNED).read_bytes()


def test_the_manifest_says_the_same() -> None:
    manifest = read_manifest(CONTENT)

    assert manifest.encode() == CONTENT
    assert manifest.version == Version(1, 10, 2)
    assert manifest.min_version == Version(1, 0, 0)
    assert write_time(manifest.released_ns) == "2026-09-21T14:13:20Z"
    assert write_time(manifest.expires_ns) == "2027-09-21T14:13:20Z"
    assert manifest.files["linux-amd64"].name == "csb-1.10.2-linux-amd64.tar.xz"
    assert manifest.files["linux-amd64-deb"].sha256 == "cd" * 32
    assert len(manifest.keys) == 2


def test_both_old_keys_and_a_new_one_signed_it() -> None:
    signatures = read_signatures(SIGNED)
    pinned = read_pinned(KEYS)

    assert write_signatures(signatures) == SIGNED
    assert write_pinned(pinned) == KEYS
    assert signers(CONTENT, signatures, pinned) == frozenset(pinned)
    assert len(signers(CONTENT, signatures, read_manifest(CONTENT).keys)) == 2


def test_one_changed_byte_is_signed_by_nobody() -> None:
    changed = CONTENT.replace(b"16400000", b"16400001")

    assert signers(changed, read_signatures(SIGNED), read_pinned(KEYS)) == frozenset()
