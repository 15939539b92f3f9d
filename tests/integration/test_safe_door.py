"""The safe door: who is let in, what is passed on, and what comes back, piece by piece."""

from __future__ import annotations

import contextlib
import html
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from csbackup.client.connection import Address, Transport, read_address
from csbackup.client.door.own_pages import OwnPages, Standing
from csbackup.client.door.passage import Passage
from csbackup.client.door.server import MOST_BODY_BYTES, Door
from csbackup.errors import WebAppMissing
from csbackup.web.files import WebFiles
from support.safe_door import Visitor, visiting

MIB = 1024 * 1024
SESSION = "csbs_" + "s" * 43
STANDING = Standing("https://nas.local:8443", 'anna"><b>', "laptop")


@dataclass
class Answer:
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    content: bytes = b"{}"
    cut_after: int | None = None  # bytes of the content, then the connection ends
    endless: bool = False  # 1 GiB of zeros
    wait: threading.Event | None = None


@dataclass
class Behind:
    """A server on loopback that answers as the test says, and keeps what it was asked."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    sent: int = 0
    port: int = 0

    @contextlib.contextmanager
    def running(self) -> Iterator[Behind]:
        behind = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                return

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                behind.asked.append((self.command, self.path, dict(self.headers), body))
                with contextlib.suppress(OSError):
                    self._answer(behind.answers.get(self.path.partition("?")[0], Answer()))

            def _answer(self, answer: Answer) -> None:
                if answer.wait is not None:
                    answer.wait.wait(20)
                size = 1024 * MIB if answer.endless else len(answer.content)
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(size))
                self.end_headers()
                if answer.endless:
                    for _ in range(1024):
                        self.wfile.write(bytes(MIB))
                        behind.sent += MIB
                else:
                    self.wfile.write(answer.content[: answer.cut_after])
                self.close_connection = answer.cut_after is not None

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


@pytest.fixture
def behind() -> Iterator[Behind]:
    with Behind().running() as running:
        yield running


@pytest.fixture
def pages(tmp_path: Path) -> OwnPages:
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<html><head><title>app</title></head></html>")
    (folder / "assets" / "app-1a2b.js").write_text("1")
    return OwnPages(WebFiles(folder), STANDING)


@pytest.fixture
def door(behind: Behind, pages: OwnPages) -> Iterator[Door]:
    with opened(pages, read_address(f"http://127.0.0.1:{behind.port}")) as door:
        yield door


@contextlib.contextmanager
def opened(pages: OwnPages, address: Address) -> Iterator[Door]:
    door = Door(pages, Passage(lambda: Transport(address, None)))
    threading.Thread(target=door.serve_forever, daemon=True).start()
    try:
        yield door
    finally:
        door.shutdown()
        door.server_close()
        door.passage.close()


@pytest.fixture
def stranger(door: Door) -> Iterator[Visitor]:
    """Who found the port, and nothing else."""
    with contextlib.closing(Visitor(origin_of(door))) as visitor:
        yield visitor


@pytest.fixture
def guest(door: Door) -> Iterator[Visitor]:
    """The browser that brought the token."""
    with visiting(origin_of(door), door.guard.token) as visitor:
        assert visitor.shown
        yield visitor


def origin_of(door: Door) -> str:
    return f"http://127.0.0.1:{door.port}"


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["code"])


# --- who is let in -----------------------------------------------------------------------------


def test_the_token_lets_one_browser_in_once(door: Door, guest: Visitor, stranger: Visitor) -> None:
    second = stranger.enter(door.guard.token)

    assert (second.status_code, code_of(second)) == (403, "forbidden")
    assert "set-cookie" not in second.headers
    assert guest.ask("GET", "/").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "\x00\xff"])
def test_a_wrong_token_lets_nobody_in_and_spoils_nothing(
    door: Door, stranger: Visitor, token: str
) -> None:
    assert stranger.enter(token).status_code == 403

    assert stranger.enter(door.guard.token).status_code == 200


def test_the_cookie_is_for_this_door_and_no_script_reads_it(door: Door, stranger: Visitor) -> None:
    cookie = stranger.enter(door.guard.token).headers["set-cookie"]

    assert cookie.startswith(f"csb-door-{door.port}=")
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")


@pytest.mark.parametrize("path", ["/", "/devices/x", "/assets/app-1a2b.js", "/index.html", "/none"])
def test_who_was_not_let_in_sees_one_page_that_says_so(stranger: Visitor, path: str) -> None:
    answer = stranger.ask("GET", path)

    assert answer.status_code == 401
    assert "csb open" in answer.text
    assert "app" not in answer.text


def test_german_browsers_read_german(stranger: Visitor) -> None:
    answer = stranger.ask("GET", "/", headers={"Accept-Language": "de-AT,de;q=0.9"})

    assert "keinen Zugang" in answer.text


def test_the_api_is_closed_to_who_was_not_let_in(behind: Behind, stranger: Visitor) -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        assert stranger.ask(method, "/api/v1/account").status_code == 401

    assert code_of(stranger.ask("GET", "/api/v1/account")) == "not-let-in"
    assert behind.asked == []


def test_the_cookie_alone_opens_no_api_and_the_key_alone_neither(
    behind: Behind, guest: Visitor, stranger: Visitor
) -> None:
    """Browsers send cookies of this address to every port of it."""
    cookies = "; ".join(f"{name}={value}" for name, value in guest.http.cookies.items())
    key = guest.shown["X-CSB-Door"]

    for shown in ({"Cookie": cookies}, {"X-CSB-Door": key}):
        answer = stranger.ask("GET", "/api/v1/account", headers=shown)
        assert answer.status_code == 401
    assert behind.asked == []


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}",
     "localhost", "127.0.0.1:{port}.evil.example", "LOCALHOST:{port}", ""],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/enter", "/enter.js", "/api/v1/server"])
def test_another_name_that_leads_here_is_refused(
    door: Door, guest: Visitor, host: str, path: str
) -> None:
    answer = guest.ask("GET", path, headers={"Host": host.format(port=door.port)})

    assert (answer.status_code, code_of(answer)) == (421, "wrong-host")


def test_a_request_with_two_hosts_or_none_is_refused(door: Door) -> None:
    own = f"Host: 127.0.0.1:{door.port}\r\n"

    assert b" 421 " in speak(door, f"GET /enter HTTP/1.1\r\n{own}Host: evil.example\r\n\r\n")
    assert b" 421 " in speak(door, f"GET /enter HTTP/1.1\r\n{own}{own}\r\n")
    assert b" 421 " in speak(door, "GET /enter HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # another port of this address
        {"Sec-Fetch-Site": "none"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_another_site_in_the_same_browser_gets_nothing(
    behind: Behind, guest: Visitor, method: str, headers: dict[str, str]
) -> None:
    answer = guest.ask(method, "/api/v1/devices", headers=headers)

    assert (answer.status_code, code_of(answer)) == (403, "forbidden")
    assert behind.asked == []


def test_what_changes_something_must_name_its_origin(behind: Behind, guest: Visitor) -> None:
    answer = guest.http.delete("/api/v1/devices/x", headers=guest.shown)

    assert answer.status_code == 403
    assert behind.asked == []


def test_another_site_cannot_bring_the_token(door: Door, stranger: Visitor) -> None:
    answer = stranger.enter(door.guard.token, Origin="http://evil.example")

    assert answer.status_code == 403


def test_no_answer_invites_other_sites(guest: Visitor, stranger: Visitor) -> None:
    answers = [
        guest.ask("GET", "/"),
        guest.ask("GET", "/api/v1/account"),
        stranger.ask("GET", "/"),
        stranger.ask("GET", "/enter"),
        stranger.ask("OPTIONS", "/api/v1/account", headers={"Origin": "http://evil.example"}),
    ]

    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


# --- the pages ---------------------------------------------------------------------------------


def test_the_page_is_told_whose_it_is_as_text(guest: Visitor) -> None:
    text = guest.ask("GET", "/").text

    told = re.search(r'<meta name="csb-door" content="([^"]*)" />', text)
    assert told is not None
    assert json.loads(html.unescape(told[1])) == {
        "server": STANDING.server,
        "account": STANDING.account,
        "device": "laptop",
    }
    assert "<b>" not in text


def test_the_app_is_served_and_nothing_else(guest: Visitor, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")

    script = guest.ask("GET", "/assets/app-1a2b.js")

    assert script.headers["content-type"] == "text/javascript"
    assert script.text == "1"
    for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/assets/none.js", "/ca.crt"):
        assert guest.ask("GET", path).status_code == 404
    assert guest.ask("POST", "/").status_code == 404
    assert guest.ask("PATCH", "/").status_code == 501


def test_a_client_without_the_web_app_says_so(tmp_path: Path) -> None:
    with pytest.raises(WebAppMissing, match="without the web pages"):
        OwnPages(WebFiles(tmp_path), STANDING)


# --- to the server and back --------------------------------------------------------------------


def test_a_question_is_passed_on_without_what_the_browser_shows_us(
    behind: Behind, guest: Visitor
) -> None:
    answer = guest.ask(
        "POST", "/api/v1/kdf?a=%C3%A4", json={"account": "anna"}, headers={"X-Forwarded-For": "1"}
    )

    [(method, path, headers, body)] = behind.asked
    assert answer.json() == {}
    assert (method, path) == ("POST", "/api/v1/kdf?a=%C3%A4")
    assert json.loads(body) == {"account": "anna"}
    assert headers["x-csb"] == "web"
    assert headers["Host"] == f"127.0.0.1:{behind.port}"
    for name in ("Cookie", "Origin", "X-CSB-Door", "X-Forwarded-For", "Authorization"):
        assert name not in headers


def test_the_session_stays_in_the_client(behind: Behind, guest: Visitor) -> None:
    begins = ("Set-Cookie", f"__Host-csb={SESSION}; HttpOnly; Path=/; SameSite=strict; Secure")
    ends = ("Set-Cookie", '__Host-csb=""; HttpOnly; Max-Age=0; Path=/; SameSite=strict; Secure')
    behind.answers = {
        "/api/v1/sessions": Answer(201, [begins]),
        "/api/v1/sessions/current": Answer(200, [ends]),
    }

    signed_in = guest.ask("POST", "/api/v1/sessions", json={})
    guest.ask("GET", "/api/v1/account")
    guest.ask("DELETE", "/api/v1/sessions/current")
    guest.ask("GET", "/api/v1/account")

    assert "set-cookie" not in signed_in.headers
    assert SESSION not in str(dict(guest.http.cookies))
    shown = [headers.get("Authorization") for _, _, headers, _ in behind.asked]
    assert shown == [None, f"Bearer {SESSION}", f"Bearer {SESSION}", None]


def test_whoever_signed_in_is_signed_out_when_the_door_closes(
    behind: Behind, door: Door, guest: Visitor
) -> None:
    behind.answers["/api/v1/sessions"] = Answer(201, [("Set-Cookie", f"__Host-csb={SESSION}")])
    guest.ask("POST", "/api/v1/sessions", json={})

    door.passage.close()

    method, path, headers, _ = behind.asked[-1]
    assert (method, path) == ("DELETE", "/api/v1/sessions/current")
    assert headers["Authorization"] == f"Bearer {SESSION}"


def test_what_a_hostile_server_says_of_its_answer_is_not_repeated(
    behind: Behind, guest: Visitor
) -> None:
    behind.answers["/api/v1/account"] = Answer(
        headers=[
            ("Content-Type", "text/html"),
            ("Access-Control-Allow-Origin", "*"),
            ("Content-Security-Policy", "default-src *"),
            ("Location", "http://evil.example/"),
            ("Set-Cookie", "other=1"),
            ("Clear-Site-Data", '"*"'),
            ("Retry-After", "1\r\n X-Folded: 1"),
        ],
        content=b"<script>1</script>",
    )

    answer = guest.ask("GET", "/api/v1/account")

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-security-policy"].endswith("sandbox")
    for name in ("access-control-allow-origin", "location", "set-cookie", "clear-site-data",
                 "x-folded"):  # fmt: skip
        assert name not in answer.headers


def test_a_refusal_of_the_server_reaches_the_page_as_it_is(behind: Behind, guest: Visitor) -> None:
    problem = b'{"code": "too-many-requests", "detail": "Wait."}'
    behind.answers["/api/v1/sessions"] = Answer(
        429, [("Content-Type", "application/problem+json"), ("Retry-After", "7")], problem
    )

    answer = guest.ask("POST", "/api/v1/sessions", json={})

    assert (answer.status_code, answer.content) == (429, problem)
    assert answer.headers["retry-after"] == "7"


def test_a_range_is_asked_for_and_answered_as_one(behind: Behind, guest: Visitor) -> None:
    content = bytes(range(256)) * 4096
    behind.answers["/api/v1/packs/aa"] = Answer(
        206, [("Content-Range", f"bytes 5-{len(content) + 4}/9999999")], content
    )

    answer = guest.ask("GET", "/api/v1/packs/aa", headers={"Range": "bytes=5-1048580"})

    assert behind.asked[0][2]["Range"] == "bytes=5-1048580"
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes 5-{len(content) + 4}/9999999"
    assert answer.content == content


def test_a_browser_that_reads_slowly_makes_the_server_wait(behind: Behind, guest: Visitor) -> None:
    behind.answers["/api/v1/packs/aa"] = Answer(endless=True)

    with guest.http.stream("GET", "/api/v1/packs/aa", headers=guest.shown) as answer:
        settled = until_it_stands(lambda: behind.sent)
        first = next(answer.iter_bytes(MIB))

    assert first == bytes(MIB)
    assert settled < 64 * MIB


def test_an_answer_that_breaks_off_does_not_pass_for_whole(behind: Behind, guest: Visitor) -> None:
    behind.answers["/api/v1/packs/aa"] = Answer(content=bytes(MIB), cut_after=MIB // 2)

    with pytest.raises(httpx.RemoteProtocolError):
        guest.ask("GET", "/api/v1/packs/aa")

    assert guest.ask("GET", "/api/v1/account").status_code == 200


def test_one_slow_answer_keeps_nobody_waiting(behind: Behind, guest: Visitor) -> None:
    behind.answers["/api/v1/slow"] = Answer(wait=(slow := threading.Event()))
    waiting = threading.Thread(target=guest.ask, args=("GET", "/api/v1/slow"))
    waiting.start()

    for _ in range(5):
        assert guest.ask("GET", "/api/v1/account").status_code == 200

    slow.set()
    waiting.join()


def test_a_server_that_went_away_is_said_and_found_again(pages: OwnPages) -> None:
    behind = Behind({"/api/v1/account": Answer(headers=[("Connection", "close")])})
    with behind.running():
        address = read_address(f"http://127.0.0.1:{behind.port}")
    with opened(pages, address) as door, visiting(origin_of(door), door.guard.token) as guest:
        away = guest.ask("GET", "/api/v1/account")
        with behind.running():
            back = guest.ask("GET", "/api/v1/account")
        away_again = guest.ask("GET", "/api/v1/account")

        assert (away.status_code, code_of(away)) == (502, "server-unreachable")
        assert back.status_code == 200
        assert away_again.status_code == 502


@pytest.mark.parametrize(
    "path",
    ["/api/v1/../x", "/api/v1/%2e%2e/x", "/api/v1/a/./b", "/api/v1/", "/api/v1/a\\b",
     "/api/v1/a b", "/api/v1/\xe4", "/api/openapi.json", "/metrics", "/client/install.sh"],
)  # fmt: skip
def test_what_is_no_address_of_the_api_is_not_passed_on(
    behind: Behind, door: Door, guest: Visitor, path: str
) -> None:
    [cookie] = [f"{name}={value}" for name, value in guest.http.cookies.items()]
    shown = f"Cookie: {cookie}\r\nX-CSB-Door: {guest.shown['X-CSB-Door']}\r\n"

    answer = speak(door, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\n{shown}\r\n")

    assert re.match(rb"HTTP/1.1 (200|400|404) ", answer)  # 200: the app's page, for what is no file
    assert behind.asked == []


# --- requests as no browser sends them ---------------------------------------------------------


def test_a_body_that_is_too_long_is_not_read(door: Door) -> None:
    head = f"POST /enter HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\n"

    answer = speak(door, f"{head}Content-Length: {MOST_BODY_BYTES + 1}\r\n\r\n")

    assert b" 413 " in answer
    assert b"Connection: close" in answer


@pytest.mark.parametrize(
    "headers",
    ["Transfer-Encoding: chunked", "Content-Length: 1\r\nContent-Length: 2", "Content-Length: -1",
     "Content-Length: +1", "Content-Length: 1_0", "Content-Length: 0x1"],
)  # fmt: skip
def test_a_body_of_no_certain_length_ends_the_connection(door: Door, headers: str) -> None:
    head = f"POST /enter HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\n"

    answer = speak(door, f"{head}{headers}\r\n\r\nGET / HTTP/1.1\r\n\r\n")

    assert b" 400 " in answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_the_body_of_a_refused_request_is_not_the_next_request(door: Door) -> None:
    inner = b"GET /enter HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    head = f"POST /api/v1/x HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\n"
    outer = f"{head}Content-Length: {len(inner)}\r\n\r\n".encode() + inner
    last = f"GET /enter HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\nConnection: close\r\n\r\n"

    answer = speak(door, outer.decode() + last)

    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"403", b"200"]


def test_the_door_stays_while_somebody_asks(behind: Behind, door: Door, guest: Visitor) -> None:
    behind.answers["/api/v1/slow"] = Answer(wait=(slow := threading.Event()))
    waiting = threading.Thread(target=guest.ask, args=("GET", "/api/v1/slow"))
    waiting.start()
    until = time.monotonic() + 10
    while not behind.asked and time.monotonic() < until:
        time.sleep(0.01)

    busy = door.idle_seconds()
    slow.set()
    waiting.join()
    time.sleep(0.1)

    assert busy == 0
    assert 0 < door.idle_seconds() < 10


def speak(door: Door, text: str) -> bytes:
    """Bytes over a socket, and all that comes back until the other side ends."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as connection:
        connection.sendall(text.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def until_it_stands(figure: Callable[[], int]) -> int:
    """What a growing figure is once it no longer grows."""
    last = -1
    while (now := figure()) != last or now == 0:
        last = now
        time.sleep(0.5)
    return last
