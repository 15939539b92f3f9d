"""One pack on its way in: streamed to the store, checked, made durable, then findable."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from csbackup.errors import Forbidden, PackDamaged, QuotaExceeded, TooLarge
from csbackup.format.ids import PackId, UploadId
from csbackup.format.packing import (
    BLOCKS,
    MAX_PACK,
    TRAILER_BYTES,
    Footer,
    PackOwner,
    footer_span,
    read_footer,
)
from csbackup.protocol.messages import PackReceived
from csbackup.rules.access import DeviceCaller
from csbackup.server.catalog.chunks import add_blocks
from csbackup.server.catalog.database import Connection, Database
from csbackup.server.catalog.nodes import add_nodes, next_node
from csbackup.server.catalog.packs import PackRow, add_pack, exceeds_quota, find_pack
from csbackup.server.catalog.uploads import touch_upload
from csbackup.server.services.references import Drafts, ReadNode, read_nodes
from csbackup.server.store import Incoming


class PackReceiver:
    """Takes a pack piece by piece. `write`, then `finish`; `abort` whatever happens.

    Memory stays small: pieces go straight to the store, only the footer is read back as a whole.
    """

    def __init__(
        self,
        database: Database,
        incoming: Incoming | None,
        caller: DeviceCaller,
        upload: UploadId,
        pack: PackId,
        trees_in_turn: threading.Lock,
    ) -> None:
        self._database = database
        self._trees_in_turn = trees_in_turn
        self._incoming = incoming
        self._caller = caller
        self._upload = upload
        self._pack = pack

    @property
    def known(self) -> bool:
        """It is here already: what is written is not kept."""
        return self._incoming is None

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        if self._incoming is None:
            return
        if self._incoming.size + len(piece) > MAX_PACK:
            raise pack_too_large()
        self._incoming.write(piece)

    def finish(self, now_ns: int) -> PackReceived:
        """Keep the pack: durable first, findable second, acknowledged last.

        A crash after `keep` leaves a pack that no catalog lists: the device sends it again, or
        garbage collection frees it. The other order could list chunks that do not exist.
        """
        if self._incoming is None:
            return PackReceived(self._pack, new=False)
        footer = self._checked_footer(self._incoming)
        self._check_quota(self._incoming.size)
        if footer.kind == BLOCKS:
            return self._keep(self._incoming, footer, [], now_ns)
        with self._trees_in_turn:  # what a tree pack names may fill 20 MB of memory
            nodes = read_nodes(footer.items, self._incoming.read)
            return self._keep(self._incoming, footer, nodes, now_ns)

    def _keep(
        self, incoming: Incoming, footer: Footer, nodes: Iterable[ReadNode], now_ns: int
    ) -> PackReceived:
        row = PackRow(
            account=self._caller.account_number,
            pack=self._pack,
            device=self._caller.device_number,
            upload=self._upload,
            kind=footer.kind,
            size=incoming.size,
            received=now_ns,
        )
        change = pack_change(self._database, row, footer, nodes)
        incoming.keep(now_ns)
        return PackReceived(self._pack, new=self._database.write(change))

    def abort(self) -> None:
        """Forget what came in; harmless after `finish`."""
        if self._incoming is not None:
            self._incoming.discard()

    def _checked_footer(self, incoming: Incoming) -> Footer:
        if incoming.digest() != self._pack:
            raise PackDamaged(self._pack, "what arrived does not match its id; send it again")
        footer = footer_of(self._pack, incoming.size, incoming.read)
        owner = PackOwner(self._caller.account, self._caller.device, self._upload)
        if footer.owner != owner:
            raise Forbidden("The pack was made for another account, device or upload.")
        return footer

    def _check_quota(self, size: int) -> None:
        """Two packs at once may go beyond it by one pack, which harms nobody."""
        if exceeds_quota(self._database.read(), self._caller.account_number, size):
            raise quota_exceeded()


def footer_of(pack: PackId, size: int, read: Callable[[int, int], bytes]) -> Footer:
    """The checked footer of a pack; reads nothing else of it."""
    trailer = read(max(0, size - TRAILER_BYTES), min(size, TRAILER_BYTES))
    start, end = footer_span(trailer, size, pack)
    return read_footer(read(start, end - start), start, pack)


def pack_change(
    database: Database, row: PackRow, footer: Footer, nodes: Iterable[ReadNode]
) -> Callable[[Connection], bool]:
    """The one change that makes a pack findable; False when it was so already.

    References are looked up now, in the caller's thread; the change itself, which holds up all
    other writers, looks up only what has come since.
    """
    drafts = Drafts(row.account)
    drafts.look_up(database.read(), nodes)

    def change(connection: Connection) -> bool:
        if find_pack(connection, row.account, row.pack) is not None:
            return False
        number = add_pack(connection, row)
        touch_upload(connection, row.upload, row.received)
        if footer.kind == BLOCKS:
            add_blocks(connection, row.account, number, footer.items)
            return True
        first = next_node(connection)
        add_nodes(connection, row.account, number, first, drafts.rows(connection, first))
        return True

    return change


def pack_too_large() -> TooLarge:
    return TooLarge(f"A pack may have {MAX_PACK // 2**20} MiB at most.")


def quota_exceeded() -> QuotaExceeded:
    return QuotaExceeded("The account's storage quota is used up. Ask the admin for more.")
