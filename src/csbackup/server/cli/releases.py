"""`releases`: the releases of the client that this server hands out."""

from __future__ import annotations

from typing import Any

import click

from csbackup.errors import ConfigInvalid
from csbackup.format.releases import write_time
from csbackup.server.app import clock
from csbackup.server.cli.output import print_json, print_table, size_text
from csbackup.server.config import Config
from csbackup.server.folder import check_version
from csbackup.server.services.release_keeping import add_release, remove_release
from csbackup.server.services.release_sources import source_at
from csbackup.server.services.releases import KeptRelease, Releases

_SIGNED = {"yes": "signed", "no": "NOT signed", "unknown": "signature not checked"}


def list_releases(config: Config, *, as_json: bool) -> bool:
    """False when one of them cannot be handed out."""
    check_version(config.folder)
    found = Releases(config.release_folders).all()
    if as_json:
        print_json([_facts(one) for one in found])
    elif found:
        rows = [_row(one) for one in found]
        print_table(("version", "expires", "size", "targets", "state"), rows)
    else:
        click.echo("No releases yet. See: csb-server releases add --help")
    return all(one.is_whole for one in found)


def add(config: Config, place: str, *, as_json: bool) -> bool:
    """False when it is here now, and clients will not take it."""
    check_version(config.folder)
    folders = config.release_folders
    manifest = add_release(folders[0], source_at(place), lambda line: click.echo(line, err=True))
    found = next(one for one in Releases(folders).all() if one.version == manifest.version)
    if as_json:
        print_json(_facts(found))
    else:
        click.echo(f"Release {found.version} is here: {_state(found)}.")
    return found.is_whole


def fetch(config: Config, url: str, *, as_json: bool) -> bool:
    address = url or config.releases_url
    if not address:
        raise ConfigInvalid("No address is named. Give --url, or set `releases_url`.")
    return add(config, address, as_json=as_json)


def remove(config: Config, version: str) -> None:
    check_version(config.folder)
    remove_release(config.release_folders[0], version)
    click.echo(f"Release {version} is removed. Devices that run it go on.")


def _facts(one: KeptRelease) -> dict[str, Any]:
    files = one.manifest.files if one.manifest else {}
    return {
        "version": str(one.version),
        "channel": one.manifest.channel if one.manifest else None,
        "released": write_time(one.manifest.released_ns) if one.manifest else None,
        "expires": write_time(one.manifest.expires_ns) if one.manifest else None,
        "folder": str(one.folder),
        "files": {
            target: {"name": file.name, "size": file.size, "sha256": file.sha256}
            for target, file in files.items()
        },
        "signed": one.signed,
        "whole": one.is_whole,
        "problem": one.problem,
    }


def _row(one: KeptRelease) -> tuple[str, ...]:
    if one.manifest is None:
        return str(one.version), "-", "-", "-", one.problem
    files = one.manifest.files
    size = size_text(sum(file.size for file in files.values()))
    expires = write_time(one.manifest.expires_ns)[:10]
    return str(one.version), expires, size, " ".join(sorted(files)), _state(one)


def _state(one: KeptRelease) -> str:
    if one.problem:
        return one.problem
    over = one.manifest is not None and one.manifest.expires_ns <= clock()
    return f"whole, {_SIGNED[one.signed]}{', expired: clients do not update to it' if over else ''}"
