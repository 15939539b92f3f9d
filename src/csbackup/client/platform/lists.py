"""Access control lists as Linux keeps them, in extended attributes."""

from __future__ import annotations

import struct

ACCESS_LIST = b"system.posix_acl_access"
DEFAULT_LIST = b"system.posix_acl_default"  # handed down to what is made in a folder

_HEADER = 4
_ENTRY = struct.Struct("<HHI")  # tag, permissions, number
_OWNING_GROUP = 0x04


def group_permissions(acl: bytes) -> int:
    """The owning group's own bits, at their place in a mode; none where they cannot be read.

    With a list, the group's bits of the mode are the mask: what anybody named in it may have. Set
    without the list they would give the owning group more than it had.
    """
    rows = acl[_HEADER:]
    if len(rows) % _ENTRY.size:
        return 0
    for tag, permissions, _ in _ENTRY.iter_unpack(rows):
        if tag == _OWNING_GROUP:
            return int(permissions & 7) << 3
    return 0
