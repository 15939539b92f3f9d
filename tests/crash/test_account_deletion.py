"""An account is deleted while the server is killed: it is gone in the end, and nothing else is."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from csbackup.format.ids import AccountId
from csbackup.format.records import (
    DeletionRecord,
    deletion_record_name,
    read_account_record,
)
from support.processes import Client, run_server_command, start_server

FILES = 300


def account_ids(data: Path) -> dict[str, AccountId]:
    """The accounts that have a record, by name."""
    found = {}
    for path in data.glob("records/*/account-*"):
        record = read_account_record(path.read_bytes())
        found[record.name] = record.account
    return found


def left_of(data: Path, account: AccountId) -> list[Path]:
    files = (path for path in data.rglob("*") if path.is_file())
    return [path for path in files if account.hex() in path.parts]


def backed_up(url: str, pin: str, folder: Path, account: str) -> Client:
    client = Client(folder / account, url, pin)
    client.register(account, device="laptop")
    source = folder / f"{account}-files"
    source.mkdir()
    for number in range(FILES):
        (source / f"{number:04d}").write_bytes(random.Random(number).randbytes(4000))
    client.run("add", str(source))
    client.backup()
    return client


@pytest.mark.parametrize("seed", range(4))
def test_a_server_killed_while_it_deletes_goes_on_and_others_keep_everything(
    tmp_path: Path, seed: int
) -> None:
    data = tmp_path / "data"
    with start_server(data) as server:
        for account in ("anna", "bert"):
            backed_up(server.url, server.pin, tmp_path, account)
        port = server.port
        server.stop()
    ids = account_ids(data)
    anna, bert = ids["anna"], ids["bert"]
    kept = sorted((path, path.stat().st_size) for path in left_of(data, bert))
    record = DeletionRecord(anna, 1, 2)  # due long ago
    (data / "records" / anna.hex() / record.file_name).write_bytes(record.encode())
    chance = random.Random(seed)

    for _ in range(3):
        with start_server(data, listen=f"127.0.0.1:{port}") as server:
            time.sleep(chance.random() * 0.05)
            server.kill()
    for file in data.glob("catalog.db*"):
        file.unlink()
    run_server_command("rebuild", "--data", str(data))
    with start_server(data, listen=f"127.0.0.1:{port}") as server:
        wait_until_only_the_record_is_left(data, anna)

        assert sorted((path, path.stat().st_size) for path in left_of(data, bert)) == kept
        client = Client(tmp_path / "bert", server.url, server.pin)
        client.run("restore", "--to", str(tmp_path / "back"), str(tmp_path / "bert-files"))
        assert len(list((tmp_path / "back").rglob("0*"))) == FILES
        gone = Client(tmp_path / "anna", server.url, server.pin)
        assert gone.run("backup", code=None).code != 0
    server.stop()
    assert sorted(account_ids(data)) == ["bert"]


def wait_until_only_the_record_is_left(data: Path, account: AccountId) -> None:
    until = time.monotonic() + 30
    while [path.name for path in left_of(data, account)] != [deletion_record_name(account)]:
        assert time.monotonic() < until
        time.sleep(0.05)
