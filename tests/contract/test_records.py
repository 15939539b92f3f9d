"""What every keeper of record files promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from csbackup.format.ids import AccountId
from csbackup.server.store import FolderRecords, MemoryRecords, Records

ANNA = AccountId(b"a" * 16)
BERT = AccountId(b"b" * 16)


@pytest.fixture(params=["folder", "memory"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    return FolderRecords(tmp_path) if request.param == "folder" else MemoryRecords()


def test_a_record_is_replaced_as_a_whole(records: Records) -> None:
    records.write(ANNA, "account-00000001", b"a long first version")
    records.write(ANNA, "account-00000001", b"second")

    assert records.read(ANNA, "account-00000001") == b"second"
    assert records.names(ANNA) == ["account-00000001"]


def test_names_are_sorted_and_stay_with_their_account(records: Records) -> None:
    records.write(ANNA, "account-00000010", b"10")
    records.write(ANNA, "account-00000002", b"2")
    records.write(BERT, "account-00000001", b"1")

    assert records.names(ANNA) == ["account-00000002", "account-00000010"]
    assert records.accounts() == [ANNA, BERT]


def test_a_missing_record_is_none(records: Records) -> None:
    assert records.read(ANNA, "account-00000001") is None
    assert records.names(ANNA) == []


def test_a_removed_record_is_gone_and_removing_again_is_harmless(records: Records) -> None:
    records.write(ANNA, "stub-00-01", b"x")

    records.remove(ANNA, "stub-00-01")
    records.remove(ANNA, "stub-00-01")

    assert records.read(ANNA, "stub-00-01") is None


@pytest.mark.parametrize("name", ["../escape", "account-1/../../x", "", ".", "Account-01", "a"])
def test_what_is_no_name_of_a_record_is_refused(records: Records, name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        records.write(ANNA, name, b"x")


def test_a_half_written_record_is_never_listed_and_swept_away(tmp_path: Path) -> None:
    records = FolderRecords(tmp_path)
    records.write(ANNA, "account-00000001", b"x")
    (tmp_path / "records" / ANNA.hex() / "account-00000002.0badcafe.new").write_bytes(b"ha")

    assert records.names(ANNA) == ["account-00000001"]
    records.sweep()
    assert len(list((tmp_path / "records" / ANNA.hex()).iterdir())) == 1


def test_clearing_leaves_one_record_and_other_accounts(records: Records) -> None:
    for name in ("account-00000001", "device-00-01", "deletion-00"):
        records.write(ANNA, name, b"x")
    records.write(BERT, "account-00000001", b"x")

    records.clear(ANNA, keep="deletion-00")
    records.clear(ANNA, keep="deletion-00")

    assert records.names(ANNA) == ["deletion-00"]
    assert records.names(BERT) == ["account-00000001"]
