"""Ports for what must know its port before it listens."""

from __future__ import annotations

import socket


def free_port() -> int:
    """One that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
