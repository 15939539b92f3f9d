"""The folders of this device, for a person who looks for one to add."""

from __future__ import annotations

import os

from csbackup.client.files import FileSource
from csbackup.client.scan import is_folder, status_of
from csbackup.errors import PathProblem
from csbackup.protocol import messages

MOST = 1_000
_TOP = os.fsencode(os.path.abspath(os.sep))  # noqa: PTH100  paths are bytes


def for_people(path: bytes) -> str:
    """With a sign in place of what is no text."""
    return path.decode("utf-8", "replace")


def list_folders(files: FileSource, path: bytes) -> messages.OwnFolders:
    """The folders in a folder, by name; the top without a path. Links are not followed."""
    path = checked_folder(path or _TOP)
    found: list[messages.OwnFolder] = []
    try:
        with files.scan(path) as items:
            for item in items:
                if item.is_dir(follow_symlinks=False):
                    whole = _join(path, os.fsencode(item.name))
                    readable = os.access(whole, os.R_OK | os.X_OK)
                    found.append(messages.OwnFolder(for_people(whole), whole, readable))
    except OSError as problem:
        raise _cannot(path, problem) from None
    found.sort(key=lambda one: (_is_hidden(one.path_bytes), one.name.casefold()))
    named = [
        messages.OwnFolder(one.name.rpartition(os.sep)[2], one.path_bytes, one.readable)
        for one in found[:MOST]
    ]
    parent = b"" if path == _TOP else os.path.dirname(path)  # noqa: PTH120  paths are bytes
    return messages.OwnFolders(for_people(path), path, parent, tuple(named), len(found))


def check_there(files: FileSource, path: bytes) -> bytes:
    """A folder that a person wants to back up, if it is one."""
    path = checked_folder(path)
    try:
        status = status_of(files, path, path)
    except OSError as problem:
        raise _cannot(path, problem) from None
    if not is_folder(status):
        raise PathProblem(f"{for_people(path)} is not a folder. Nothing was changed.")
    return path


def outermost(paths: list[bytes]) -> tuple[bytes, ...]:
    """Without those that lie in another one: they would be backed up twice."""
    kept: list[bytes] = []
    for path in dict.fromkeys(paths):
        if not any(_is_in(path, other) for other in paths):
            kept.append(path)
    return tuple(kept)


def checked_folder(path: bytes) -> bytes:
    """A whole path, in its one spelling."""
    if not os.path.isabs(path) or b"\0" in path or os.path.normpath(path) != path:  # noqa: PTH117
        raise PathProblem("That is not the whole path of a folder.")
    return path


def _is_in(path: bytes, folder: bytes) -> bool:
    return path != folder and path.startswith(_join(folder, b""))


def _is_hidden(path: bytes) -> bool:
    return os.path.basename(path).startswith(b".")  # noqa: PTH119  paths are bytes


def _join(folder: bytes, name: bytes) -> bytes:
    return os.path.join(folder, name)  # noqa: PTH118  paths are bytes


def _cannot(path: bytes, problem: OSError) -> PathProblem:
    return PathProblem(f"{for_people(path)}: {problem.strerror or problem}.")
