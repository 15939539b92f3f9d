"""The client's commands against a real server process, over TLS."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from csbackup.client.config import Home
from csbackup.client.heads import Heads
from csbackup.client.keyring import load_device, save_device
from csbackup.protocol.messages import DeviceHead
from support.processes import PASSWORD, Client, Server, start_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("server") / "data") as server:
        yield server


@pytest.fixture
def account(request: pytest.FixtureRequest) -> str:
    """A name of its own for each test: they share the server."""
    return f"a{abs(hash(request.node.nodeid)) % 10**12}"


@pytest.fixture
def laptop(server: Server, tmp_path: Path, account: str) -> Client:
    client = Client(tmp_path / "laptop-state", server.url, server.pin)
    client.register(account, device="laptop")
    return client


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "inner").mkdir(parents=True)
    (folder / "one.txt").write_text("one")
    (folder / "inner/two.txt").write_text("two" * 1000)
    (folder / "inner/big").write_bytes(os.urandom(3_000_000))
    (folder / "link").symlink_to("one.txt")
    os.link(folder / "one.txt", folder / "inner/again")
    return folder


def backed_up(client: Client, folder: Path) -> None:
    client.run("add", str(folder))
    client.backup()


def differences(one: Path, other: Path) -> str:
    command = ["rsync", "-naHAXi", "--checksum", "--delete", f"{one}/", f"{other}/"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# --- accounts ---


def test_registering_tells_the_recovery_key_and_keeps_it_nowhere(
    server: Server, laptop: Client
) -> None:
    kept = b"".join(path.read_bytes() for path in laptop.home.iterdir())

    assert len(laptop.recovery_key) == 44
    assert laptop.recovery_key.encode() not in kept
    assert PASSWORD.encode() not in kept
    assert laptop.run("status", "--json", code=1).json["device"] == "laptop"


def test_a_machine_is_not_set_up_twice(laptop: Client) -> None:
    refused = laptop.run("login", laptop.url, "--account", "x", code=2)

    assert "set up already, as laptop" in refused.err


def test_a_name_that_is_taken_is_refused(server: Server, laptop: Client, account: str) -> None:
    other = Client(laptop.home.with_name("other"), server.url, server.pin)

    refused = other.run(
        "register", server.url, "--account", account, "--accept-pin", server.pin, code=2
    )

    assert len(refused.err.splitlines()) == 1
    assert not (other.home / "device.json").exists()


def test_another_pin_is_refused(server: Server, tmp_path: Path) -> None:
    other = Client(tmp_path / "other", server.url, "ab" * 32)

    refused = other.run("register", server.url, "--account", "x", "--accept-pin", other.pin, code=2)

    assert f"shows pin {server.pin}, not {'ab' * 32}" in refused.err
    assert not (other.home / "ca.crt").exists()


def test_a_server_with_another_ca_is_refused_later_too(
    laptop: Client, tmp_path: Path, server: Server
) -> None:
    with start_server(tmp_path / "impostor") as impostor:
        home = Home(laptop.home)
        save_device(home, replace(load_device(home), url=impostor.url))

        refused = laptop.run("snapshots", code=2)

    assert f"shows pin {impostor.pin}, not {server.pin}" in refused.err


def test_a_wrong_password_or_recovery_key_is_said(laptop: Client) -> None:
    by_password = laptop.run("restore", code=2, CSB_PASSWORD="not the password")
    other = "7" if laptop.recovery_key[-1] != "7" else "8"
    mistyped = laptop.run("restore", "--recovery-key", laptop.recovery_key[:-1] + other, code=2)

    assert "account name or the password is wrong" in by_password.err
    assert "not a recovery key" in mistyped.err


def test_an_unknown_account_reads_like_a_wrong_password(server: Server, tmp_path: Path) -> None:
    client = Client(tmp_path / "new", server.url, server.pin)

    refused = client.run(
        "login", server.url, "--account", "nobody", "--accept-pin", server.pin, code=2
    )

    assert "account name or the password is wrong" in refused.err


def test_a_password_is_asked_for_when_there_is_none(laptop: Client) -> None:
    refused = laptop.run("restore", code=2, CSB_PASSWORD="")

    assert "The password is needed" in refused.err


def test_a_new_password_opens_and_the_old_one_does_not(laptop: Client, files: Path) -> None:
    backed_up(laptop, files)

    laptop.run("password", CSB_NEW_PASSWORD="a better password")

    out = files.parent / "out"
    laptop.run("restore", "--to", str(out), code=2)
    laptop.run("restore", "--to", str(out), CSB_PASSWORD="a better password")
    assert differences(files, out / "files") == ""


def test_a_lost_password_is_replaced_with_the_recovery_key(laptop: Client) -> None:
    laptop.run("password", "--recovery-key", laptop.recovery_key, CSB_PASSWORD="the replacement")

    assert laptop.run("recovery-kit", "--json", CSB_PASSWORD="the replacement").json["recovery_key"]


def test_a_new_recovery_kit_ends_the_old_key(laptop: Client, files: Path, tmp_path: Path) -> None:
    backed_up(laptop, files)
    kit = tmp_path / "kit.txt"

    new = laptop.run("recovery-kit", "--to", str(kit), "--json").json["recovery_key"]

    assert new in kit.read_text()
    assert kit.stat().st_mode & 0o777 == 0o600
    old = laptop.run("restore", "--recovery-key", laptop.recovery_key, code=2)
    assert "does not belong to this account" in old.err
    laptop.run("restore", "--recovery-key", new, "--to", str(tmp_path / "out"), CSB_PASSWORD="")


# --- looking ---


def test_a_history_can_be_looked_through(laptop: Client, files: Path) -> None:
    backed_up(laptop, files)
    (files / "one.txt").write_text("one more")
    (files / "new").write_text("new")
    (files / "inner/two.txt").unlink()
    laptop.backup()

    shown = laptop.run("snapshots", "--json").json
    listed = laptop.run("ls", str(files), "--json").json
    before = laptop.run("ls", str(files / "inner"), "--snapshot", "1", "--json").json
    versions = laptop.run("history", str(files / "one.txt"), "--json").json
    found = laptop.run("find", "*.TXT", "--snapshot", shown[0]["id"], "--json").json
    found += laptop.run("find", "two", "--at", shown[0]["received"], "--json").json
    changes = laptop.run("diff", "1", "2", "--json").json

    assert [one["sequence"] for one in shown] == [1, 2]
    assert {one["name"]: one["kind"] for one in listed} == {
        "inner": "folder",
        "link": "symlink",
        "new": "file",
        "one.txt": "file",
    }
    assert [one["name"] for one in before] == ["again", "big", "two.txt"]
    assert [(one["sequence"], one["change"], one["size"]) for one in versions] == [
        (1, "added", 3),
        (2, "changed", 8),
    ]
    assert [one["path"] for one in found] == [str(files / "inner/two.txt")]
    told = {(one["change"], os.path.relpath(one["path"], files)) for one in changes}
    assert {("added", "new"), ("removed", "inner/two.txt"), ("changed", "one.txt")} <= told


def test_a_moment_before_the_first_snapshot_is_answered_with_its_time(
    laptop: Client, files: Path
) -> None:
    backed_up(laptop, files)

    refused = laptop.run("ls", "--at", "2001-01-01", code=2)

    assert "The first one was received on 20" in refused.err


def test_another_device_asks_for_the_password(
    laptop: Client, files: Path, account: str, tmp_path: Path
) -> None:
    backed_up(laptop, files)
    desktop = Client(tmp_path / "desktop-state", laptop.url, laptop.pin)
    desktop.login(account, device="desktop")

    listed = desktop.run("ls", str(files), "--device", "laptop", "--json").json
    refused = desktop.run("ls", str(files), "--device", "laptop", code=2, CSB_PASSWORD="")
    unknown = desktop.run("ls", "--device", "tablet", code=2)

    assert {one["name"] for one in listed} == {"inner", "link", "one.txt"}
    assert "The password is needed" in refused.err
    assert "It has: desktop, laptop" in unknown.err


# --- restoring ---


def test_everything_comes_back_and_a_second_time_nothing_is_written(
    laptop: Client, files: Path, tmp_path: Path
) -> None:
    backed_up(laptop, files)
    out = tmp_path / "out"

    first = laptop.run("restore", "--to", str(out), "--json").json
    second = laptop.run("restore", "--to", str(out), "--json").json

    assert differences(files, out / "files") == ""
    assert (first["files"], first["skipped"], first["problems"]) == (4, 0, [])
    assert first["places"] == [{"path": str(files), "to": str(out / "files")}]
    assert first["to"] == str(out)
    assert (second["files"], second["skipped"]) == (0, 4)


def test_a_lost_file_comes_back_where_it_was(laptop: Client, files: Path) -> None:
    backed_up(laptop, files)
    shutil.rmtree(files / "inner")
    (files / "one.txt").write_text("changed")

    laptop.run("restore", str(files / "inner/two.txt"))
    beside = laptop.run("restore", str(files / "one.txt"), code=1)
    kept = (files / "one.txt").read_text()
    laptop.run("restore", str(files / "one.txt"), "--overwrite")

    assert (files / "inner/two.txt").read_text() == "two" * 1000
    assert "Something else is in its place and stays" in beside.err
    assert kept == "changed"
    assert (files / "one.txt").read_text() == "one"


def test_a_borrowed_machine_restores_without_being_set_up(
    laptop: Client, files: Path, account: str, tmp_path: Path
) -> None:
    backed_up(laptop, files)
    borrowed = Client(tmp_path / "borrowed", laptop.url, laptop.pin)

    borrowed.run(
        "restore", laptop.url, str(files / "inner"), "--account", account, "--device", "laptop",
        "--recovery-key", laptop.recovery_key, "--accept-pin", laptop.pin,
        "--to", str(tmp_path / "out"), CSB_PASSWORD="",
    )  # fmt: skip

    assert (tmp_path / "out/inner/two.txt").read_text() == "two" * 1000
    assert not (borrowed.home / "device.json").exists()


def test_a_machine_that_takes_over_goes_on(
    laptop: Client, files: Path, account: str, tmp_path: Path
) -> None:
    backed_up(laptop, files)
    laptop.run("exclude", "*.tmp")
    laptop.backup()
    new = Client(tmp_path / "new-state", laptop.url, laptop.pin)

    taken = new.run(
        "login", laptop.url, "--account", account, "--take-over", "laptop",
        "--accept-pin", laptop.pin, "--json",
    ).json  # fmt: skip
    result = new.backup()

    assert (taken["device"], taken["took_over"], taken["roots"]) == ("laptop", True, [str(files)])
    assert new.run("exclude", "--json").json["exclusions"] == ["*.tmp"]
    assert (result["sequence"], result["files_changed"]) == (3, 0)
    assert result["bytes_sent"] < 5_000
    assert "took it over" in laptop.run("backup", code=2).err
    assert [one["sequence"] for one in new.run("snapshots", "--json").json] == [1, 2, 3]


def test_a_damaged_state_is_mended_by_taking_the_own_device_over(
    laptop: Client, files: Path, account: str
) -> None:
    backed_up(laptop, files)
    (laptop.home / "device.json").write_text("{")

    refused = laptop.run("backup", code=2)
    laptop.login(account, device="laptop", take_over="laptop")

    assert "device.json is damaged" in refused.err
    assert laptop.backup()["sequence"] == 2


def test_taking_over_does_not_change_the_account_of_a_machine(laptop: Client) -> None:
    refused = laptop.run("login", laptop.url, "--account", "another", "--take-over", "x", code=2)

    assert "set up already" in refused.err


# --- trust ---


def test_a_server_that_lost_a_snapshot_is_not_believed_until_a_person_says_so(
    laptop: Client, files: Path
) -> None:
    backed_up(laptop, files)
    heads = Heads(Home(laptop.home))
    seen = heads.seen(bytes.fromhex(_device_id(laptop)))
    assert seen is not None
    heads.remember([DeviceHead(seen.device, 5, b"f" * 32)])

    looked = laptop.run("snapshots", code=2)
    backup = laptop.run("backup", code=2)
    accepted = laptop.run("accept-server", "--json").json

    assert "snapshots 2 to 5 of device laptop are gone" in looked.err
    assert "csb accept-server" in backup.err
    assert accepted["gone"] == ["snapshots 2 to 5 of device laptop are gone"]
    assert laptop.backup()["sequence"] == 2
    assert len(heads.breaks()) == 1


def _device_id(client: Client) -> str:
    return load_device(Home(client.home)).device.hex()
