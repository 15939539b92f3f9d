"""Record files of no account: `records/server/<name>`, each written once, durable when written."""

from __future__ import annotations

from pathlib import Path

from csbackup.server.durable import full_disk_named, make_folder, replace_file
from csbackup.server.store.records import checked_name

_FOLDER = "server"  # no account's name: those are hexadecimal


class ServerRecords:
    def __init__(self, data: Path) -> None:
        self._folder = data / "records" / _FOLDER

    def write(self, name: str, content: bytes) -> None:
        path = self._folder / checked_name(name)
        with full_disk_named():
            make_folder(self._folder)
            replace_file(path, content)

    def read_all(self) -> dict[str, bytes]:
        """By name, sorted."""
        if not self._folder.is_dir():
            return {}
        files = sorted(file for file in self._folder.iterdir() if file.suffix != ".new")
        return {file.name: file.read_bytes() for file in files}
