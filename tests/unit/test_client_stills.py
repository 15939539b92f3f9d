"""Stills where no file system makes any: what is decided, remembered, asked and understood."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from csbackup.client.config import Home
from csbackup.client.files import LiveFiles
from csbackup.client.files.stills.holding import HowRead, Stills, find_wanted
from csbackup.client.files.stills.kinds import NoStill, Still, Wanted
from csbackup.client.files.stills.lvm import Lvm, read_volume
from csbackup.client.files.stills.notes import Note, Notes
from csbackup.client.files.stills.still_files import StillFiles
from csbackup.client.files.stills.zfs import Zfs
from csbackup.client.platform.commands import Answer
from csbackup.client.platform.mount_table import Mount, read_mounts
from support.mirrored_stills import MirroredStills

TABLE = rb"""
22 1 0:20 /@ / rw - btrfs /dev/sda2 rw,subvol=/@
23 22 0:20 /@home /home rw - btrfs /dev/sda2 rw,subvol=/@home
24 22 0:21 / /proc rw - proc proc rw
25 22 254:1 / /srv/with\040space rw,nosuid shared:1 - xfs /dev/mapper/vg-srv rw,attr2
26 22 0:20 /@/etc /bound rw - btrfs /dev/sda2 rw
27 22 7:0 / /snap/core ro - squashfs /dev/loop0 ro
28 22 0:30 / /tank rw - zfs tank/data rw
29 28 0:31 / /tank/inner ro - zfs tank/data/inner ro
""".strip().splitlines()
MOUNTS = tuple(read_mounts(TABLE))


@dataclass
class Script:
    """Answers commands as written; remembers what was asked."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, command: Sequence[str]) -> Answer:
        line = " ".join(command)
        self.asked.append(line)
        found = [answer for start, answer in self.answers.items() if line.startswith(start)]
        return found[-1] if found else Answer(0)


def test_the_table_of_mounts_is_understood() -> None:
    assert MOUNTS[3] == Mount(b"/", b"/srv/with space", b"xfs", b"/dev/mapper/vg-srv")
    assert [mount.read_only for mount in MOUNTS] == [False] * 5 + [True, False, True]
    assert MOUNTS[1].inner(b"/home/anna/file") == b"/@home/anna/file"
    assert MOUNTS[0].inner(b"/etc") == b"/@/etc" and MOUNTS[0].inner(b"/") == b"/@"
    assert MOUNTS[4].inner(b"/bound") == b"/@/etc"
    assert not MOUNTS[1].holds(b"/homes") and MOUNTS[0].holds(b"/anything")


def test_a_root_brings_the_mounts_below_it() -> None:
    found = list(find_wanted(b"/", MOUNTS, LiveFiles()))

    assert found[0] == Wanted(b"/", MOUNTS[0], b"/")
    assert {one.live for one in found[1:]} == {mount.point for mount in MOUNTS[1:]}


def test_a_root_that_is_reached_through_a_link_keeps_its_name(tmp_path: Path) -> None:
    real = os.fsencode(tmp_path.resolve())
    (tmp_path / "disk/inner").mkdir(parents=True)
    (tmp_path / "short").symlink_to(tmp_path / "disk")
    mounts = (Mount(b"/", b"/", b"ext4", b"/dev/a"),
              Mount(b"/", real + b"/disk/inner/deep", b"btrfs", b"/dev/b"))  # fmt: skip

    found = list(find_wanted(real + b"/short/inner", mounts, LiveFiles()))

    assert [one.live for one in found] == [real + b"/short/inner", real + b"/short/inner/deep"]
    assert found[0].real == real + b"/disk/inner"
    assert list(find_wanted(real + b"/short", mounts, LiveFiles())) == [], "only a link"


def test_of_two_mounts_in_one_place_the_later_one_counts(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path.resolve())
    mounts = (Mount(b"/", root, b"ext4", b"/dev/a"), Mount(b"/", root, b"btrfs", b"/dev/b"))

    assert next(find_wanted(root, mounts, LiveFiles())).mount.source == b"/dev/b"


# --- holding still, and letting go ------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home")


@pytest.fixture
def root(tmp_path: Path) -> bytes:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/file").write_text("content")
    return os.fsencode(tmp_path.resolve() / "data")


def test_a_failure_of_the_backup_stays_that_failure(
    home: Home, root: bytes, tmp_path: Path
) -> None:
    holder = MirroredStills(tmp_path / "mirrors")

    with (
        pytest.raises(OSError, match="the disk is full"),
        Stills(home, (holder,)).of(LiveFiles(), [root]),
    ):
        raise OSError("the disk is full")

    assert list(holder.mirrors.iterdir()) == [] and Notes(home).all() == ()


def test_what_cannot_be_removed_is_remembered_and_tried_again(
    home: Home, root: bytes, tmp_path: Path
) -> None:
    holder = MirroredStills(tmp_path / "mirrors")
    with Stills(home, (holder,)).of(LiveFiles(), [root]):
        holder.stuck = True
    left = len(list(holder.mirrors.iterdir())), len(Notes(home).all())
    Stills(home, (holder,)).clear()
    stuck = Notes(home).all()
    holder.stuck = False

    Stills(home, (holder,)).clear()

    assert (left, len(stuck)) == ((1, 1), 1)
    assert list(holder.mirrors.iterdir()) == [] and Notes(home).all() == ()


def test_a_still_that_nobody_here_makes_any_more_stays_noted(home: Home) -> None:
    note = Note("btrfs", "/dev/sda2", "csb0")
    Notes(home).add(note)

    Stills(home, ()).clear()

    assert Notes(home).all() == (note,)


@pytest.mark.parametrize("usual", [True, False])
def test_where_there_is_none_the_files_are_read_live(
    home: Home, root: bytes, tmp_path: Path, usual: bool
) -> None:
    holder = MirroredStills(tmp_path / "mirrors", refuses="no room", usual=usual)
    live = LiveFiles()

    with Stills(home, (holder,)).of(live, [root]) as held:
        assert held.files is live
        assert held.how == [HowRead(root, "live", "no room", usual=usual)]
    assert Notes(home).all() == ()


def test_notes_that_are_damaged_stop_nothing(home: Home, root: bytes, tmp_path: Path) -> None:
    home.write("stills.json", b"\x00nonsense")

    with Stills(home, (MirroredStills(tmp_path / "mirrors"),)).of(LiveFiles(), [root]) as held:
        assert held.how == [HowRead(root, "fake")]


def test_a_hole_in_a_still_is_read_live_and_told_once(root: bytes, tmp_path: Path) -> None:
    """`hole`: the inode of a folder that stands for another subvolume."""
    (tmp_path / "still/own").mkdir(parents=True)
    (tmp_path / "data/own").mkdir()
    (tmp_path / "data/own/inner").write_text("live")
    hole = (tmp_path / "still/own").stat().st_ino
    told: list[bytes] = []
    still = Still(root, os.fsencode(tmp_path / "still"), 1, 2, hole)
    files = StillFiles(LiveFiles(), [still], found_hole=told.append)

    with files.scan(root) as items:
        (found,) = [item.stat(follow_symlinks=False) for item in items]
    file = files.open(root + b"/own/inner")

    assert found.st_ino == (tmp_path / "data/own").stat().st_ino
    assert files.status(root + b"/own").st_ino == found.st_ino
    assert file.read(10) == b"live" and told == [root + b"/own"]
    file.close()


# --- LVM: never run here; by what its programs are asked and print ------------------------------

LVS = {
    "report": [
        {
            "lv": [
                {"vg_name": "vg", "lv_name": "srv", "lv_size": "107374182400",
                 "vg_free": "21474836480", "pool_lv": ""}
            ]
        }
    ]
}  # fmt: skip


def lvs(**changes: str) -> Answer:
    told = json.loads(json.dumps(LVS))
    told["report"][0]["lv"][0] |= changes
    return Answer(0, json.dumps(told))


def wanted(mount: Mount, real: bytes) -> list[Wanted]:
    return [Wanted(real, mount, real)]


def ask_lvm(script: Script, tmp_path: Path) -> None:
    with Lvm(tmp_path, script).hold(wanted(MOUNTS[3], b"/srv/with space"), "csb1"):
        pass


def test_what_lvs_prints_is_understood() -> None:
    volume = read_volume(lvs().out, "/dev/mapper/vg-srv")

    assert (volume.group, volume.name, volume.pool) == ("vg", "srv", "")
    assert volume.still_bytes == 10 * 2**30, "a tenth of the volume"
    assert read_volume(lvs(lv_size="1000000000").out, "x").still_bytes == 2**30
    assert read_volume(lvs(vg_free="1000").out, "x").still_bytes == 0
    for told in ("", "{}", '{"report": [{"lv": []}]}', '{"report": [{"lv": [{}]}]}'):
        with pytest.raises(NoStill, match="not understood"):
            read_volume(told, "x")


def test_lvm_is_asked_for_a_snapshot_that_is_taken_away_again(tmp_path: Path) -> None:
    """The mount is not there in the end: nothing but the commands can be seen here."""
    script = Script({"lvs": lvs(), "mount": Answer(32, error="mount: no such device")})

    with pytest.raises(NoStill, match="no such device"):
        ask_lvm(script, tmp_path)

    assert [line.split(" /tmp")[0] for line in script.asked[1:]] == [
        "lvcreate --snapshot --name csb1 --size 10737418240b vg/srv",
        "mount -t xfs -o ro,nouuid,nosuid,nodev,noexec -- /dev/vg/csb1",
        "lvremove --yes vg/csb1",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_thin_volume_needs_no_size(tmp_path: Path) -> None:
    script = Script({"lvs": lvs(pool_lv="pool", vg_free="0"), "mount": Answer(32)})

    with pytest.raises(NoStill):
        ask_lvm(script, tmp_path)

    assert "lvcreate --snapshot --name csb1 --setactivationskip n vg/srv" in script.asked


@pytest.mark.parametrize(
    ("answers", "why", "usual"),
    [
        ({"lvs": Answer(5, error="Failed to find")}, "is no logical volume", True),
        ({"lvs": lvs(vg_free="0")}, "no free space", True),
        ({"lvs": lvs(), "lvcreate": Answer(5, error="Insufficient")}, "Insufficient", False),
    ],
)
def test_where_lvm_has_none_it_is_said_why(
    tmp_path: Path, answers: dict[str, Answer], why: str, usual: bool
) -> None:
    script = Script(answers)

    with pytest.raises(NoStill, match=why) as caught:
        ask_lvm(script, tmp_path)

    assert caught.value.usual == usual
    assert not any(line.startswith("lvremove") for line in script.asked)


def test_only_mapped_disks_may_be_logical_volumes(tmp_path: Path) -> None:
    lvm = Lvm(tmp_path, Script())

    assert [lvm.offers(mount) for mount in MOUNTS] == [False] * 3 + [True] + [False] * 4


def test_what_lvm_kept_of_a_run_that_was_killed_goes(tmp_path: Path) -> None:
    there, gone = Script({"lvs": lvs()}), Script({"lvs": lvs(), "lvs --noheadings": Answer(5)})

    for script in (there, gone):
        Lvm(tmp_path, script).let_go("/dev/mapper/vg-srv", "csb1")

    assert there.asked[-1] == "lvremove --yes vg/csb1"
    assert gone.asked[-1] == "lvs --noheadings vg/csb1"


# --- ZFS: never run here; a folder stands in for a dataset ---------------------------------------


def dataset(tmp_path: Path) -> tuple[Mount, Path]:
    """As a dataset looks once its snapshot `csb1` is made."""
    point = tmp_path.resolve() / "tank"
    still = point / ".zfs/snapshot/csb1/docs"
    still.mkdir(parents=True)
    (still / "file").write_text("as it was")
    (point / "docs").mkdir()
    (point / "docs/file").write_text("as it is")
    return Mount(b"/", os.fsencode(point), b"zfs", b"tank/data"), point


def test_a_snapshot_of_zfs_is_made_read_and_destroyed(tmp_path: Path) -> None:
    mount, point = dataset(tmp_path)
    script = Script()
    root = os.fsencode(point / "docs")

    with Zfs(script, lambda: [mount]).hold([Wanted(root, mount, root)], "csb1") as stills:
        files = StillFiles(LiveFiles(), stills)
        file = files.open(root + b"/file")
        content = file.read(100)
        file.close()

    assert content == b"as it was"
    assert script.asked == ["zfs snapshot tank/data@csb1", "zfs destroy tank/data@csb1"]


def test_where_zfs_has_none_it_is_said_why(tmp_path: Path) -> None:
    mount, _ = dataset(tmp_path)
    part = Mount(b"/docs", b"/elsewhere", b"zfs", b"tank/data")
    refusing = Script({"zfs snapshot": Answer(1, error="cannot create: permission denied")})
    script = Script()

    whole = Zfs(refusing, lambda: [mount]).hold(wanted(mount, mount.point), "csb1")
    with pytest.raises(NoStill, match="permission denied"), whole:
        pass
    bound = Zfs(script, lambda: [part]).hold(wanted(part, b"/elsewhere"), "csb1")
    with pytest.raises(NoStill, match="in part only"), bound:
        pass

    assert refusing.asked == ["zfs snapshot tank/data@csb1"]
    assert script.asked[-1] == "zfs destroy tank/data@csb1"


def test_what_zfs_kept_of_a_run_that_was_killed_goes() -> None:
    there, gone = Script(), Script({"zfs list": Answer(1, error="dataset does not exist")})

    for script in (there, gone):
        Zfs(script).let_go("tank/data", "csb1")

    assert there.asked[-1] == "zfs destroy tank/data@csb1"
    assert len(gone.asked) == 1
