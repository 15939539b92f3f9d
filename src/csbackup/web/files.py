"""The files of the built web app: which there are, and what each of them is."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

PAGE = "index.html"
_FOR_EVER = "public, max-age=31536000, immutable"  # their names change with their content
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class WebFile:
    path: Path
    kind: str
    caching: str

    def encoded(self, accepted: str) -> tuple[Path, str]:
        """The smallest copy for an `Accept-Encoding`, and its encoding; empty for the file."""
        names = {one.partition(";")[0].strip() for one in accepted.split(",")}
        for encoding, ending in _ENCODINGS:
            packed = self.path.with_name(self.path.name + ending)
            if encoding in names and packed.is_file():
                return packed, encoding
        return self.path, ""


def built_folder() -> Path:
    """Where the built web app lies; the package is always a folder, never a zip."""
    return Path(str(resources.files("csbackup.web"))) / "built"


class WebFiles:
    """Found once, at start: a request can name only what is in this table."""

    def __init__(self, folder: Path) -> None:
        self._files = _find_files(folder)

    def __bool__(self) -> bool:
        """Whether the web app was built at all."""
        return bool(self._files)

    def find(self, name: str) -> WebFile | None:
        """The file of that name. The app finds its own way from its one page, so that stands for
        whatever is no file; a file that is not there stays so.
        """
        found = self._files.get(name or PAGE)
        if found is None and "." not in name.rpartition("/")[2]:
            return self._files.get(PAGE)
        return found


def _find_files(folder: Path) -> dict[str, WebFile]:
    if not (folder / PAGE).is_file():
        return {}
    files = (path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    return {
        path.relative_to(folder).as_posix(): WebFile(path, _kind(path), _caching(path, folder))
        for path in files
        if path.suffix not in (".br", ".gz")
    }


def _kind(path: Path) -> str:
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return guessed or "application/octet-stream"


def _caching(path: Path, folder: Path) -> str:
    return _FOR_EVER if path.is_relative_to(folder / "assets") else "no-cache"
