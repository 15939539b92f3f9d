"""What a device believes of a restore order, and what it remembers of those that are over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from csbackup.client.config import Home
from csbackup.client.keyring import EnrolledDevice
from csbackup.client.orders.checking import CheckedOrder, check_order
from csbackup.client.orders.memory import FILE, OrderMemory
from csbackup.client.orders.reporting import OrderProgress, OrderStopped, final_report
from csbackup.client.problems import Problem
from csbackup.client.restore.context import RestoreResult
from csbackup.errors import (
    CsbError,
    OrderExpired,
    OrderInvalid,
    OrderReplayed,
    PathProblem,
    SignatureInvalid,
)
from csbackup.format.ids import DeviceId, NodeId, SnapshotId, SourceId, snapshot_id
from csbackup.format.keys import account_keys, sign
from csbackup.format.orders import LIFE_NS, SIGN_ORDER, Order
from csbackup.format.snapshot import (
    SIGN_CERTIFICATE,
    SIGN_SNAPSHOT,
    Certificate,
    Snapshot,
    Totals,
)
from csbackup.protocol.messages import DeviceOrder, OrderReport
from support.order_samples import (
    ACCOUNT,
    CREATED,
    DEVICE,
    KEYS,
    ORDER,
    SEALING,
    SIGNING,
    SOURCE,
)
from support.restoring import Quiet

NOW = CREATED + LIFE_NS // 2
OWN = EnrolledDevice(
    url="",
    pin="",
    account_name="ada",
    device_name="laptop",
    account=ACCOUNT,
    device=DEVICE,
    serial=2,
    keys=KEYS.device,
    signing_private=SIGNING.private_bytes_raw(),
    sealing_private=SEALING.private_bytes_raw(),
    token="",
)
DONE = OrderReport("done")


def certificate_of(device: DeviceId, serial: int) -> bytes:
    public = SIGNING.public_key().public_bytes_raw()
    return Certificate(ACCOUNT, device, serial, public, bytes(32), 0).encode()


def snapshot_of(device: DeviceId, serial: int = 2) -> bytes:
    node = NodeId(bytes(32))
    return Snapshot(
        account=ACCOUNT,
        device=device,
        serial=serial,
        source=SourceId(bytes(16)),
        sequence=7,
        previous=SnapshotId(bytes(32)),
        started_ns=0,
        finished_ns=0,
        settings=node,
        roots=node,
        report=node,
        totals=Totals(),
        coverage_ppm=0,
    ).encode()


def told(order: Order = ORDER, *, source: DeviceId = SOURCE, **changes: Any) -> DeviceOrder:
    """What an honest server tells of an order, but for `changes`."""
    snapshot = snapshot_of(source)
    order = replace(order, source=source, snapshot=snapshot_id(snapshot))
    document = changes.pop("order", order).encode()
    certificate = certificate_of(source, 2)
    honest = DeviceOrder(
        now=NOW,
        state="waiting",
        document=document,
        signature=sign(KEYS.signing_private, SIGN_ORDER, document),
        source_name="desktop",
        snapshot=snapshot,
        snapshot_signature=sign(SIGNING, SIGN_SNAPSHOT, snapshot),
        received=CREATED,
        certificate=certificate,
        certificate_signature=sign(KEYS.signing_private, SIGN_CERTIFICATE, certificate),
        files=1,
        bytes=1,
    )
    return replace(honest, **changes)


def check(message: DeviceOrder, *, own: EnrolledDevice = OWN, now: int = NOW) -> CheckedOrder:
    return check_order(own, ORDER.order, message, now)


def test_an_order_that_holds_is_taken() -> None:
    checked = check(told())

    assert checked.order.target == ORDER.target
    assert checked.kept.snapshot.sequence == 7
    assert not checked.signed_here


def test_what_the_device_signed_itself_is_known_as_its_own() -> None:
    assert check(told(source=DEVICE)).signed_here


def test_what_an_earlier_key_of_the_device_signed_is_not_its_own() -> None:
    taken_over = replace(OWN, signing_private=bytes(32))

    assert not check(told(source=DEVICE), own=taken_over).signed_here


@pytest.mark.parametrize(
    ("message", "failure"),
    [
        (told(signature=bytes(64)), SignatureInvalid),
        (told(order=replace(ORDER, device=SOURCE)), OrderInvalid),
        (told(replace(ORDER, serial=1)), OrderInvalid),
        (told(replace(ORDER, serial=3)), OrderInvalid),
        (told(replace(ORDER, account=bytes(16))), OrderInvalid),
        (told(replace(ORDER, order=bytes(16))), OrderInvalid),
        (told(replace(ORDER, target=b"relative/folder")), OrderInvalid),
        (
            told(replace(ORDER, created_ns=NOW + 2 * 10**14, expires_ns=NOW + 3 * 10**14)),
            OrderInvalid,
        ),
        (told(now=CREATED + LIFE_NS), OrderExpired),
        (told(replace(ORDER, sequence=8)), OrderInvalid),
        (told(received=-1), OrderInvalid),
        (told(snapshot=snapshot_of(DEVICE)), OrderInvalid),
        (told(snapshot_signature=bytes(64)), SignatureInvalid),
        (told(certificate_signature=bytes(64)), SignatureInvalid),
        (told(certificate=certificate_of(SOURCE, 3)), SignatureInvalid),
    ],
)
def test_what_does_not_hold_is_named(message: DeviceOrder, failure: type[CsbError]) -> None:
    with pytest.raises(failure):
        check(message)


@pytest.mark.parametrize(("device", "serial"), [(DEVICE, 2), (SOURCE, 3)])
def test_a_certificate_of_something_else_is_no_proof(device: DeviceId, serial: int) -> None:
    certificate = certificate_of(device, serial)
    signature = sign(KEYS.signing_private, SIGN_CERTIFICATE, certificate)

    with pytest.raises(OrderInvalid):
        check(told(certificate=certificate, certificate_signature=signature))


def test_an_order_expires_by_the_devices_own_clock_too() -> None:
    with pytest.raises(OrderExpired):
        check(told(), now=ORDER.expires_ns)


def test_another_accounts_order_is_refused() -> None:
    stranger = account_keys(bytes(32), ACCOUNT)
    document = ORDER.encode()

    with pytest.raises(SignatureInvalid):
        check(
            told(document=document, signature=sign(stranger.signing_private, SIGN_ORDER, document))
        )


# --- what is remembered --------------------------------------------------------------------------


@pytest.fixture
def memory(tmp_path: Path) -> OrderMemory:
    (tmp_path / "home").mkdir()
    return OrderMemory(Home(tmp_path / "home"))


def lively(number: int, order: bytes = b"") -> Order:
    """One that expires late enough to be remembered now."""
    id = order or number.to_bytes(16, "big")
    return replace(ORDER, order=id, number=number, created_ns=2**62, expires_ns=2**62 + 1)


def test_an_order_that_is_over_is_not_taken_again(memory: OrderMemory) -> None:
    order = lively(5)
    memory.begin(order, b"document")
    begun = memory.check(order, b"document")
    memory.end(order, b"document", DONE)

    assert begun is not None and begun.begun
    with pytest.raises(OrderReplayed):
        memory.check(order, b"document")
    found = memory.find(order.order)
    assert found is not None and found.ended == DONE


def test_another_order_of_the_same_number_is_not_taken(memory: OrderMemory) -> None:
    memory.end(lively(5), b"document", DONE)

    with pytest.raises(OrderReplayed):
        memory.check(lively(5, b"x" * 16), b"another")
    assert memory.check(lively(4), b"earlier, and still waiting") is None


def test_who_accepts_an_order_accepts_these_bytes_and_no_others(memory: OrderMemory) -> None:
    order = lively(5)
    memory.accept(order, b"as it was shown")

    accepted = memory.check(order, b"as it was shown")

    assert accepted is not None and accepted.accepted
    with pytest.raises(OrderReplayed):
        memory.check(order, b"as it is now")


def test_what_was_forgotten_is_over_with_all_numbers_below(memory: OrderMemory) -> None:
    long_ago = replace(ORDER, number=9, created_ns=1, expires_ns=2)
    memory.end(long_ago, b"document", DONE)

    for number in (9, 8, 1):
        with pytest.raises(OrderReplayed):
            memory.check(lively(number, bytes([number]) * 16), b"any")
    assert memory.check(lively(10), b"newer") is None


def test_nobody_else_may_look_into_the_memory(memory: OrderMemory, tmp_path: Path) -> None:
    memory.end(lively(29), b"document", DONE)

    assert memory.find(lively(29).order) is not None
    assert (tmp_path / "home" / FILE).stat().st_mode & 0o077 == 0


def test_a_spoilt_memory_is_named_and_nothing_is_carried_out(
    memory: OrderMemory, tmp_path: Path
) -> None:
    memory.end(lively(5), b"document", DONE)
    path = tmp_path / "home" / FILE
    path.write_bytes(path.read_bytes().replace(b'"number": 5', b'"number": 6'))

    with pytest.raises(PathProblem, match="orders.json is damaged"):
        memory.check(lively(6), b"document")


# --- what is reported ----------------------------------------------------------------------------


def test_progress_adds_up_and_stops_when_the_order_is_over() -> None:
    progress = OrderProgress(Quiet())
    progress.found(3, 300)
    progress.done(1, 100)
    for number in range(60):
        progress.problem(Problem("exists", b"/a/%d" % number, "It is there."))

    report = progress.report()
    progress.ended = "withdrawn"

    assert (report.files, report.files_done, report.bytes_done) == (3, 1, 100)
    assert (report.problems, len(report.problem_lines)) == (60, 50)
    with pytest.raises(OrderStopped):
        progress.done(1, 100)


@pytest.mark.parametrize(
    ("files", "skipped", "state"), [(0, 0, "failed"), (1, 0, "done"), (0, 1, "done")]
)
def test_an_order_failed_when_nothing_at_all_could_be_written(
    files: int, skipped: int, state: str
) -> None:
    problems = (Problem("content-lacking", b"/a", "It cannot be had."),)
    result = RestoreResult(bytes(32), 1, files, files, skipped, (), problems, 0.1)

    assert final_report(result, OrderReport("running", files=2)).state == state
