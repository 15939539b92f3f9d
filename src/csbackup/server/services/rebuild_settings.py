"""Settings of an account's devices, and its templates, out of their records."""

from __future__ import annotations

from csbackup.errors import CsbError
from csbackup.format.records import (
    read_settings_record,
    read_template_record,
    read_told_record,
)
from csbackup.server.services.rebuild_scope import Scope
from csbackup.server.services.settings_kept import (
    put_rows,
    put_template,
    read_kept,
    read_template,
    read_told,
)


def rebuild_settings(scope: Scope) -> None:
    """After the devices, whose settings they are."""
    for name in scope.records.names(scope.account):
        kind = name.partition("-")[0]
        if kind not in ("settings", "told", "template"):
            continue
        try:
            _bring_back(scope, kind, scope.records.read(scope.account, name) or b"")
        except (CsbError, ValueError, KeyError) as problem:
            scope.problem(f"records/{scope.account.hex()}/{name}: {problem}")


def _bring_back(scope: Scope, kind: str, content: bytes) -> None:
    if kind == "settings":
        change = read_settings_record(content)
        device, kept = scope.devices[change.device], read_kept(change.document)
        scope.database.write(lambda connection: put_rows(connection, device, None, [kept]))
    elif kind == "told":
        said = read_told_record(content)
        device, told = scope.devices[said.device], read_told(said.document)
        scope.database.write(lambda connection: put_rows(connection, device, told, []))
    else:
        record = read_template_record(content)
        template = read_template(record.document)
        scope.database.write(
            lambda connection: put_template(connection, record.template, scope.number, template)
        )
