"""A run that waits for its server says so, and what it goes on with."""

from csbackup.client.backup.waiting import Waiting
from support.backup_bench import Listener


def test_waiting_is_said_once_and_then_what_goes_on() -> None:
    listener = Listener()
    waiting = Waiting(listener)
    waiting.phase("Backing up")

    waiting.wait("no route to host")
    waiting.wait("connection refused")
    waiting.wait("")

    assert listener.phases == [
        "Backing up",
        "Waiting for the server: no route to host",
        "Backing up",
    ]


def test_a_phase_that_begins_while_waiting_is_said_afterwards() -> None:
    listener = Listener()
    waiting = Waiting(listener)
    waiting.wait("connection refused")

    waiting.phase("Finishing")
    said = list(listener.phases)
    waiting.wait("")

    assert said == ["Waiting for the server: connection refused"]
    assert listener.phases[-1] == "Finishing"
