"""Getting a release: its manifest, judged before anything else is asked for; then its file."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from csbackup.client.connection import ReleaseSource, Streamed
from csbackup.client.log import LOG
from csbackup.client.update.failures import BundleDamaged
from csbackup.client.update.installation import Installation
from csbackup.errors import (
    FormatError,
    ReleaseRefused,
    ServerIncompatible,
    ServerUnreachable,
)
from csbackup.format.releases import (
    ReleaseFile,
    Version,
    read_manifest,
    read_signatures,
    signers,
)
from csbackup.rules.releases import ReleaseVerdict, Standing, judge_release, refusal

_PIECE = 1024 * 1024
_TRIES = 4  # without any progress
_RANGE = re.compile(r"bytes (\d{1,15})-\d{1,15}/(?:\d{1,15}|\*)")


def fetch_verdict(
    source: ReleaseSource,
    version: Version,
    installation: Installation,
    newest: Version,
    now_ns: int,
) -> ReleaseVerdict:
    """The manifest of `version`, which this device may become; `ReleaseRefused` says why not."""
    content = source.manifest(version)
    pinned = installation.pinned()
    try:
        manifest = read_manifest(content)
        signatures = read_signatures(source.signatures(version))
    except FormatError as problem:
        raise ReleaseRefused(str(version), str(problem).rstrip("."), ("malformed",)) from problem
    standing = Standing(pinned, installation.running, newest, installation.target)
    verdict = judge_release(manifest, signers(content, signatures, pinned), standing, now_ns)
    refused = refusal(verdict)
    if refused is not None:
        raise refused
    if manifest.version != version:
        raise ReleaseRefused(str(version), f"its manifest is of {manifest.version}", ("other",))
    return verdict


def download(source: ReleaseSource, version: Version, file: ReleaseFile, folder: Path) -> Path:
    """The file, whole and as the manifest names it. What came before a break is not asked again.

    It lies under its hash, so a part is only gone on with if it was meant to become the same.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    part = folder / f"{file.sha256}.part"
    tries = 0
    while (before := _size(part)) < file.size:
        try:
            _receive(source, version, file, part)
        except BundleDamaged:
            part.unlink()  # or it would be gone on with for ever
            raise
        except ServerUnreachable:
            tries = 0 if _size(part) > before else tries + 1
            if tries >= _TRIES:
                raise
            LOG.info("the download of %s broke off at %d bytes", file.name, _size(part))
        else:
            if _size(part) < file.size:
                raise BundleDamaged(file.name, "it ends too early")
    _check(part, file)
    return part


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _receive(source: ReleaseSource, version: Version, file: ReleaseFile, part: Path) -> None:
    start = _size(part)
    with source.file(version, file.name, start) as answer, part.open("ab") as kept:
        if not _goes_on_at(answer, start, source):
            kept.truncate(0)
            start = 0
        for piece in _limited(answer.pieces, file, start):
            kept.write(piece)
        kept.flush()
        os.fsync(kept.fileno())


def _goes_on_at(answer: Streamed, start: int, source: ReleaseSource) -> bool:
    """Whether the answer goes on where we are; False: it begins anew."""
    if answer.status == 200:
        return False
    address = str(source.transport.address)
    if answer.status != 206:
        raise ServerIncompatible(address, f"it answered with status {answer.status} for a release")
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if found is None or int(found.group(1)) != start:
        raise ServerIncompatible(address, "it sent another part of a release than asked for")
    return True


def _limited(pieces: Iterator[bytes], file: ReleaseFile, size: int) -> Iterator[bytes]:
    """No more than the manifest says, however long somebody sends."""
    for piece in pieces:
        size += len(piece)
        if size > file.size:
            raise BundleDamaged(file.name, "it is longer than it should be")
        yield piece


def _check(part: Path, file: ReleaseFile) -> None:
    found = hashlib.sha256()
    with part.open("rb") as kept:
        while piece := kept.read(_PIECE):
            found.update(piece)
    if _size(part) != file.size or found.hexdigest() != file.sha256:
        part.unlink()
        raise BundleDamaged(file.name, "its bytes are others")
