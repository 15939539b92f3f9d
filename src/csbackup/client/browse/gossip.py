"""What devices say they saw of each other, for a machine that saw nothing itself.

Each snapshot names, signed, the newest snapshots of the account's other devices. A server that
hides the end of one device's history must hide what the others saw of it as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from csbackup.client.browse.chain import History, HistorySource, read_history
from csbackup.errors import FormatError, TrustError
from csbackup.format.ids import DeviceId
from csbackup.format.keys import DeviceKeys


def hearsay(
    source: HistorySource, names: Mapping[DeviceId, str], about: History, keys: DeviceKeys
) -> list[str]:
    """What is gone of one device's history, or of the account's devices, going by what the newest
    snapshots of all of them say; in words.

    A history that does not hold says nothing, and that is said as well.
    """
    histories = [about]
    found = []
    for device in names:
        if device != about.device:
            try:
                histories.append(read_history(source, device, keys))
            except (FormatError, TrustError) as problem:
                found.append(f"what device {names[device]} saw cannot be told ({problem})")
    known = {history.device: history for history in histories}
    return found + _unknown(known, names, about.device)


def _unknown(
    known: Mapping[DeviceId, History], names: Mapping[DeviceId, str], about: DeviceId
) -> list[str]:
    found = []
    for device, history in known.items():
        for head in history.whole[-1].snapshot.heads if history.whole else ():
            if head.device not in names:
                found.append(f"device {head.device.hex()[:8]}, which {names[device]} saw, is gone")
            elif head.device == about and not known[about].holds(head.sequence, head.snapshot):
                found.append(
                    f"snapshot {head.sequence} of device {names[about]}, which {names[device]} "
                    "saw, is gone or another one"
                )
    return found
