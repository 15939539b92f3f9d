"""What anyone gets: the description, the headers, the web app, the client."""

from __future__ import annotations

import asyncio
import hashlib
import io
import subprocess
import zipfile
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from csbackup.server.api.description import as_text, describe
from csbackup.server.api.pages import Pages
from csbackup.server.api.table import ROUTES
from csbackup.server.services.client_wheel import build_wheel
from csbackup.web.files import built_folder
from csbackup.web.headers import SAFE_HEADERS
from support.api import BASE, Api, api_on

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_description_is_the_generated_one() -> None:
    committed = (ROOT / "openapi.json").read_text("utf-8")

    assert committed == as_text(describe(ROUTES)), (
        "run: python -m csbackup.server.api.openapi > openapi.json"
    )


def test_the_description_is_served_as_it_is_committed(api: Api) -> None:
    assert api.get("/api/openapi.json").json() == describe(ROUTES)


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/api/v1/account", "/api/v1/nothing", "/api/v1/server", "/x.js"]
)
def test_every_answer_has_the_safe_headers(api: Api, path: str) -> None:
    answer = api.get(path)

    assert {name: answer.headers[name] for name in SAFE_HEADERS} == SAFE_HEADERS
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")


def test_only_what_the_page_itself_opened_is_shown_beside_our_own_files() -> None:
    policy = SAFE_HEADERS["Content-Security-Policy"]

    sources = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert sources["img-src"] == "'self' blob:"
    assert sources["media-src"] == sources["frame-src"] == "blob:"
    with_blobs = {name for name, allowed in sources.items() if "blob:" in allowed}
    assert with_blobs == {"img-src", "media-src", "frame-src"}  # never scripts, styles, workers
    assert not any(word in policy for word in ("data:", "https:", "http:", "*"))


def test_answers_of_the_api_are_kept_nowhere(api: Api) -> None:
    assert api.get("server").headers["cache-control"] == "no-store"
    assert api.get("account").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"account": "a"}', "text/plain", 400),
        (b'{"account": "a"}', "application/json; charset=utf-8", 200),
        (b'{"account": "\\ud800"}', "application/json", 400),
        (b'{"account": 1}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"account": "' + b"a" * 2**20 + b'"}', "application/json", 413),
    ],
)
def test_what_is_no_message_is_refused(api: Api, content: bytes, kind: str, status: int) -> None:
    answer = api.post("kdf", content=content, headers={"Content-Type": kind})

    assert answer.status_code == status
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


def test_a_host_header_with_odd_characters_is_not_repeated(api: Api) -> None:
    odd = "x'; rm -rf ~; '"

    script = api.get("/client/install.sh", headers={"Host": odd}).text

    assert "rm -rf ~" not in script
    assert "url='https://localhost'" in script


def test_the_configured_address_is_told_to_everybody(tmp_path: Path) -> None:
    with api_on(tmp_path / "data", url="https://backup.example.org/") as api:
        assert api.get("server").json()["url"] == "https://backup.example.org"


# --- the client ---------------------------------------------------------------------------------


def test_the_wheel_is_whole_and_always_the_same(api: Api) -> None:
    info = api.get("server").json()
    answer = api.get(info["client_wheel"])

    again = build_wheel().content

    assert answer.content == again
    assert hashlib.sha256(again).hexdigest() == info["client_wheel_sha256"]
    with zipfile.ZipFile(io.BytesIO(again)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        record = archive.read(names[-1]).decode()
    assert "csbackup/client/cli/__init__.py" in names
    assert "csbackup/server/catalog/migrations/0001_first.sql" in names
    assert not [name for name in names if "__pycache__" in name or name.endswith((".br", "-from"))]
    assert {line.partition(",")[0] for line in record.splitlines()} == set(names)


def test_the_wheel_has_the_web_app_where_the_server_has_it() -> None:
    built = built_folder() / "index.html"

    with zipfile.ZipFile(io.BytesIO(build_wheel().content)) as archive:
        assert ("csbackup/web/built/index.html" in archive.namelist()) == built.is_file()


def test_another_wheel_is_not_there(api: Api) -> None:
    answer = api.get("/client/other-1.0-py3-none-any.whl")

    assert answer.status_code == 404


def test_the_installer_is_a_shell_script_with_the_servers_ca_inside(api: Api) -> None:
    script = api.get("/client/install.sh").text
    info = api.get("server").json()

    checked = subprocess.run(["sh", "-n"], input=script, text=True, check=False)

    assert checked.returncode == 0
    assert api.get("/ca.crt").text.strip() in script
    for value in (info["pin"], info["client_wheel_sha256"], "url='https://backup.test'"):
        assert value in script
    assert "@" not in script.replace("[client] @ file", "").replace('main "$@"', "")


# --- the web app --------------------------------------------------------------------------------


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>app</title>")
    (folder / "assets" / "app-1a2b.js").write_text("1")
    (folder / "assets" / "app-1a2b.js.br").write_bytes(b"packed")
    (folder / ".built-from").write_text("secret")
    return folder


def page(web: Path, path: str, **headers: str) -> httpx.Response:
    pages = Pages(web)

    async def answer(request: Request) -> Response:
        return pages.answer(request, "https://x", "pin")

    async def ask() -> httpx.Response:
        app = Starlette(routes=[Route("/{rest:path}", answer)])
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.get(path, headers={"Accept-Encoding": "", **headers})

    return asyncio.run(ask())


def test_pages_and_assets_of_the_web_app(web: Path) -> None:
    front = page(web, "/")
    deep = page(web, "/devices/abc")
    script = page(web, "/assets/app-1a2b.js")
    packed = page(web, "/assets/app-1a2b.js", **{"Accept-Encoding": "br, gzip"})

    assert front.text == deep.text == "<title>app</title>"
    assert front.headers["cache-control"] == "no-cache"
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert packed.headers["content-encoding"] == "br"
    assert packed.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/none.js",
        "/.built-from",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/api/x",
        "/client/x",
    ],
)
def test_nothing_else_is_served(web: Path, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")

    answer = page(web, path)

    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_without_the_web_app_one_page_says_so(tmp_path: Path) -> None:
    answer = page(tmp_path / "nothing", "/")

    assert answer.status_code == 200
    assert "was not built" in answer.text
    assert "packaging/build_web.py" in answer.text
