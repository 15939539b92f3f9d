"""What there is to know of a folder's tree, by descriptors only: paths may be of any length.

`rsync`, `diff` and `find` stop at PATH_MAX, and read a hole byte by byte. This walk does neither,
so that it can say of every tree we can make whether another one is its equal.
"""

# Names here are bytes, relative to descriptors; no Path would keep them.

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from blake3 import blake3

PIECE = 1024 * 1024
OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
HOLE_SLACK = 4 * 1024 * 1024  # what a restore may fill of the holes: edges that are not aligned


@dataclass(frozen=True)
class Facts:
    """All of an entry that a backup promises to bring back. `same_as`: its first other name."""

    kind: int
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    size: int = 0
    content: str = ""
    target: bytes = b""
    device: int = 0
    same_as: bytes = b""
    xattrs: Mapping[str, bytes] = field(default_factory=dict)
    allocated: int = field(default=0, compare=False)

    @property
    def is_folder(self) -> bool:
        return self.kind == stat.S_IFDIR


Tree = dict[bytes, Facts]


def read_tree(root: bytes) -> Tree:
    """Everything below `root` by its path from there; the root itself is the empty path."""
    tree: Tree = {}
    names: dict[tuple[int, int], bytes] = {}
    handle = os.open(root, OPEN_FOLDER)
    try:
        tree[b""] = _facts(handle, b".", b"", {})
        todo = [sorted(_names(handle), reverse=True)]
        parts: list[bytes] = []
        while todo:
            if not todo[-1]:
                todo.pop()
                if parts:
                    parts.pop()
                    handle = _step(handle, b"..")
                continue
            name = todo[-1].pop()
            path = b"/".join([*parts, name])
            tree[path] = facts = _facts(handle, name, path, names)
            if facts.is_folder:
                with suppress(PermissionError):
                    handle = _step(handle, name)
                    parts.append(name)
                    todo.append(sorted(_names(handle), reverse=True))
    finally:
        os.close(handle)
    return _without_lonely(tree)


def _without_lonely(tree: Tree) -> Tree:
    """A file whose other names are elsewhere has no other name here."""
    several = {facts.same_as for path, facts in tree.items() if facts.same_as not in (b"", path)}
    return {
        path: facts if facts.same_as in several else replace(facts, same_as=b"")
        for path, facts in tree.items()
    }


def _names(handle: int) -> list[bytes]:
    return [os.fsencode(name) for name in os.listdir(handle)]


def _step(handle: int, name: bytes) -> int:
    there = os.open(name, OPEN_FOLDER, dir_fd=handle)
    os.close(handle)
    return there


def _facts(handle: int, name: bytes, path: bytes, names: dict[tuple[int, int], bytes]) -> Facts:
    status = os.stat(name, dir_fd=handle, follow_symlinks=False)
    kind = stat.S_IFMT(status.st_mode)
    facts = Facts(
        kind, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns
    )
    if kind != stat.S_IFDIR and status.st_nlink > 1:
        first = names.setdefault((status.st_ino, status.st_dev), path)
        facts = replace(facts, same_as=first)
    if kind == stat.S_IFLNK:
        return replace(
            facts,
            target=os.readlink(name, dir_fd=handle),
            xattrs=_xattrs_at(handle, name),
        )
    if kind in (stat.S_IFCHR, stat.S_IFBLK):
        return replace(facts, device=status.st_rdev, xattrs=_xattrs_at(handle, name))
    if kind == stat.S_IFDIR:
        return replace(facts, xattrs=_xattrs_of_open(handle, name, OPEN_FOLDER))
    if kind != stat.S_IFREG:
        return replace(facts, xattrs=_xattrs_at(handle, name))
    try:
        file = os.open(name, OPEN_FILE, dir_fd=handle)
    except PermissionError:
        return replace(facts, content="not readable", size=status.st_size)
    try:
        return replace(
            facts,
            size=status.st_size,
            content=content_of(file, status.st_size),
            xattrs=_xattrs(file),
            allocated=status.st_blocks * 512,
        )
    finally:
        os.close(file)


def content_of(handle: int, size: int) -> str:
    """Equal for equal contents, whatever of them is holes; reads no hole."""
    digest = blake3()
    for at in _pieces(handle, size):
        content = _read_at(handle, at, min(PIECE, size - at))
        if content.count(0) != len(content):
            digest.update(at.to_bytes(8, "big"))
            digest.update(content)
    return digest.hexdigest()


def _read_at(handle: int, at: int, length: int) -> bytes:
    content = b""
    while len(content) < length:
        more = os.pread(handle, length - len(content), at + len(content))
        if not more:
            break
        content += more
    return content


def _pieces(handle: int, size: int) -> Iterator[int]:
    """The beginnings of the pieces that have data."""
    at = 0
    while at < size:
        try:
            start = os.lseek(handle, at, os.SEEK_DATA)
        except OSError as failure:
            if failure.errno != errno.ENXIO:
                raise
            return
        at = start // PIECE * PIECE
        yield at
        at += PIECE


def _xattrs_at(handle: int, name: bytes) -> dict[str, bytes]:
    """Of what must not be opened: by a short path through the descriptor."""
    path = b"/proc/self/fd/%d/%s" % (handle, name)
    try:
        found = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return {}
    return {one: os.getxattr(path, one, follow_symlinks=False) for one in found}


def _xattrs_of_open(handle: int, name: bytes, flags: int) -> dict[str, bytes]:
    try:
        there = os.open(name, flags, dir_fd=handle)
    except PermissionError:
        return {}
    try:
        return _xattrs(there)
    finally:
        os.close(there)


def _xattrs(handle: int) -> dict[str, bytes]:
    try:
        return {one: os.getxattr(handle, one) for one in os.listxattr(handle)}
    except OSError as failure:
        if failure.errno == errno.ENOTSUP:
            return {}
        raise


def unequal(before: Tree, after: Tree) -> list[str]:
    """What of `before` is not so in `after`, a line each; nothing when they are equal."""
    found = [f"missing: {_shown(path)}" for path in before if path not in after]
    found += [f"too much: {_shown(path)}" for path in after if path not in before]
    for path, facts in before.items():
        if path in after:
            found += [f"{_shown(path)}: {line}" for line in _compared(facts, after[path])]
    return found


def _compared(before: Facts, after: Facts) -> Iterable[str]:
    for name in ("kind", "mode", "uid", "gid", "mtime_ns", "size", "content", "target", "device"):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield f"{name} is {now!r}, was {was!r}"
    if before.same_as != after.same_as:
        yield f"it is the same as {_shown(after.same_as)}, was {_shown(before.same_as)}"
    if dict(before.xattrs) != dict(after.xattrs):
        yield f"attributes are {sorted(after.xattrs)}, were {sorted(before.xattrs)}"
    if after.allocated > max(before.allocated, 64 * 1024) + HOLE_SLACK:
        yield f"it takes {after.allocated} bytes of the disk, took {before.allocated}"


def _shown(path: bytes) -> str:
    text = path.decode(errors="backslashreplace").encode("unicode_escape").decode()
    return text if len(text) < 120 else f"{text[:50]}...{text[-50:]} ({len(path)} bytes)"


def remove_tree(root: bytes) -> None:
    """Remove a tree of any depth, mode and path length; it may be gone already."""
    with suppress(FileNotFoundError):
        handle = os.open(root, OPEN_FOLDER)
        try:
            _empty(handle)
        finally:
            os.close(handle)
        os.rmdir(root)  # noqa: PTH106


def _empty(top: int) -> None:
    handle = os.dup(top)
    parts: list[bytes] = []
    try:
        while True:
            below = _remove_all_but_folders(handle)
            if below is not None:
                with suppress(PermissionError):
                    os.chmod(below, 0o700, dir_fd=handle)
                handle = _step(handle, below)
                parts.append(below)
                continue
            if not parts:
                return
            handle = _step(handle, b"..")
            os.rmdir(parts.pop(), dir_fd=handle)
    finally:
        os.close(handle)


def _remove_all_but_folders(handle: int) -> bytes | None:
    """A folder that is left to be emptied, if there is one."""
    for name in _names(handle):
        try:
            os.unlink(name, dir_fd=handle)
        except (IsADirectoryError, PermissionError):
            try:
                os.rmdir(name, dir_fd=handle)
            except OSError:
                return name
    return None
