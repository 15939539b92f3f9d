"""Contents are opened in the browser: whole, checked, and without a key ever leaving it.

The page here is the vault alone (`web/testing/`); the app around it has tests of its own. Where a
test says so, the browser is as those are that cannot ask where to save: a headless Chromium answers
that question itself, by closing the dialog.
"""

# ruff: noqa: PTH114, PTH115, PTH123
# Names here are bytes that no Path would keep.

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import stat
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from csbackup.format.ids import AccountId
from csbackup.format.keys import account_keys, recovery_keys, unwrap_with_recovery_key
from csbackup.format.recovery import parse_recovery_key
from support.browser import person
from support.evil_world import check_unsaid
from support.nasty_files import add_socket, make_nasty_files
from support.opening_page import (
    WITHOUT_SAVE_PICKER,
    Opening,
    chosen,
    opening_server,
    with_a_profile,
)
from support.processes import PASSWORD, Client, Server

MEGABYTE = 1_000_000
BIG = 300 * MEGABYTE


def in_full_runs(test: Callable[..., None]) -> Callable[..., None] | None:
    """A test that takes minutes: there with `scripts/test --full` only."""
    return test if "CSB_TEST_FULL" in os.environ else None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with opening_server(tmp_path_factory.mktemp("opening")) as running:
        yield running


class World:
    """One account's laptop, backed up once, and what its owner needs to open it again."""

    def __init__(self, server: Server, folder: Path, account: str) -> None:
        self.home = folder / "home"
        self.account = account
        self.server = server
        self.client = Client(folder / "state", server.url, server.pin)

    def back_up(self) -> None:
        self.client.register(self.account, device="laptop")
        self.client.run("add", str(self.home))
        self.client.backup()


@pytest.fixture(scope="module")
def nasty(server: Server, tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(server, tmp_path_factory.mktemp("nasty"), "nora")
    make_nasty_files(world.home)
    add_socket(world.home)
    world.back_up()
    return world


@pytest.fixture(scope="module")
def big(server: Server, tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(server, tmp_path_factory.mktemp("big"), "bob")
    world.home.mkdir()
    make_big_files(world.home, BIG)
    world.back_up()
    return world


def make_big_files(home: Path, size: int) -> None:
    """One large file, and small ones beside it."""
    with (home / "large.bin").open("wb") as file:
        for _ in range(size // MEGABYTE):
            file.write(os.urandom(MEGABYTE))
    for number in range(200):
        (home / f"small-{number}.txt").write_text(f"The treasure lies at {number}.\n" * 20, "utf-8")


@pytest.fixture
def opening(browser: Browser, server: Server) -> Iterator[Opening]:
    """Somebody at a browser that cannot ask where to save, as some cannot."""
    with person(browser, server.url) as somebody:
        somebody.page.add_init_script(WITHOUT_SAVE_PICKER)
        at_page = Opening(somebody)
        at_page.go()
        yield at_page


def unlock(opening: Opening, world: World) -> str:
    """Sign in, unlock; the device's id."""
    assert opening.call("unlock", world.account, PASSWORD) is None
    return opening.device()


def everything(world: World, size: int = 1) -> list[dict[str, Any]]:
    return [chosen(str(world.home), size=size, files=1)]


# --- what comes of a download -------------------------------------------------------------------


def test_a_folder_comes_as_a_zip_that_holds_it_byte_for_byte(
    opening: Opening, nasty: World, tmp_path: Path
) -> None:
    device = unlock(opening, nasty)

    status = opening.wait(opening.start(device, 1, everything(nasty)))

    assert status["state"] == "done" and status["way"] == "opfs"  # 200 MB of holes are 200 MB here
    archive = opening.keep(tmp_path)
    assert archive.name == "home.zip"
    unpacked = unzip(archive, tmp_path / "unzip")
    compare(nasty.home, unpacked / "home")
    expected = {("fifo", "not-a-file"), ("socket", "not-a-file"), ("null", "not-a-file")}
    told = {(one["path"].rpartition("/")[2], one["code"]) for one in status["problems"]}
    assert told <= expected and ("fifo", "not-a-file") in told
    lines = (unpacked / "problems.txt").read_text("utf-8").splitlines()
    assert f"not-a-file {nasty.home}/fifo" in lines


def unzip(archive: Path, target: Path) -> Path:
    """Unpacked by Info-ZIP, once Python has found every checksum right."""
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
    command = ["unzip", "-q", "-K", str(archive), "-d", str(target)]
    utf8 = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    subprocess.run(command, check=True, env=utf8)
    return target


def compare(source: Path, unpacked: Path) -> None:
    """Contents, kinds, modes and times of every name that is text; of the others, the contents."""
    there, found = facts(source), facts(unpacked)
    plain = {path for path in there if is_plain(path)}
    assert plain <= set(found)
    assert {path: there[path][:2] for path in plain} == {path: found[path][:2] for path in plain}
    timed = {path for path in plain if 0 < there[path][2] < 2**31}  # what Info-ZIP sets
    assert {path: there[path][2] for path in timed} == {path: found[path][2] for path in timed}
    assert Counter(fact[1] for fact in there.values()) == Counter(
        fact[1] for fact in found.values()
    )


def is_plain(path: bytes) -> bool:
    try:
        return "\\" not in (text := path.decode()) and all(ord(letter) >= 32 for letter in text)
    except UnicodeDecodeError:
        return False


def facts(folder: Path) -> dict[bytes, tuple[int, bytes, int]]:
    """Of each path below: mode, content, and of a file the second of its last change."""
    base = os.fsencode(folder)
    found = {}
    for place, folders, files in os.walk(base):
        for name in (*folders, *files):
            path = place + b"/" + name
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                found[path[len(base) :]] = (kept_mode(status), content(path), kept_time(status))
            elif stat.S_ISDIR(status.st_mode):
                found[path[len(base) :]] = (kept_mode(status), b"", kept_time(status))
    return found


def kept_mode(status: os.stat_result) -> int:
    return stat.S_IFLNK if stat.S_ISLNK(status.st_mode) else status.st_mode


def content(path: bytes) -> bytes:
    if os.path.islink(path):
        return os.readlink(path)
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def kept_time(status: os.stat_result) -> int:
    return status.st_mtime_ns // 10**9 if stat.S_ISREG(status.st_mode) else 0


@pytest.mark.parametrize("program", ["bsdtar", "7z"])
def test_other_programs_read_the_zip(
    opening: Opening, nasty: World, tmp_path: Path, program: str
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not here")
    device = unlock(opening, nasty)
    opening.wait(opening.start(device, 1, [chosen(str(nasty.home / "wide"), size=1, files=2300)]))
    archive = opening.keep(tmp_path)

    command = {"bsdtar": ["bsdtar", "-xf"], "7z": ["7z", "x", "-bd"]}[program]
    subprocess.run([*command, str(archive)], cwd=tmp_path, check=True, capture_output=True)

    source = facts(nasty.home / "wide")
    assert {path: fact[1] for path, fact in facts(tmp_path / "wide").items()} == {
        path: fact[1] for path, fact in source.items()
    }


def test_one_file_comes_as_itself(opening: Opening, nasty: World, tmp_path: Path) -> None:
    device = unlock(opening, nasty)
    path = nasty.home / "random"

    status = opening.wait(opening.start(device, 1, [chosen(str(path), "file", size=9_000_000)]))

    assert (status["state"], status["way"]) == ("done", "memory")
    assert opening.keep(tmp_path).read_bytes() == path.read_bytes()


def test_several_things_come_in_one_zip(opening: Opening, nasty: World, tmp_path: Path) -> None:
    device = unlock(opening, nasty)
    items = [
        chosen(str(nasty.home / "links"), size=1, files=2),
        chosen(str(nasty.home / "one byte"), "file", size=1),
        chosen(os.fsencode(nasty.home) + b"/not utf-8 \xff\xfe\x80", "file", size=1),
    ]

    opening.wait(opening.start(device, 1, items))

    with zipfile.ZipFile(opening.keep(tmp_path)) as archive:
        assert archive.namelist() == [
            "links/",
            "links/loop too",
            "links/one",
            "links/two",
            "one byte",
            "not utf-8 %FF%FE%80",
        ]
        assert archive.read("links/two") == b"the same file"


def test_300_megabytes_come_through_the_browsers_own_folder(
    opening: Opening, big: World, tmp_path: Path
) -> None:
    device = unlock(opening, big)

    status = opening.wait(opening.start(device, 1, everything(big, BIG)))

    assert (status["state"], status["way"], status["problems"]) == ("done", "opfs", [])
    assert status["bytes"] == status["totalBytes"] > BIG
    compare(big.home, unzip(opening.keep(tmp_path), tmp_path / "unzip") / "home")


@in_full_runs
def test_5_gigabytes_come_in_one_zip(browser: Browser, server: Server, tmp_path: Path) -> None:
    """Above four gigabytes sizes and places need the wide form, in the archive as in the code."""
    world = World(server, tmp_path, "gwen")
    world.home.mkdir()
    stone = os.urandom(64 * MEGABYTE)
    with (world.home / "large.bin").open("wb") as file:
        for _ in range(70):
            file.write(stone)
    with (world.home / "zz-behind.bin").open("wb") as file:
        for number in range(10):
            file.write(stone[number:])
    world.back_up()

    with with_a_profile(browser, server.url, tmp_path / "profile") as opening:
        device = unlock(opening, world)
        items = everything(world, 5_000 * MEGABYTE)
        status = opening.wait(opening.start(device, 1, items), seconds=3600)
        assert status == status | {"state": "done", "way": "opfs", "problems": []}
        archive = opening.keep(tmp_path)

    with zipfile.ZipFile(archive) as opened:
        for name in ("large.bin", "zz-behind.bin"):
            with opened.open(f"home/{name}") as found, (world.home / name).open("rb") as there:
                assert hashlib.file_digest(found, "sha256").digest() == (
                    hashlib.file_digest(there, "sha256").digest()
                )


# --- on the way ---------------------------------------------------------------------------------


def test_a_download_pauses_goes_on_and_outlives_a_cut(
    opening: Opening, big: World, tmp_path: Path
) -> None:
    device = unlock(opening, big)
    context = opening.person.page.context
    download = opening.start(device, 1, everything(big, BIG))
    opening.wait_for_bytes(download, 20 * MEGABYTE)

    opening.call("act", download, "pause")
    assert opening.wait(download, "paused")["state"] == "paused"
    opening.call("act", download, "resume")
    opening.wait_for_bytes(download, 60 * MEGABYTE)
    context.route("**/api/v1/packs/**", lambda route: route.abort())
    waiting = opening.wait(download, "waiting")["state"]
    context.unroute_all()
    status = opening.wait(download)

    assert waiting == "waiting"
    assert (status["state"], status["problems"]) == ("done", [])
    compare(big.home, unzip(opening.keep(tmp_path), tmp_path / "unzip") / "home")


def test_what_is_cancelled_leaves_nothing_behind(opening: Opening, big: World) -> None:
    device = unlock(opening, big)
    download = opening.start(device, 1, everything(big, BIG))
    opening.wait_for_bytes(download, 10 * MEGABYTE)

    opening.call("act", download, "cancel")

    assert opening.status(download)["state"] == "cancelled"
    opening.wait_for_kept([])
    assert opening.saved == []


def test_a_session_that_ends_halts_the_download_until_one_signs_in_again(
    opening: Opening, big: World
) -> None:
    device = unlock(opening, big)
    download = opening.start(device, 1, everything(big, BIG))
    opening.wait_for_bytes(download, 10 * MEGABYTE)

    opening.call("signOut")
    halted = opening.wait(download, "paused")
    opening.call("signIn", big.account, PASSWORD)
    opening.call("act", download, "resume")

    assert (halted["state"], halted["failure"]) == ("paused", "not-signed-in")
    assert opening.wait(download)["state"] == "done"


def test_locking_ends_what_runs_and_the_next_page_clears_up(opening: Opening, big: World) -> None:
    device = unlock(opening, big)
    download = opening.start(device, 1, everything(big, BIG))
    opening.wait_for_bytes(download, 10 * MEGABYTE)

    opening.call("close")

    status = opening.status(download)
    assert (status["state"], status["failure"]) == ("failed", "locked")
    assert opening.call("preview", device, 1, chosen("/", size=1), 10) == {"failed": "locked"}
    opening.person.page.reload()
    opening.person.page.wait_for_selector("main[data-ready]")
    unlock(opening, big)
    opening.wait_for_kept([])


# --- looking at a file --------------------------------------------------------------------------


def test_a_file_can_be_looked_at_up_to_a_size_and_never_runs(
    opening: Opening, big: World, nasty: World
) -> None:
    device = unlock(opening, big)
    small = chosen(str(big.home / "small-7.txt"), "file", size=1)
    large = chosen(str(big.home / "large.bin"), "file", size=1)

    seen = opening.call("preview", device, 1, small, MEGABYTE)

    assert seen["type"] == "text/plain;charset=utf-8"
    assert seen["text"] == (big.home / "small-7.txt").read_text("utf-8")
    assert opening.call("preview", device, 1, large, MEGABYTE) == {"failed": "too-large"}
    folder = chosen(str(big.home), size=1)
    assert opening.call("preview", device, 1, folder, MEGABYTE) == {"failed": "not-a-file"}


# --- keys ---------------------------------------------------------------------------------------


def test_no_key_and_no_content_leaves_the_browser(opening: Opening, big: World) -> None:
    device = unlock(opening, big)
    opening.call("preview", device, 1, chosen(str(big.home / "small-7.txt"), "file", size=1), 10**6)
    opening.call("close")
    opening.call("unlockWith", big.account, PASSWORD, big.client.recovery_key)
    opening.wait(opening.start(device, 1, [chosen(str(big.home / "small-8.txt"), "file", size=1)]))

    account = opening.json("/api/v1/account")
    account_id = AccountId(bytes.fromhex(account["account_id"]))
    raw = parse_recovery_key(big.client.recovery_key)
    unlocking = recovery_keys(raw, account_id)
    master = unwrap_with_recovery_key(
        base64.b64decode(account["wrap_recovery"]), unlocking, account_id
    )
    keys = account_keys(master, account_id)

    sent = "\n".join(opening.person.sent).encode("utf-8", "replace")
    assert b"/api/v1/packs/" in sent and b"/api/v1/locate" in sent  # so the thread's are seen here
    check_unsaid(
        {
            "password": PASSWORD.encode(),
            "recovery key as printed": big.client.recovery_key.encode(),
            "recovery key": raw,
            "key of the wrap": unlocking.kek,
            "master secret": master,
            "id key": keys.device.id_key,
            "hedge key": keys.device.hedge_key,
            "content": b"The treasure lies at",
        },
        sent,
    )
    assert all(one.split(" ")[1].startswith(big.server.url) for one in opening.person.sent)


def test_wrong_secrets_open_nothing(opening: Opening, big: World, nasty: World) -> None:
    unlock(opening, big)
    opening.call("close")

    other = opening.call("unlockWith", big.account, PASSWORD, nasty.client.recovery_key)
    mistyped = opening.call("unlockWith", big.account, PASSWORD, "0000-" * 8 + "0001")

    assert other == {"failed": "wrong-recovery-key"}
    assert mistyped == {"failed": "recovery-key-mistyped"}


# --- a server that lies -------------------------------------------------------------------------


def test_a_damaged_pack_costs_its_files_and_no_others(
    opening: Opening, server: Server, tmp_path: Path
) -> None:
    world = World(server, tmp_path / "world", "dora")
    world.home.mkdir(parents=True)
    (world.home / "first.bin").write_bytes(os.urandom(3 * MEGABYTE))
    world.back_up()
    device = unlock(opening, world)
    before = set((server.data / "packs").rglob("*"))
    (world.home / "second.bin").write_bytes(os.urandom(3 * MEGABYTE))
    world.client.backup()
    for pack in set((server.data / "packs").rglob("*")) - before:
        if pack.is_file() and pack.stat().st_size > MEGABYTE:
            spoil(pack)

    status = opening.wait(opening.start(device, 2, everything(world)))

    assert status["state"] == "done"
    told = {(one["path"].rpartition("/")[2], one["code"]) for one in status["problems"]}
    assert told == {("second.bin", "block-damaged")}
    with zipfile.ZipFile(opening.keep(tmp_path)) as archive:
        assert archive.namelist() == ["home/", "home/first.bin", "problems.txt"]
        assert archive.read("home/first.bin") == (world.home / "first.bin").read_bytes()


def spoil(pack: Path) -> None:
    content = bytearray(pack.read_bytes())
    for at in range(1000, len(content), 1000):
        content[at] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(content)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"x" * 10 * MEGABYTE, 206, "answer-too-long"),
        (b"x" * 100, 206, "block-damaged"),
        (b"x" * 100, 200, "server-incompatible"),
        (b"", 404, "content-missing"),
    ],
    ids=["too much", "too little", "another part", "nothing"],
)
def test_lies_in_place_of_contents_have_names(
    opening: Opening, nasty: World, body: bytes, status: int, code: str
) -> None:
    device = unlock(opening, nasty)

    def lie(route: Route) -> None:
        route.fulfill(status=status, body=body)

    opening.person.page.context.route("**/api/v1/packs/**", lie)
    path = chosen(str(nasty.home / "random"), "file", size=9_000_000)

    ended = opening.wait(opening.start(device, 1, [path]))

    assert (ended["state"], ended["failure"]) == ("failed", code)
    assert opening.saved == []


@pytest.mark.parametrize("change", ["left out", "another time"])
def test_a_history_that_does_not_hold_opens_nothing(
    opening: Opening, nasty: World, change: str
) -> None:
    device = unlock(opening, nasty)
    nasty.client.backup()

    answer = opening.json(f"/api/v1/devices/{device}/snapshots")
    if change == "left out":
        answer["snapshots"] = answer["snapshots"][1:]
    else:
        signed = bytearray(base64.b64decode(answer["snapshots"][-1]["signed"]))
        signed[120] ^= 1
        answer["snapshots"][-1]["signed"] = base64.b64encode(signed).decode()
    body = json.dumps(answer)

    def lie(route: Route) -> None:
        route.fulfill(body=body, content_type="application/json")

    opening.person.page.context.route("**/snapshots", lie)
    ended = opening.wait(opening.start(device, 2, everything(nasty)))

    assert ended["state"] == "failed"
    assert ended["failure"] in ("history-broken", "signature-invalid", "malformed")
