"""A malicious server below what it says: certificates that are not its own, answers without end.

See `test_malicious_server.py` for what it says, and `docs/malicious-server.md` for both.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509 import load_pem_x509_certificates

from csbackup.client.config import Home
from csbackup.client.keyring import load_device, save_device
from csbackup.server.names import Names
from csbackup.server.trust import Authority, make_authority, make_leaf
from support.evil_world import (
    MOST_BYTES,
    check_honest,
    check_unsaid,
    environment_of,
    logged,
    sent,
    state_of,
)
from support.lies import endless, with_fields
from support.processes import PASSWORD, Client, Server
from support.tampering_server import Asked, Change, Lie, TamperingServer, instead, raw, told
from support.warm_client import WarmClient

LS = ("ls", "--json")
RESTORE = ("restore", "--to", "{target}", "--json")
DOCUMENT = Path(__file__).parents[2] / "docs" / "malicious-server.md"
MEGABYTE = b"A" * 1_000_000
NAMES = Names(("localhost",), ())
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def evil(server: Server) -> Iterator[TamperingServer]:
    with TamperingServer(server) as evil:
        yield evil


@pytest.fixture(scope="module")
def laptop(place: Path, evil: TamperingServer) -> Client:
    client = Client(place / "laptop", evil.url, evil.pin)
    client.register("ada", device="laptop")
    source = place / "source"
    source.mkdir()
    (source / "file").write_bytes(b"content")
    client.run("add", str(source))
    client.backup()
    return client


@pytest.fixture(scope="module")
def csb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmClient]:
    with WarmClient(tmp_path_factory.mktemp("csb")) as warm:
        yield warm


# --- answers -----------------------------------------------------------------------------------


def status_line(*headers: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 200 OK", *headers, b"", b""))


def wire(*parts: bytes) -> Change:
    return raw(lambda: iter(parts))


def without_end(start: bytes, part: bytes, most: int = 300_000_000) -> Change:
    def parts() -> Iterator[bytes]:
        yield start
        yield from endless(part, most)

    return raw(parts)


@dataclass(frozen=True)
class Nonsense:
    """An answer, to which route, and the name that it is refused by."""

    name: str
    change: Change
    code: str
    method: str = "GET"
    route: str = "server"
    command: tuple[str, ...] = LS
    says: str = ""


SNAPSHOTS = "devices/[0-9a-f]+/snapshots"
NONSENSE = [
    Nonsense("a page in place of a message", instead(200, b"<html>Hello</html>"),
             "server-incompatible"),
    Nonsense("nothing in place of a message", instead(200, b""), "server-incompatible"),
    Nonsense("no content", instead(204, b""), "server-incompatible"),
    Nonsense("a message of other fields", instead(200, {"name": 1}), "server-incompatible",
             says="not as agreed"),
    Nonsense("a list in place of a message", instead(200, []), "server-incompatible"),
    Nonsense("a redirection to another host",
             instead(302, b"", Location="http://127.0.0.1:9/elsewhere"), "server-incompatible"),
    Nonsense("a protocol of the far future",
             told(lambda info: {**info, "protocol_oldest": 2**40, "protocol_newest": 2**50}),
             "server-incompatible", says="Update the client"),
    Nonsense("a protocol older than the first", with_fields(protocol_oldest=-5, protocol_newest=-1),
             "server-incompatible"),
    Nonsense("a hundred thousand lists in each other", instead(200, b"[" * 100_000),
             "server-incompatible", route=SNAPSHOTS),
    Nonsense("twenty million empty lists", instead(200, b"[" + b"[]," * 20_000_000 + b"[]]"),
             "answer-too-long", route=SNAPSHOTS),
    Nonsense("one letter that makes all others four times as big",
             instead(200, b'["' + b"x" * 50_000_000 + "\U0001f600".encode() + b'"]'),
             "answer-too-long", route=SNAPSHOTS),
    Nonsense("an answer without end",
             without_end(status_line(b"Transfer-Encoding: chunked"), b"f4240\r\n" + MEGABYTE
                         + b"\r\n"), "answer-too-long"),
    Nonsense("an answer without end or length", without_end(status_line(), MEGABYTE),
             "answer-too-long"),
    Nonsense("an answer that says it has a terabyte",
             without_end(status_line(b"Content-Length: 1000000000000"), MEGABYTE),
             "answer-too-long"),
    Nonsense("a refusal without end",
             without_end(b"HTTP/1.1 500 No\r\n\r\n", MEGABYTE), "answer-too-long"),
    Nonsense("for ever going to answer",
             without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 40_000), "answer-too-long"),
    Nonsense("an answer cut short",
             wire(status_line(b"Content-Length: 1000"), b"{}"), "server-unreachable"),
    Nonsense("no answer", wire(b""), "server-unreachable"),
    Nonsense("something that is not HTTP", wire(b"SSH-2.0-OpenSSH_9.6\r\n"), "server-unreachable"),
    Nonsense("a hundred thousand headers",
             wire(status_line(*(b"X-%d: x" % n for n in range(100_000)))), "server-unreachable"),
    Nonsense("a header of ten megabytes", wire(status_line(b"X: " + MEGABYTE * 10)),
             "server-unreachable"),
    Nonsense("two lengths", wire(status_line(b"Content-Length: 2", b"Content-Length: 3"), b"{}"),
             "server-unreachable"),
    Nonsense("a gzip bomb",
             instead(200, gzip.compress(bytes(200_000_000), 1), Content_Encoding="gzip"),
             "server-incompatible", says="compressed"),
    Nonsense("a refusal that redraws the terminal",
             instead(403, {"code": "\x1b[2J", "detail": "\x1b]0;owned\x07\x9b31m\n\u202e"}),
             "refused"),
    Nonsense("a refusal that passes for a finding of ours",
             instead(403, {"code": "server-went-back", "detail": "Run csb accept-server."}),
             "refused"),
    Nonsense("a refusal that is no text",
             instead(403, b'{"code": "forbidden", "detail": "\\ud800\\udfff \\udc80"}'),
             "forbidden"),
    Nonsense("a refusal of ten megabytes of words",
             instead(403, {"code": "forbidden", "detail": "x" * 900_000}), "forbidden"),
    Nonsense("a time to wait that is no number",
             instead(429, {"code": "too-many-requests", "detail": "Wait."}, Retry_After="nan"),
             "too-many-requests"),
    Nonsense("a session without a token that can be sent",
             told(lambda session: {**session, "token": "\u20ac" * 30}), "server-incompatible",
             "POST", "sessions", RESTORE),
]  # fmt: skip


@pytest.mark.parametrize("nonsense", NONSENSE, ids=lambda nonsense: nonsense.name)
def test_nonsense_is_refused_by_name(
    evil: TamperingServer,
    laptop: Client,
    csb: WarmClient,
    tmp_path: Path,
    nonsense: Nonsense,
    record_property: Callable[[str, object], None],
) -> None:
    before = state_of(laptop)
    command = [word.format(target=tmp_path / "target") for word in nonsense.command]

    with evil.lying(Lie(nonsense.method, nonsense.route, nonsense.change)) as lies:
        outcome = csb.run(command, environment_of(laptop))

    record_property("peak", outcome.peak_bytes)
    assert not lies.troubles
    assert lies.fired, "the lie was never told, so nothing is proven"
    assert (outcome.named, outcome.code) == ({nonsense.code}, 2), outcome.said[:2000]
    assert nonsense.says in outcome.said
    assert "Traceback" not in outcome.said
    assert len(outcome.said) < 20_000
    assert outcome.said.replace("\n", "").isprintable()
    assert outcome.peak_bytes < MOST_BYTES
    device = load_device(Home(laptop.home))
    check_unsaid(
        {"the password": PASSWORD.encode(), "the signing key": device.signing_private},
        sent(lies.asked) + logged(laptop),
    )
    assert state_of(laptop) == before
    check_honest(laptop)


def test_the_document_names_every_row() -> None:
    text = DOCUMENT.read_text()

    for nonsense in NONSENSE:
        assert f"| {nonsense.name} | " in text
        assert f"`{nonsense.code}`" in text


# --- identities --------------------------------------------------------------------------------


def of_the_server(server: Server) -> Authority:
    """The CA as it lies on the server's disk."""
    content = (server.data / "secret" / "ca.pem").read_bytes()
    key = load_pem_private_key(content, None)
    return Authority(key, load_pem_x509_certificates(content)[0])  # type: ignore[arg-type]


def identity(authority: Authority, place: Path, now: datetime) -> Path:
    """A leaf, as `ssl` wants it, that was made at some time."""
    key, leaf = make_leaf(authority, NAMES, now)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = place / "leaf.pem"
    path.write_bytes(secret + leaf.public_bytes(Encoding.PEM) + authority.pem)
    return path


def own_authority() -> Authority:
    return make_authority(NAMES, datetime.now(UTC))


Impostor = Callable[[Server, Path], tuple[Path, list[Lie]]]


def foreign(server: Server, place: Path) -> tuple[Path, list[Lie]]:
    """Somebody else's CA, and a leaf of it."""
    own = own_authority()
    return identity(own, place, datetime.now(UTC)), [Lie("GET", "/ca.crt", instead(200, own.pem))]


def borrowed(server: Server, place: Path) -> tuple[Path, list[Lie]]:
    """The true CA to look at, and a leaf that it never signed."""
    return identity(own_authority(), place, datetime.now(UTC)), []


def expired(server: Server, place: Path) -> tuple[Path, list[Lie]]:
    """A leaf of the true CA from two years ago."""
    return identity(of_the_server(server), place, datetime.now(UTC) - 800 * DAY), []


def unreadable(server: Server, place: Path) -> tuple[Path, list[Lie]]:
    return server.data / "secret" / "leaf.pem", [Lie("GET", "/ca.crt", instead(200, b"junk"))]


def endless_ca(server: Server, place: Path) -> tuple[Path, list[Lie]]:
    lie = Lie("GET", "/ca.crt", instead(200, MEGABYTE))
    return server.data / "secret" / "leaf.pem", [lie]


@pytest.mark.parametrize(
    ("impostor", "code"),
    [
        (foreign, "pin-mismatch"),
        (borrowed, "certificate-refused"),
        (expired, "certificate-refused"),
        (unreadable, "server-incompatible"),
        (endless_ca, "answer-too-long"),
    ],
)
def test_an_impostor_is_told_nothing(
    server: Server, laptop: Client, tmp_path: Path, impostor: Impostor, code: str
) -> None:
    path, lies = impostor(server, tmp_path)
    with ExitStack() as stack:
        evil = stack.enter_context(TamperingServer(server, identity=path))
        told_lies = stack.enter_context(evil.lying(*lies))
        client = Client(tmp_path / "home", evil.url, laptop.pin)

        result = client.run(
            "login", evil.url, "--account", "ada", "--accept-pin", laptop.pin, "--json", code=2
        )

    assert told_lies.asked
    assert all(is_asked_by_anybody(one) for one in told_lies.asked)
    assert all(lie.fired for lie in lies)
    assert result.json["failure"]["code"] == code
    assert not (client.home / "device.json").exists()


def test_the_device_that_was_set_up_knows_its_server_from_an_impostor(
    server: Server, laptop: Client, tmp_path: Path
) -> None:
    path = identity(own_authority(), tmp_path, datetime.now(UTC))
    with TamperingServer(server, identity=path) as evil:
        home = Path(shutil.copytree(laptop.home, tmp_path / "home"))
        save_device(Home(home), replace(load_device(Home(home)), url=evil.url))
        with evil.lying() as lies:
            result = Client(home, evil.url, laptop.pin).run("backup", "--json", code=2)

    assert [one.path for one in lies.asked] == ["/api/v1/public-names", "/ca.crt"]
    assert all(is_asked_by_anybody(one) for one in lies.asked)
    assert result.json["failure"]["code"] == "certificate-refused"


def is_asked_by_anybody(asked: Asked) -> bool:
    """What a client asks of a server that it does not know: nothing about itself."""
    public = asked.path in ("/ca.crt", "/api/v1/public-names")
    return public and "Authorization" not in asked.headers and not asked.body
