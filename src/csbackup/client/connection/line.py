"""The connections to one server, and whom they trust."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable

import urllib3
from urllib3.exceptions import LocationParseError

from csbackup.client.connection.address import Address, AddressInvalid
from csbackup.client.connection.patience import PlainPool, SecurePool

Otherwise = Callable[[], ssl.SSLContext | None]


class Line:
    """Connections to one server, and perhaps another way of trusting it, for when one fails."""

    def __init__(
        self, address: Address, context: ssl.SSLContext | None, otherwise: Otherwise | None
    ) -> None:
        self.pool = _open_pool(address, context)
        self._address = address
        self._otherwise = otherwise
        self._turning = threading.Lock()

    def turn(self, refused: urllib3.HTTPConnectionPool) -> bool:
        """Trust otherwise from now on, if there is a way, now that `refused` met a certificate it
        does not trust. The other threads that met it take the way that one of them found."""
        with self._turning:
            if self.pool is not refused:
                return True
            otherwise, self._otherwise = self._otherwise, None
            context = otherwise() if otherwise else None
            if context is None:
                return False
            self.pool = _open_pool(self._address, context)
            refused.close()
            return True


def _open_pool(address: Address, context: ssl.SSLContext | None) -> urllib3.HTTPConnectionPool:
    try:
        return _pool(address, context)
    except LocationParseError:
        raise AddressInvalid(f"{address} is not the address of a server.") from None


def _pool(address: Address, context: ssl.SSLContext | None) -> urllib3.HTTPConnectionPool:
    if context is None:
        return PlainPool(address.host, address.port, maxsize=4)
    if context.check_hostname:  # left to the context: whatever is said here would switch it off
        return SecurePool(address.host, address.port, maxsize=4, ssl_context=context)
    return SecurePool(
        address.host, address.port, maxsize=4, ssl_context=context, assert_hostname=False
    )
