"""What a signed-in person asks: account, devices, and sealed contents to open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from csbackup.client.connection.answers import AnswerTooLong
from csbackup.client.connection.reading import Reading
from csbackup.errors import ServerIncompatible
from csbackup.format.ids import SHORT, PackId
from csbackup.protocol import frames, messages
from csbackup.rules.naming import is_name

LOCATE_AT_ONCE = 2_000
LOCATE_BYTES = 24 * 1024 * 1024


class PersonConnection(Reading):
    """Requests of a session. Thread-safe."""

    def account(self) -> messages.Account:
        return self.transport.ask(messages.Account, "GET", "account")

    def change_password(self, change: messages.PasswordChange) -> messages.Account:
        return self.transport.ask(messages.Account, "PUT", "account/password", change)

    def change_recovery(self, change: messages.RecoveryChange) -> messages.Account:
        return self.transport.ask(messages.Account, "PUT", "account/recovery", change)

    def devices(self) -> tuple[messages.Device, ...]:
        """The account's devices. What they are called, and which is which, is the server's word."""
        found = self.transport.ask(messages.DeviceList, "GET", "devices").devices
        for device in found:
            if len(device.device) != SHORT or not is_name(device.name):
                why = "it lists a device with a name or an id that none can have"
                raise ServerIncompatible(str(self.transport.address), why)
        return found

    def enrol(self, enrolment: messages.DeviceEnrolment) -> messages.DeviceToken:
        return self.transport.ask(messages.DeviceToken, "POST", "devices", enrolment)

    def sign_out(self) -> None:
        self.transport.ask(messages.Done, "DELETE", "sessions/current")

    def locate(self, chunks: Sequence[bytes]) -> Iterator[frames.BlockLocation]:
        """Where the blocks of these chunks lie."""
        for at in range(0, len(chunks), LOCATE_AT_ONCE):
            yield from self._locate(chunks[at : at + LOCATE_AT_ONCE])

    def _locate(self, chunks: Sequence[bytes]) -> Iterator[frames.BlockLocation]:
        """In two questions where one answer would be too long: blocks of very many tiny chunks."""
        try:
            content = self.post_ids("locate", b"".join(chunks), LOCATE_BYTES)
        except AnswerTooLong:
            if len(chunks) == 1:
                raise
            half = len(chunks) // 2
            yield from self._locate(chunks[:half])
            yield from self._locate(chunks[half:])
        else:
            yield from frames.decode_locations(content, len(chunks))

    def read_pack(self, pack: PackId, start: int, end: int) -> bytes:
        """The bytes of a pack from `start` up to, not including, `end`."""
        return self.read_range(f"packs/{pack.hex()}", start, end)
