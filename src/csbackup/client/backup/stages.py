"""Threads that pass work on through bounded queues, and fail together."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

Item = TypeVar("Item")
Work = Callable[[Item], None]

_LOOK_SECONDS = 0.5  # how soon a thread that waits to hand over notices that all is over
_PARTING_SECONDS = 1.0  # for threads that are in the middle of a request


class Fault:
    """The first failure of any stage. From then on the stages only empty their queues."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.first: BaseException | None = None

    def report(self, failure: BaseException) -> None:
        with self._lock:
            self.first = self.first or failure

    def check(self) -> None:
        if self.first is not None:
            raise self.first


class Stage(Generic[Item]):
    """Some threads that share one queue. `make_work` runs once in each thread."""

    def __init__(
        self, name: str, make_work: Callable[[], Work[Item]], *, threads: int, fault: Fault
    ) -> None:
        self._queue: queue.Queue[tuple[Item] | None] = queue.Queue(maxsize=1)
        self._fault = fault
        self._threads = [
            threading.Thread(target=self._run, args=(make_work,), name=f"{name}-{n}", daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def idle(self) -> bool:
        return self._queue.empty()

    def put(self, item: Item) -> None:
        """Hand an item over; waits while the queue is full, unless something failed."""
        while True:
            self._fault.check()
            with suppress(queue.Full):
                self._queue.put((item,), timeout=_LOOK_SECONDS)
                return

    def wait(self) -> None:
        """Until everything handed over so far is done."""
        self._queue.join()
        self._fault.check()

    def stop(self) -> None:
        """End the threads. One that waits for the server ends when that wait does: it is not
        waited for, or a person who stops a run would wait for a network that is away.
        """
        self._pass_on_the_end()
        until = time.monotonic() + _PARTING_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _pass_on_the_end(self) -> None:
        """In place of whatever still waits in the queue."""
        while True:
            try:
                self._queue.put_nowait(None)
            except queue.Full:
                with suppress(queue.Empty):
                    self._queue.get_nowait()
                    self._queue.task_done()
            else:
                return

    def _run(self, make_work: Callable[[], Work[Item]]) -> None:
        self._work_off(make_work())
        self._pass_on_the_end()  # to the next of these threads

    def _work_off(self, work: Work[Item]) -> None:
        while (handed := self._queue.get()) is not None:
            try:
                if self._fault.first is None:
                    work(handed[0])
            except BaseException as failure:  # noqa: BLE001  the main thread raises it
                self._fault.report(failure)
            finally:
                self._queue.task_done()
                handed = None  # or a thread that waits keeps its last buffer alive
