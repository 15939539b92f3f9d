"""The client's state folder: keys, settings, heads."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from csbackup.client.config import Home, find_home
from csbackup.client.heads import Heads
from csbackup.client.keyring import EnrolledDevice, load_device, save_device
from csbackup.client.settings import load_settings, save_settings
from csbackup.errors import HistoryBroken, NotEnrolled, PathProblem, ServerWentBack
from csbackup.format.ids import AccountId, DeviceId, SourceId
from csbackup.format.keys import account_keys
from csbackup.format.snapshot import Settings
from csbackup.protocol.messages import DeviceHead

ACCOUNT = AccountId(b"a" * 16)
LAPTOP = b"l" * 16
PHONE = b"p" * 16


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "state")


def device() -> EnrolledDevice:
    keys = account_keys(b"m" * 32, ACCOUNT).device
    return EnrolledDevice(
        url="https://backup.example:8443",
        pin="00" * 32,
        account_name="anna",
        device_name="laptop",
        account=ACCOUNT,
        device=DeviceId(LAPTOP),
        serial=2,
        keys=keys,
        signing_private=b"s" * 32,
        sealing_private=b"x" * 32,
        token="csbd_token",
    )


def head(device: bytes, sequence: int, snapshot: bytes = b"s" * 32) -> DeviceHead:
    return DeviceHead(device, sequence, snapshot)


def test_the_state_folder_is_the_one_that_csb_home_names(tmp_path: Path) -> None:
    assert find_home({"CSB_HOME": str(tmp_path)}).path == tmp_path


def test_an_enrolled_device_comes_back_as_it_was_kept(home: Home) -> None:
    save_device(home, device())

    assert load_device(home) == device()


def test_before_enrolment_there_is_no_device(home: Home) -> None:
    with pytest.raises(NotEnrolled):
        load_device(home)


def test_nobody_else_can_read_state_files(home: Home) -> None:
    save_device(home, device())

    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((home.path / "device.json").stat().st_mode) == 0o600
    assert [path.name for path in home.path.iterdir()] == ["device.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 1}', b"\xff"])
def test_a_damaged_device_file_is_named(home: Home, content: bytes) -> None:
    home.write("device.json", content)

    with pytest.raises(PathProblem, match="device.json is damaged"):
        load_device(home)


def test_settings_keep_paths_that_are_not_text(home: Home) -> None:
    settings = Settings(
        SourceId(b"s" * 16),
        (b"/home/anna", b"/srv/100%", b"/srv/\xff\xfe", "/srv/müll".encode()),
        ("*.tmp", "!keep.tmp"),
        one_file_system=True,
        default_exclusions=False,
    )

    save_settings(home, settings)

    assert load_settings(home) == settings


def test_a_server_that_knows_what_was_seen_or_more_passes(home: Home) -> None:
    heads = Heads(home)
    heads.remember([head(LAPTOP, 3), head(PHONE, 1)])

    heads.check([head(LAPTOP, 3), head(PHONE, 2, b"t" * 32)])


def test_heads_only_grow(home: Home) -> None:
    heads = Heads(home)
    heads.remember([head(LAPTOP, 3)])

    heads.remember([head(LAPTOP, 2, b"t" * 32)])

    assert heads.seen(LAPTOP) == head(LAPTOP, 3)


@pytest.mark.parametrize(
    ("offered", "gone"),
    [
        ([head(PHONE, 9)], "device laptop with its 3 snapshots is gone"),
        ([head(LAPTOP, 2)], "snapshot 3 of device laptop is gone"),
        ([head(LAPTOP, 1)], "snapshots 2 to 3 of device laptop are gone"),
        ([head(LAPTOP, 3, b"t" * 32)], "snapshot 3 of device laptop is another one"),
    ],
)
def test_a_server_that_went_back_is_told_what_is_gone(
    home: Home, offered: list[DeviceHead], gone: str
) -> None:
    heads = Heads(home, {LAPTOP: "laptop"})
    heads.remember([head(LAPTOP, 3)])

    with pytest.raises(ServerWentBack, match=gone):
        heads.check(offered)


def test_an_accepted_break_is_recorded_and_then_holds(home: Home) -> None:
    heads = Heads(home, {LAPTOP: "laptop"})
    heads.remember([head(LAPTOP, 3)])

    gone = heads.accept([head(LAPTOP, 1)], now_ns=7)

    assert gone == ["snapshots 2 to 3 of device laptop are gone"]
    assert [(found.accepted, found.gone) for found in heads.breaks()] == [(7, gone[0])]
    heads.check([head(LAPTOP, 1)])


def flipped(content: bytes) -> list[bytes]:
    """The content with one bit flipped, once for each bit of a sample of its bytes."""
    return [
        content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]
        for at in range(0, len(content), 7)
        for bit in range(8)
    ]


def test_no_flipped_bit_makes_another_device(home: Home) -> None:
    save_device(home, device())
    whole = (home.path / "device.json").read_bytes()

    for content in flipped(whole):
        home.write("device.json", content)
        try:
            found = load_device(home)
        except PathProblem:
            continue
        assert replace(found, url=device().url) == device()


def test_no_flipped_bit_backs_up_something_else(home: Home) -> None:
    settings = Settings(SourceId(b"s" * 16), (b"/home/anna",), ("*.tmp",))
    save_settings(home, settings)
    whole = (home.path / "settings.json").read_bytes()

    for content in flipped(whole):
        home.write("settings.json", content)
        try:
            found = load_settings(home)
        except PathProblem:
            continue
        assert found == settings


def test_no_flipped_bit_lets_a_server_go_back(home: Home) -> None:
    heads = Heads(home)
    heads.remember([head(LAPTOP, 3)])
    whole = (home.path / "heads.json").read_bytes()

    for content in flipped(whole):
        home.write("heads.json", content)
        with pytest.raises((PathProblem, ServerWentBack)):
            heads.check([head(LAPTOP, 2)])


def test_a_device_file_without_its_checksum_is_damaged(home: Home) -> None:
    save_device(home, device())
    file = json.loads((home.path / "device.json").read_bytes())
    del file["checksum"]
    home.write("device.json", json.dumps(file).encode())

    with pytest.raises(PathProblem, match="lacks its checksum"):
        load_device(home)


def test_a_device_file_of_the_first_version_is_still_read(home: Home) -> None:
    save_device(home, device())
    file = json.loads((home.path / "device.json").read_bytes())
    del file["checksum"]
    home.write("device.json", json.dumps(file | {"version": 1}).encode())

    assert load_device(home) == device()


def test_a_person_may_change_the_settings_file(home: Home) -> None:
    save_settings(home, Settings(SourceId(b"s" * 16), (b"/home/anna",)))
    file = json.loads((home.path / "settings.json").read_bytes())
    del file["checksum"]
    home.write("settings.json", json.dumps(file | {"roots": ["/srv"]}).encode())

    changed = load_settings(home)

    assert changed is not None
    assert changed.roots == (b"/srv",)


# --- heads that can be none ---


@pytest.mark.parametrize(
    "heads",
    [
        [head(LAPTOP, 1, b"short")],
        [head(b"short", 1)],
        [head(LAPTOP, -1)],
        [head(LAPTOP, 0)],
        [head(LAPTOP, 1), head(LAPTOP, 2)],
        [head(number.to_bytes(16, "big"), 1) for number in range(10_001)],
    ],
    ids=["id", "device", "negative", "an id of nothing", "twice", "too many"],
)
def test_heads_that_can_be_none_are_refused_and_not_kept(
    home: Home, heads: list[DeviceHead]
) -> None:
    for take in (
        Heads(home).check,
        Heads(home).remember,
        lambda found: Heads(home).accept(found, 1),
    ):
        with pytest.raises(HistoryBroken):
            take(heads)

    assert home.read("heads.json") is None


def test_the_address_of_a_server_that_moved_may_be_changed(home: Home) -> None:
    save_device(home, device())
    path = home.path / "device.json"
    path.write_text(path.read_text().replace("backup.example", "nas.example"))

    assert load_device(home) == replace(device(), url="https://nas.example:8443")


def test_what_a_killed_run_left_aside_goes_when_it_is_old(home: Home) -> None:
    home.write("heads.json", b"{}")
    left = home.path / ".heads.json.0a1b2c3d"
    left.write_bytes(b"{")
    now_ns = left.stat().st_mtime_ns

    home.tidy(now_ns + 1_000_000_000)
    young = left.exists()
    home.tidy(now_ns + 2 * 3600 * 1_000_000_000)

    assert young
    assert [path.name for path in home.path.iterdir()] == ["heads.json"]
