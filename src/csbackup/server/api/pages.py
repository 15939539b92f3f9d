"""The web app's files, or one page that says that they were not built."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from csbackup.server.services.installer import curl
from csbackup.web.files import WebFile, WebFiles

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
<pre>{curl} {url}/client/install.sh | sh</pre>
</html>
"""


class Pages:
    """Whatever is no route of the API: a file of the web app, else its one page."""

    def __init__(self, folder: Path) -> None:
        self._files = WebFiles(folder)

    def answer(self, request: Request, url: str, leaf_pin: str) -> Response:
        name = request.url.path.lstrip("/")
        if _is_api(name) or request.method not in ("GET", "HEAD"):
            raise HTTPException(404)
        found = self._files.find(name)
        if found is not None:
            return _file(found, request)
        if self._files or "." in name.rpartition("/")[2]:
            raise HTTPException(404)
        return HTMLResponse(_NOT_BUILT.format(curl=curl(leaf_pin), url=url))


def _file(found: WebFile, request: Request) -> Response:
    path, encoding = found.encoded(request.headers.get("accept-encoding", ""))
    headers = {"Cache-Control": found.caching, "Vary": "Accept-Encoding"}
    if encoding:
        headers["Content-Encoding"] = encoding
    return FileResponse(path, headers=headers, media_type=found.kind)


def _is_api(name: str) -> bool:
    return name == "api" or name.startswith(("api/", "client/", "releases/", "i/", "d/"))
