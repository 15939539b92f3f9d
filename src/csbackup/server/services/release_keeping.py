"""Adding and removing releases: what `csb-server releases` does, beside a running server or not.

Order of writes: the files, each aside and whole before it has its name; then the signatures; the
manifest last. A crash in between leaves a release without a manifest, which is not handed out;
adding it again goes on there. Removing goes the other way round.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from csbackup.errors import Conflict, NotFound, ReleaseDamaged
from csbackup.format.releases import (
    MANIFEST,
    MAX_MANIFEST,
    MAX_SIGNATURES,
    SIGNATURES,
    Manifest,
    ReleaseFile,
    read_manifest,
    read_signatures,
    read_version,
)
from csbackup.server.durable import full_disk_named, make_folder, no_room, replace_file, sync_folder
from csbackup.server.services.release_sources import Source
from csbackup.server.services.releases import hash_file

_PIECE = 1024 * 1024
_PART = ".part"
_RESERVE = 64 * 1024 * 1024  # never fill the disk of the backups for a client

Say = Callable[[str], None]


def add_release(folder: Path, source: Source, say: Say) -> Manifest:
    """Keep a release whole, durably; what it lacked of it is copied, the rest only checked."""
    content = _read_small(source, MANIFEST, MAX_MANIFEST)
    signatures = _read_small(source, SIGNATURES, MAX_SIGNATURES)
    manifest = read_manifest(content)
    read_signatures(signatures)
    place = folder / str(manifest.version)
    with full_disk_named(), _held(folder):
        _refuse_other_files(place, manifest)
        _check_room(folder, place, manifest)
        make_folder(place)
        for file in manifest.files.values():
            _keep_file(place, file, source, manifest, say)
        sync_folder(place)
        replace_file(place / SIGNATURES, signatures)
        replace_file(place / MANIFEST, content)
        _give_to_owner(folder)
    return manifest


def remove_release(folder: Path, version: str) -> None:
    """Its manifest goes first: from then on it is not handed out."""
    place = folder / str(read_version(version))
    with _held(folder):
        if not place.is_dir():
            raise NotFound(f"There is no release {version} in {folder}.")
        (place / MANIFEST).unlink(missing_ok=True)
        sync_folder(place)
        shutil.rmtree(place)
        sync_folder(folder)


def _read_small(source: Source, name: str, limit: int) -> bytes:
    with closing(source.open(name, 0)) as opened:
        return opened.read(limit + 1)  # one more than may be: then reading it fails


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    make_folder(folder)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Conflict("Releases are being changed already. Wait for that.") from None
    finally:
        os.close(descriptor)


def _refuse_other_files(place: Path, manifest: Manifest) -> None:
    """A version says which files these are, on devices too: it never means others."""
    if not (place / MANIFEST).exists():
        return
    kept = read_manifest((place / MANIFEST).read_bytes())
    if dict(kept.files) != dict(manifest.files):
        raise Conflict(
            f"Release {manifest.version} is here already, with other files. A new release takes a "
            f"new version; to replace it all the same, remove it first."
        )


def _check_room(folder: Path, place: Path, manifest: Manifest) -> None:
    missing = [one for one in manifest.files.values() if not (place / one.name).exists()]
    if shutil.disk_usage(folder).free < sum(one.size for one in missing) + _RESERVE:
        raise no_room()


def _keep_file(
    place: Path, file: ReleaseFile, source: Source, manifest: Manifest, say: Say
) -> None:
    path = place / file.name
    if path.exists() and path.stat().st_size == file.size and hash_file(path) == file.sha256:
        return
    say(f"{file.name} ({file.size / 1e6:.1f} MB)")
    part = place / f"{file.name}{_PART}"
    _copy(source, file, part, manifest)
    if hash_file(part) != file.sha256:
        part.unlink()
        raise ReleaseDamaged(
            str(manifest.version), f"{file.name} is not the file that its manifest names"
        )
    part.replace(path)


def _copy(source: Source, file: ReleaseFile, part: Path, manifest: Manifest) -> None:
    """Go on behind what an earlier try left; never take more than the manifest says."""
    there = part.stat().st_size if part.exists() else 0
    if there > file.size:
        there = 0
    if there < file.size:
        with closing(source.open(file.name, there)) as opened, part.open("ab") as kept:
            kept.truncate(opened.offset)
            left = file.size - opened.offset
            while left and (piece := opened.read(min(_PIECE, left))):
                kept.write(piece)
                left -= len(piece)
            kept.flush()
            os.fsync(kept.fileno())
        if left:
            raise ReleaseDamaged(str(manifest.version), f"{file.name} ends too early")


def _give_to_owner(folder: Path) -> None:
    """Root may add for a server that runs as somebody else, who then must be able to read it."""
    owner = folder.parent.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
