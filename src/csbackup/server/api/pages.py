"""The web app's files: built into the package, or one page that says that they are not."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

_PAGE = "index.html"
_FOR_EVER = "public, max-age=31536000, immutable"  # their names change with their content
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".svg": "image/svg+xml"}

_NOT_BUILT = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>ClientServerBackup</title>
<h1>ClientServerBackup</h1>
<p>This server works, but its web app was not built.</p>
<p>In a clone of the source: install Node.js 20 or later, run
<code>python packaging/build_web.py</code>, and start the server again.</p>
<p>Backups do not need the web app. To install the client on this machine:</p>
<pre>curl -fsSk --pinnedpubkey 'sha256//{leaf_pin}' {url}/client/install.sh | sh</pre>
</html>
"""


@dataclass(frozen=True, slots=True)
class WebFile:
    path: Path
    kind: str
    for_ever: bool


class Pages:
    """Whatever is no route of the API: a file of the web app, else its one page."""

    def __init__(self, folder: Path) -> None:
        self._files = _find_files(folder)

    def answer(self, request: Request, url: str, leaf_pin: str) -> Response:
        name = request.url.path.lstrip("/") or _PAGE
        if _is_api(name) or request.method not in ("GET", "HEAD"):
            raise HTTPException(404)
        found = self._files.get(name) or self._page_of(name)
        if found is None:
            return HTMLResponse(_NOT_BUILT.format(leaf_pin=leaf_pin, url=url))
        return self._file(found, request)

    def _page_of(self, name: str) -> WebFile | None:
        """The app finds its own way from its one page; a file that is not there stays so."""
        if name != _PAGE and "." in name.rpartition("/")[2]:
            raise HTTPException(404)
        return self._files.get(_PAGE)

    def _file(self, found: WebFile, request: Request) -> Response:
        accepted = {
            one.partition(";")[0].strip()
            for one in request.headers.get("accept-encoding", "").split(",")
        }
        headers = {
            "Cache-Control": _FOR_EVER if found.for_ever else "no-cache",
            "Vary": "Accept-Encoding",
        }
        path = found.path
        for encoding, ending in _ENCODINGS:
            packed = found.path.with_name(found.path.name + ending)
            if encoding in accepted and packed.is_file():
                path, headers["Content-Encoding"] = packed, encoding
                break
        return FileResponse(path, headers=headers, media_type=found.kind)


def _is_api(name: str) -> bool:
    return name == "api" or name.startswith(("api/", "client/"))


def _find_files(folder: Path) -> dict[str, WebFile]:
    """Found once, at start: a request can name only what is in this table."""
    if not (folder / _PAGE).is_file():
        return {}
    files = (path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    return {
        path.relative_to(folder).as_posix(): WebFile(
            path, _kind(path), path.is_relative_to(folder / "assets")
        )
        for path in files
        if path.suffix not in (".br", ".gz")
    }


def _kind(path: Path) -> str:
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return guessed or "application/octet-stream"
