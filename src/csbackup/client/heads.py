"""The newest snapshot of each device that this machine has ever seen.

It lies in `heads.json`, outside the journal, which may be thrown away: a server that knows less
than this file was set back, or hides something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from csbackup.client.config import Home
from csbackup.errors import HistoryBroken, PathProblem, RequestError, ServerWentBack
from csbackup.format.ids import LONG, SHORT
from csbackup.protocol.adapter import parse, render
from csbackup.protocol.messages import DeviceHead

FILE = "heads.json"
MOST_DEVICES = 10_000


@dataclass(frozen=True, slots=True)
class Break:
    """A person accepted that the server went back: when, and what was gone."""

    accepted: int  # nanoseconds since 1970
    gone: str


@dataclass(frozen=True, slots=True)
class _File:
    heads: tuple[DeviceHead, ...] = ()
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True)
class Heads:
    """`names`: what people call the devices, for messages."""

    home: Home
    names: Mapping[bytes, str] = field(default_factory=dict)

    def check(self, heads: Iterable[DeviceHead]) -> None:
        """`ServerWentBack` when the server's `heads` are behind, or beside, what was seen here."""
        gone = self.missing(sane(heads))
        if gone:
            raise ServerWentBack("; ".join(gone))

    def check_device(self, device: bytes, newest: DeviceHead | None) -> None:
        """The same for one device, whose history was just read."""
        seen = self.seen(device)
        gone = self._compare(seen, newest) if seen else ""
        if gone:
            raise ServerWentBack(gone)

    def missing(self, heads: Iterable[DeviceHead]) -> list[str]:
        """What the server no longer knows, in words."""
        offered = {head.device: head for head in heads}
        return [
            gone
            for seen in self._load().heads
            if (gone := self._compare(seen, offered.get(seen.device)))
        ]

    def seen(self, device: bytes) -> DeviceHead | None:
        return next((head for head in self._load().heads if head.device == device), None)

    def remember(self, heads: Iterable[DeviceHead]) -> None:
        """Keep what is newer than before; call it after `check`. Durable when it returns."""
        file = self._load()
        known = {head.device: head for head in file.heads}
        newer = {
            head.device: head
            for head in sane(heads)
            if head.sequence and head.sequence > _sequence(known.get(head.device))
        }
        if newer:
            self._save(replace(file, heads=tuple((known | newer).values())))

    def accept(self, heads: Iterable[DeviceHead], now_ns: int) -> list[str]:
        """Take the server's heads as they are; the break is recorded. Says what is gone."""
        offered = [head for head in sane(heads) if head.sequence]
        gone = self.missing(offered)
        file = self._load()
        breaks = (*file.breaks, Break(now_ns, "; ".join(gone))) if gone else file.breaks
        self._save(_File(tuple(offered), breaks))
        return gone

    def breaks(self) -> tuple[Break, ...]:
        return self._load().breaks

    def _compare(self, seen: DeviceHead, offered: DeviceHead | None) -> str:
        name = self.names.get(seen.device, seen.device.hex()[:8])
        if offered is None:
            return f"device {name} with its {seen.sequence} snapshots is gone"
        if offered.sequence < seen.sequence:
            return (
                f"snapshots {offered.sequence + 1} to {seen.sequence} of device {name} are gone"
                if seen.sequence - offered.sequence > 1
                else f"snapshot {seen.sequence} of device {name} is gone"
            )
        if offered.sequence == seen.sequence and offered.snapshot != seen.snapshot:
            return f"snapshot {seen.sequence} of device {name} is another one than before"
        return ""

    def _load(self) -> _File:
        try:
            found = self.home.read_json(FILE)
            return parse(_File, found.value, "It") if found else _File()
        except (ValueError, RequestError) as problem:
            raise PathProblem(
                f"{self.home.path / FILE} is damaged: {problem} Remove it to go on; "
                "whether the server went back can then not be told until the next backup."
            ) from problem

    def _save(self, file: _File) -> None:
        self.home.write_json(FILE, render(file))


def sane(heads: Iterable[DeviceHead]) -> tuple[DeviceHead, ...]:
    """The heads that a server names, if they can be any: a snapshot that names others is one that
    nobody could read, and we would have signed it."""
    found = tuple(heads)
    if len(found) > MOST_DEVICES or len({head.device for head in found}) != len(found):
        raise HistoryBroken("the server names devices twice, or more of them than there can be")
    for head in found:
        length = LONG if head.sequence else 0
        if len(head.device) != SHORT or head.sequence < 0 or len(head.snapshot) != length:
            raise HistoryBroken("the server names a newest snapshot that can be none")
    return found


def _sequence(head: DeviceHead | None) -> int:
    return head.sequence if head else 0
