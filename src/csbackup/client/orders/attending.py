"""The way of an order on the device.

    ask which there are -> fetch -> check -> may it run unasked? -> write -> remember -> report

It is remembered as over, durably, before the server hears so. A crash before that leaves an order
that goes on where it was: what is there already, the same by size and time, is skipped. A crash
after it leaves an order that is only reported once more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from csbackup.client.browse.nodes import NodeReader
from csbackup.client.config import Home
from csbackup.client.connection import Connection
from csbackup.client.keyring import EnrolledDevice
from csbackup.client.log import LOG
from csbackup.client.orders.checking import CheckedOrder, check_order
from csbackup.client.orders.memory import OrderMemory, Remembered
from csbackup.client.orders.reporting import (
    GOING,
    OrderProgress,
    OrderStopped,
    failed_report,
    final_report,
    reporting,
)
from csbackup.client.restore.context import Limits, Progress, RestoreContext, RestoreResult
from csbackup.client.restore.existing import Rule, stamp_of
from csbackup.client.restore.plan import Selection, select
from csbackup.client.restore.run import run_restore
from csbackup.errors import (
    CsbError,
    FormatError,
    NoSuchOrder,
    OrderInvalid,
    OrderReplayed,
    Refused,
    ServerIncompatible,
    ServerUnreachable,
    TokenRefused,
)
from csbackup.format.ids import SHORT, OrderId
from csbackup.protocol import messages
from csbackup.rules.orders import Reason, reasons_to_ask, sentence

_PASSING = (ServerUnreachable, ServerIncompatible, TokenRefused)
_SHORTEST_ID = 4
_NO_GAP = Limits(read_gap=0)  # what lies between two blocks of an order may not be read


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order to this device: checked, or with what does not hold about it."""

    id: OrderId
    state: messages.OrderState
    checked: CheckedOrder | None
    failure: CsbError | None
    known: Remembered | None
    reasons: tuple[Reason, ...]

    @property
    def may_run(self) -> bool:
        agreed = self.known is not None and self.known.accepted
        return self.checked is not None and (agreed or not self.reasons)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order; `result` where it was carried out to its end."""

    id: OrderId
    report: messages.OrderReport
    state: messages.OrderState
    result: RestoreResult | None = None


@dataclass(frozen=True, slots=True)
class Attendant:
    """Handles the orders to one device. `now_ns`: this machine's clock."""

    home: Home
    own: EnrolledDevice
    connection: Connection
    now_ns: int

    @property
    def memory(self) -> OrderMemory:
        return OrderMemory(self.home)

    def waiting(self) -> Iterator[Waiting]:
        """Every order there is, each looked at when its turn comes."""
        for head in sorted(self.connection.orders(0, 0).orders, key=lambda head: head.number):
            if len(head.order) != SHORT:
                why = "it names an order with an id that is none"
                raise ServerIncompatible(str(self.connection.transport.address), why)
            try:
                yield self.look(OrderId(head.order), head.state)
            except Refused:
                continue  # withdrawn since

    def look(self, order: OrderId, state: messages.OrderState) -> Waiting:
        told = self.connection.order(order)
        try:
            checked = check_order(self.own, order, told, self.now_ns)
            known = self.memory.check(checked.order, checked.document)
        except OrderReplayed as failure:
            return Waiting(order, state, None, failure, self.memory.find(order), ())
        except (FormatError, OrderInvalid) as failure:
            return Waiting(order, state, None, failure, None, ())
        return Waiting(order, state, checked, None, known, _reasons(checked, known))

    def find(self, text: str) -> Waiting:
        """By its id, or the beginning of it."""
        wanted = text.strip().lower()
        heads = self.connection.orders(0, 0).orders
        found = [head for head in heads if head.order.hex().startswith(wanted)]
        if len(wanted) < _SHORTEST_ID or len(found) != 1:
            raise NoSuchOrder(f"There is no order {text} for this device. `csb orders` lists them.")
        return self.look(OrderId(found[0].order), found[0].state)

    def selections(self, checked: CheckedOrder) -> list[Selection]:
        """What it writes, and where; from the signed snapshot down."""
        order = checked.order
        reader = NodeReader(self.connection)
        return select(reader, checked.kept.snapshot.roots, order.paths, order.target or None)

    def accept(self, waiting: Waiting) -> messages.OrderVerdict:
        """A person here agrees. What counts is written down here; the server is only told."""
        checked = _holding(waiting)
        self.memory.accept(checked.order, checked.document)
        return self.connection.report_order(waiting.id, messages.OrderReport("accepted"))

    def refuse(self, waiting: Waiting) -> Outcome:
        """A person here does not want it; it is over."""
        report = messages.OrderReport("refused", message="A person at the device refused it.")
        if waiting.checked is not None:
            self.memory.end(waiting.checked.order, waiting.checked.document, report)
        return self._tell(waiting.id, report)

    def attend(self, waiting: Waiting, progress: Progress) -> Outcome:
        """Carry an order out if it may be; else let the server know why not."""
        if waiting.failure is not None:
            return self._turn_down(waiting, waiting.failure)
        if not waiting.may_run:
            message = f"{sentence(waiting.reasons)} There: csb orders"
            report = messages.OrderReport("waiting", message=message, needs_person=True)
            return self._tell(waiting.id, report)
        return self._carry_out(_holding(waiting), progress)

    def _turn_down(self, waiting: Waiting, failure: CsbError) -> Outcome:
        """What does not hold is over for an honest server; of what ended here it hears again."""
        if waiting.known is not None and waiting.known.ended is not None:
            return self._tell(waiting.id, waiting.known.ended)
        LOG.warning("an order does not hold: %s", failure.code)
        message = f"{failure} [{failure.code}]"
        return self._tell(waiting.id, messages.OrderReport("refused", message=message))

    def _carry_out(self, checked: CheckedOrder, inner: Progress) -> Outcome:
        order = checked.order
        counted = OrderProgress(inner)
        self.memory.begin(order, checked.document)
        first = self.connection.report_order(order.order, messages.OrderReport("running"))
        if first.state not in GOING:
            return Outcome(order.order, counted.report(), first.state)
        LOG.info("an order begins: snapshot %d", order.sequence)
        result = None
        try:
            with reporting(self.connection, order.order, counted):
                result = run_restore(self._restore(checked, counted), counted)
            report = final_report(result, counted.report())
        except OrderStopped as stop:
            return self._stopped(checked, counted, stop.state)
        except _PASSING:
            raise  # it goes on another time
        except Refused as failure:
            verdict = self.connection.report_order(order.order, counted.report())
            if verdict.state not in GOING:
                return self._stopped(checked, counted, verdict.state)
            report = failed_report(failure, counted.report())
        except CsbError as failure:
            report = failed_report(failure, counted.report())
        self.memory.end(order, checked.document, report)
        return replace(self._tell(order.order, report), result=result)

    def _restore(self, checked: CheckedOrder, counted: OrderProgress) -> RestoreContext:
        order = checked.order
        patient = self.connection.patient(_note_waiting)
        return RestoreContext(
            source=patient.ordered(order.order),
            keys=checked.keys,
            kept=checked.kept,
            paths=order.paths,
            to=order.target or None,
            rule=Rule(order.overwrite, stamp_of(checked.kept.received_ns)),
            limits=_NO_GAP,
            on_problem=counted.problem,
        )

    def _stopped(self, checked: CheckedOrder, counted: OrderProgress, state: str) -> Outcome:
        LOG.info("an order ended in the middle: %s", state)
        report = replace(counted.report(), state="failed", message=str(OrderStopped(state)))
        self.memory.end(checked.order, checked.document, report)
        return self._tell(checked.order.order, report)

    def _tell(self, order: OrderId, report: messages.OrderReport) -> Outcome:
        verdict = self.connection.patient(_note_waiting).report_order(order, report)
        return Outcome(order, report, verdict.state)


def _note_waiting(why: str) -> None:
    if why:
        LOG.warning("waiting for the server: %s", why)


def _holding(waiting: Waiting) -> CheckedOrder:
    if waiting.checked is None:
        raise waiting.failure or OrderInvalid("nothing is known of it")
    return waiting.checked


def _reasons(checked: CheckedOrder, known: Remembered | None) -> tuple[Reason, ...]:
    """A folder that this order itself began to write is no reason."""
    begun = known is not None and known.begun
    there = bool(checked.order.target) and not begun and os.path.lexists(checked.order.target)
    return reasons_to_ask(checked.order, signed_here=checked.signed_here, target_is_there=there)
