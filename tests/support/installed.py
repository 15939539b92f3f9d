"""A client that is installed as a release would be, with the interpreter of the tests in it."""

from __future__ import annotations

import shlex
from pathlib import Path

from support.users import CSB, Python

VERSION = "0.1.0"


def install_files(install: Path, python: Python, *, state: str = "") -> dict[Path, str]:
    """What an installation consists of, by path; the scripts are to be made executable."""
    environment = dict(python.environment) | ({"CSB_HOME": state} if state else {})
    given = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
    version = install / "versions" / VERSION
    return {
        install / "csb": '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\n'
        'export CSB_INSTALL="$here"\nexec "$here/versions/$(cat "$here/current")/csb" "$@"\n',
        install / "current": f"{VERSION}\n",
        version / "csb": f"#!/bin/sh\nexport {given}\n"
        f'exec {shlex.quote(str(python.executable))} -c {shlex.quote(CSB)} "$@"\n',
        version / "release-keys.json": "[]\n",
        version / "runtime/lib/some.pyc": "not really\n",
    }


def write_install(install: Path, programs: Path, python: Python, *, state: str = "") -> None:
    """Lay it down here, with the link to it, as an installer does."""
    for path, content in install_files(install, python, state=state).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        if path.name == "csb":
            path.chmod(0o755)
    programs.mkdir(parents=True, exist_ok=True)
    (programs / "csb").symlink_to(install / "csb")
