"""Everything the server knows about an account and may tell, as one JSON document.

Left out is what would let somebody in or guess passwords at leisure (hashes, wraps), and what the
person sees better elsewhere: the names of files, by browsing; contents, which nobody here can open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from csbackup.protocol.adapter import render
from csbackup.rules.access import Person
from csbackup.server.catalog.database import QUERIES, Database, Row
from csbackup.server.services.deletion import Deletions
from csbackup.server.services.devices import Devices
from csbackup.server.services.sessions import Sessions

FORMAT = 1
_NOT_HERE = {
    "passwords and recovery keys": "the server never had them; it keeps hashes of proofs, and the "
    "master secret wrapped by them",
    "contents of files": "sealed on the device; the server cannot open them",
    "names, sizes and times of files": "kept in listings; browse a snapshot to see them",
    "tokens": "kept as hashes only",
}
_MOST = 500  # snapshots read at once


class Export:
    def __init__(
        self, database: Database, sessions: Sessions, devices: Devices, deletions: Deletions
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._devices = devices
        self._deletions = deletions

    def pieces(self, person: Person, server: str, now: int) -> Iterator[str]:
        """The document, piece by piece: an account may have many snapshots."""
        head = {
            "format": FORMAT,
            "made": now,
            "server": server,
            "not_here": _NOT_HERE,
            "account": self._account(person),
            "sessions": render(self._sessions.of_account(person, now))["sessions"],
            "deletion": render(self._deletions.plan(person)),
            "orders": [
                _plain(row)
                for row in QUERIES.orders_of_account(self._database.read(), account=person.number)
            ],
            "templates": _documents(
                QUERIES.export_templates(self._database.read(), account=person.number)
            ),
        }
        yield f'{json.dumps(head, indent=1)[:-2]},\n "devices": ['
        separator = "\n"
        for device in self._devices.of_account(person.number, now).devices:
            yield separator
            yield from self._device(render(device), bytes(device.device))
            separator = ",\n"
        yield "\n ]\n}\n"

    def _account(self, person: Person) -> dict[str, Any]:
        row = QUERIES.account_by_number(self._database.read(), number=person.number)
        shown = ("name", "role", "created", "last_sign_in", "epoch", "quota_bytes", "stored_bytes")
        return {
            "account": person.account.hex(),
            **{name: row[name] for name in shown},
            "sealing_public": row["sealing_public"].hex(),
            "account_public": row["account_public"].hex(),
        }

    def _device(self, shown: dict[str, Any], device: bytes) -> Iterator[str]:
        connection = self._database.read()
        number = QUERIES.device_by_id(connection, device=device)["number"]
        packs = dict(QUERIES.export_packs(connection, device=number))
        certificates = [
            _plain(row) for row in QUERIES.export_certificates(connection, device=number)
        ]
        changes = _documents(QUERIES.export_settings(connection, device=number))
        about = {**shown, "packs": packs, "certificates": certificates, "settings": changes}
        yield f'{json.dumps(about)[:-1]}, "snapshots": ['
        separator, after = "\n", 0
        while rows := list(
            QUERIES.export_snapshots(self._database.read(), device=number, after=after, most=_MOST)
        ):
            yield separator + ",\n".join(json.dumps(_plain(row)) for row in rows)
            separator, after = ",\n", rows[-1]["sequence"]
        yield "]}"


def _documents(rows: Iterable[Row]) -> list[Any]:
    return [json.loads(row["document"]) for row in rows]


def _plain(row: Row) -> dict[str, Any]:
    """A row as JSON may have it: bytes in hexadecimal."""
    return {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in dict(row).items()
    }
