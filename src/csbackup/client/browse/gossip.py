"""What devices say they saw of each other, for a machine that saw nothing itself.

Each snapshot names, signed, the newest snapshots of the account's other devices. A server that
hides the end of one device's history must hide what the others saw of it as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from csbackup.client.browse.chain import History, HistorySource, read_history
from csbackup.errors import FormatError, Refused, TrustError
from csbackup.format.ids import DeviceId
from csbackup.format.keys import DeviceKeys
from csbackup.format.snapshot import Head


class Hearsay(NamedTuple):
    """What the other devices say, in words. `missed`: what they saw of one device, and is gone.
    `silent`: who should have been asked, and could not be."""

    missed: tuple[str, ...]
    silent: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(self.missed + self.silent)


def hearsay(
    source: HistorySource, names: Mapping[DeviceId, str], about: History, keys: DeviceKeys
) -> Hearsay:
    """What is gone of a device's history, going by the newest snapshots of the account's others."""
    name = names.get(about.device, about.device.hex()[:8])
    silent = [
        f"device {head.device.hex()[:8]}, which {name} saw, is gone"
        for head in _newest_heads(about)
        if head.device not in names
    ]
    missed = []
    for device in names:
        if device != about.device:
            try:
                heads = _newest_heads(read_history(source, device, keys))
            except (FormatError, TrustError, Refused) as problem:
                silent.append(f"what {names[device]} saw cannot be told ({problem})")
            else:
                missed += [
                    f"snapshot {head.sequence} of device {name}, which {names[device]} saw, is "
                    "gone or another one"
                    for head in heads
                    if head.device == about.device and not about.holds(head.sequence, head.snapshot)
                ]
    return Hearsay(tuple(missed), tuple(silent))


def _newest_heads(history: History) -> tuple[Head, ...]:
    return history.whole[-1].snapshot.heads if history.whole else ()
