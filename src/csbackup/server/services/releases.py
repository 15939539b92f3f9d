"""The releases of the client that this server hands out: which there are, and which are whole.

    <folder>/<version>/manifest.json, manifest.sig, and the files that it names

There are two such folders: `releases` in the data folder, where `csb-server releases` puts them,
and one that the configuration names, which is only read. What is added or removed counts at once.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from csbackup.errors import CsbError, Malformed, NotFound
from csbackup.format.releases import (
    MANIFEST,
    MAX_MANIFEST,
    MAX_SIGNATURES,
    PINNED,
    SIGNATURES,
    Manifest,
    ReleaseFile,
    Version,
    read_manifest,
    read_pinned,
    read_signatures,
    read_version,
    signers,
)

_PIECE = 1024 * 1024

Signed = Literal["yes", "no", "unknown"]
Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class KeptRelease:
    """A release as it lies here. `problem` empty: it is whole, and can be handed out.

    `signed` is `unknown` where this server was not told the release keys. Clients check for
    themselves.
    """

    version: Version
    folder: Path
    manifest: Manifest | None
    signed: Signed = "unknown"
    problem: str = ""

    @property
    def is_whole(self) -> bool:
        return self.manifest is not None and not self.problem

    def file(self, name: str) -> ReleaseFile | None:
        """The file of that name, as its manifest describes it."""
        files = self.manifest.files.values() if self.manifest else ()
        return next((one for one in files if one.name == name), None)


class Releases:
    """Looks into the folders whenever it is asked; hashes a file only once, until it changes."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._lock = threading.Lock()
        self._hashes: dict[Path, tuple[Stamp, str]] = {}

    def all(self) -> list[KeptRelease]:
        """Every release, newest first, damaged and unfinished ones with what is wrong."""
        try:
            pinned = self.pinned()
        except CsbError as problem:  # then nothing is believed, and the admin sees why
            return [replace(one, problem=str(problem)) for one in self._look(())]
        return self._look(pinned)

    def _look(self, pinned: tuple[bytes, ...]) -> list[KeptRelease]:
        found: dict[Version, KeptRelease] = {}
        for folder in self._folders:
            for version in _versions_in(folder):
                if version not in found or not found[version].is_whole:
                    found[version] = self._examine(folder / str(version), version, pinned)
        return [found[version] for version in sorted(found, reverse=True)]

    def newest(self) -> KeptRelease | None:
        """The newest one that is whole; None when there is none."""
        return next((one for one in self.all() if one.is_whole), None)

    def get(self, version: str) -> KeptRelease:
        """A whole release by its version; `NotFound` when it is not here, or not whole."""
        for one in self.all():
            if str(one.version) == version and one.is_whole:
                return one
        raise NotFound(f"This server has no release {version} of the client.")

    def pinned(self) -> tuple[bytes, ...]:
        """The release keys that the server was told; empty when none."""
        for folder in self._folders:
            content = _read(folder / PINNED, MAX_SIGNATURES)
            if content is not None:
                return read_pinned(content)
        return ()

    def _examine(self, folder: Path, version: Version, pinned: tuple[bytes, ...]) -> KeptRelease:
        content = _read(folder / MANIFEST, MAX_MANIFEST)
        if content is None:
            return KeptRelease(version, folder, None, problem="it is unfinished: no manifest yet")
        try:
            manifest = read_manifest(content)
            signed = _signed(content, _read(folder / SIGNATURES, MAX_SIGNATURES), pinned)
        except CsbError as problem:
            return KeptRelease(version, folder, None, problem=str(problem))
        problem_found = ""
        if manifest.version != version:
            problem_found = f"its manifest is of {manifest.version}"
        elif signed == "no":
            problem_found = "no release key that this server was told signed it"
        else:
            problem_found = next(self._wrong_files(folder, manifest), "")
        return KeptRelease(version, folder, manifest, signed, problem_found)

    def _wrong_files(self, folder: Path, manifest: Manifest) -> Iterator[str]:
        for file in manifest.files.values():
            try:
                if (folder / file.name).stat().st_size != file.size:
                    yield f"{file.name} has not the size that the manifest names"
                elif self._hash(folder / file.name) != file.sha256:
                    yield f"{file.name} is not the file that the manifest names"
            except FileNotFoundError:
                yield f"{file.name} is missing"
            except OSError as problem:
                yield f"{file.name} cannot be read: {problem.strerror}"

    def _hash(self, path: Path) -> str:
        with self._lock:  # one at a time: who asks meanwhile finds the answer
            stamp = _stamp(path)
            kept = self._hashes.get(path)
            if kept is None or kept[0] != stamp:
                kept = self._hashes[path] = (stamp, hash_file(path))
            return kept[1]


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    return found.hexdigest()


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _versions_in(folder: Path) -> Iterator[Version]:
    """The folders that are called like a version; whatever else lies there is nobody's business."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir()]
    except OSError:
        return
    for name in names:
        try:
            yield read_version(name)
        except Malformed:
            continue


def _read(path: Path, limit: int) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError:
        return None


def _signed(content: bytes, signatures: bytes | None, pinned: tuple[bytes, ...]) -> Signed:
    if signatures is None:
        raise Malformed("The release", "it has no signatures")
    found = read_signatures(signatures)
    if not pinned:
        return "unknown"
    return "yes" if signers(content, found, pinned) else "no"
