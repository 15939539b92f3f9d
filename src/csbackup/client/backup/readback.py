"""Opens a sample of what was just stored, while the run still holds its key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from csbackup.client.backup.server import BackupServer
from csbackup.errors import CsbError, FormatError
from csbackup.format import packing
from csbackup.format.ids import block_id, chunk_id, split_ids
from csbackup.format.keys import DeviceKeys
from csbackup.format.packing import Pack, PackItem
from csbackup.format.sealing import DataKey, open_block


class ReadBackFailed(CsbError):
    """What the server gives back is not what was sent."""

    code = "read-back-failed"

    def __init__(self, pack: bytes, why: str) -> None:
        super().__init__(
            f"The server acknowledged pack {pack.hex()}, but a block read back from it is wrong: "
            f"{why} No snapshot was made. Check the server's disk and memory, then run it again."
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """One block of a pack that was acknowledged."""

    pack: bytes
    item: PackItem


class Sampler:
    """Keeps some blocks at random, each acknowledged pack with the same chance."""

    def __init__(self, size: int, random_bytes: Callable[[int], bytes]) -> None:
        self._size = size
        self._random_bytes = random_bytes
        self._lock = threading.Lock()
        self._seen = 0
        self._samples: list[Sample] = []

    def offer(self, pack: Pack) -> None:
        if pack.footer.kind != packing.BLOCKS or not self._size:
            return
        items = pack.footer.items
        sample = Sample(pack.id, items[self._below(len(items))])
        with self._lock:
            self._seen += 1
            if len(self._samples) < self._size:
                self._samples.append(sample)
                return
            place = self._below(self._seen)
            if place < self._size:
                self._samples[place] = sample

    def take(self) -> list[Sample]:
        with self._lock:
            taken, self._samples, self._seen = self._samples, [], 0
        return taken

    def _below(self, limit: int) -> int:
        return int.from_bytes(self._random_bytes(8), "big") % limit


def read_back(
    samples: list[Sample],
    server: BackupServer,
    upload: bytes,
    keys: DeviceKeys,
    data_key: DataKey,
) -> None:
    """`ReadBackFailed` when a block does not hold the chunks that were put into it."""
    for sample in samples:
        item = sample.item
        block = server.read_upload_pack(upload, sample.pack, item.offset, item.offset + item.length)
        _compare(sample, block, keys, data_key)


def _compare(sample: Sample, block: bytes, keys: DeviceKeys, data_key: DataKey) -> None:
    if block_id(block) != sample.item.id:
        raise ReadBackFailed(sample.pack, "its bytes are not those that were sent.")
    try:
        chunks = open_block(block, data_key.key, keys.account, keys.hedge_key)
    except FormatError as problem:
        raise ReadBackFailed(sample.pack, str(problem)) from problem
    found = [chunk_id(chunk, keys.id_key) for chunk in chunks]
    if found != split_ids(sample.item.chunks):
        raise ReadBackFailed(sample.pack, "its chunks do not match their ids.")
