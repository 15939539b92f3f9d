"""Releases to hand out, small but real: signed bundles whose `csb` is the project's own; and clean
machines that install them."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.format.releases import (
    MANIFEST,
    SIGNATURES,
    Manifest,
    ReleaseFile,
    Version,
    read_version,
    sign_manifest,
)
from csbackup.server.services.releases import hash_file
from support.ordinary import as_somebody_ordinary
from support.processes import PROGRAMS, RUN_SECONDS, Result
from support.restoring import NOBODY, ROOT

FIRST = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
SPARE = Ed25519PrivateKey.from_private_bytes(b"2" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"3" * 32)
PINNED = tuple(key.public_key().public_bytes_raw() for key in (FIRST, SPARE))
TARGETS = ("linux-amd64", "linux-arm64", "linux-armv7")
_DAY = 86_400 * 1_000_000_000
_STARTS = f'#!/bin/sh\nexec "{PROGRAMS}/csb" "$@"\n'


def pack_bundle(
    version: str, packing: str = "xz", *, program: str = _STARTS, weight: int = 0
) -> bytes:
    """An archive with one folder, called as the version; `weight` bytes that do not pack."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{packing}") as archive:  # type: ignore[call-overload]
        for name, content, mode in (
            ("csb", program.encode(), 0o755),
            ("weight", os.urandom(weight), 0o644),
        ):
            member = tarfile.TarInfo(f"{version}/{name}")
            member.size, member.mode = len(content), mode
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def make_release(
    folder: Path,
    version: str = "1.4.0",
    *,
    targets: tuple[str, ...] = TARGETS,
    gzipped: bool = False,
    program: str = _STARTS,
    weight: int = 0,
    keys: tuple[Ed25519PrivateKey, ...] = (FIRST,),
    days: int = 365,
) -> Path:
    """A whole release in `folder/<version>`."""
    place = folder / version
    place.mkdir(parents=True)
    files = {}
    for target in targets:
        for packing in ("xz", "gz") if gzipped else ("xz",):
            name = f"csb-{version}-{target}.tar.{packing}"
            (place / name).write_bytes(
                pack_bundle(version, packing, program=program, weight=weight)
            )
            files[target if packing == "xz" else f"{target}-gz"] = name
    sign_release(place, version, files, keys=keys, days=days)
    return place


def sign_release(
    place: Path,
    version: str,
    files: dict[str, str],
    *,
    keys: tuple[Ed25519PrivateKey, ...] = (FIRST,),
    days: int = 365,
) -> None:
    """Manifest and signatures for files, by target, that lie in `place`."""
    described = {
        target: ReleaseFile(name, (place / name).stat().st_size, hash_file(place / name))
        for target, name in files.items()
    }
    now = time.time_ns()
    manifest = Manifest(
        read_version(version), now - _DAY, now + days * _DAY, Version(0, 0, 0), described
    )
    (place / MANIFEST).write_bytes(manifest.encode())
    (place / SIGNATURES).write_bytes(sign_manifest(manifest.encode(), keys))


@dataclass
class Machine:
    """A clean account of an ordinary person, with a home and the system's programs."""

    home: Path
    path: str = "/usr/local/bin:/usr/bin:/bin"
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True)
        if ROOT:
            os.chown(self.home, NOBODY, NOBODY)

    @property
    def installed(self) -> Path:
        return self.home / ".local" / "share" / "csb"

    @property
    def csb(self) -> Path:
        return self.home / ".local" / "bin" / "csb"

    @property
    def state(self) -> Path:
        return self.home / ".local" / "state" / "csbackup"

    def shell(self, script: str, code: int | None = 0) -> Result:
        """Run a script in `sh` in this home, with nothing else in the environment."""
        finished = subprocess.run(
            self._command(script),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=self._environment(),
            timeout=RUN_SECONDS,
            check=False,
        )
        told = (finished.returncode, finished.stdout, finished.stderr)
        return Result(*told, ("sh", "-c", script)).expect(code)

    def start(self, script: str) -> subprocess.Popen[str]:
        """Run a script beside the test."""
        return subprocess.Popen(
            self._command(script),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self._environment(),
        )

    def _command(self, script: str) -> list[str]:
        scratch = self.home.parent / f"{self.home.name}-ways"
        scratch.mkdir(exist_ok=True)
        whole = f"cd {self.home}; export PATH={self.path}; {script}"
        return as_somebody_ordinary(scratch, "/bin/sh", "-c", whole)

    def _environment(self) -> dict[str, str]:
        needed = {"HOME": str(self.home), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        return needed | self.environment

    def has_nothing_installed(self) -> bool:
        """Nothing but empty folders: no version, no start script, no pointer, no link, no state."""
        found = [path for path in self.home.rglob("*") if not path.is_dir()]
        return not found and not list(self.installed.glob("versions/*"))


def with_tools(folder: Path, names: tuple[str, ...], *, busybox: tuple[str, ...] = ()) -> str:
    """A PATH with these programs only."""
    folder.mkdir(parents=True)
    for name in names:
        for place in ("/usr/bin", "/bin", "/usr/sbin"):
            with suppress(FileExistsError):
                if (Path(place) / name).exists():
                    (folder / name).symlink_to(Path(place) / name)
    for name in busybox:
        (folder / name).symlink_to("/bin/busybox")
    return str(folder)


@contextmanager
def cutting_proxy(port: int, after_bytes: int) -> Iterator[int]:
    """Passes TCP on to a port of this machine; ends each connection after so much of an answer."""
    listener = socket.create_server(("127.0.0.1", 0))
    accepting = threading.Thread(target=_accept, args=(listener, port, after_bytes), daemon=True)
    accepting.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()


def _accept(listener: socket.socket, port: int, after_bytes: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            for ends in ((client, server, 1 << 40), (server, client, after_bytes)):
                threading.Thread(target=_copy, args=ends, daemon=True).start()


def _copy(source: socket.socket, target: socket.socket, left: int) -> None:
    with suppress(OSError):
        while left > 0 and (piece := source.recv(16_384)):
            target.sendall(piece[:left])
            left -= len(piece)
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
