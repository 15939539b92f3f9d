"""The script that installs a release, and the parcels it travels in; nothing is rebuilt for them.

A parcel is the signed file, byte for byte, behind what is made for one download: the script with
the server's address, pin, CA and the download's code. A `.run` is the script itself with the file
at its end; a `.tar` holds script, manifest, signatures, `server.json` and the file.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

from csbackup.format.releases import MANIFEST, SIGNATURES, ReleaseFile
from csbackup.server.services.releases import KeptRelease

RUN = ".run"
TAR = ".tar"
PACKED = ".tar.xz"
SIDECAR = "server.json"
_TEMPLATE = "install_release.sh"
_OFFSET = "@OFFSET@"  # replaced by a number of the same length, so that nothing moves
_OVER = """\
#!/bin/sh
printf 'install: %s\\n' '{why}' >&2
exit 2
"""

From = Literal["network", "self", "beside"]


@dataclass(frozen=True, slots=True)
class Sender:
    """What a download carries of this server. `url` must be checked by the caller: it stands
    between single quotes."""

    url: str
    pin: str
    ca_pem: bytes
    code: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """Bytes in front of a file, without a copy of the file."""

    head: bytes
    file: Path
    file_size: int
    tail: bytes = b""

    @property
    def size(self) -> int:
        return len(self.head) + self.file_size + len(self.tail)

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes, where there are so many."""
        begin, end = len(self.head), len(self.head) + self.file_size
        parts = [self.head[offset : offset + length]]
        first, last = max(offset, begin), min(offset + length, end)
        if first < last:
            with self.file.open("rb") as file:
                file.seek(first - begin)
                parts.append(file.read(last - first))
        if offset + length > end:
            parts.append(self.tail[max(0, offset - end) : offset + length - end])
        return b"".join(parts)


def curl(leaf_pin: str) -> str:
    """How to fetch from a server with that key; without one its certificate is one that every
    system trusts."""
    return f"curl -fsSk --pinnedpubkey 'sha256//{leaf_pin}'" if leaf_pin else "curl -fsS"


def network_script(release: KeptRelease, sender: Sender) -> str:
    """Fetches the file for the machine that it runs on."""
    files = release.manifest.files if release.manifest else {}
    return _script(release, sender, "network", _lines(files.items())).replace(_OFFSET, "0")


def refusing_script(why: str) -> str:
    """What is piped into a shell in place of an installer: says why, and ends with 2."""
    return _OVER.format(why=why.replace("'", ""))


def run_parcel(release: KeptRelease, target: str, file: ReleaseFile, sender: Sender) -> Parcel:
    script = _script(release, sender, "self", _lines([(target, file)])).encode()
    head = script.replace(_OFFSET.encode(), str(len(script)).rjust(len(_OFFSET)).encode())
    return Parcel(head, release.folder / file.name, file.size)


def tar_parcel(release: KeptRelease, target: str, file: ReleaseFile, sender: Sender) -> Parcel:
    script = _script(release, sender, "beside", _lines([(target, file)])).replace(_OFFSET, "0")
    sidecar = {"url": sender.url, "pin": sender.pin, "code": sender.code}
    members: list[tuple[str, bytes, int]] = [
        ("install.sh", script.encode(), 0o755),
        (SIDECAR, json.dumps(sidecar).encode() + b"\n", 0o600),
        (MANIFEST, (release.folder / MANIFEST).read_bytes(), 0o644),
        (SIGNATURES, (release.folder / SIGNATURES).read_bytes(), 0o644),
    ]
    time = release.manifest.released_ns // 1_000_000_000 if release.manifest else 0
    folder = f"csb-{release.version}"
    head = io.BytesIO()
    for name, content, mode in members:
        head.write(_tar_header(f"{folder}/{name}", len(content), mode, time))
        head.write(content + _padding(len(content)))
    head.write(_tar_header(f"{folder}/{file.name}", file.size, 0o644, time))
    end = _padding(file.size) + bytes(2 * tarfile.BLOCKSIZE)
    return Parcel(head.getvalue(), release.folder / file.name, file.size, end)


def parcel_names(files: Iterable[tuple[str, ReleaseFile]]) -> list[tuple[str, ReleaseFile, str]]:
    """Target, file and name of every parcel that can be had."""
    return [
        (target, file, file.name.removesuffix(PACKED) + ending)
        for target, file in files
        if target.startswith("linux-") and file.name.endswith(PACKED)
        for ending in (RUN, TAR)
    ]


def _script(release: KeptRelease, sender: Sender, source: From, files: Sequence[str]) -> str:
    values = {
        "@URL@": sender.url,
        "@PIN@": sender.pin,
        "@CODE@": sender.code,
        "@VERSION@": str(release.version),
        "@FROM@": source,
        "@FILES@": "\n".join(files),
        "@CA@": sender.ca_pem.decode("ascii").strip(),
    }
    script = (resources.files("csbackup.server.services") / _TEMPLATE).read_text("utf-8")
    for name, value in values.items():
        script = script.replace(name, value)
    return script


def _lines(files: Iterable[tuple[str, ReleaseFile]]) -> list[str]:
    return [f"{target} {one.sha256} {one.size} {one.name}" for target, one in sorted(files)]


def _tar_header(name: str, size: int, mode: int, time: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, mode, time
    return info.tobuf(tarfile.USTAR_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)
