"""What a call of `csb` writes to the log: which command it is, never what was typed beside it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Sequence

import click

from csbackup import __version__
from csbackup.client.config import find_home
from csbackup.client.log import FOLDER, open_log
from csbackup.client.platform.description import describe_os

_SECRET_VARIABLES = ("CSB_PASSWORD", "CSB_NEW_PASSWORD", "CSB_RECOVERY_KEY")
_SECRET_OPTIONS = ("--recovery-key", "--invitation")


def record(program: click.Group, arguments: Sequence[str]) -> None:
    """Log what this call does, from its first phase, problem or failure on."""

    def beginning() -> str:
        system = f"Python {platform.python_version()}, {describe_os()}"
        return f"csb {__version__}, {system}: {shown_command(program, arguments)}"

    secrets = [os.environ.get(name, "") for name in _SECRET_VARIABLES]
    open_log(find_home(os.environ).path / FOLDER, beginning, (*secrets, *_typed(arguments)))


def _typed(arguments: Sequence[str]) -> Iterator[str]:
    """The values of options that are secret."""
    for at, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in _SECRET_OPTIONS:
            yield from (value,) if equals else arguments[at + 1 : at + 2]


def shown_command(program: click.Group, arguments: Sequence[str]) -> str:
    """The command and its options. A password typed in the wrong place is shown as dots, too."""
    words = ["csb"]
    known: Iterable[str] = ()
    group: click.Command | None = program
    for argument in arguments:
        option = argument.partition("=")[0]
        inner = _subcommand(group, argument)
        if inner is not None:
            group, known = inner, (*known, *_options(inner))
            words.append(argument)
        else:
            group = group if argument.startswith("-") else None
            words.append(option if option in known else "...")
    return " ".join(words)


def _subcommand(group: click.Command | None, name: str) -> click.Command | None:
    if not isinstance(group, click.Group):
        return None
    return group.get_command(click.Context(group), name)


def _options(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield from (*parameter.opts, *parameter.secondary_opts)
