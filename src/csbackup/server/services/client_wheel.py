"""The client's wheel, made from the installed package itself, and the script that installs it.

The same code always gives the same bytes, so that its hash can be shown and compared.
"""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, resources
from importlib.resources.abc import Traversable

DISTRIBUTION = "clientserverbackup"
_PACKAGE = "csbackup"
_LEFT_OUT = {"__pycache__", "built.new"}
_ENDINGS_LEFT_OUT = (".pyc", ".so", "~", ".br")  # compressed copies are for sending far
_OLDEST = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold: times must not differ
_FILE_MODE = 0o100644 << 16
_WHEEL = """\
Wheel-Version: 1.0
Generator: csb-server
Root-Is-Purelib: true
Tag: py3-none-any
"""


@dataclass(frozen=True, slots=True)
class Wheel:
    name: str
    content: bytes
    sha256: str


class ClientWheel:
    """Made when first asked for, then kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wheel: Wheel | None = None

    def get(self) -> Wheel:
        with self._lock:
            if self._wheel is None:
                self._wheel = build_wheel()
            return self._wheel


def build_wheel() -> Wheel:
    distribution = metadata.distribution(DISTRIBUTION)
    stem = f"{DISTRIBUTION}-{distribution.version}"
    files = dict(_package_files(resources.files(_PACKAGE), _PACKAGE))
    info = f"{stem}.dist-info"
    files[f"{info}/METADATA"] = (distribution.read_text("METADATA") or "").encode()
    files[f"{info}/WHEEL"] = _WHEEL.encode()
    files[f"{info}/entry_points.txt"] = (distribution.read_text("entry_points.txt") or "").encode()
    record = f"{info}/RECORD"
    files[record] = _record(files, record)
    content = _zip(files)
    return Wheel(f"{stem}-py3-none-any.whl", content, hashlib.sha256(content).hexdigest())


def _package_files(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    """The package's files by their place in the wheel, with the web app where it was built."""
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        place = f"{path}/{entry.name}"
        if entry.is_dir():
            if entry.name not in _LEFT_OUT:
                yield from _package_files(entry, place)
        elif not entry.name.endswith(_ENDINGS_LEFT_OUT) and entry.name[0] != ".":
            yield place, entry.read_bytes()


def _record(files: dict[str, bytes], record: str) -> bytes:
    lines = [
        f"{place},sha256={_digest(content)},{len(content)}" for place, content in files.items()
    ]
    return "\n".join([*lines, f"{record},,", ""]).encode()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


def _zip(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for place, content in files.items():
            entry = zipfile.ZipInfo(place, _OLDEST)
            entry.external_attr = _FILE_MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()
