"""Keeping to limits of the link."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from urllib3 import HTTPConnectionPool

from csbackup.client.connection import Pace
from csbackup.client.connection.address import read_address
from csbackup.client.connection.line import Line
from csbackup.client.connection.transport import Request, Transport
from csbackup.rules.limits import UNLIMITED, Rates


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def make(rates: Rates) -> tuple[Pace, Clock, list[Rates]]:
    clock, holder = Clock(), [rates]
    return Pace(lambda: holder[0], clock=clock, sleep=clock.sleep), clock, holder


@pytest.mark.parametrize("rate", [8_192, 100_000, 5_000_000, 200_000_000])
def test_over_ten_seconds_the_rate_is_met_within_a_tenth(rate: int) -> None:
    pace, clock, _ = make(Rates(rate, None))
    content = [bytes(rate) for _ in range(10)]

    sent = sum(len(piece) for piece in pace.sending(content))

    assert sent == 10 * rate
    assert clock.now - 1000 == pytest.approx(10, rel=0.1)


def test_what_comes_out_is_what_went_in() -> None:
    pace, _, _ = make(Rates(9_000, None))

    assert b"".join(pace.sending([b"one", memoryview(b"two" * 5_000), b"", b"end"])) == (
        b"one" + b"two" * 5_000 + b"end"
    )


def test_a_new_limit_counts_in_the_middle_of_a_body() -> None:
    pace, clock, holder = make(Rates(10_000, None))
    pieces = pace.sending([bytes(1_000_000)])
    while clock.now < 1010:
        next(pieces)

    holder[0] = Rates(1_000_000, None)
    rest = sum(len(piece) for piece in pieces)

    assert rest == pytest.approx(900_000, rel=0.05)
    assert clock.now < 1010 + 3 + 2


def test_a_window_that_ends_soon_is_not_overslept() -> None:
    pace, clock, holder = make(Rates(10_000, None, seconds=1.0))
    pieces = pace.sending([bytes(1_000_000)])
    next(pieces)
    holder[0] = UNLIMITED

    for _ in pieces:
        pass

    assert clock.now - 1000 < 1.5


def test_what_was_not_used_is_not_saved_up() -> None:
    pace, clock, _ = make(Rates(100_000, None))
    list(pace.sending([bytes(10)]))
    clock.now += 3600

    begun = clock.now
    list(pace.sending([bytes(1_000_000)]))

    assert clock.now - begun == pytest.approx(10, rel=0.05)


def test_two_threads_share_one_limit() -> None:
    pace = Pace(lambda: Rates(2_000_000, None))
    begun = time.monotonic()

    threads = [
        threading.Thread(target=lambda: list(pace.sending([bytes(1_000_000)]))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert time.monotonic() - begun == pytest.approx(1.0, abs=0.3)


class Listener:
    """An HTTP server on loopback that takes any body, and answers with `answer`."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.heads: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection, connection.makefile("rb") as lines:
            while line := lines.readline():
                head = [line]
                while (line := lines.readline()) not in (b"\r\n", b""):
                    head.append(line)
                self.heads.append(b"".join(head).lower())
                length = self.heads[-1].partition(b"content-length: ")[2].partition(b"\r\n")[0]
                left = int(length or 0)
                while left:
                    left -= len(lines.read(min(left, 4096)))
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self._answer)
                    + self._answer
                )

    def close(self) -> None:
        self._socket.close()


def test_requests_over_loopback_keep_to_the_limits_both_ways() -> None:
    server = Listener(bytes(600_000))
    address = read_address(server.url)
    transport = Transport(address, None).paced(Pace(lambda: Rates(300_000, 400_000)))
    begun = time.monotonic()

    response = transport.send(Request("POST", "/x", lambda: bytes(900_000)))

    took = time.monotonic() - begun
    transport.close()
    server.close()
    assert len(response.content) == 600_000
    assert took == pytest.approx(900_000 / 300_000 + 600_000 / 400_000, rel=0.12)
    assert b"content-length: 900000" in server.heads[0]
    assert b"chunked" not in server.heads[0]


def test_without_limits_a_body_is_passed_on_untouched() -> None:
    passed: list[object] = []

    class Pool(HTTPConnectionPool):
        def urlopen(self, *_: object, **given: object) -> object:  # type: ignore[override]
            passed.append(given["body"])
            raise OSError("that is enough")

    body, address = object(), read_address("http://127.0.0.1:9")
    line = Line(address, None, None)
    line.pool = Pool("127.0.0.1")
    transport = Transport(address, None, line=line).paced(Pace(lambda: UNLIMITED))

    with pytest.raises(Exception, match="No answer"):
        transport.send(Request("PUT", "/x", lambda: body, repeat=False))

    assert passed == [body]
