"""Threads that pass work on through bounded queues, and fail together."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Work = Callable[[Item], None]


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
        """Hand an item over; waits while the queue is full."""
        self._fault.check()
        self._queue.put((item,))

    def wait(self) -> None:
        """Until everything handed over so far is done."""
        self._queue.join()
        self._fault.check()

    def stop(self) -> None:
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self, make_work: Callable[[], Work[Item]]) -> None:
        work = make_work()
        while (handed := self._queue.get()) is not None:
            try:
                if self._fault.first is None:
                    work(handed[0])
            except BaseException as failure:  # noqa: BLE001  the main thread raises it
                self._fault.report(failure)
            finally:
                self._queue.task_done()
                handed = None  # or a thread that waits keeps its last buffer alive
