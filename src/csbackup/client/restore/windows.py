"""Steps gathered into windows whose chunks are fetched together, ahead of the writing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from csbackup.client.restore.context import Limits
from csbackup.client.restore.fetch import Fetched
from csbackup.client.restore.items import FilePart, Item
from csbackup.format.chunking import AVERAGE_CHUNK
from csbackup.format.ids import LONG

EXTRAS_BYTES = 256


@dataclass(slots=True)
class Window:
    """Steps, in order, and the chunks that they need."""

    items: list[Item] = field(default_factory=list)
    wanted: set[bytes] = field(default_factory=set)
    size: int = 0


def gather(items: Iterable[Item], limits: Limits) -> Iterator[Window]:
    """Windows of bounded size; a step is never split."""
    window = Window()
    for item in items:
        size = _estimate(item)
        full = window.size + size > limits.window_bytes and window.size
        if (
            full
            or len(window.wanted) >= limits.window_chunks
            or len(window.items) >= limits.window_items
        ):
            yield window
            window = Window()
        window.items.append(item)
        window.size += size
        _want(item, window.wanted)
    if window.items:
        yield window


def _estimate(item: Item) -> int:
    if type(item) is not FilePart or item.same or item.later:
        return EXTRAS_BYTES
    if item.first and item.last:
        return item.entry.size + EXTRAS_BYTES
    content = item.entry.content
    number = len(content) // LONG if type(content) is bytes else 0
    average = item.entry.size // number if number else 2 * AVERAGE_CHUNK
    return average * len(item.chunks)


def _want(item: Item, wanted: set[bytes]) -> None:
    entry = getattr(item, "entry", None)
    if entry is not None and entry.extras:
        wanted.add(entry.extras)
    if type(item) is FilePart and not item.same and not item.later:
        wanted.update(item.chunks)


def fetch_ahead(
    windows: Iterable[Window], fetch: Callable[[Iterable[bytes]], Fetched], ahead: int
) -> Iterator[tuple[Window, Fetched]]:
    """Each window with its chunks, in order, while the next ones are on their way."""
    waiting: deque[tuple[Window, Future[Fetched]]] = deque()
    with ThreadPoolExecutor(ahead, thread_name_prefix="fetch") as pool:
        try:
            for window in windows:
                waiting.append((window, pool.submit(fetch, window.wanted)))
                if len(waiting) > ahead:
                    yield _take(waiting)
            while waiting:
                yield _take(waiting)
        finally:
            for _, future in waiting:
                future.cancel()


def _take(waiting: deque[tuple[Window, Future[Fetched]]]) -> tuple[Window, Fetched]:
    window, future = waiting.popleft()
    return window, future.result()
