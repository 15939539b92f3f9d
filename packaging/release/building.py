"""The client's bundles of a release, one machine after the other, by the builder of runtimes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import click

sys.path.append(str(Path(__file__).parents[1] / "runtime"))

from targets import TARGETS

from csbackup import __version__

_BUILDER = Path(__file__).parents[1] / "runtime" / "build.py"


def build_bundles(folder: Path, pinned: Path, targets: Iterable[str]) -> Path:
    """Where they are: `folder` and the version. Nothing is signed where one cannot be built."""
    made = folder / __version__
    made.mkdir(parents=True, exist_ok=True)
    for target in tuple(targets) or TARGETS:
        click.echo(f"Building for {target} ...", err=True)
        order = [str(_BUILDER), "--target", target, "--kind", "client", "--out", str(made)]
        order += ["--release-keys", str(pinned)]
        if subprocess.run([sys.executable, *order], stdout=sys.stderr).returncode:
            raise click.ClickException(f"The client for {target} could not be built; see above.")
    return made
