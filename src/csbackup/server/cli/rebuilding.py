"""`rebuild`: the catalog anew, from packs and records."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from csbackup.server.app import rebuild_folder
from csbackup.server.cli.output import print_json
from csbackup.server.config import Config
from csbackup.server.services.rebuild import RebuildProgress


def rebuild_catalog(config: Config, *, as_json: bool) -> bool:
    """Whether everything came back."""
    quiet = as_json or not sys.stderr.isatty()
    report = rebuild_folder(config.folder, None if quiet else _show)
    if as_json:
        print_json(asdict(report))
    else:
        click.echo(
            f"The catalog is made anew: {report.accounts} accounts, {report.devices} devices, "
            f"{report.packs} packs, {report.snapshots} snapshots."
        )
        for problem in report.problems:
            click.echo(f"csb-server: {problem}", err=True)
    return not report.problems


def _show(progress: RebuildProgress) -> None:
    last = progress.packs == progress.packs_total
    click.echo(f"\r{progress.packs} of {progress.packs_total} packs read", err=True, nl=last)
