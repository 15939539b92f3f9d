"""The catalogue of nasty files: each kind with its maker, what it needs, and what must come of it.

Every kind is made in a folder of its own. What cannot be made (no root, not on this file system) is
told by name. To make them all in a folder, as the user who runs it,
and have printed what could not be made, and why:

    PYTHONPATH=tests python -m support.nasty_kinds FOLDER
"""

# ruff: noqa: PTH101, PTH102, PTH116, PTH120, PTH123, PTH208, PTH211
# Names here are bytes that no Path would keep.

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from blake3 import blake3

from support.tree_facts import remove_tree

Maker = Callable[[bytes], None]
AS_IT_WAS = "restored as it was"
SECOND = 1_000_000_000
NOBODY = 65534
FAR_AWAY = 4294967294


class NotHere(Exception):
    """This kind cannot be made here."""


@dataclass(frozen=True)
class Kind:
    """What is nasty, and what comes of it.

    `problems`: paths in the kind's folder, with the class by which the run names them;
    `as_user`: more of them for an ordinary user. `left_out`: what stays out on purpose.
    `by_descriptor`: too long or too sparse for other programs to compare.
    """

    name: str
    group: str
    make: Maker
    root: bool = False
    problems: Mapping[bytes, str] = field(default_factory=dict)
    as_user: Mapping[bytes, str] = field(default_factory=dict)
    left_out: tuple[bytes, ...] = ()
    by_descriptor: bool = False
    young: bool = False  # its time proves nothing, so that every run reads it
    remark: str = ""

    @property
    def folder(self) -> bytes:
        return self.name.encode()

    def expected(self, *, root: bool) -> Mapping[bytes, str]:
        return self.problems if root else {**self.problems, **self.as_user}

    def outcome(self, *, root: bool) -> str:
        if self.root and not root:
            return "only root can make it"
        classes = sorted(set(self.expected(root=root).values()))
        if classes:
            return "named: " + ", ".join(f"`{one}`" for one in classes)
        if self.left_out:
            return "left out on purpose"
        return self.remark or AS_IT_WAS


def put(path: bytes, content: bytes = b"x") -> bytes:
    with open(path, "wb") as file:
        file.write(content)
    return path


# --- names ---


def named(*names: bytes) -> Maker:
    """A file and a folder of each name, and a link that points to it."""

    def make(folder: bytes) -> None:
        for below in (b"files", b"folders", b"links"):
            os.mkdir(folder + b"/" + below)
        for at, name in enumerate(names):
            put(folder + b"/files/" + name, b"%d\n" % at)
            os.mkdir(folder + b"/folders/" + name)
            put(folder + b"/folders/" + name + b"/inside")
            os.symlink(b"../files/" + name, folder + b"/links/" + name)

    return make


def both_normal_forms(folder: bytes) -> None:
    named(
        "n\u00e4me".encode(),
        "na\u0308me".encode(),
        "\ud55c".encode(),
        "\u1112\u1161\u11ab".encode(),
    )(folder)
    if len(os.listdir(folder + b"/files")) != 4:
        raise NotHere("the file system makes both forms one")


def both_cases(folder: bytes) -> None:
    named(b"Case", b"case", b"CASE", "\u0130i".encode(), b"ii")(folder)
    if len(os.listdir(folder + b"/files")) != 5:
        raise NotHere("the file system makes both cases one")


def ignore_files(folder: bytes) -> None:
    """Files that tell other programs to leave things out; we read none of them."""
    for name in (b".nobackup", b".gitignore", b".csbignore", b".ignore", b".rsync-filter"):
        put(folder + b"/" + name, b"*\n")
    put(folder + b"/kept")


NAMES: dict[str, Maker] = {
    "name with a newline": named(b"new\nline", b"\n", b"ends with one\n"),
    "name with a tab": named(b"tab\there", b"\t"),
    "name with a carriage return": named(b"over\rwritten"),
    "name with terminal escapes": named(b"\x1b[31mred\x1b[0m", b"\x1b]0;title\x07", b"\x9b2J"),
    "name with control characters": named(*(bytes([one]) for one in (1, 2, 7, 8, 11, 12, 14, 127))),
    "name with markup": named(b'<script src="x">', b"<img src=x onerror=alert(1)>", b"&amp;"),
    "name that looks like an option": named(b"-rf", b"--help", b"-", b"--", b"--to"),
    "name that ends with a dot": named(b"dot.", b"dots.."),
    "name that ends with a space": named(b"space ", b"space  "),
    "name that begins with a space": named(b" space", b"  "),
    "name of dots": named(b"...", b"....", b".hidden", b"..hidden", b". .", b".."[:1] + b"-"),
    "name of 255 bytes": named(b"x" * 255, b"y" * 254),
    "name of 255 bytes in long letters": named(
        "\u00e9".encode() * 127 + b"e", "\U0001f600".encode() * 63 + b"abc"
    ),
    "name in both normal forms": both_normal_forms,
    "name written from right to left": named(
        "\u202etxt.exe".encode(), "\u05d0\u05d1.txt".encode(), "\u2067x\u2069".encode()
    ),
    "name of an emoji": named(
        "\U0001f600".encode(), "\U0001f468\u200d\U0001f469\u200d\U0001f467".encode()
    ),
    "name with invisible letters": named(
        "a\u200bb".encode(), "\ufeffmark".encode(), "line\u2028end".encode(), "\u00a0".encode()
    ),
    "name that is not UTF-8": named(b"\xff\xfe\x80", b"half \xe2\x82", b"latin caf\xe9"),
    "names that differ where they are not UTF-8": named(
        b"same \xff", b"same \xfe", "same \ufffd".encode()
    ),
    "name with halves of surrogates": named(
        b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xed\xa0\xbd\xed\xb8\x80"
    ),
    "name with overlong UTF-8": named(
        b"\xc0\xaf", b"\xe0\x80\xaf", b"\xc0\x80", b"\xf4\x90\x80\x80"
    ),
    "name that Windows reserves": named(
        b"CON",
        b"PRN",
        b"AUX",
        b"NUL",
        b"COM1",
        b"LPT1",
        b"nul.txt",
        b"CONIN$",
        "COM\u00b9".encode(),
    ),
    "name with a colon": named(b"a:b", b"file:$DATA", b"C:", b"c:\\windows", b"host:path"),
    "name with a backslash": named(b"back\\slash", b"\\", b"..\\up", b"\\\\server\\share"),
    "name that is a pattern": named(
        b"*", b"?", b"[abc]", b"**", b"*.iso", b"!keep", b"{a,b}", b"#note"
    ),
    "name with quotes and dollars": named(
        b"$HOME `id` \"q'", b"$(id)", b";id", b"|x", b"&", b">out", b"a'b"
    ),
    "name with percents": named(b"%s%n%d", b"%2e%2e%2f", b"%00", b"%", b"%%"),
    "name that is a number": named(
        b"0", b"-1", b"00", b"0x10", b"1e3", b"NaN", b"None", b"null", b"true"
    ),
    "name that is an address": named(
        b"https:", b"file:", b"a?b=c&d#e", b"user@host", b"~", b"~root"
    ),
    "name that is data": named(b'{"a":1}', b"a,b,c", b"---", b"key: value", b"[section]", b"=1+1"),
    "names in upper and lower case": both_cases,
    "names that one begins the other": named(
        b"a", b"a ", b"a!", b"a-b", b"a.b", b"a0", b"aa", b"ab"
    ),
    "name like our own files": named(
        b".csb-1-0123456789abcdef-1",
        b".csb-1-0123456789abcdef-link",
        b"backup.lock",
        b"journal.db",
        b"heads.json",
        b".csb-1-0123456789abcdef-special",
    ),
    "name like a file beside another": named(
        b"notes.txt", b"notes (2026-01-01 10.00).txt", b"notes (restored).txt"
    ),
    "file that asks others to ignore it": ignore_files,
}


# --- contents ---


def holds(**contents: bytes) -> Maker:
    def make(folder: bytes) -> None:
        for name, content in contents.items():
            put(folder + b"/" + name.encode(), content)

    return make


def random_bytes(seed: bytes, length: int) -> bytes:
    return blake3(seed).digest(length)


def edges(folder: bytes) -> None:
    """Just below, at and above every length at which something changes."""
    for kibibytes in (4, 64, 256, 512, 1024):
        for more in (-1, 0, 1):
            length = kibibytes * 1024 + more
            put(folder + b"/%d" % length, random_bytes(b"%d" % length, length))


def many_equal(folder: bytes) -> None:
    for number in range(100):
        put(folder + b"/%d" % number, b"equal content " * (number % 5))


def sparse(size: int, *places: tuple[int, bytes]) -> Maker:
    def make(folder: bytes) -> None:
        with open(folder + b"/sparse", "wb", buffering=0) as file:
            file.truncate(size)  # first: some file systems fill what a growing file leaves out
            if os.lseek(file.fileno(), 0, os.SEEK_HOLE) == size:
                raise NotHere("the file system does not say where its holes are")
            for at, content in places:
                os.pwrite(file.fileno(), content, at)
            occupied = os.fstat(file.fileno()).st_blocks * 512
        if occupied > size * 3 // 4:
            raise NotHere("the file system keeps no holes")

    return make


def combed(extents: int) -> Maker:
    """A hole after every piece of data, in pieces of 4 KiB."""
    return sparse(extents * 8192, *((at * 8192, b"%08d" % at) for at in range(extents)))


def preallocated(folder: bytes) -> None:
    with open(folder + b"/ahead", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, 3_000_000)
        file.write(b"begun")


def cache_folders(folder: bytes) -> None:
    tag = b"Signature: 8a477f597d28d172789f06886806bc55\n"
    for name, content in ((b"true", tag), (b"false", b"Signature: something else\n")):
        os.mkdir(folder + b"/" + name)
        put(folder + b"/" + name + b"/CACHEDIR.TAG", content)
        put(folder + b"/" + name + b"/content")


def default_left_out(folder: bytes) -> None:
    for name in (b".cache", b".Trash-1000", b".gvfs", b"lost+found"):
        os.mkdir(folder + b"/" + name)
        put(folder + b"/" + name + b"/content")
    put(folder + b"/cache")


CONTENTS: dict[str, Maker] = {
    "empty file": holds(empty=b""),
    "file of one byte": holds(one=b"x", zero=b"\0"),
    "file of zeros that are no hole": holds(zeros=bytes(3_000_000)),
    "file that does not compress": holds(random=random_bytes(b"random", 5_000_000)),
    "file that compresses a thousandfold": holds(same=b"all the same " * 200_000),
    "files at the edges of chunks": edges,
    "many files of equal content": many_equal,
    "file that is all hole": sparse(10_000_000),
    "file with data in the middle of a hole": sparse(200_000_000, (50_000_000, b"in the middle")),
    "file with data at its end only": sparse(50_000_009, (50_000_000, b"at the end"[:9])),
    "file that ends in a hole": sparse(50_000_000, (0, random_bytes(b"head", 100_000))),
    "file with 2,500 holes": combed(2_500),
    "file that is allocated ahead": preallocated,
}


# --- links, FIFOs, sockets, devices ---


def links_to(**targets: bytes) -> Maker:
    def make(folder: bytes) -> None:
        put(folder + b"/file")
        os.mkdir(folder + b"/folder")
        for name, target in targets.items():
            os.symlink(target, folder + b"/" + name.encode())

    return make


def old_link(folder: bytes) -> None:
    os.symlink(b"nowhere", folder + b"/link")
    os.utime(folder + b"/link", ns=(1, SECOND * 10**9), follow_symlinks=False)


def owned_link(folder: bytes) -> None:
    os.symlink(b"nowhere", folder + b"/link")
    os.chown(folder + b"/link", 12345, 54321, follow_symlinks=False)


def hard_links(folder: bytes) -> None:
    os.mkdir(folder + b"/below")
    first = put(folder + b"/one", random_bytes(b"linked", 700_000))
    for name in (b"two", b"below/three"):
        os.link(first, folder + b"/" + name)
    first = put(folder + b"/small", b"small")
    os.link(first, folder + b"/below/small")
    first = put(folder + b"/empty", b"")
    os.link(first, folder + b"/below/empty")


def many_hard_links(folder: bytes) -> None:
    first = put(folder + b"/0")
    for number in range(1, 1000):
        os.link(first, folder + b"/%d" % number)


def linked_attributes(folder: bytes) -> None:
    hard_links(folder)
    set_xattr(folder + b"/one", b"user.shared", b"value")
    os.utime(folder + b"/two", ns=(5, 5 * SECOND))
    os.chmod(folder + b"/two", 0o640)


def hard_link_to_outside(folder: bytes) -> None:
    """Its other name lies in no root; `outside` is beside all of them."""
    outside = os.path.dirname(os.path.dirname(folder)) + b"/outside"
    with suppress(FileExistsError):
        os.mkdir(outside)
    put(outside + b"/the other name", b"shared")
    os.link(outside + b"/the other name", folder + b"/inside")


def linked_symlinks(folder: bytes) -> None:
    os.symlink(b"nowhere", folder + b"/one")
    os.link(folder + b"/one", folder + b"/two", follow_symlinks=False)


def linked_fifos(folder: bytes) -> None:
    os.mkfifo(folder + b"/one")
    os.link(folder + b"/one", folder + b"/two")


def linked_devices(folder: bytes) -> None:
    os.mknod(folder + b"/one", 0o020600, os.makedev(1, 3))
    os.link(folder + b"/one", folder + b"/two")


def fifo(folder: bytes) -> None:
    os.mkfifo(folder + b"/fifo", 0o640)
    os.utime(folder + b"/fifo", ns=(1, 12345))


def bind_socket(folder: bytes) -> None:
    """Names of sockets are short, so it is bound from inside the folder."""
    here = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(b"socket")
        os.utime(b"socket", ns=(1, 12345))
    finally:
        os.fchdir(here)
        os.close(here)


def devices(kind: int, *numbers: tuple[int, int]) -> Maker:
    def make(folder: bytes) -> None:
        for major, minor in numbers:
            os.mknod(folder + b"/%d-%d" % (major, minor), kind | 0o660, os.makedev(major, minor))

    return make


LINKS: dict[str, Maker] = {
    "link to a file": links_to(link=b"file"),
    "link to a folder": links_to(link=b"folder", slash=b"folder/"),
    "link to nowhere": links_to(link=b"nowhere/at all"),
    "link to itself": links_to(loop=b"loop"),
    "links in a circle": links_to(one=b"two", two=b"three", three=b"one"),
    "link to the folder above": links_to(up=b"..", here=b".", far=b"../../../../../../.."),
    "link with an absolute target": links_to(etc=b"/etc", root=b"/", passwd=b"/etc/passwd"),
    "link with a target of 4,095 bytes": links_to(long=b"a/" * 2047 + b"b"),
    "link with a target that is not UTF-8": links_to(odd=b"\xff\n\x1b[31m", blank=b" "),
    "link with a time of its own": old_link,
    "hard links": hard_links,
    "1,000 hard links to one file": many_hard_links,
    "hard links with attributes and a mode": linked_attributes,
    "hard link to a file outside": hard_link_to_outside,
    "hard links to a link": linked_symlinks,
    "hard links to a FIFO": linked_fifos,
    "FIFO": fifo,
    "socket": bind_socket,
}

LINKS_OF_ROOT: dict[str, Maker] = {
    "link of another owner": owned_link,
    "hard links to a device": linked_devices,
    "character device": devices(0o020000, (1, 3), (5, 0)),
    "block device": devices(0o060000, (7, 0), (8, 1)),
    "device with large numbers": devices(0o020000, (300, 262143), (0, 0)),
}


# --- modes, owners, times, attributes ---


def file_mode(mode: int) -> Maker:
    def make(folder: bytes) -> None:
        os.chmod(put(folder + b"/file", b"content"), mode)

    return make


def folder_mode(mode: int) -> Maker:
    def make(folder: bytes) -> None:
        os.mkdir(folder + b"/folder")
        put(folder + b"/folder/inside", b"content")
        os.mkdir(folder + b"/folder/below")
        os.chmod(folder + b"/folder", mode)

    return make


def times(*nanoseconds: int) -> Maker:
    def make(folder: bytes) -> None:
        for number, at in enumerate(nanoseconds):
            os.utime(put(folder + b"/file %d" % number), ns=(at, at))
            os.mkdir(folder + b"/folder %d" % number)
            os.utime(folder + b"/folder %d" % number, ns=(at, at))
        kept = [os.stat(folder + b"/file %d" % one).st_mtime_ns for one in range(len(nanoseconds))]
        if kept != list(nanoseconds):
            raise NotHere("the file system keeps no such time")

    return make


def owned(uid: int, gid: int) -> Maker:
    def make(folder: bytes) -> None:
        os.chown(put(folder + b"/file"), uid, gid)
        os.mkdir(folder + b"/folder")
        os.chown(folder + b"/folder", uid, gid)
        os.chmod(folder + b"/folder", 0o2755)

    return make


def setuid_of_another(folder: bytes) -> None:
    owned(12345, 54321)(folder)
    os.chmod(folder + b"/file", 0o6755)


def set_xattr(path: bytes, name: bytes, value: bytes) -> None:
    """By a short path: `os.setxattr` follows links, and so would we."""
    try:
        os.setxattr(path, name, value, follow_symlinks=False)
    except OSError as failure:
        raise NotHere(f"{os.fsdecode(name[:40])}: {failure.strerror}") from None


def xattrs(*, folders: bool = True, **values: bytes) -> Maker:
    """Of a file and of a folder; `__` in a name is a dot."""

    def make(folder: bytes) -> None:
        put(folder + b"/file")
        os.mkdir(folder + b"/folder")
        for name, value in values.items():
            for path in (b"/file", b"/folder")[: 2 if folders else 1]:
                set_xattr(folder + path, name.replace("__", ".").encode(), value)

    return make


def odd_xattr_names(folder: bytes) -> None:
    put(folder + b"/file")
    for name in (
        b"new\nline",
        b"\xff\xfe",
        b"a b=c",
        b"n" * 250,
        "\U0001f600".encode(),
        b"user.user",
        b".",
    ):
        set_xattr(folder + b"/file", b"user." + name, name)


def many_xattrs(folder: bytes) -> None:
    put(folder + b"/file")
    for number in range(80):
        set_xattr(folder + b"/file", b"user.number-%02d" % number, b"%d" % number)


def trusted_on_link(folder: bytes) -> None:
    os.symlink(b"nowhere", folder + b"/link")
    set_xattr(folder + b"/link", b"trusted.link", b"value")


def tool(*command: str | bytes) -> None:
    """Run what the system has; where it has it not, or it refuses, the kind cannot be made."""
    try:
        finished = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        raise NotHere(f"{os.fsdecode(command[0])} is not installed") from None
    if finished.returncode:
        last = finished.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise NotHere(f"{os.fsdecode(command[0])}: {last[0][-60:] if last else 'refused'}")


def access_lists(folder: bytes) -> None:
    tool("setfacl", "-m", "u:12345:r,g:54321:rw,m::r", put(folder + b"/file"))


def default_lists(folder: bytes) -> None:
    os.mkdir(folder + b"/folder")
    tool("setfacl", "-d", "-m", "u:12345:rx,g::-,o::-", folder + b"/folder")
    put(folder + b"/folder/inherits")
    os.mkdir(folder + b"/folder/inherits too")


def capability(folder: bytes) -> None:
    tool("setcap", "cap_net_raw,cap_net_bind_service+ep", put(folder + b"/file"))


def flagged(flag: str) -> Maker:
    """With `chattr`; the flag itself is no part of a backup."""

    def make(folder: bytes) -> None:
        path = put(folder + b"/file", b"" if flag == "C" else b"content")
        os.mkdir(folder + b"/folder")
        put(folder + b"/folder/inside")
        for one in (path, folder + b"/folder"):
            tool("chattr", f"+{flag}", one)

    return make


def unlock(root: bytes) -> None:
    """Take the flags off again, so that the files can be removed."""
    for name in FLAGS:
        folder = root + b"/" + name.encode()
        subprocess.run(
            ["chattr", "-i", "-a", folder + b"/file", folder + b"/folder"],
            capture_output=True,
            check=False,
        )


FLAGS: dict[str, Maker] = {
    "immutable file and folder": flagged("i"),
    "append-only file and folder": flagged("a"),
    "file that is not copied on write": flagged("C"),
}

METADATA: dict[str, Maker] = {
    "file of mode 400": file_mode(0o400),
    "file of mode 777": file_mode(0o777),
    "setuid file": file_mode(0o4755),
    "setgid file": file_mode(0o2750),
    "sticky file": file_mode(0o1644),
    "sticky folder": folder_mode(0o1777),
    "setgid folder": folder_mode(0o2755),
    "folder without write permission": folder_mode(0o555),
    "time before 1970": times(-1, -SECOND, -(10**18)),
    "time at 0": times(0, 1, SECOND - 1),
    "time after 2038": times(2**31 * SECOND, 2**31 * SECOND + 1, 2**32 * SECOND),
    "time in the year 2261": times(9_183_110_400 * SECOND + 999_999_999),
    "time with nanoseconds": times(10**18 + 123_456_789, 10**18 + 999_999_999),
    "attributes of the user": xattrs(user__plain=b"value", user__other=b"value"),
    "attribute without a value": xattrs(user__empty=b""),
    "attribute with every byte": xattrs(user__bytes=bytes(range(256))),
    "attribute of 64 KiB": xattrs(user__long=random_bytes(b"x", 65536)),
    "80 attributes": many_xattrs,
    "attributes with odd names": odd_xattr_names,
    "access control list": access_lists,
    "default access control list": default_lists,
}

METADATA_OF_ROOT: dict[str, Maker] = {
    "owner without a name": owned(12345, 54321),
    "owner 4294967294": owned(FAR_AWAY, FAR_AWAY),
    "setuid file of another": setuid_of_another,
    "attributes that only root sees": xattrs(trusted__secret=b"value"),
    "attribute of a link": trusted_on_link,
    "attributes of the security modules": xattrs(security__other=b"value"),
    "capabilities": capability,
    **FLAGS,
}


# --- shapes ---


def chain(depth: int, name: bytes) -> Maker:
    """Folders in folders by steps: the path may become too long to be said at once."""

    def make(folder: bytes) -> None:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for _ in range(depth):
                os.mkdir(name, dir_fd=handle)
                below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=handle)
                os.close(handle)
                handle = below
            file = os.open(b"bottom", os.O_WRONLY | os.O_CREAT, dir_fd=handle)
            os.write(file, b"deep down")
            os.utime(file, ns=(7, 7))
            os.close(file)
            os.symlink(b"bottom", b"link", dir_fd=handle)
            os.mkfifo(b"fifo", dir_fd=handle)
            os.link(b"bottom", b"again", src_dir_fd=handle, dst_dir_fd=handle)
        finally:
            os.close(handle)

    return make


def wide(files: int) -> Maker:
    def make(folder: bytes) -> None:
        for number in range(files):
            put(folder + b"/%06d" % number, b"%d" % (number % 7))

    return make


def wide_folders(folder: bytes) -> None:
    for number in range(300):
        os.mkdir(folder + b"/%d" % number)


def same_names(folder: bytes) -> None:
    for _ in range(20):
        folder += b"/same"
        os.mkdir(folder)
        put(folder + b"/file")


def empty_folder(folder: bytes) -> None:
    os.mkdir(folder + b"/empty")
    os.utime(folder + b"/empty", ns=(1, 10**18 + 1))


SHAPES: dict[str, Maker] = {
    "empty folder": empty_folder,
    "folder of 300 folders": wide_folders,
    "folders of one name inside each other": same_names,
    "folder of 2,000 files": wide(2000),  # as many as make one page
    "folder of 2,001 files": wide(2001),
    "folder of 10,000 files": wide(10_000),
}

TOO_LONG: dict[str, Maker] = {
    "path of 5,000 bytes": chain(20, b"n" * 250),
    "1,000 folders deep": chain(1000, b"d"),
    "3,000 folders deep": chain(3000, b"d"),
}

NOT_FOR_USERS = "permission-denied"


def _all(group: str, makers: dict[str, Maker], *, root: bool = False) -> list[Kind]:
    return [Kind(name, group, make, root=root) for name, make in makers.items()]


KINDS: tuple[Kind, ...] = (
    *_all("names", NAMES),
    *_all("contents", CONTENTS),
    Kind("1 TiB of hole", "contents", sparse(2**40, (2**39, b"in the middle")), by_descriptor=True),
    Kind("file with 25,000 holes", "contents", combed(25_000)),
    Kind("folder marked as a cache", "contents", cache_folders, left_out=(b"true/content",)),
    Kind(
        "caches, trash and what the system makes anew",
        "contents",
        default_left_out,
        left_out=(b".cache", b".Trash-1000", b".gvfs", b"lost+found"),
    ),
    *_all("links and special files", LINKS),
    *_all("links and special files", LINKS_OF_ROOT, root=True),
    *_all("metadata", METADATA),
    *_all("metadata", METADATA_OF_ROOT, root=True),
    Kind("time in the future", "metadata", times(3_800_000_000 * SECOND)),
    Kind("file of mode 000", "metadata", file_mode(0), as_user={b"file": NOT_FOR_USERS}),
    Kind("file of mode 111", "metadata", file_mode(0o111), as_user={b"file": NOT_FOR_USERS}),
    Kind("folder of mode 000", "metadata", folder_mode(0), as_user={b"folder": NOT_FOR_USERS}),
    Kind(
        "folder that can be listed only",
        "metadata",
        folder_mode(0o444),
        as_user={b"folder/inside": NOT_FOR_USERS, b"folder/below": NOT_FOR_USERS},
    ),
    Kind(
        "folder that cannot be listed",
        "metadata",
        folder_mode(0o311),
        as_user={b"folder": NOT_FOR_USERS},
    ),
    *_all("shapes", SHAPES),
    *(Kind(name, "shapes", make, by_descriptor=True) for name, make in TOO_LONG.items()),
)


# With a time that no snapshot can hold: kept with the nearest one, and named.
BEYOND = Kind(
    "time in the year 2400",
    "metadata",
    times(13_569_465_600 * SECOND + 999_999_999),
    problems={b"file 0": "time-out-of-range", b"folder 0": "time-out-of-range"},
)


def make_kinds(
    root: bytes, kinds: tuple[Kind, ...] = KINDS, *, without: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Make every kind in its folder below `root`; those that could not be made, with the reason."""
    lacking: dict[str, str] = {}
    for kind in kinds:
        why = _make(kind, root, without)
        if why:
            lacking[kind.name] = why
    return lacking


def _make(kind: Kind, root: bytes, without: frozenset[str]) -> str:
    if kind.name in without:
        return "too slow there"
    if kind.root and os.geteuid() != 0:
        return "only root can make it"
    folder = root + b"/" + kind.folder
    os.mkdir(folder)
    try:
        kind.make(folder)
    except NotHere as failure:
        why = str(failure)
    except OSError as failure:
        if failure.errno == errno.ENOSPC:
            raise
        why = failure.strerror
    else:
        return ""
    unlock(root)
    remove_tree(folder)
    return why


def main() -> None:
    folder, *without = sys.argv[1:]
    json.dump(make_kinds(os.fsencode(folder), without=frozenset(without)), sys.stdout)


if __name__ == "__main__":
    main()
