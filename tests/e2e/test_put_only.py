"""A thief with the client's state and a full copy of the server opens no content."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from csbackup.format import keys, packing, records, sealing
from csbackup.format.ids import AccountId, PackId
from support.processes import Client, Server

SECRET = b"the secret of the owner, which no thief may read"


@pytest.fixture(scope="module")
def loot(place: Path, server: Server, laptop: Client) -> list[Path]:
    """Every file that a thief of both machines has."""
    source = place / "source"
    source.mkdir()
    (source / "diary.txt").write_bytes(SECRET)
    (source / "big.bin").write_bytes(SECRET * 40_000)
    laptop.run("add", str(source))
    laptop.backup()
    (source / "diary.txt").write_bytes(SECRET + b"!")
    laptop.backup()
    server.stop()
    folders = (laptop.home, server.data)
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def test_no_content_lies_about(loot: list[Path]) -> None:
    assert len(loot) > 10
    for path in loot:
        assert SECRET[:20] not in path.read_bytes(), path


def candidates(paths: list[Path]) -> set[bytes]:
    """Every 32 bytes that could be a key: wherever they begin, and whatever text encodes them."""
    found: set[bytes] = set()
    for path in paths:
        content = path.read_bytes()
        if "packs" in path.parts:
            content = content[-4096:]  # blocks are ciphertext; their sealed keys are tried below
        found.update(content[at : at + 32] for at in range(len(content) - 31))
        found.update(decoded(content))
    return found


def decoded(content: bytes) -> Iterator[bytes]:
    for text in re.findall(rb"[A-Za-z0-9+/_-]{43,}", content):
        standard = text.replace(b"-", b"+").replace(b"_", b"/")
        for skip in range(min(len(standard) - 42, 8)):
            yield base64.b64decode(standard[skip : skip + 43] + b"=")
    for text in re.findall(rb"[0-9a-f]{64}", content):
        yield bytes.fromhex(text.decode())


def blocks(paths: list[Path]) -> Iterator[bytes]:
    for path in paths:
        if "packs" not in path.parts:
            continue
        content = path.read_bytes()
        pack = PackId(bytes.fromhex(path.name))
        start, end = packing.footer_span(content[-8:], len(content), pack)
        footer = packing.read_footer(content[start:end], start, pack)
        if footer.kind == packing.BLOCKS:
            for item in footer.items:
                yield content[item.offset : item.offset + item.length]


def test_no_key_in_the_loot_opens_a_block(loot: list[Path], laptop: Client) -> None:
    account = account_record(loot)
    sealed = {sealing.sealed_data_key(block): block for block in blocks(loot)}
    tried = candidates(loot)
    hedge_keys = hedge_keys_of(laptop)
    assert len(sealed) >= 2
    assert len(tried) > 1000

    for key in tried:
        assert not opens_wrap(key, account)
        assert not is_sealing_key(key, account)
    for block in sealed.values():
        assert not any(opens_block(key, block, hedge_keys) for key in tried)


def account_record(paths: list[Path]) -> records.AccountRecord:
    (path,) = [path for path in paths if path.name.startswith("account-")]
    return records.read_account_record(path.read_bytes())


def hedge_keys_of(laptop: Client) -> bytes:
    text = (laptop.home / "device.json").read_text()
    (found,) = re.findall(r'"hedge_key": "([^"]+)"', text)
    return base64.b64decode(found)


def opens_wrap(key: bytes, account: records.AccountRecord) -> bool:
    """As the key of a wrap, or as the master secret itself."""
    for wrap, context in (
        (account.wrap_password, b"password" + account.kdf),
        (account.wrap_recovery, b"recovery"),
    ):
        try:
            AESGCM(key).decrypt(wrap[32:44], wrap[44:], b"csb1/wrap-ms" + account.account + context)
        except InvalidTag:
            continue
        return True
    return False


def is_sealing_key(key: bytes, account: records.AccountRecord) -> bool:
    derived = keys.derive(key, account.account, b"csb1/seal-x25519")
    return account.sealing_public in (
        X25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw(),
        X25519PrivateKey.from_private_bytes(derived).public_key().public_bytes_raw(),
    )


def opens_block(key: bytes, block: bytes, hedge_key: bytes) -> bool:
    derived = keys.derive(key, hedge_key, b"csb1/block" + block[:128], 76)
    return derived[32:64] == block[128:160]


def test_the_search_would_find_a_key_that_lay_about(loot: list[Path], tmp_path: Path) -> None:
    """The same search, with the master secret left in a file: the test above proves something."""
    account = account_record(loot)
    secret = b"\x2a" * 32
    found = keys.account_keys(secret, AccountId(account.account))
    left = tmp_path / "left.json"
    left.write_text(f'{{"oops": "{base64.b64encode(secret).decode()}"}}')
    owned = records.AccountRecord(
        account.account, 1, "x", "user", 0, account.kdf, b"", b"", account.wrap_password,
        account.wrap_recovery, found.device.sealing_public, found.device.account_public,
    )  # fmt: skip

    assert any(is_sealing_key(key, owned) for key in candidates([left]))
