"""What a signed-in person asks: account, devices, and sealed contents to open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from csbackup.client.connection.reading import Reading
from csbackup.errors import ServerIncompatible
from csbackup.format.ids import SHORT, PackId
from csbackup.protocol import frames, messages
from csbackup.rules.naming import is_name


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

    def revoke(self, device: bytes) -> None:
        """End a device for ever; its snapshots stay."""
        self.transport.ask(messages.Done, "DELETE", f"devices/{device.hex()}")

    def sign_out(self) -> None:
        self.transport.ask(messages.Done, "DELETE", "sessions/current")

    def locate(self, chunks: Sequence[bytes]) -> Iterator[frames.BlockLocation]:
        """Where the blocks of these chunks lie."""
        return self.places("locate", chunks)

    def read_pack(self, pack: PackId, start: int, end: int) -> bytes:
        """The bytes of a pack from `start` up to, not including, `end`."""
        return self.read_range(f"packs/{pack.hex()}", start, end)
