"""What every store of packs promises: the folder's and the one in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from blake3 import blake3

from csbackup.errors import PackDamaged, StorageFull
from csbackup.format.ids import AccountId, PackId
from csbackup.server.store import FolderStore, MemoryStore, Store

ANNA = AccountId(b"a" * 16)
BERT = AccountId(b"b" * 16)
CONTENT = b"sealed" * 1000
PACK = PackId(blake3(CONTENT).digest())
UNKNOWN = PackId(bytes(32))


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return FolderStore(tmp_path) if request.param == "folder" else MemoryStore()


def keep(store: Store, account: AccountId = ANNA, content: bytes = CONTENT, at: int = 5) -> None:
    incoming = store.receive(account, len(content))
    incoming.write(content)
    incoming.keep(at)


def listed(store: Store, account: AccountId = ANNA) -> list[tuple[bytes, int, int]]:
    return [(one.pack, one.size, one.received_ns) for one in store.packs(account)]


def test_a_pack_that_was_kept_is_read_back_by_ranges(store: Store) -> None:
    keep(store)

    assert store.read(ANNA, PACK, 0, len(CONTENT)) == CONTENT
    assert store.read(ANNA, PACK, 6, 7) == CONTENT[6:13]
    assert store.size(ANNA, PACK) == len(CONTENT)


def test_a_pack_in_pieces_gets_the_id_of_the_whole(store: Store) -> None:
    incoming = store.receive(ANNA, len(CONTENT))
    incoming.write(CONTENT[:1000])
    incoming.write(memoryview(CONTENT)[1000:])

    assert incoming.digest() == PACK
    assert incoming.size == len(CONTENT)
    assert incoming.read(998, 4) == CONTENT[998:1002]


def test_what_is_not_kept_yet_is_not_visible(store: Store) -> None:
    incoming = store.receive(ANNA, len(CONTENT))
    incoming.write(CONTENT)

    assert store.size(ANNA, PACK) is None
    assert listed(store) == []
    incoming.discard()


def test_what_was_discarded_never_becomes_visible(store: Store) -> None:
    incoming = store.receive(ANNA, len(CONTENT))
    incoming.write(CONTENT)
    incoming.discard()

    assert store.size(ANNA, PACK) is None


def test_discarding_after_keeping_is_harmless(store: Store) -> None:
    incoming = store.receive(ANNA, len(CONTENT))
    incoming.write(CONTENT)
    incoming.keep(5)
    incoming.discard()

    assert store.read(ANNA, PACK, 0, 6) == b"sealed"


def test_keeping_a_pack_again_changes_nothing_of_its_content(store: Store) -> None:
    keep(store, at=5)
    keep(store, at=6)

    assert store.read(ANNA, PACK, 0, len(CONTENT)) == CONTENT
    assert len(listed(store)) == 1


def test_packs_are_listed_in_the_order_in_which_they_came(store: Store) -> None:
    contents = [b"first", b"second", b"third"]
    for at, content in zip((30, 10, 20), contents, strict=True):
        keep(store, content=content, at=at)

    assert [(size, at) for _, size, at in listed(store)] == [(6, 10), (5, 20), (5, 30)]


def test_accounts_do_not_see_each_other(store: Store) -> None:
    keep(store, ANNA)

    assert store.accounts() == [ANNA]
    assert listed(store, BERT) == []
    assert store.size(BERT, PACK) is None
    with pytest.raises(PackDamaged):
        store.read(BERT, PACK, 0, 1)


def test_a_pack_that_is_missing_is_named(store: Store) -> None:
    with pytest.raises(PackDamaged, match=UNKNOWN.hex()):
        store.read(ANNA, UNKNOWN, 0, 1)
    assert store.size(ANNA, UNKNOWN) is None


def test_reading_past_the_end_is_damage_and_never_a_short_answer(store: Store) -> None:
    keep(store)

    with pytest.raises(PackDamaged):
        store.read(ANNA, PACK, len(CONTENT) - 1, 2)


def test_a_deleted_pack_is_gone_and_deleting_again_is_harmless(store: Store) -> None:
    keep(store)

    store.delete(ANNA, PACK)
    store.delete(ANNA, PACK)

    assert store.size(ANNA, PACK) is None
    assert listed(store) == []


def test_clearing_takes_all_packs_of_one_account(store: Store) -> None:
    keep(store)
    keep(store, content=b"another")
    keep(store, BERT)

    store.clear(ANNA)
    store.clear(ANNA)

    assert listed(store) == []
    assert [pack for pack, _, _ in listed(store, BERT)] == [PACK]
    assert store.accounts() == [BERT]


def test_room_that_is_left_is_told(store: Store) -> None:
    assert store.free_bytes() > len(CONTENT)


@pytest.fixture(params=["folder", "memory"])
def full_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path, reserve_bytes=2**62)
    return MemoryStore(capacity_bytes=2**20, reserve_bytes=2**20)


def test_the_reserve_is_not_given_away(full_store: Store) -> None:
    with pytest.raises(StorageFull):
        full_store.receive(ANNA, 1)
    assert listed(full_store) == []


def test_what_a_crash_left_in_the_folder_is_swept_away(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.receive(ANNA, 10).write(b"half a pa")

    again = FolderStore(tmp_path)
    again.sweep()

    assert list((tmp_path / "incoming").iterdir()) == []
    assert again.accounts() == []


def test_files_in_the_folder_that_are_no_packs_are_left_alone(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    keep(store)
    (tmp_path / "packs" / "README").write_text("mine")
    (tmp_path / "packs" / ANNA.hex() / PACK.hex()[:2] / "notes").write_text("mine")

    assert store.accounts() == [ANNA]
    assert len(listed(store)) == 1


def test_a_disk_that_fills_up_leaves_nothing_visible() -> None:
    store = MemoryStore(capacity_bytes=100)
    incoming = store.receive(ANNA, 10)

    with pytest.raises(StorageFull):
        incoming.write(bytes(101))
    incoming.discard()

    assert listed(store) == []
