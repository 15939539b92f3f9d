"""The command that backs up."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import click

from csbackup import __version__
from csbackup.client.backup.context import BackupContext, BackupResult
from csbackup.client.backup.run import run_backup
from csbackup.client.cli import options
from csbackup.client.cli.output import count, percent, print_json, printable, size
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS
from csbackup.client.cli.progress import open_progress
from csbackup.client.cli.reaching import own_home, reach_own
from csbackup.client.config import Home, seconds_from
from csbackup.client.files.live import PATIENCE_SECONDS, LiveFiles
from csbackup.client.heads import Heads
from csbackup.client.keyring import load_device
from csbackup.client.last_run import LastRun, load_last_run, save_last_run
from csbackup.client.platform.memory import give_back_large_buffers
from csbackup.client.settings import load_settings
from csbackup.errors import CsbError, NothingToBackUp, RunInProgress
from csbackup.format.snapshot import Settings

PROBLEMS_SHOWN = 20


@click.command(
    epilog="""
\b
Examples:
  csb backup
  csb backup --json
"""
)
@click.option("--quiet", is_flag=True, help="No progress.")
@options.shared
def backup(quiet: bool, as_json: bool) -> int:
    """Back up now. What did not change is not read, what the server has is not sent."""
    result = back_up(own_home(), quiet=quiet or as_json)
    if as_json:
        print_json(result.to_json())
    else:
        show_result(result)
    return exit_code(result)


def exit_code(result: BackupResult) -> int:
    serious = any(not problem.ignored for problem in result.problems)
    return FINISHED_WITH_PROBLEMS if serious else FINISHED


def back_up(home: Home, *, quiet: bool) -> BackupResult:
    """One run; how it ended is kept for `csb status`."""
    try:
        result = _run(home, quiet=quiet)
    except RunInProgress:
        raise
    except CsbError as failure:
        _keep_failure(home, str(failure))
        raise
    _keep_success(home, result)
    return result


def _run(home: Home, *, quiet: bool) -> BackupResult:
    give_back_large_buffers()
    load_device(home)
    settings = load_settings(home)
    if settings is None or not settings.roots:
        raise NothingToBackUp
    device, connection = reach_own(home)
    context = BackupContext(
        home=home.path,
        device=device,
        settings=settings,
        server=connection,
        heads=Heads(home, {device.device: device.device_name}),
        client_version=__version__,
        files=_open_files(settings),
    )
    with open_progress(quiet=quiet) as progress:
        return run_backup(context, progress)


def _open_files(settings: Settings) -> LiveFiles:
    patience = seconds_from(os.environ, "CSB_FILE_TIMEOUT", PATIENCE_SECONDS)
    return LiveFiles(settings.roots, patience_seconds=patience)


def _keep_success(home: Home, result: BackupResult) -> None:
    now = time.time_ns()
    save_last_run(
        home,
        LastRun(
            ended=now,
            succeeded=now,
            snapshot=result.snapshot,
            sequence=result.sequence,
            files=result.files,
            bytes=result.bytes,
            coverage=result.coverage,
            problems=sum(not problem.ignored for problem in result.problems),
        ),
    )


def _keep_failure(home: Home, failure: str) -> None:
    now = time.time_ns()
    last = load_last_run(home) or LastRun(now, 0)
    save_last_run(home, replace(last, ended=now, failure=failure))


def show_result(result: BackupResult) -> None:
    serious = [problem for problem in result.problems if not problem.ignored]
    click.echo(
        f"Snapshot {result.sequence}: {count(result.files, 'file')}, {size(result.bytes)}. "
        f"{result.files_changed:,} new or changed, {size(result.bytes_sent)} sent, "
        f"in {result.seconds:.1f} s."
    )
    if not serious:
        return
    share = percent(result.coverage)
    found = count(len(serious), "problem")
    click.echo(f"{found}, {share} of what should be backed up is:", err=True)
    for problem in serious[:PROBLEMS_SHOWN]:
        click.echo(f"  {problem.kind}: {printable(problem.path)}: {problem.message}", err=True)
    if len(serious) > PROBLEMS_SHOWN:
        click.echo(f"  and {len(serious) - PROBLEMS_SHOWN} more: csb backup --json", err=True)
