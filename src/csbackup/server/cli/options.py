"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from csbackup.server.config import Config, load_config

Command = Callable[..., Any]


def with_data(command: Command) -> Command:
    """--data and --config."""
    command = click.option(
        "--config",
        "config_file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="A TOML file; or CSB_SERVER_CONFIG.",
    )(command)
    return click.option("--data", metavar="DIR", help="The data folder; or CSB_SERVER_DATA.")(
        command
    )


def with_json(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def config_from(flags: Mapping[str, Any]) -> Config:
    """The configuration, with what the command line says on top."""
    given = {name: value for name, value in flags.items() if name != "config_file"}
    return load_config(given, os.environ, flags.get("config_file"))
