"""How the server listens."""

from __future__ import annotations

import socket
from pathlib import Path

from csbackup.server.config import Config
from csbackup.server.serving import listen


def test_an_accepted_connection_sends_without_waiting_for_more(tmp_path: Path) -> None:
    config = Config(data=str(tmp_path), listen="127.0.0.1:0")

    with listen(config) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            at_once = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert at_once != 0
