"""`pin`, `status`, `devices`, `ls`: reading beside a server that may be running."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from csbackup.errors import NotFound
from csbackup.protocol.adapter import render
from csbackup.protocol.messages import Device, ListingEntry
from csbackup.rules.moment import parse_moment
from csbackup.rules.naming import folded
from csbackup.server.admin_socket import is_running
from csbackup.server.app import Looking, clock, open_beside
from csbackup.server.cli.output import (
    local_text,
    plain_text,
    print_json,
    print_json_items,
    print_table,
    size_text,
    utc_text,
)
from csbackup.server.config import Config
from csbackup.server.folder import IDENTITY, check_version
from csbackup.server.trust import read_authority

_PAGE = 5000


def show_pin(config: Config, *, as_json: bool) -> None:
    check_version(config.folder)
    pin = read_authority(config.folder / IDENTITY / "ca.pem").pin
    if as_json:
        print_json({"pin": pin})
    else:
        click.echo(pin)


def show_status(config: Config, *, as_json: bool) -> None:
    with open_beside(config.folder) as looking:
        status = looking.overview.status()
    values = {key: value for key, value in render(status).items() if key != "started"}
    values["running"] = is_running(config.folder)
    if as_json:
        print_json(values)
        return
    for key, value in values.items():
        text = size_text(value) if key.endswith("_bytes") else str(value)
        shown = {"True": "yes", "False": "no"}.get(text, text)
        click.echo(f"{key.removesuffix('_bytes').replace('_', ' '):<12} {shown}")


def show_devices(config: Config, *, as_json: bool) -> None:
    with open_beside(config.folder) as looking:
        devices = looking.devices.all(clock()).devices
    if as_json:
        print_json([_device(device) for device in devices])
        return
    rows = [
        (
            plain_text(f"{device.account}/{device.name}"),
            device.state,
            local_text(device.last_contact),
            local_text(device.last_snapshot),
            str(device.files),
            size_text(device.bytes),
            device.reason,
        )
        for device in devices
    ]
    header = ("DEVICE", "STATE", "CONTACT", "SNAPSHOT", "FILES", "SIZE", "WHY")
    print_table(header, rows)


def _device(device: Device) -> dict[str, Any]:
    return {
        "account": device.account,
        "device": device.name,
        "os": device.os,
        "version": device.version,
        "last_contact": utc_text(device.last_contact),
        "last_file_backed_up": utc_text(device.last_file_backed_up),
        "last_snapshot": utc_text(device.last_snapshot),
        "snapshots": device.snapshots,
        "files": device.files,
        "bytes": device.bytes,
        "state": device.state,
    }


def show_folder(
    config: Config, device: str, path: str, moment: str | None, *, as_json: bool
) -> None:
    at_ns = None if moment is None else _nanoseconds(moment)
    with open_beside(config.folder) as looking:
        pages = _pages(looking, device, os.fsencode(path), at_ns)
        if as_json:
            print_json_items(map(_entry, page) for page in pages)
            return
        for page in pages:
            click.echo("\n".join(map(_line, page)))


def _line(entry: ListingEntry) -> str:
    name = plain_text(entry.name) + ("/" if entry.kind == "folder" else "")
    return f"{size_text(entry.size):>9}  {local_text(entry.mtime)}  {name}"


def _pages(
    looking: Looking, device: str, path: bytes, at_ns: int | None
) -> Iterator[tuple[ListingEntry, ...]]:
    """A folder some entries at a time: what is shown need not be kept."""
    number = looking.devices.number_of(_named(looking, device).device)
    offset: int | None = 0
    while offset is not None:
        page = looking.listing(number, at_ns, path, offset=offset, limit=_PAGE)
        if page.entries:
            yield page.entries
        offset = page.next_offset


def _named(looking: Looking, text: str) -> Device:
    account, _, name = text.partition("/")
    for device in looking.devices.all(clock()).devices:
        if (folded(device.account), folded(device.name)) == (folded(account), folded(name)):
            return device
    raise NotFound(
        f"There is no device `{text}`. Write ACCOUNT/DEVICE as `csb-server devices` shows it."
    )


def _entry(entry: ListingEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "size": entry.size,
        "mtime": utc_text(entry.mtime),
    }


def _nanoseconds(moment: str) -> int:
    found = parse_moment(moment, datetime.now())  # noqa: DTZ005  means: in this machine's zone
    return int(found.timestamp() * 1_000_000_000)
