"""The commands about settings that come from the server: what others changed, and what to do."""

from __future__ import annotations

from typing import Any

import click

from csbackup.client.cli import options
from csbackup.client.cli.effects import sentences
from csbackup.client.cli.output import iso, local_time, path_fields, print_json, printable
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS
from csbackup.client.cli.reaching import own_home, reach_own
from csbackup.client.config import Home
from csbackup.client.keyring import load_device
from csbackup.client.pushed.memory import Memory, Taken, load_memory
from csbackup.client.pushed.refusing import accept as accept_changes
from csbackup.client.pushed.refusing import refuse as refuse_change
from csbackup.client.pushed.refusing import set_lock
from csbackup.client.pushed.taking import attend
from csbackup.client.settings import load_source
from csbackup.errors import CsbError
from csbackup.protocol.adapter import render
from csbackup.rules.narrowing import effects_of
from csbackup.rules.source import SourceSettings


@click.group(
    invoke_without_command=True,
    epilog="""
\b
Examples:
  csb settings                  what is set, and what others changed
  csb settings accept           it was seen, and stays so
  csb settings refuse           take the newest change by somebody else back
  csb settings refuse 12        take this change back
  csb settings lock             take no settings from the server from now on
  csb settings unlock

Exit codes: 0 all right, 1 somebody else changed something that nobody here has seen yet.
""",
)
@options.shared
@click.pass_context
def settings(context: click.Context, as_json: bool) -> int:
    """What this machine backs up, when, and what was changed from the web.

    Folders, exclusions, schedule and limits can be changed in the web, by you or by an admin. What
    somebody else changed is shown here until you have seen it. Hooks are never among it.
    """
    if context.invoked_subcommand is None:
        return _show(_home(), as_json=as_json)
    return FINISHED


@settings.command(epilog="\b\nExample:\n  csb settings show --json")
@options.shared
def show(as_json: bool) -> int:
    """What is set, and what others changed."""
    return _show(_home(), as_json=as_json)


@settings.command(epilog="\b\nExamples:\n  csb settings refuse\n  csb settings refuse 12")
@click.argument("revision", type=int, required=False)
@options.shared
def refuse(revision: int | None, as_json: bool) -> int:
    """Take a change back that came from the server; what was changed since stays."""
    home = _home()
    taken = refuse_change(home, revision)
    told = _tell(home)
    if as_json:
        print_json({"refused": taken.revision, "told": told, "settings": _json(load_source(home))})
        return FINISHED
    click.echo(f"Change {taken.revision} is taken back.")
    return _say_told(told=told)


@settings.command(epilog="\b\nExample:\n  csb settings accept")
@options.shared
def accept(as_json: bool) -> int:
    """What others changed was seen, and stays so."""
    home = _home()
    seen = accept_changes(home)
    told = _tell(home) if seen else True
    if as_json:
        print_json({"seen": [one.revision for one in seen], "told": told})
        return FINISHED
    if not seen:
        click.echo("There is nothing that nobody here has seen.")
    for taken in seen:
        click.echo(_headline(taken))
    return _say_told(told=told)


@settings.command(epilog="\b\nExample:\n  csb settings lock")
@options.shared
def lock(as_json: bool) -> int:
    """Take no settings from the server from now on."""
    return _lock(locked=True, as_json=as_json)


@settings.command(epilog="\b\nExample:\n  csb settings unlock")
@options.shared
def unlock(as_json: bool) -> int:
    """Take settings from the server again."""
    return _lock(locked=False, as_json=as_json)


def _lock(*, locked: bool, as_json: bool) -> int:
    home = _home()
    set_lock(home, locked=locked)
    told = _tell(home)
    if as_json:
        print_json({"locked": locked, "told": told})
        return FINISHED
    text = "are not taken any more" if locked else "are taken again"
    click.echo(f"Settings from the server {text}.")
    return _say_told(told=told)


def _home() -> Home:
    home = own_home()
    load_device(home)  # says how to set this machine up where that was not done yet
    return home


def _tell(home: Home) -> bool:
    """Whether the server has heard it; else it does with the next contact."""
    try:
        attend(home, reach_own(home)[1])
    except CsbError:
        return False
    return True


def _say_told(*, told: bool) -> int:
    if not told:
        click.echo("The server was not reached; it hears of it with the next contact.", err=True)
    return FINISHED


def _show(home: Home, *, as_json: bool) -> int:
    source, memory = load_source(home), load_memory(home)
    if as_json:
        print_json(
            {
                "settings": _json(source),
                "locked": memory.locked,
                "kept_by_admin": list(memory.kept),
                "changes": [_taken_json(one) for one in reversed(memory.taken)],
            }
        )
    else:
        for line in (*_settings_lines(source), *_memory_lines(memory)):
            click.echo(line)
    return FINISHED_WITH_PROBLEMS if memory.unseen else FINISHED


def _settings_lines(source: SourceSettings) -> list[str]:
    roots = [printable(root) for root in source.folders.roots] or ["nothing yet: csb add PATH"]
    patterns = [printable(one.encode()) for one in source.exclusions.patterns]
    if source.exclusions.defaults:
        patterns.append("caches, trash and the like")
    return [
        *_column("Backed up", roots),
        *_column("Left out", patterns or ["nothing"]),
        "When      csb schedule shows it",
    ]


def _column(title: str, values: list[str]) -> list[str]:
    return [f"{'' if at else title:<9} {value}" for at, value in enumerate(values)]


def _memory_lines(memory: Memory) -> list[str]:
    lines = []
    if memory.kept:
        lines.append(f"The admin keeps in the web: {', '.join(memory.kept)}.")
    if memory.locked:
        lines.append("Settings from the server are not taken: csb settings unlock.")
    for taken in memory.unseen:
        lines.append(_headline(taken))
        lines += [f"  {line}" for line in sentences(effects_of(taken.before, taken.after))]
    if memory.unseen:
        lines.append("csb settings accept: it was seen. csb settings refuse: take it back.")
    return lines


def _headline(taken: Taken) -> str:
    who = printable(taken.by.encode(errors="replace"))
    return f"Changed by {who}, {local_time(taken.changed)} (change {taken.revision}):"


def _taken_json(taken: Taken) -> dict[str, Any]:
    return {
        "revision": taken.revision,
        "changed": iso(taken.changed),
        "by": taken.by,
        "by_owner": taken.by_owner,
        "seen": taken.seen,
        "refused": taken.refused,
        "told": taken.told,
        "warnings": list(taken.warnings),
        "effects": [render(effect) for effect in effects_of(taken.before, taken.after)],
    }


def _json(source: SourceSettings) -> dict[str, Any]:
    return {
        "roots": [path_fields(root) for root in source.folders.roots],
        "one_file_system": source.folders.one_file_system,
        "exclusions": list(source.exclusions.patterns),
        "default_exclusions": source.exclusions.defaults,
        "schedule": render(source.schedule),
        "limits": render(source.limits),
    }
