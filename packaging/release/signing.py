"""From a folder of bundles to a release: find the files, hash them, write and sign the manifest."""

from __future__ import annotations

import gzip
import lzma
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.errors import CsbError
from csbackup.format.releases import (
    MANIFEST,
    MAX_MANIFEST,
    SIGNATURES,
    Manifest,
    ReleaseFile,
    Version,
    read_manifest,
    read_signatures,
    read_version,
    sign_manifest,
    signers,
)
from csbackup.server.durable import replace_file
from csbackup.server.services.releases import hash_file

_BUNDLE = re.compile(r"csb-(\d+\.\d+\.\d+)-([a-z][a-z0-9]*-[a-z0-9_]+)\.(tar\.xz|tar\.gz|exe|zip)")
_DEB = re.compile(r"csb_(\d+\.\d+\.\d+)(?:-\d+)?_(amd64|arm64|armhf)\.deb")
_DEB_MACHINES = {"amd64": "amd64", "arm64": "arm64", "armhf": "armv7"}
_DAY = 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What stands in a manifest beside the files."""

    channel: str
    now_ns: int
    days: int
    min_version: Version
    keys: tuple[bytes, ...] = ()


def sign_folder(folder: Path, plan: Plan, privates: Sequence[Ed25519PrivateKey]) -> Manifest:
    """Write manifest and signatures beside the files. The manifest comes last."""
    found = _find_files(folder)
    versions = {version for version, _, _ in found}
    if len(versions) != 1:
        raise click.ClickException(
            f"{folder} has no bundle, or bundles of several versions. Expected are files such as "
            "csb-1.4.0-linux-amd64.tar.xz and csb_1.4.0_amd64.deb."
        )
    manifest = Manifest(
        version=versions.pop(),
        released_ns=plan.now_ns,
        expires_ns=plan.now_ns + plan.days * _DAY,
        min_version=plan.min_version,
        files={
            target: ReleaseFile(path.name, path.stat().st_size, hash_file(path))
            for _, target, path in found
        },
        channel=plan.channel,
        keys=plan.keys,
    )
    content = manifest.encode()
    read_manifest(content)  # what the clients will refuse is not signed
    replace_file(folder / SIGNATURES, sign_manifest(content, privates))
    replace_file(folder / MANIFEST, content)
    return manifest


def pack_with_gzip(folder: Path) -> None:
    """For machines without xz: the same archive once more, packed as every tar can unpack it."""
    for path in sorted(folder.glob("csb-*-linux-*.tar.xz")):
        packed = path.with_name(path.name.replace(".tar.xz", ".tar.gz"))
        if packed.exists():
            continue
        aside = packed.with_name(f"{packed.name}.new")
        with (
            lzma.open(path) as source,
            aside.open("wb") as file,
            gzip.GzipFile("", "wb", 9, file, mtime=0) as target,
        ):
            shutil.copyfileobj(source, target, 1024 * 1024)
        aside.replace(packed)


def _find_files(folder: Path) -> list[tuple[Version, str, Path]]:
    found = []
    for path in sorted(folder.iterdir()):
        bundle, deb = _BUNDLE.fullmatch(path.name), _DEB.fullmatch(path.name)
        if bundle is not None:
            target = bundle[2] + ("-gz" if bundle[3] == "tar.gz" else "")
            found.append((read_version(bundle[1]), target, path))
        elif deb is not None:
            found.append((read_version(deb[1]), f"linux-{_DEB_MACHINES[deb[2]]}-deb", path))
    return found


@dataclass(frozen=True, slots=True)
class Finding:
    """What `verify` found: `problems` make a release worthless, `remarks` do not."""

    manifest: Manifest
    problems: tuple[str, ...]
    remarks: tuple[str, ...]


def verify_folder(folder: Path, pinned: Sequence[bytes], now_ns: int) -> Finding:
    """Whether clients that pin these keys would take this release, and its files are whole."""
    try:
        content = (folder / MANIFEST).read_bytes()[: MAX_MANIFEST + 1]
        manifest = read_manifest(content)
        signed = signers(content, read_signatures((folder / SIGNATURES).read_bytes()), pinned)
    except OSError as problem:
        raise click.ClickException(f"{problem.filename} cannot be read.") from None
    except CsbError as problem:
        raise click.ClickException(str(problem)) from None
    problems = list(_wrong_files(folder, manifest.files.values()))
    if not signed:
        problems.append("none of the pinned keys signed it")
    if manifest.keys and set(manifest.keys) != set(pinned) and len(signed) != len(pinned):
        problems.append("it brings new keys, and not all of the old ones signed it")
    remarks = ["it is expired"] if manifest.expires_ns <= now_ns else []
    return Finding(manifest, tuple(problems), tuple(remarks))


def _wrong_files(folder: Path, files: Iterable[ReleaseFile]) -> Iterable[str]:
    for file in files:
        path = folder / file.name
        if not path.is_file():
            yield f"{file.name} is missing"
        elif path.stat().st_size != file.size or hash_file(path) != file.sha256:
            yield f"{file.name} is not the file that the manifest names"
