"""Record files: `records/<account>/<name>`, each replaced as a whole, durable when written.

What is in them stands in `csbackup.format.records`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from csbackup.format.ids import SHORT, AccountId
from csbackup.server.durable import (
    full_disk_named,
    make_folder,
    replace_file,
    sync_folder,
)

_NAME = re.compile(r"[a-z]+(-[0-9a-f]+)+")
_ACCOUNT = re.compile(rf"[0-9a-f]{{{2 * SHORT}}}")


class Records(Protocol):
    """Small files by account and name. A name is a word and hexadecimal fields, joined by `-`."""

    def write(self, account: AccountId, name: str, content: bytes) -> None:
        """Durable when it returns; a record of that name is replaced as a whole."""

    def read(self, account: AccountId, name: str) -> bytes | None: ...

    def names(self, account: AccountId) -> list[str]:
        """Sorted, so that epochs, serials and sequences stand in their order."""

    def accounts(self) -> list[AccountId]: ...

    def remove(self, account: AccountId, name: str) -> None:
        """Harmless when it is not here."""

    def clear(self, account: AccountId, *, keep: str) -> None:
        """Remove all records of an account but one. A crash in between leaves some: again then."""

    def sweep(self) -> None:
        """Remove what a crash left half-written; only while nobody writes."""


class FolderRecords:
    def __init__(self, data: Path) -> None:
        self._folder = data / "records"
        make_folder(self._folder)

    def write(self, account: AccountId, name: str, content: bytes) -> None:
        path = self._path(account, name)
        with full_disk_named():
            make_folder(path.parent)
            replace_file(path, content)

    def read(self, account: AccountId, name: str) -> bytes | None:
        try:
            return self._path(account, name).read_bytes()
        except FileNotFoundError:
            return None

    def names(self, account: AccountId) -> list[str]:
        folder = self._folder / account.hex()
        if not folder.is_dir():
            return []
        return sorted(file.name for file in folder.iterdir() if _NAME.fullmatch(file.name))

    def accounts(self) -> list[AccountId]:
        names = (folder.name for folder in self._folder.iterdir())
        return sorted(AccountId(bytes.fromhex(n)) for n in names if _ACCOUNT.fullmatch(n))

    def remove(self, account: AccountId, name: str) -> None:
        path = self._path(account, name)
        if path.exists():
            path.unlink()
            sync_folder(path.parent)

    def clear(self, account: AccountId, *, keep: str) -> None:
        folder = self._folder / account.hex()
        gone = [name for name in self.names(account) if name != keep]
        for name in gone:
            (folder / name).unlink(missing_ok=True)
        if gone:
            sync_folder(folder)

    def sweep(self) -> None:
        for leftover in self._folder.glob("*/*.new"):
            leftover.unlink()

    def _path(self, account: AccountId, name: str) -> Path:
        return self._folder / account.hex() / checked_name(name)


class MemoryRecords:
    def __init__(self) -> None:
        self._files: dict[tuple[AccountId, str], bytes] = {}

    def write(self, account: AccountId, name: str, content: bytes) -> None:
        self._files[account, checked_name(name)] = content

    def read(self, account: AccountId, name: str) -> bytes | None:
        return self._files.get((account, checked_name(name)))

    def names(self, account: AccountId) -> list[str]:
        return sorted(name for owner, name in self._files if owner == account)

    def accounts(self) -> list[AccountId]:
        return sorted({account for account, _ in self._files})

    def remove(self, account: AccountId, name: str) -> None:
        self._files.pop((account, checked_name(name)), None)

    def clear(self, account: AccountId, *, keep: str) -> None:
        for owner, name in list(self._files):
            if owner == account and name != keep:
                del self._files[owner, name]

    def sweep(self) -> None:
        """Nothing outlives the process."""


def checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a record")
    return name
