"""Extras: what few entries have, kept sealed, as a chunk of its own.

extras = [1, symlink target, [[xattr, value], ...], sparse, link group, device number,
          born_ns, windows attributes, [[stream, content], ...]]
sparse = [] for a file without holes, else [[[offset, length], ...]], the extents of data
device number = [] or [major, minor]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from blake3 import blake3

from csbackup.errors import Malformed
from csbackup.format.encoding import check_natural, decode_versioned, encode, fields
from csbackup.format.ids import LONG

VERSION = 1
_WHAT = "An entry's extras"
_MOST = 2**63


@dataclass(frozen=True, slots=True)
class Extras:
    """What few entries have; kept sealed, as a chunk of its own.

    `sparse`: the extents of data as (offset, length) in the file, when it has holes; the
    content is those extents joined. `link_group`: BLAKE3 keyed with K_id of device and inode,
    for a file with several names. Times in nanoseconds since 1970.
    """

    target: bytes = b""
    xattrs: tuple[tuple[bytes, bytes], ...] = ()
    sparse: tuple[tuple[int, int], ...] = ()
    is_sparse: bool = False
    link_group: bytes = b""
    device: tuple[int, int] | None = None
    born_ns: int = 0
    windows_attributes: int = 0
    streams: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def empty(self) -> bool:
        return self == _NO_EXTRAS


_NO_EXTRAS = Extras()


def encode_extras(extras: Extras) -> bytes:
    return encode(
        [
            VERSION,
            extras.target,
            [list(pair) for pair in sorted(extras.xattrs)],
            [[list(extent) for extent in extras.sparse]] if extras.is_sparse else [],
            extras.link_group,
            list(extras.device) if extras.device else [],
            extras.born_ns,
            extras.windows_attributes,
            [list(pair) for pair in sorted(extras.streams)],
        ]
    )


def decode_extras(data: bytes | memoryview) -> Extras:
    """Every field checked: what a restore does with them, it can do without looking again."""
    _, target, xattrs, sparse, group, device, born, attributes, streams = fields(
        decode_versioned(data, VERSION, _WHAT), "ibaabaiia", _WHAT
    )
    if b"\0" in target or len(group) not in (0, LONG) or len(sparse) > 1:
        raise Malformed(_WHAT, "a field is out of range")
    check_natural(_WHAT, attributes)
    return Extras(
        target=target,
        xattrs=_named(xattrs),
        sparse=_extents(sparse[0]) if sparse else (),
        is_sparse=bool(sparse),
        link_group=group,
        device=_device(device),
        born_ns=born,
        windows_attributes=attributes,
        streams=_named(streams),
    )


def _device(value: list[Any]) -> tuple[int, int] | None:
    if not value:
        return None
    major, minor = fields(value, "ii", _WHAT)
    check_natural(_WHAT, major, minor)
    return major, minor


def _named(values: Sequence[Any]) -> tuple[tuple[bytes, bytes], ...]:
    """Names with values; each name once, none empty, in order."""
    before = b""
    for row in values:
        name, _ = fields(row, "bb", _WHAT)
        if name <= before or b"\0" in name:
            raise Malformed(_WHAT, "its names are not in order")
        before = name
    return tuple((name, value) for name, value in values)


def _extents(values: object) -> tuple[tuple[int, int], ...]:
    """Extents in order, none empty, none over another."""
    if type(values) is not list:
        raise Malformed(_WHAT, "its extents are not an array")
    end = 0
    for row in values:
        offset, length = fields(row, "ii", _WHAT)
        if offset < end or length <= 0 or offset + length >= _MOST:
            raise Malformed(_WHAT, "its extents are not in order")
        end = offset + length
    return tuple((offset, length) for offset, length in values)


def link_group(id_key: bytes, device: bytes, volume: int, inode: int) -> bytes:
    """32 bytes that are equal for the names of one file and say nothing else."""
    message = b"csb1/link" + device + volume.to_bytes(8, "big") + inode.to_bytes(16, "big")
    return blake3(message, key=id_key).digest()
