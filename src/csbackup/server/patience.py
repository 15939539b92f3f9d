"""How long a connection may take to say what it wants, or goodbye, and how much it may say."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 10
HEADER_BYTES = 64 * 1024
GOODBYE_SECONDS = 3


class PatientProtocol(HttpToolsProtocol):
    """Ends connections that do not finish the head of a request in time, or make it too long."""

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._have_head()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._have_head()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._deadline is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEADER_BYTES:
                self.transport.close()

    def shutdown(self) -> None:
        """End the connection, now or after the answer that is on its way.

        TLS waits half a minute for a client's goodbye, which one that keeps a connection for later
        never says: without this, a server that is told to stop would be away for so long.
        """
        super().shutdown()
        self._await_goodbye()

    def _await_goodbye(self) -> None:
        self.loop.call_later(GOODBYE_SECONDS, self._end_or_await)

    def _end_or_await(self) -> None:
        if self.transport.is_closing():
            self.transport.abort()
        else:
            self._await_goodbye()

    def _await_head(self) -> None:
        self._have_head()
        self._head_bytes = 0
        self._deadline = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _have_head(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
