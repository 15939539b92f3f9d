"""Unpacking a bundle: one folder, named after its version, and nothing outside of it.

The bundle is signed, so nobody but the release keys' owner chose what is in it. It is looked at all
the same: a mistake there must not write anywhere else, and a small file must not fill the disk.
"""

from __future__ import annotations

import lzma
import os
import shutil
import tarfile
from pathlib import Path
from typing import IO, cast

from csbackup.client.platform.durable import remove_tree, sync_folder, sync_tree
from csbackup.client.update.failures import BundleUnsafe
from csbackup.format.releases import PINNED, Version, read_pinned

MOST_BYTES = 1024**3
MOST_MEMBERS = 50_000
_LONGEST_NAME = 400
_FOLDER_MODE = 0o755  # whatever the mask of the service: everybody on this machine starts it


def unpack(bundle: Path, name: str, version: Version, versions: Path) -> None:
    """Make `versions/<version>` of a bundle, durably; the name appears when all of it is there.

    A crash before leaves `.<version>.new`, which the next attempt removes.
    """
    aside = versions / f".{version}.new"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=_FOLDER_MODE)
    try:
        _extract(bundle, name, version, aside)
        made = aside / str(version)
        if not os.access(made / "csb", os.X_OK):
            raise BundleUnsafe(name, "it has no program that can be started")
        sync_tree(made)
        remove_tree(versions / str(version))
        made.replace(versions / str(version))
        sync_folder(versions)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def check_pinned(name: str, folder: Path, keys: tuple[bytes, ...]) -> None:
    """The new version must believe the keys that the manifest says, or none could follow it."""
    try:
        found = read_pinned((folder / PINNED).read_bytes())
    except FileNotFoundError:
        found = ()
    if set(found) != set(keys):
        raise BundleUnsafe(name, "it brings other release keys than its manifest names")


def _extract(bundle: Path, name: str, version: Version, target: Path) -> None:
    try:
        with lzma.open(bundle) as plain:
            limited = cast(IO[bytes], _Limited(plain, name))
            with tarfile.open(fileobj=limited, mode="r|") as archive:
                _extract_members(archive, name, version, target)
    except (lzma.LZMAError, EOFError, tarfile.TarError) as problem:
        raise BundleUnsafe(name, f"{type(problem).__name__}: {problem}") from problem


def _extract_members(archive: tarfile.TarFile, name: str, version: Version, target: Path) -> None:
    size = 0
    for number, member in enumerate(archive):
        if number >= MOST_MEMBERS:
            raise BundleUnsafe(name, f"it has more than {MOST_MEMBERS:,} members")
        _check_member(member, name, version)
        size += member.size
        if size > MOST_BYTES:
            raise _too_much(name)
        archive.extract(member, target, filter="data")
        if member.isdir():
            (target / member.name).chmod(_FOLDER_MODE)


def _check_member(member: tarfile.TarInfo, name: str, version: Version) -> None:
    """Beside what the standard library refuses: absolute names, `..`, links that lead outside."""
    parts = member.name.split("/")
    if parts[0] != str(version) or ".." in parts or len(member.name) > _LONGEST_NAME:
        raise BundleUnsafe(name, f"{member.name[:100]!r} is not below {version}/")
    if not (member.isreg() or member.isdir() or member.islnk() or member.issym()):
        raise BundleUnsafe(name, f"{member.name!r} is neither a file, a folder nor a link")
    if member.issparse():
        raise BundleUnsafe(name, f"{member.name!r} has holes")


class _Limited:
    """What a compressed file holds, up to what a client may take unpacked."""

    def __init__(self, plain: lzma.LZMAFile, name: str) -> None:
        self._plain = plain
        self._name = name
        self._left = MOST_BYTES

    def read(self, size: int) -> bytes:
        if size > self._left:
            raise _too_much(self._name)
        content = self._plain.read(size)
        self._left -= len(content)
        return content


def _too_much(name: str) -> BundleUnsafe:
    return BundleUnsafe(name, f"it unpacks to more than {MOST_BYTES:,} bytes")
