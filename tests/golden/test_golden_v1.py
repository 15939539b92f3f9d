"""The frozen bytes of version 1 mean today what they meant when they were made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from csbackup.format import chunking, keys, packing, records, recovery, sealing, snapshot, tree
from csbackup.format.ids import (
    AccountId,
    ChunkId,
    NodeId,
    PackId,
    block_id,
    chunk_id,
    node_id,
    snapshot_id,
)

FOLDER = Path(__file__).parent / "v1"
VECTORS: dict[str, Any] = json.loads((FOLDER / "vectors.json").read_text("utf-8"))
ACCOUNT = AccountId(bytes.fromhex(VECTORS["account"]["account"]))
MASTER_SECRET = bytes.fromhex(VECTORS["account"]["master_secret"])
ALL_KEYS = keys.account_keys(MASTER_SECRET, ACCOUNT)


def vector(*path: str) -> bytes:
    value: Any = VECTORS
    for step in path:
        value = value[step]
    return bytes.fromhex(value)


def content(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def stream(length: int) -> bytes:
    key = vector("cuts", "buffer", "stream_key")
    return Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor().update(bytes(length))


def test_the_password_gives_the_same_keys() -> None:
    parameters = keys.read_kdf_parameters(vector("account", "kdf"))

    unlock = keys.password_keys(VECTORS["account"]["password"], ACCOUNT, parameters)

    assert unlock.auth == vector("account", "auth")
    assert unlock.kek == vector("account", "kek")
    assert unlock.commitment == vector("account", "commitment")
    wrap = vector("account", "wrap_password")
    assert keys.unwrap_with_password(wrap, unlock, ACCOUNT) == MASTER_SECRET
    assert (
        keys.wrap_master_secret(
            MASTER_SECRET, unlock, ACCOUNT, nonce=vector("account", "wrap_nonce")
        )
        == wrap
    )


def test_the_recovery_key_gives_the_same_keys() -> None:
    key = recovery.parse_recovery_key(VECTORS["account"]["recovery_text"])

    unlock = keys.recovery_keys(key, ACCOUNT)

    assert key == vector("account", "recovery_key")
    assert recovery.format_recovery_key(key) == VECTORS["account"]["recovery_text"]
    assert unlock.auth == vector("account", "recovery_auth")
    assert unlock.kek == vector("account", "recovery_kek")
    assert unlock.commitment == vector("account", "recovery_commitment")
    wrap = vector("account", "wrap_recovery")
    assert keys.unwrap_with_recovery_key(wrap, unlock, ACCOUNT) == MASTER_SECRET


def test_the_master_secret_gives_the_same_key_tree() -> None:
    found = {
        "id_key": ALL_KEYS.device.id_key,
        "cut_key": ALL_KEYS.device.cut_key,
        "hedge_key": ALL_KEYS.device.hedge_key,
        "name_key": ALL_KEYS.name_key,
        "sealing_private": ALL_KEYS.sealing_private.private_bytes_raw(),
        "sealing_public": ALL_KEYS.device.sealing_public,
        "account_private": ALL_KEYS.signing_private.private_bytes_raw(),
        "account_public": ALL_KEYS.device.account_public,
    }

    assert {name: key.hex() for name, key in found.items()} == VECTORS["keys"]


def test_the_sealed_data_key_opens() -> None:
    sealed = vector("data_key", "sealed")

    assert keys.open_data_key(sealed, ALL_KEYS) == vector("data_key", "data_key")


@pytest.mark.parametrize("name", VECTORS["blocks"])
def test_a_block_opens_to_the_same_chunks(name: str) -> None:
    expected = VECTORS["blocks"][name]
    block = content(expected["file"])

    data_key = keys.open_data_key(sealing.sealed_data_key(block), ALL_KEYS)
    chunks = sealing.open_block(block, data_key, ACCOUNT, ALL_KEYS.device.hedge_key)

    assert block_id(block).hex() == expected["block"]
    assert [
        {
            "chunk": chunk_id(chunk, ALL_KEYS.device.id_key).hex(),
            "length": len(chunk),
            "begins": bytes(chunk[:64]).hex(),
        }
        for chunk in chunks
    ] == expected["chunks"]


def test_a_stored_block_is_sealed_to_the_same_bytes() -> None:
    expected = VECTORS["blocks"]["stored"]
    data_key = sealing.DataKey(vector("data_key", "data_key"), vector("data_key", "sealed"))

    block = sealing.seal_block(
        [stream(5000)],
        data_key,
        ALL_KEYS.device,
        salt=bytes.fromhex(expected["salt"]),
        compressor=zstandard.ZstdCompressor(),
    )

    assert block == content(expected["file"])


@pytest.mark.parametrize("name", VECTORS["nodes"])
def test_a_node_is_built_again_to_the_same_bytes(name: str) -> None:
    plain = content(VECTORS["nodes"][name]["file"])

    again = build_again(tree.read_node(plain))

    assert node_id(plain).hex() == VECTORS["nodes"][name]["node"]
    assert again.plain == plain


def build_again(node: tree.AnyNode) -> tree.Node:
    if isinstance(node, tree.Folder):
        if node.roots:
            return tree.build_roots(node.entries)
        return tree.build_folder(node.entries)[-1]
    if isinstance(node, tree.Report):
        return tree.build_report(node.lines)
    if isinstance(node, tree.SettingsNode):
        return snapshot.read_settings(node).node()
    assert isinstance(node, tree.FolderIndex | tree.ChunkList)
    return build_paged_again(node)


def build_paged_again(node: tree.FolderIndex | tree.ChunkList) -> tree.Node:
    pages = [tree.read_node(stored_nodes()[page]) for page in node.pages]
    if isinstance(node, tree.ChunkList):
        ids = b"".join(page.chunks for page in pages if isinstance(page, tree.ChunkPage))
        parts = [ChunkId(ids[at : at + 32]) for at in range(0, len(ids), 32)]
        return tree.build_chunk_list(parts)[-1]
    folders = [node.check_page(number, page) for number, page in enumerate(pages)]
    return tree.build_folder([entry for folder in folders for entry in folder.entries])[-1]


def stored_nodes() -> dict[NodeId, bytes]:
    expected = VECTORS["packs"]["trees"]
    pack = content(expected["file"])
    return {
        NodeId(bytes.fromhex(item["id"])): tree.unpack_node(
            pack[item["offset"] : item["offset"] + item["length"]],
            NodeId(bytes.fromhex(item["id"])),
        )
        for item in expected["items"]
    }


@pytest.mark.parametrize("name", VECTORS["extras"])
def test_extras_are_encoded_again_to_the_same_bytes(name: str) -> None:
    encoded = content(VECTORS["extras"][name]["file"])

    assert tree.encode_extras(tree.decode_extras(encoded)) == encoded


@pytest.mark.parametrize("name", VECTORS["packs"])
def test_a_pack_is_read_with_every_item_where_it_was(name: str) -> None:
    expected = VECTORS["packs"][name]
    pack = content(expected["file"])
    pack_id = PackId(bytes.fromhex(expected["pack"]))

    start, end = packing.footer_span(pack[-8:], len(pack), pack_id)
    footer = packing.read_footer(pack[start:end], start, pack_id)

    assert block_id(pack) == pack_id  # both are BLAKE3 of all bytes
    assert footer.owner.account == ACCOUNT
    assert [
        {"id": item.id.hex(), "offset": item.offset, "length": item.length} for item in footer.items
    ] == expected["items"]


@pytest.mark.parametrize("name", VECTORS["snapshots"])
def test_a_snapshot_is_read_and_its_signature_holds(name: str) -> None:
    expected = VECTORS["snapshots"][name]
    signed = content(expected["file"])
    signature = bytes.fromhex(expected["signature"])
    certificate = snapshot.read_certificate(content(VECTORS["device"]["certificate"]))

    read = snapshot.read_snapshot(signed)

    assert read.encode() == signed
    assert snapshot_id(signed).hex() == expected["snapshot"]
    keys.check_signature(
        certificate.signing_public, snapshot.SIGN_SNAPSHOT, signed, signature, "a snapshot"
    )
    private = Ed25519PrivateKey.from_private_bytes(vector("device", "signing_private"))
    assert keys.sign(private, snapshot.SIGN_SNAPSHOT, signed) == signature


def test_the_certificate_is_read_and_its_signature_holds() -> None:
    encoded = content(VECTORS["device"]["certificate"])

    certificate = snapshot.read_certificate(encoded)

    assert certificate.encode() == encoded
    assert certificate.signing_public == vector("device", "signing_public")
    keys.check_signature(
        ALL_KEYS.device.account_public,
        snapshot.SIGN_CERTIFICATE,
        encoded,
        vector("device", "signature"),
        "a certificate",
    )


def test_the_snapshots_make_a_chain() -> None:
    first, second = (
        snapshot.read_snapshot(content(VECTORS["snapshots"][name]["file"]))
        for name in ("first", "second")
    )

    assert (first.sequence, first.previous) == (1, b"")
    assert second.previous == snapshot_id(first.encode())


READERS: dict[str, Any] = {
    "account": records.read_account_record,
    "device": records.read_device_record,
    "snapshot": records.read_snapshot_record,
    "stub": records.read_stub_record,
}
RECORDS = [
    *sorted((FOLDER / "data/records" / ACCOUNT.hex()).iterdir()),
    FOLDER / VECTORS["records"]["stub"]["file"],
]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.name)
def test_a_record_is_encoded_again_to_the_same_bytes(path: Path) -> None:
    name = VECTORS["records"]["stub"]["name"] if path == RECORDS[-1] else path.name

    record = READERS[name.split("-")[0]](path.read_bytes())

    assert record.encode() == path.read_bytes()
    assert record.file_name == name


DELETION = bytes.fromhex(
    "850150000102030405060708090a0b0c0d0e0f1b17979cfe362a00001b1799c30e2f53000000"
)


def test_the_record_of_a_deletion_is_encoded_again_to_the_same_bytes() -> None:
    record = records.read_deletion_record(DELETION)

    assert record.encode() == DELETION
    assert record.file_name == "deletion-000102030405060708090a0b0c0d0e0f"
    assert (record.due_ns - record.asked_ns, record.begun_ns) == (7 * 24 * 3600 * 10**9, 0)


@pytest.mark.parametrize("seed", VECTORS["cuts"]["seeds"])
def test_content_is_cut_at_the_same_places(seed: str) -> None:
    buffer = stream(VECTORS["cuts"]["buffer"]["length"])

    lengths = chunking.make_cutter(bytes.fromhex(seed))(memoryview(buffer))

    assert lengths == VECTORS["cuts"]["seeds"][seed]
    assert sum(lengths) == len(buffer)
