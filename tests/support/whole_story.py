"""The shortest story that a program must get right: back up, restore, compare."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from support.processes import Client


def make_files(folder: Path) -> None:
    """A few kinds: small, empty, in chunks, compressible, a link, a name that is not ASCII."""
    (folder / "photos").mkdir(parents=True)
    (folder / "letter.txt").write_text("Dear reader,\n" * 1000, "utf-8")
    (folder / "empty").touch()
    (folder / "photos" / "schöner Tag.jpg").write_bytes(os.urandom(3_000_000))
    (folder / "photos" / "latest").symlink_to("schöner Tag.jpg")


def tell(
    client: Client, files: Path, target: Path, *, account: str = "ada", seen_in: Path = Path("/")
) -> str:
    """Register, add, back up, restore; what `diff -r` says, nothing when all is well.

    `seen_in`: the root folder that the client takes for `/`; paths are given as we see them.
    """
    client.register(account, device="laptop")
    client.run("add", str(Path("/") / files.relative_to(seen_in)))
    client.run("backup", "--json")
    client.run("restore", "--to", str(Path("/") / target.relative_to(seen_in)))
    return differences(files, target / files.name)


def differences(files: Path, restored: Path) -> str:
    compared = subprocess.run(
        ["diff", "-r", "--no-dereference", str(files), str(restored)],
        capture_output=True,
        text=True,
    )
    return compared.stdout + compared.stderr
