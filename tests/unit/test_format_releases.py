"""A release's manifest is read as our tool writes it, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.errors import Malformed, UnknownVersion
from csbackup.format.releases import (
    MAX_MANIFEST,
    Manifest,
    ReleaseFile,
    Version,
    read_manifest,
    read_pinned,
    read_signatures,
    read_version,
    sign_manifest,
    signers,
)

SECOND = 1_000_000_000
MANIFEST = Manifest(
    version=Version(1, 2, 3),
    released_ns=1_790_000_000 * SECOND,
    expires_ns=1_800_000_000 * SECOND,
    min_version=Version(1, 0, 0),
    files={"linux-amd64": ReleaseFile("csb-1.2.3-linux-amd64.tar.xz", 10, "ab" * 32)},
)
FILE = {"name": "csb.tar.xz", "size": 1, "sha256": "ab" * 32}
KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([one]) * 32) for one in (1, 2, 3)]
PUBLIC = [key.public_key().public_bytes_raw() for key in KEYS]


def changed(**values: Any) -> bytes:
    return json.dumps(json.loads(MANIFEST.encode()) | values).encode()


def test_a_manifest_comes_back_as_it_was() -> None:
    with_keys = replace(MANIFEST, keys=tuple(PUBLIC[:2]), channel="beta")

    assert read_manifest(MANIFEST.encode()) == MANIFEST
    assert read_manifest(with_keys.encode()) == with_keys


def test_what_an_older_client_may_overlook_is_passed_over() -> None:
    assert read_manifest(changed(notes="https://example.org")) == MANIFEST


@pytest.mark.parametrize(
    "values",
    [
        {"version": "1.2"}, {"version": "1.2.3.4"}, {"version": "01.2.3"}, {"version": "1.2.3rc1"},
        {"version": "1.2.-3"}, {"version": 1}, {"version": "1.2.3\n"}, {"version": "1.2.٣"},
        {"min_version": "1.2.4"}, {"min_version": None},
        {"released": "2026-09-21"}, {"released": "2026-13-21T14:13:20Z"}, {"released": 5},
        {"released": "2026-09-21T14:13:20+02:00"}, {"expires": "2020-09-21T14:13:20Z"},
        {"channel": "Stable!"}, {"channel": ""}, {"channel": None},
        {"files": {}}, {"files": []}, {"files": {"linux-amd64": 1}},
        {"files": {"../etc": FILE}}, {"files": {"linux": FILE | {"name": "../csb"}}},
        {"files": {"linux": FILE | {"name": ".hidden"}}}, {"files": {"linux": FILE | {"name": ""}}},
        {"files": {"linux": FILE | {"name": "a/b"}}}, {"files": {"linux": FILE | {"name": "a b"}}},
        {"files": {"linux": FILE | {"name": "manifest.json"}}},
        {"files": {"linux": FILE | {"size": 0}}}, {"files": {"linux": FILE | {"size": -1}}},
        {"files": {"linux": FILE | {"size": 1.0}}}, {"files": {"linux": FILE | {"size": True}}},
        {"files": {"linux": FILE | {"size": 2**31}}},
        {"files": {"linux": FILE | {"sha256": "AB" * 32}}},
        {"files": {"linux": FILE | {"sha256": "ab" * 31}}},
        {"files": {"one": FILE, "two": FILE}},
        {"keys": []}, {"keys": ["ab"]}, {"keys": ["ab" * 32, "ab" * 32]}, {"keys": None},
        {"format": True}, {"format": "1"},
    ],
)  # fmt: skip
def test_whatever_our_tool_never_writes_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_manifest(changed(**values))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 60_000,
        MANIFEST.encode().replace(b'"format"', b'"format": 1, "format"', 1),
        MANIFEST.encode().replace(b'"size": 10', b'"size": NaN'),
        MANIFEST.encode() + b" " * MAX_MANIFEST,
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        read_manifest(content)


def test_a_later_format_asks_for_an_update() -> None:
    with pytest.raises(UnknownVersion):
        read_manifest(changed(format=2))


def test_versions_are_compared_as_numbers() -> None:
    texts = ["0.10.0", "0.9.12", "1.0.0", "0.9.2"]

    assert sorted(texts, key=read_version) == ["0.9.2", "0.9.12", "0.10.0", "1.0.0"]
    assert [str(read_version(text)) for text in texts] == texts


def test_only_pinned_keys_count_and_only_when_their_signature_holds() -> None:
    content = MANIFEST.encode()
    signatures = read_signatures(sign_manifest(content, KEYS[:2]))
    swapped = [replace(one, key=PUBLIC[2]) for one in signatures]

    assert signers(content, signatures, PUBLIC[1:]) == {PUBLIC[1]}
    assert signers(content, swapped, PUBLIC) == frozenset()
    assert signers(content + b" ", signatures, PUBLIC) == frozenset()


@pytest.mark.parametrize("read", [read_signatures, read_pinned])
@pytest.mark.parametrize("content", [b"[]", b"{}", b"[1]", b'[{"key": "ab"}]', b'{"format": 1}'])
def test_lists_of_keys_and_signatures_are_read_strictly(
    read: Callable[[bytes], object], content: bytes
) -> None:
    with pytest.raises(Malformed):
        read(content)
