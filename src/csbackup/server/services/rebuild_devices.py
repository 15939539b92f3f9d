"""An account's devices, out of their records."""

from __future__ import annotations

from csbackup.errors import FormatError
from csbackup.format.ids import DeviceId
from csbackup.format.records import DeviceRecord, read_device_record
from csbackup.server.catalog.rebuilding import add_device, add_unknown_device
from csbackup.server.services.rebuild_scope import Scope


def rebuild_devices(scope: Scope) -> None:
    found: dict[DeviceId, list[DeviceRecord]] = {}
    for name in scope.records.names(scope.account):
        if not name.startswith("device-"):
            continue
        try:
            record = read_device_record(scope.records.read(scope.account, name) or b"")
        except FormatError as problem:
            scope.problem(f"records/{scope.account.hex()}/{name}: {problem}")
            continue
        found.setdefault(record.device, []).append(record)
    for records in found.values():
        _add(scope, records)


def _add(scope: Scope, records: list[DeviceRecord]) -> None:
    newest = max(records, key=lambda record: record.serial)
    number, name = scope.database.write(
        lambda connection: add_device(connection, scope.number, records)
    )
    scope.devices[newest.device] = number
    scope.tally.devices += 1
    if name != newest.name:
        scope.problem(f"The name {newest.name} was taken; the device is now called {name}.")


def device_number(scope: Scope, device: DeviceId) -> int:
    """The number of a device that packs or records name; made up when it has no record."""
    if device not in scope.devices:
        number, name = scope.database.write(
            lambda connection: add_unknown_device(connection, scope.number, device)
        )
        scope.devices[device] = number
        scope.tally.devices += 1
        scope.problem(f"Device {device.hex()} has no record that can be read: it is now {name}.")
    return scope.devices[device]
