"""Requests to a server on loopback that answers as the test says."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from csbackup.client.config import Home
from csbackup.client.connection import (
    Connection,
    Transport,
    ask_server,
    open_transport,
    read_address,
    read_pin,
    show_pin,
    sign_in,
)
from csbackup.client.connection.address import AddressInvalid, PinInvalid
from csbackup.client.connection.device import WRITE_BYTES, gather
from csbackup.client.connection.person import PersonConnection
from csbackup.client.connection.reading import LOCATE_BYTES
from csbackup.client.connection.transport import Request
from csbackup.errors import (
    Refused,
    ServerIncompatible,
    ServerUnreachable,
    TokenRefused,
    WrongPassword,
    WrongRecoveryKey,
)
from csbackup.format.ids import DeviceId, NodeId, UploadId
from csbackup.format.packing import BLOCKS, PackBuilder, PackOwner
from csbackup.protocol import frames, messages
from csbackup.protocol.adapter import render

INFO = messages.ServerInfo(
    "csb", "0.1.0", 1, 1, "00" * 32, "", "http://x", "local", True, False, "", ""
)


class Answers:
    """Answers in turn, the last one for ever; keeps what was asked."""

    def __init__(self, *answers: tuple[int, bytes, dict[str, str]]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, bytes, dict[str, str]]] = []

    def next(self) -> tuple[int, bytes, dict[str, str]]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(answers: Answers) -> Iterator[Transport]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answers.asked.append((self.command, self.path, body, dict(self.headers)))
            status, content, headers = answers.next()
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    transport = Transport(read_address(f"http://127.0.0.1:{server.server_port}"), None)
    try:
        yield transport
    finally:
        transport.close()
        server.shutdown()
        server.server_close()
        thread.join()


def said(message: object) -> tuple[int, bytes, dict[str, str]]:
    return 200, json.dumps(render(message)).encode(), {}


def problem(status: int, code: str, **more: object) -> tuple[int, bytes, dict[str, str]]:
    document = {"status": status, "code": code, "detail": "No.", **more}
    return status, json.dumps(document).encode(), {}


# --- addresses and pins ---


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("https://nas.local:8443", "https://nas.local:8443"),
        ("nas.local", "https://nas.local"),
        ("nas.local:8443", "https://nas.local:8443"),
        (" https://nas.local/backup/ ", "https://nas.local/backup"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://localhost:8080", "http://localhost:8080"),
    ],
)
def test_addresses_are_read_as_people_type_them(typed: str, read: str) -> None:
    assert str(read_address(typed)) == read


@pytest.mark.parametrize(
    "typed",
    ["", "ftp://nas", "https://", "http://nas.local", "http://192.168.0.2", "https://a:b@nas",
     "https://nas:notaport", "https://nas?x=1"],
)  # fmt: skip
def test_other_addresses_are_refused(typed: str) -> None:
    with pytest.raises(AddressInvalid):
        read_address(typed)


def test_pins_are_read_with_colons_spaces_and_capitals() -> None:
    assert read_pin("AB:" * 31 + "ab") == "ab" * 32
    assert read_pin(show_pin("0123456789abcdef" * 4)) == "0123456789abcdef" * 4


@pytest.mark.parametrize("typed", ["", "ab", "zz" * 32, "ab" * 33])
def test_other_pins_are_refused(typed: str) -> None:
    with pytest.raises(PinInvalid):
        read_pin(typed)


# --- requests ---


def test_a_message_goes_and_comes_as_json() -> None:
    answers = Answers(said(INFO))
    with serving(answers) as transport:
        info = transport.with_token("csbd_t").ask(messages.ServerInfo, "GET", "server")

    assert info == INFO
    method, path, _, headers = answers.asked[0]
    assert (method, path) == ("GET", "/api/v1/server")
    assert headers["Authorization"] == "Bearer csbd_t"
    assert headers["User-Agent"].startswith("csb/")


def test_an_answer_that_did_not_come_is_asked_for_again() -> None:
    answers = Answers((0, b"", {}), said(INFO))
    with serving(answers) as transport:
        assert transport.ask(messages.ServerInfo, "GET", "server") == INFO

    assert len(answers.asked) == 2


def test_a_server_that_is_busy_is_asked_again() -> None:
    answers = Answers(said(INFO), (503, b"", {}), (502, b"", {}), said(INFO))
    with serving(answers) as transport:
        transport.ask(messages.ServerInfo, "GET", "server")
        assert transport.ask(messages.ServerInfo, "GET", "server") == INFO

    assert len(answers.asked) == 4


def test_what_must_not_be_done_twice_is_not_repeated() -> None:
    answers = Answers(said(INFO), (0, b"", {}))
    with serving(answers) as transport:
        transport.ask(messages.ServerInfo, "GET", "server")
        with pytest.raises(ServerUnreachable):
            transport.ask(messages.Done, "POST", "devices", messages.KdfRequest("anna"))

    assert len(answers.asked) == 2


def test_a_limit_is_waited_for_once() -> None:
    limit = (429, problem(429, "too-many-requests")[1], {"Retry-After": "0.1"})
    with serving(Answers(limit, said(INFO))) as transport:
        assert transport.ask(messages.ServerInfo, "GET", "server") == INFO
    with serving(Answers(limit)) as transport, pytest.raises(Refused) as refused:
        transport.ask(messages.ServerInfo, "GET", "server")

    assert refused.value.problem == "too-many-requests"


def test_a_problem_document_becomes_an_error_with_its_code() -> None:
    missing = [{"kind": "chunk", "id": "00"}]
    answers = Answers(problem(409, "missing-references", missing=missing))
    with serving(answers) as transport, pytest.raises(Refused) as refused:
        transport.ask(messages.Done, "GET", "account")

    assert (refused.value.status, refused.value.problem) == (409, "missing-references")
    assert refused.value.extra == {"missing": missing}
    assert str(refused.value) == "No."


def test_a_token_that_no_longer_holds_is_explained() -> None:
    with serving(Answers(problem(401, "not-signed-in"))) as transport:
        with pytest.raises(TokenRefused, match="no longer accepts this device"):
            transport.with_token("csbd_x").ask(messages.Done, "GET", "account")
        with pytest.raises(TokenRefused, match="ended this sign-in"):
            transport.with_token("csbs_x").ask(messages.Done, "GET", "account")


def test_a_sign_in_that_fails_says_which_secret_was_wrong() -> None:
    with serving(Answers(problem(401, "sign-in-failed"))) as transport:
        with pytest.raises(WrongPassword):
            sign_in(transport, messages.SignIn("anna", auth=b"a" * 32))
        with pytest.raises(WrongRecoveryKey):
            sign_in(transport, messages.SignIn("anna", recovery_auth=b"a" * 32))


@pytest.mark.parametrize(
    "answer", [(200, b"<html>", {}), (404, b"<html>", {}), (302, b"", {"Location": "http://x"})]
)
def test_something_that_is_no_backup_server_is_recognised(
    answer: tuple[int, bytes, dict[str, str]],
) -> None:
    with serving(Answers(answer)) as transport, pytest.raises(ServerIncompatible):
        ask_server(transport, "")


@pytest.mark.parametrize(("oldest", "newest", "whom"), [(2, 3, "client"), (0, 0, "server")])
def test_a_server_of_another_time_is_told_who_to_update(
    oldest: int, newest: int, whom: str
) -> None:
    info = {**render(INFO), "protocol_oldest": oldest, "protocol_newest": newest}
    with (
        serving(Answers((200, json.dumps(info).encode(), {}))) as transport,
        pytest.raises(ServerIncompatible, match=f"Update the {whom}"),
    ):
        ask_server(transport, "")


def test_a_server_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    address = read_address("http://127.0.0.1:9")
    transport = open_transport(Home(tmp_path), address, "")

    with pytest.raises(ServerUnreachable, match="Connection refused"):
        ask_server(transport, "")


# --- what a device asks ---


def device(transport: Transport) -> Connection:
    return Connection(transport, DeviceId(b"d" * 16))


def test_a_pack_goes_in_one_piece_with_its_length() -> None:
    builder = PackBuilder(BLOCKS, PackOwner(b"a" * 16, b"d" * 16, UploadId(b"u" * 16)))  # type: ignore[arg-type]
    for number in range(40):
        builder.add_block(bytes([number]) * 32, bytes([number]) * 20_000, [b"c" * 32])  # type: ignore[list-item]
    pack = builder.finish()
    answers = Answers(said(messages.PackReceived(pack.id, True)))
    with serving(answers) as transport:
        received = device(transport).put_pack(b"u" * 16, pack)

    method, path, body, headers = answers.asked[0]
    assert (method, path) == ("PUT", f"/api/v1/uploads/{'75' * 16}/packs/{pack.id.hex()}")
    assert body == b"".join(pack.parts)
    assert headers["Content-Length"] == str(pack.size)
    assert "Transfer-Encoding" not in headers
    assert received.new


def test_a_pack_that_broke_off_is_sent_whole_again() -> None:
    builder = PackBuilder(BLOCKS, PackOwner(b"a" * 16, b"d" * 16, UploadId(b"u" * 16)))  # type: ignore[arg-type]
    builder.add_block(b"b" * 32, b"x" * 500_000, [b"c" * 32])  # type: ignore[list-item]
    pack = builder.finish()
    answers = Answers((0, b"", {}), said(messages.PackReceived(pack.id, True)))
    with serving(answers) as transport:
        device(transport).put_pack(b"u" * 16, pack)

    assert [len(body) for _, _, body, _ in answers.asked] == [pack.size, pack.size]


def test_small_parts_are_joined_and_big_ones_are_not_copied() -> None:
    big = bytes(WRITE_BYTES)
    parts = [b"a" * 100_000, b"b" * 100_000, b"c" * 100_000, big, b"d"]

    writes = list(gather(parts))

    assert b"".join(writes) == b"".join(parts)
    assert [len(write) for write in writes] == [300_000, 0, WRITE_BYTES, 1]
    assert isinstance(writes[2], memoryview)
    assert writes[2].obj is big


def test_ids_are_cut_to_the_width_that_is_asked() -> None:
    answers = Answers((200, frames.pack_bits([True, False]), {}))
    with serving(answers) as transport:
        found = device(transport).have(b"u" * 16, [b"1" * 32, b"2" * 32], kind="chunks", width=8)

    assert found == [True, False]
    assert answers.asked[0][1].endswith("/have?kind=chunks&width=8")
    assert answers.asked[0][2] == b"1" * 8 + b"2" * 8


def test_nodes_that_an_answer_left_out_are_asked_for_again() -> None:
    ids = [NodeId(bytes([number]) * 32) for number in range(3)]
    answers = Answers(
        (200, frames.encode_nodes([(ids[0], b"0"), (ids[1], b"1")]), {}),
        (200, frames.encode_nodes([(ids[2], b"2")]), {}),
    )
    with serving(answers) as transport:
        found = device(transport).nodes(ids)

    assert found == {ids[0]: b"0", ids[1]: b"1", ids[2]: b"2"}


def test_nodes_that_nobody_asked_for_do_not_keep_us_asking() -> None:
    stranger = frames.encode_nodes([(NodeId(b"s" * 32), b"0")])
    with serving(Answers((200, stranger, {}))) as transport:
        assert device(transport).nodes([NodeId(b"n" * 32)]) == {}


def test_another_part_of_a_pack_than_asked_for_is_refused() -> None:
    with serving(Answers((206, b"12345", {}))) as transport:
        assert device(transport).read_upload_pack(b"u" * 16, b"p" * 32, 10, 15) == b"12345"
        with pytest.raises(ServerIncompatible):
            device(transport).read_upload_pack(b"u" * 16, b"p" * 32, 10, 14)
    with serving(Answers((200, b"12345", {}))) as transport, pytest.raises(ServerIncompatible):
        device(transport).read_upload_pack(b"u" * 16, b"p" * 32, 10, 15)


# --- what a hostile server sends ---


@contextmanager
def dripping(start: bytes, pause: float) -> Iterator[Transport]:
    """A server that sends one byte at a time, for as long as anybody listens."""
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(start)
            for _ in range(1000):
                connection.sendall(b" ")
                time.sleep(pause)

    thread = threading.Thread(target=drip)
    thread.start()
    transport = Transport(read_address(f"http://127.0.0.1:{listener.getsockname()[1]}"), None)
    try:
        yield transport
    finally:
        transport.close()
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"],
    ids=["before the answer", "in its headers", "in its content"],
)
def test_an_answer_that_trickles_is_not_waited_for(start: bytes) -> None:
    began = time.monotonic()
    request = Request("GET", "/api/v1/server", repeat=False, read_seconds=0.4)

    with (
        dripping(start, 0.05) as transport,
        pytest.raises(ServerUnreachable, match="it took too long"),
    ):
        transport.send(request)

    assert time.monotonic() - began < 5


def test_places_whose_answer_is_too_long_are_asked_for_in_halves() -> None:
    answers = Answers((200, bytes(LOCATE_BYTES + 1), {}), (200, b"\x80", {}))
    with serving(answers) as transport:
        found = list(PersonConnection(transport).locate([b"1" * 32, b"2" * 32]))

    assert found == []
    assert [body for _, _, body, _ in answers.asked] == [
        b"1" * 32 + b"2" * 32, b"1" * 32, b"2" * 32
    ]  # fmt: skip


@pytest.mark.parametrize("token", ["csbs_x\r\nX-More: y", "csbs_\u20ac", "x" * 1000])
def test_a_token_that_no_header_can_hold_is_refused(token: str) -> None:
    with (
        serving(Answers(said(INFO))) as transport,
        pytest.raises(ServerIncompatible, match="a token that is none"),
    ):
        transport.with_token(token)
