"""File systems of our own, through FUSE, that do what a test says: fail, hang, lie, change, die.

Each runs in a process of its own, so that it can be killed:

    with odd_mount("failing", folder):
        laptop.backup(code=1)

`ODD` says what each of the files is, and how a backup must name it.
"""

from __future__ import annotations

import errno
import os
import random
import stat
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blake3 import blake3

MOUNT_SECONDS = 20
BIG = 3_000_000
BLOCK = 4096
FILE = stat.S_IFREG | 0o644
FOLDER = stat.S_IFDIR | 0o755
BEGINNING = 1_700_000_000 * 10**9
SHORT = 1000
LISTED = 2  # looks at a file, until the listing is done: by its name, then for its status

Status = dict[str, Any]


def fail(code: int) -> OSError:
    return OSError(code, os.strerror(code))


def filled(name: str, length: int = BIG) -> bytes:
    """The content that the file of this name has; random, so that no two chunks are alike."""
    return blake3(name.encode()).digest(length)


class Odd:
    """A file that behaves; those below do not. One instance is one mount's file."""

    def __init__(self, name: str, length: int = BIG) -> None:
        self.name = name
        self.content = filled(name, length)
        self.mode = FILE
        self.inode = 0
        self.mtime = self.ctime = BEGINNING
        self.looked_at = 0
        self.opened = 0
        self.names: list[str] = []

    def status(self) -> Status:
        self.looked_at += 1
        return {
            "st_mode": self.mode,
            "st_ino": self.inode,
            "st_nlink": 1,
            "st_size": len(self.content),
            "st_blocks": -(-len(self.content) // 512),
            "st_mtime": self.mtime,
            "st_ctime": self.ctime,
            "st_atime": self.mtime,
            "st_uid": os.getuid(),
            "st_gid": os.getgid(),
        }

    def open(self) -> None:
        self.opened += 1

    def read(self, size: int, offset: int) -> bytes:
        return self.content[offset : offset + size]

    def list(self) -> list[str]:
        return self.names

    def target(self) -> str:
        raise fail(errno.EINVAL)

    def xattrs(self) -> dict[str, bytes]:
        return {}

    def touch(self) -> None:
        """Its times go on, as those of a file that is written to."""
        self.mtime += 1_000_003
        self.ctime += 1_000_003


class Folder(Odd):
    def __init__(self, name: str, names: list[str]) -> None:
        super().__init__(name, 0)
        self.mode = FOLDER
        self.names = names


# --- that fail ---


class FailsInTheMiddle(Odd):
    def read(self, size: int, offset: int) -> bytes:
        if offset + size > BIG // 2:
            raise fail(errno.EIO)
        return super().read(size, offset)


class FailsAtOnce(Odd):
    def read(self, size: int, offset: int) -> bytes:
        raise fail(errno.EIO)


class FailsOnce(Odd):
    """Only the first time that it is opened: the next run has it."""

    def read(self, size: int, offset: int) -> bytes:
        if self.opened == 1:
            raise fail(errno.EIO)
        return super().read(size, offset)


class CannotBeOpened(Odd):
    code = errno.EACCES

    def open(self) -> None:
        raise fail(self.code)


class CannotBeOpenedByDisk(CannotBeOpened):
    code = errno.EIO


class CannotBeOpenedWhileBusy(CannotBeOpened):
    code = errno.EBUSY


class IsStale(CannotBeOpened):
    code = errno.ESTALE


class CannotBeLookedAt(Odd):
    def status(self) -> Status:
        raise fail(errno.EIO)


class CannotBeListed(Folder):
    def list(self) -> list[str]:
        raise fail(errno.EIO)


class HasAttributesThatFail(Odd):
    def xattrs(self) -> dict[str, bytes]:
        raise fail(errno.EIO)


class HasTooLongAttributes(Odd):
    def xattrs(self) -> dict[str, bytes]:
        return {f"user.{number}": bytes(65_000) for number in range(40)}


class PointsNowhere(Odd):
    def __init__(self, name: str) -> None:
        super().__init__(name, 0)
        self.mode = stat.S_IFLNK | 0o777

    def target(self) -> str:
        raise fail(errno.EIO)


# --- that lie ---


class ComesInShortReads(Odd):
    def read(self, size: int, offset: int) -> bytes:
        return super().read(min(size, SHORT * 17), offset)


class SaysAnotherSize(Odd):
    said = 0

    def __init__(self, name: str, length: int = BIG) -> None:
        super().__init__(name, length)

    def status(self) -> Status:
        return super().status() | {"st_size": self.said, "st_blocks": -(-self.said // 512)}


class SaysMore(SaysAnotherSize):
    said = 2 * BIG


class SaysFarTooMuch(SaysAnotherSize):
    said = 2**60


class SaysLess(SaysAnotherSize):
    said = BIG // 2


class SaysALittleLess(SaysAnotherSize):
    said = SHORT - 1

    def __init__(self, name: str) -> None:
        super().__init__(name, SHORT)


class SaysNothing(SaysAnotherSize):
    def __init__(self, name: str) -> None:
        super().__init__(name, 10 * SHORT)


class SaysNothingAndNeverEnds(SaysAnotherSize):
    def read(self, size: int, offset: int) -> bytes:
        return b"x" * size


class SaysItIsEmptyAndIs(SaysAnotherSize):
    def __init__(self, name: str) -> None:
        super().__init__(name, 0)


class HasARandomInode(Odd):
    def status(self) -> Status:
        return super().status() | {"st_ino": random.getrandbits(60)}


class SharesItsInode(Odd):
    """The file system has no inode numbers: all files have the same one."""

    def status(self) -> Status:
        return super().status() | {"st_ino": 1}


class SharesItsInodeAndSaysItIsLinked(Odd):
    def status(self) -> Status:
        return super().status() | {"st_ino": 1, "st_nlink": 2}


# --- that change while they are read ---


class Grows(Odd):
    """Longer at every read."""

    def read(self, size: int, offset: int) -> bytes:
        found = super().read(size, offset)
        self.content += b"more"
        self.touch()
        return found


class ChangesOnce(Odd):
    """While it is read for the first time."""

    def read(self, size: int, offset: int) -> bytes:
        found = super().read(size, offset)
        if self.opened == 1 and offset:
            self.opened = -1_000_000
            self.change()
        return found

    def change(self) -> None:
        self.content = filled(self.name + " changed")
        self.touch()


class GrowsOnce(ChangesOnce):
    def change(self) -> None:
        self.content = self.content + b"more"
        self.touch()


class ShrinksOnce(ChangesOnce):
    def change(self) -> None:
        self.content = self.content[: BIG // 2]
        self.touch()


class IsEmptiedOnce(ChangesOnce):
    def change(self) -> None:
        self.content = b""
        self.touch()


class KeepsItsTimeAndSize(ChangesOnce):
    """Somebody sets the time back; only the change time tells."""

    def change(self) -> None:
        self.content = filled(self.name + " changed")
        self.ctime += 1_000_003


class BecomesAnother(Odd):
    """After it was listed, before it is opened."""

    later = FOLDER

    def status(self) -> Status:
        found = super().status()
        return found | {"st_mode": self.later} if self.looked_at > LISTED else found


class BecomesAFifo(BecomesAnother):
    later = stat.S_IFIFO | 0o644


class BecomesALink(BecomesAnother):
    later = stat.S_IFLNK | 0o777

    def target(self) -> str:
        return "/etc/passwd"


class BecomesASocket(BecomesAnother):
    later = stat.S_IFSOCK | 0o644


class Vanishes(Odd):
    def status(self) -> Status:
        if self.looked_at >= LISTED:
            raise fail(errno.ENOENT)
        return super().status()


class FolderVanishes(Folder):
    def status(self) -> Status:
        if self.looked_at >= LISTED:
            raise fail(errno.ENOENT)
        return super().status()


class FolderBecomesAFile(Folder):
    def status(self) -> Status:
        found = super().status()
        return found | {"st_mode": FILE} if self.looked_at > LISTED else found


class LinkBecomesAFile(Odd):
    def __init__(self, name: str) -> None:
        super().__init__(name, 0)
        self.mode = stat.S_IFLNK | 0o777

    def status(self) -> Status:
        found = super().status()
        return found | {"st_mode": FILE} if self.looked_at > LISTED else found

    def target(self) -> str:
        raise fail(errno.EINVAL)


# --- that hang ---


def hang() -> None:
    while True:
        time.sleep(3600)


class HangsWhenOpened(Odd):
    def open(self) -> None:
        hang()


class HangsWhenRead(Odd):
    def read(self, size: int, offset: int) -> bytes:
        if offset + size > BIG // 2:
            hang()
        return super().read(size, offset)


class HangsWhenLookedAt(Odd):
    def status(self) -> Status:
        hang()
        return super().status()


class HangsWhenListed(Folder):
    def list(self) -> list[str]:
        hang()
        return []


class HangsWhenFollowed(PointsNowhere):
    def target(self) -> str:
        hang()
        return ""


class HangsAtItsAttributes(Odd):
    def xattrs(self) -> dict[str, bytes]:
        hang()
        return {}


# --- that die ---


class TakesAllWithIt(Odd):
    """The process behind the mount ends in the middle of this file."""

    def read(self, size: int, offset: int) -> bytes:
        if offset + size > BIG // 2:
            os._exit(1)
        return super().read(size, offset)


READ_ERROR, VANISHED, CHANGED = "read-error", "vanished", "changed-while-read"
NOT_ANSWERING = "not-answering"


@dataclass(frozen=True)
class OddKind:
    """`restored`: what must come back of it; None when nothing can, or need not, be compared."""

    make: type[Odd]
    problem: str = ""
    restored: bytes | None = None
    empty_folder: bool = False
    remark: str = ""

    def outcome(self) -> str:
        if self.remark:
            return self.remark
        if self.problem:
            return f"named: `{self.problem}`"
        return "restored as it was"


def _whole(make: type[Odd], name: str, problem: str = "", remark: str = "") -> OddKind:
    return OddKind(make, problem, filled(name), remark=remark)


def _kept(name: str, make: type[Odd], length: int = BIG, **more: str) -> tuple[str, OddKind]:
    return name, OddKind(make, restored=filled(name, length), **more)


FAILING: dict[str, OddKind] = {
    "file that fails in the middle": OddKind(FailsInTheMiddle, READ_ERROR),
    "file that fails at once": OddKind(FailsAtOnce, READ_ERROR),
    "file that fails once": OddKind(
        FailsOnce, READ_ERROR, remark="named: `read-error`; the next run has it"
    ),
    "file that is forbidden": OddKind(CannotBeOpened, "permission-denied"),
    "file on a failing disk": OddKind(CannotBeOpenedByDisk, READ_ERROR),
    "file that is busy": OddKind(CannotBeOpenedWhileBusy, READ_ERROR),
    "file whose handle is stale": OddKind(IsStale, NOT_ANSWERING),
    "file that cannot be looked at": OddKind(CannotBeLookedAt, READ_ERROR),
    "file whose attributes fail": OddKind(HasAttributesThatFail, READ_ERROR),
    "file with 2.6 MB of attributes": OddKind(
        HasTooLongAttributes,
        "attributes-too-long",
        filled("file with 2.6 MB of attributes"),
        remark="restored without them; named: `attributes-too-long`",
    ),
    "folder that fails": OddKind(CannotBeListed, READ_ERROR, empty_folder=True),
    "link that cannot be read": OddKind(PointsNowhere, READ_ERROR),
}

LYING: dict[str, OddKind] = dict(
    (
        _kept("file that comes in short reads", ComesInShortReads),
        _kept("file that says twice its size", SaysMore, remark="restored with what it has"),
        _kept("file that says an exabyte", SaysFarTooMuch, remark="restored with what it has"),
        _kept("file that says half its size", SaysLess),
        _kept("file that says a byte less", SaysALittleLess, SHORT),
        _kept("file that says it is empty, and is not", SaysNothing, 10 * SHORT),
        ("file that never ends", OddKind(SaysNothingAndNeverEnds, "endless")),
        _kept("file that says it is empty, and is", SaysItIsEmptyAndIs, 0),
        _kept("file with another inode at every look", HasARandomInode),
        _kept("file without an inode number", SharesItsInode),
        _kept("another file without an inode number", SharesItsInode),
        _kept("linked file without an inode number", SharesItsInodeAndSaysItIsLinked),
        _kept("linked file too without an inode number", SharesItsInodeAndSaysItIsLinked),
    )
)


def _after(name: str, make: type[Odd], content: bytes) -> tuple[str, OddKind]:
    return name, OddKind(make, restored=content, remark="restored as it was after the change")


CHANGING: dict[str, OddKind] = dict(
    (
        (
            "file that grows all the time",
            OddKind(Grows, CHANGED, remark="kept as it came; named: `changed-while-read`"),
        ),
        _after(
            "file that grows while it is read",
            GrowsOnce,
            filled("file that grows while it is read") + b"more",
        ),
        _after(
            "file that shrinks while it is read",
            ShrinksOnce,
            filled("file that shrinks while it is read", BIG // 2),
        ),
        _after("file that is emptied while it is read", IsEmptiedOnce, b""),
        _after(
            "file that is rewritten while it is read",
            ChangesOnce,
            filled("file that is rewritten while it is read changed"),
        ),
        _after(
            "file that is rewritten and set back while it is read",
            KeepsItsTimeAndSize,
            filled("file that is rewritten and set back while it is read changed"),
        ),
        ("file that becomes a folder", OddKind(BecomesAnother, VANISHED)),
        ("file that becomes a FIFO", OddKind(BecomesAFifo, VANISHED)),
        ("file that becomes a link", OddKind(BecomesALink, VANISHED)),
        ("file that becomes a socket", OddKind(BecomesASocket, VANISHED)),
        ("file that vanishes", OddKind(Vanishes, VANISHED)),
        ("folder that vanishes", OddKind(FolderVanishes, VANISHED)),
        ("folder that becomes a file", OddKind(FolderBecomesAFile, VANISHED)),
    )
)

HANGING: dict[str, OddKind] = {
    "file that hangs when it is opened": OddKind(HangsWhenOpened, NOT_ANSWERING),
    "file that hangs when it is read": OddKind(HangsWhenRead, NOT_ANSWERING),
    "file that hangs when it is looked at": OddKind(HangsWhenLookedAt, NOT_ANSWERING),
    "folder that hangs when it is listed": OddKind(
        HangsWhenListed, NOT_ANSWERING, empty_folder=True
    ),
    "link that hangs when it is read": OddKind(HangsWhenFollowed, NOT_ANSWERING),
    "file that hangs at its attributes": OddKind(HangsAtItsAttributes, NOT_ANSWERING),
}

DYING: dict[str, OddKind] = {
    "file that takes its file system with it": OddKind(TakesAllWithIt, NOT_ANSWERING),
}

SCENARIOS: dict[str, dict[str, OddKind]] = {
    "failing": FAILING,
    "lying": LYING,
    "changing": CHANGING,
    "hanging": HANGING,
    "dying": DYING,
}
UNTYPED = "untyped"  # the listings do not say what is a folder: who lists must look
BESIDE = "0 ordinary file"
AFTER = "z ordinary file"


def make_files(scenario: str, only: Collection[str] = ()) -> dict[str, Odd]:
    """The files of a scenario by path, with one that behaves before them and one after."""
    kinds = {name: kind for name, kind in SCENARIOS[scenario].items() if not only or name in only}
    files: dict[str, Odd] = {}
    for name in (BESIDE, *kinds, AFTER):
        make = kinds[name].make if name in kinds else Odd
        if issubclass(make, Folder):
            files["/" + name] = make(name, ["inside"])
            files[f"/{name}/inside"] = Odd("inside", SHORT)
        else:
            files["/" + name] = make(name)
    for number, file in enumerate(files.values()):
        file.inode = number + 1000
    files["/"] = Folder("", [path[1:] for path in files if "/" not in path[1:]])
    files["/"].inode = 999
    return files


# --- mounting ---


@contextmanager
def odd_mount(scenario: str, folder: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Mount it; the process behind it, which is killed at the end. `OSError` where it cannot be.

    `more`: names, if not all of the scenario's files shall be there; or `UNTYPED`.
    """
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "support.odd_mounts", scenario, str(folder), *more],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _await_mount(folder, process)
        yield process
    finally:
        process.kill()
        subprocess.run(["umount", "--lazy", folder], capture_output=True, check=False)
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def _await_mount(folder: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + MOUNT_SECONDS
    while not is_mounted(folder):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            assert process.stderr is not None
            said = process.stderr.read().decode(errors="replace").strip().splitlines()
            raise OSError(f"FUSE does not mount: {said[-1] if said else 'it does not answer'}")
        time.sleep(0.01)


def is_mounted(folder: Path) -> bool:
    """By the kernel's table: looking at the folder itself may hang."""
    escaped = str(folder).replace(" ", "\\040")
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    return any(line.split(" ")[1] == escaped for line in mounts.splitlines())


def main() -> None:
    """Run as a program only: who has no FUSE library can still import the catalogue."""
    library = find_library("fuse3")
    if library:
        os.environ.setdefault("FUSE_LIBRARY_PATH", library)
    import mfusepy  # noqa: PLC0415  it looks for the library at once

    from support.odd_operations import OddFileSystem, Passthrough  # noqa: PLC0415

    scenario, folder, *more = sys.argv[1:]
    chosen = (
        Passthrough(more[0])
        if scenario == "passthrough"
        else OddFileSystem(make_files(scenario, set(more) - {UNTYPED}), typed=UNTYPED not in more)
    )
    os.umask(0)  # the mask is of who asks, not ours
    options: dict[str, Any] = {"allow_other": True} if os.geteuid() == 0 else {}
    # The kernel asks anew each time, so that files can change under it; what hangs does not change.
    seconds = 60 if scenario == "hanging" else 0
    with suppress(KeyboardInterrupt):
        mfusepy.FUSE(
            chosen,
            folder,
            raw_fi=scenario != "passthrough",
            foreground=True,
            use_ino=True,
            attr_timeout=seconds,
            entry_timeout=seconds,
            negative_timeout=0,
            ac_attr_timeout=seconds,
            default_permissions=scenario == "passthrough",
            **options,
        )


if __name__ == "__main__":
    main()
