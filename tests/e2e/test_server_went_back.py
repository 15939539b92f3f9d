"""The server was restored from an older copy: the device notices, and after a word all is there."""

from __future__ import annotations

import shutil
from pathlib import Path

from support.nasty_files import differences
from support.processes import Client, Server, start_server


def again(server: Server) -> Server:
    """The same folder at the same address."""
    return start_server(server.data, listen=f"127.0.0.1:{server.port}")


def test_an_older_server_is_noticed_and_brought_up_to_date(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "old.txt").write_text("old")
    with start_server(tmp_path / "data") as server:
        client = Client(tmp_path / "home", server.url, server.pin)
        client.register("ada", device="laptop")
        client.run("add", str(source))
        client.backup()
        server.stop()
    shutil.copytree(tmp_path / "data", tmp_path / "older copy")
    with again(server):
        (source / "new.txt").write_text("new")
        (source / "new.bin").write_bytes(bytes(range(256)) * 8000)
        (source / "folder").mkdir()
        (source / "folder/deep.txt").write_text("deep")
        client.backup()
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "older copy").rename(tmp_path / "data")

    with again(server) as older:
        refused = client.run("backup", code=2)
        listed = client.run("status", code=None)
        client.run("accept-server")
        done = client.backup()
        client.run("restore", "--to", str(tmp_path / "out"))
        older.stop()

    assert "accept-server" in refused.err
    assert "accept-server" in listed.said
    assert done["sequence"] == 2
    assert done["coverage"] == 1
    assert differences(source, tmp_path / "out" / "source") == ""
    assert "Traceback" not in older.output


def test_a_lost_pack_is_sent_again_when_a_changed_folder_needs_it(tmp_path: Path) -> None:
    """A rebuild leaves out a pack that is gone; the next backup that names its chunks mends it."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "one.bin").write_bytes(bytes(range(256)) * 8000)
    with start_server(tmp_path / "data") as server:
        client = Client(tmp_path / "home", server.url, server.pin)
        client.register("ada", device="laptop")
        client.run("add", str(source))
        client.backup()
        server.stop()
    packs = sorted((tmp_path / "data/packs").glob("*/*/*"), key=lambda path: path.stat().st_size)
    packs[-1].unlink()
    for path in (tmp_path / "data").glob("catalog.db*"):
        path.unlink()
    rebuilt = server.admin("rebuild", code=None)

    with again(server) as healed:
        (source / "two.txt").write_text("two")
        done = client.backup()
        client.run("restore", "--to", str(tmp_path / "out"))
        healed.stop()

    assert rebuilt.code == 1, rebuilt.said
    assert done["coverage"] == 1
    assert differences(source, tmp_path / "out" / "source") == ""
