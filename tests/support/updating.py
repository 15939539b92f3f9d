"""Small signed releases, and installations of them: the start script is the real one, and each
version's `csb` runs this project's own code, which calls itself by that version.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.client.update.installation import own_target
from csbackup.format.releases import (
    MANIFEST,
    PINNED,
    SIGNATURES,
    STABLE,
    Manifest,
    ReleaseFile,
    read_version,
    sign_manifest,
    write_pinned,
)
from support.processes import Client

START = Path(__file__).parents[2] / "packaging/client/linux/start.sh"
FIRST = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
SPARE = Ed25519PrivateKey.from_private_bytes(b"2" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"3" * 32)
DAY = 86_400 * 1_000_000_000

_WORKS = """\
#!/bin/sh
exec '{python}' -c "import sys, csbackup; csbackup.__version__ = '{version}'; sys.argv[0] = 'csb'
from csbackup.client.cli import main; main()" "$@"
"""
_SERVICE = '#!/bin/sh\n[ "$1 $2" != "service run" ] || {what}\n'
Member = tuple[tarfile.TarInfo, bytes]


def public(*keys: Ed25519PrivateKey) -> tuple[bytes, ...]:
    return tuple(key.public_key().public_bytes_raw() for key in keys)


def program(version: str) -> str:
    """A version that works."""
    return _WORKS.format(python=sys.executable, version=version)


def broken_program(version: str, what: str) -> str:
    """A version that passes its own check, and whose service does `what`, in the shell."""
    begin = _SERVICE.replace("{what}", what)
    return begin + program(version).partition("\n")[2]


def file_member(name: str, content: bytes, mode: int = 0o644) -> Member:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    return member, content


def bundle(
    version: str,
    *,
    runs: str = "",
    pins: Sequence[Ed25519PrivateKey] = (FIRST, SPARE),
    more: Iterable[Member] = (),
) -> bytes:
    """A `.tar.xz` with one folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as archive:
        members = [
            file_member(f"{version}/csb", (runs or program(version)).encode(), 0o755),
            file_member(f"{version}/{PINNED}", write_pinned(public(*pins))),
            *more,
        ]
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@dataclass(frozen=True)
class Release:
    """What a server hands out, by the names it has there."""

    version: str
    files: dict[str, bytes] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        place = folder / self.version
        place.mkdir(parents=True, exist_ok=True)
        for name, content in sorted(self.files.items(), key=lambda one: one[0] == MANIFEST):
            (place / name).write_bytes(content)

    @property
    def bundle_name(self) -> str:
        return next(name for name in self.files if name.endswith(".tar.xz"))


def release(
    version: str,
    content: bytes | None = None,
    *,
    signed_by: Sequence[Ed25519PrivateKey] = (FIRST,),
    released: int = 0,
    days: float = 30,
    min_version: str = "0.0.0",
    channel: str = STABLE,
    keys: Sequence[Ed25519PrivateKey] = (),
    target: str = "",
    change: Callable[[bytes], bytes] = lambda manifest: manifest,
) -> Release:
    """A release of one bundle; `change` is made to the manifest after it was signed."""
    content = bundle(version) if content is None else content
    target = target or own_target()
    name = f"csb-{version}-{target}.tar.xz"
    now = released or time.time_ns() - DAY
    manifest = Manifest(
        read_version(version),
        now,
        now + round(days * DAY),
        read_version(min_version),
        {target: ReleaseFile(name, len(content), hashlib.sha256(content).hexdigest())},
        channel,
        public(*keys),
    ).encode()
    signatures = sign_manifest(manifest, signed_by)
    return Release(version, {name: content, MANIFEST: change(manifest), SIGNATURES: signatures})


def install(folder: Path, version: str, content: bytes | None = None) -> Path:
    """As the installer leaves it; the start script."""
    (folder / "versions").mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(content or bundle(version))) as archive:
        archive.extractall(folder / "versions", filter="data")
    (folder / "current").write_text(f"{version}\n")
    shutil.copy(START, folder / "csb")
    return folder / "csb"


@dataclass
class InstalledClient(Client):
    """A device whose `csb` is an installation, and whose service somebody starts again."""

    folder: Path = Path()

    @property
    def script(self) -> Path:
        return self.folder / "csb"

    @property
    def current(self) -> str:
        return (self.folder / "current").read_text().strip()

    @property
    def kept(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "versions").iterdir())

    def call(self, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run a command of the installed version."""
        finished = subprocess.run(
            [self.script, *arguments],
            capture_output=True,
            text=True,
            env=self.environment_of_a_run(),
            timeout=120,
            check=False,
        )
        assert code is None or finished.returncode == code, finished.stdout + finished.stderr
        return finished

    def service(self, **env: str) -> subprocess.Popen[str]:
        """Start the service once."""
        return subprocess.Popen(
            [self.script, "service", "run", "--every", "60"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.environment_of_a_run(env),
            start_new_session=True,
        )
