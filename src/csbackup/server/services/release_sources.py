"""Where releases come from: a folder, an archive of one, or an address that the admin named.

Only a command of the admin asks an address; the server that runs never does.
"""

from __future__ import annotations

import http.client
import lzma
import tarfile
import urllib.error
import urllib.request
import zlib
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import urljoin, urlsplit

from csbackup import __version__
from csbackup.errors import ServerError

_SECONDS = 60
_MOST_REDIRECTIONS = 5


class SourceUnusable(ServerError):
    code = "release-source-unusable"


class Opened:
    """A file from `offset` on, which may be less than what was asked for: then from its start."""

    def __init__(
        self, file: IO[bytes], offset: int, place: str, archive: tarfile.TarFile | None = None
    ) -> None:
        self._file = file
        self._archive = archive
        self._place = place
        self.offset = offset

    def read(self, length: int) -> bytes:
        """`SourceUnusable` when it breaks off."""
        try:
            return self._file.read(length)
        except (
            OSError,
            EOFError,
            zlib.error,
            lzma.LZMAError,
            http.client.HTTPException,
        ) as problem:
            raise SourceUnusable(
                f"{self._place} broke off: {problem}. Run this again: it goes on where it stopped."
            ) from None

    def close(self) -> None:
        self._file.close()
        if self._archive is not None:
            self._archive.close()


class Source(Protocol):
    """Gives files by their plain names. They may be anything: whoever asks checks them."""

    def open(self, name: str, offset: int) -> Opened: ...


class FolderSource:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str, offset: int) -> Opened:
        path = self._folder / name
        try:
            file = path.open("rb")
        except OSError as problem:
            raise SourceUnusable(f"{path} cannot be read: {problem.strerror}.") from None
        file.seek(offset)
        return Opened(file, offset, str(path))


class ArchiveSource:
    """A tar file, packed or not; its members are found by the last part of their names."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, name: str, offset: int) -> Opened:
        try:
            archive = tarfile.open(self._path)  # noqa: SIM115  # closed with what is read of it
        except (tarfile.TarError, OSError, EOFError) as problem:
            raise SourceUnusable(f"{self._path} is no tar file: {problem}.") from None
        try:
            content = self._find(archive, name)
        except SourceUnusable:
            archive.close()
            raise
        return Opened(content, 0, f"{self._path}: {name}", archive)

    def _find(self, archive: tarfile.TarFile, name: str) -> IO[bytes]:
        try:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None and Path(member.name).name == name:
                    return content
        except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError) as problem:
            raise SourceUnusable(f"{self._path} is no whole tar file: {problem}.") from None
        raise SourceUnusable(f"{self._path} has no file {name}.")


class WebSource:
    """Below an https address; plain http only where the admin named it, and only on that host."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise SourceUnusable(f"{url} is no address of the web. Write https://...")
        self._url = url.rstrip("/") + "/"
        self._opener = urllib.request.build_opener(_Redirections(parts.hostname))

    def open(self, name: str, offset: int) -> Opened:
        address = urljoin(self._url, name)
        headers = {"User-Agent": f"csb-server/{__version__}", "Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        try:
            request = urllib.request.Request(address, headers=headers)  # noqa: S310  # see __init__
            answer = self._opener.open(request, timeout=_SECONDS)
        except urllib.error.HTTPError as problem:
            with problem:
                raise SourceUnusable(f"{address} answers {problem.code}.") from None
        except (OSError, http.client.HTTPException) as problem:
            why = getattr(problem, "reason", problem)
            raise SourceUnusable(f"{address} cannot be reached: {why}.") from None
        goes_on = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        return Opened(answer, offset if goes_on else 0, address)


class _Redirections(urllib.request.HTTPRedirectHandler):
    """Followed to https anywhere, and on the host that the admin named."""

    max_redirections = _MOST_REDIRECTIONS

    def __init__(self, host: str) -> None:
        self._host = host

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: object,
        code: int,
        msg: str,
        headers: object,
        newurl: str,
    ) -> urllib.request.Request | None:
        new, old = urlsplit(newurl), urlsplit(req.full_url)
        same = new.hostname == self._host and new.scheme == old.scheme
        if new.scheme != "https" and not same:
            raise SourceUnusable(f"{req.full_url} leads to {newurl}, which is not https.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def source_at(place: str) -> Source:
    """For a folder, the path of a manifest, an archive, or an address."""
    if place.startswith(("https://", "http://")):
        return WebSource(place)
    path = Path(place).expanduser()
    if path.is_dir():
        return FolderSource(path)
    if not path.is_file():
        raise SourceUnusable(f"There is nothing at {path}.")
    return FolderSource(path.parent) if path.suffix == ".json" else ArchiveSource(path)
