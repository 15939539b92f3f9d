"""What the server says of the past is what the client, which checks everything, finds itself."""

from __future__ import annotations

import json
import ssl
import urllib.parse
import urllib.request
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from csbackup.client.config import Home
from csbackup.client.keyring import load_device
from support.processes import Client, Server


def ask(laptop: Client, route: str, **query: object) -> Any:
    """As the device itself, which may read its own listings."""
    device = load_device(Home(laptop.home))
    url = f"{laptop.url}/api/v1/devices/{device.device.hex()}/{route}"
    request = urllib.request.Request(
        f"{url}?{urllib.parse.urlencode(query)}",
        headers={"Authorization": f"Bearer {device.token}"},
    )
    context = ssl._create_unverified_context()
    with urllib.request.urlopen(request, context=context, timeout=60) as answer:
        return json.load(answer)


def address(path: Path) -> str:
    return urlsafe_b64encode(str(path).encode()).decode().rstrip("=")


def test_the_server_tells_the_past_as_the_client_finds_it(
    server: Server, laptop: Client, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    (folder / "inner").mkdir(parents=True)
    (folder / "report.txt").write_text("one")
    (folder / "inner/Report 2.txt").write_text("two" * 1000)
    laptop.run("add", str(folder))
    laptop.backup()
    (folder / "report.txt").write_text("changed")
    (folder / "inner/Report 2.txt").unlink()
    (folder / "inner/new").symlink_to("nowhere")
    laptop.backup()

    hits = ask(laptop, "search", name="report")["hits"]
    versions = ask(laptop, "versions", path=address(folder / "report.txt"))["versions"]
    changes = ask(laptop, "changes", **{"from": 1, "to": 2, "path": address(folder)})

    history = laptop.run("history", str(folder / "report.txt"), "--json").json
    assert [one["change"] for one in versions] == [one["change"] for one in reversed(history)]
    assert [(hit["path"], hit["present"]) for hit in hits] == [
        (str(folder / "report.txt"), True),
        (str(folder / "inner/Report 2.txt"), False),
    ]
    assert [(one["name"], one["change"]) for one in changes["entries"]] == [
        ("inner", "metadata"),
        ("report.txt", "changed"),
    ]
    assert (changes["files_added"], changes["files_removed"], changes["files_changed"]) == (1, 1, 1)
    differences = laptop.run("diff", "1", "2", "--json").json
    files = [one for one in differences if one["path"].startswith(f"{folder}/")]
    assert len(files) == 4  # the three files, and the folder's time
