"""What is tried again, and what ends the waiting."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from csbackup.client.connection import Transport, read_address
from csbackup.client.connection.address import AddressInvalid
from csbackup.client.connection.transport import Request
from csbackup.client.connection.trust import trusting_nobody
from csbackup.errors import ServerUnreachable

ASK = Request("GET", "/")


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[int, list[socket.socket]]]:
    """A port whose connections get these answers in turn and are closed; those that came."""
    listener = socket.create_server(("127.0.0.1", 0))
    came: list[socket.socket] = []

    def run() -> None:
        for answer in answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            came.append(connection)
            if answer:
                connection.recv(65536)
                connection.sendall(answer)
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], came
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def answer(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode()


def test_a_request_that_the_server_gave_up_on_while_we_slept_is_tried_again() -> None:
    with answering(answer("408 Request Timeout"), answer("200 OK")) as (port, came):
        transport = Transport(read_address(f"http://127.0.0.1:{port}"), None)

        assert transport.send(ASK).status == 200
        assert len(came) == 2
        transport.close()


def test_a_connection_cut_in_its_handshake_is_tried_again() -> None:
    with answering(b"", b"", b"") as (port, came):
        transport = Transport(read_address(f"https://127.0.0.1:{port}"), trusting_nobody())

        with pytest.raises(ServerUnreachable):
            transport.send(ASK)
        assert len(came) == 2
        transport.close()


def test_what_went_wrong_is_said_without_a_librarys_words() -> None:
    with answering(b"", b"") as (port, _):
        transport = Transport(read_address(f"http://127.0.0.1:{port}"), None)

        with pytest.raises(ServerUnreachable) as failure:
            transport.send(ASK)
        assert "Connection aborted" not in str(failure.value)
        transport.close()


def test_closing_ends_the_waiting_of_others() -> None:
    with answering(answer("200 OK")) as (port, _):
        transport = Transport(read_address(f"http://127.0.0.1:{port}"), None)
        transport.send(ASK)
    failures: list[ServerUnreachable] = []

    def ask() -> None:
        try:
            transport.patient(lambda why: None).send(ASK)
        except ServerUnreachable as failure:
            failures.append(failure)

    waiting = threading.Thread(target=ask)
    waiting.start()
    time.sleep(1)
    asked = time.monotonic()
    transport.close()
    waiting.join(10)

    assert len(failures) == 1
    assert time.monotonic() - asked < 2


@pytest.mark.parametrize("host", ["127.0.0.\u00b1", "127.0.0.1%zz", "127.0.0.1\x7f"])
def test_an_address_that_no_name_can_be_is_said(host: str) -> None:
    with pytest.raises(AddressInvalid):
        Transport(read_address(f"https://{host}:9"), trusting_nobody())
