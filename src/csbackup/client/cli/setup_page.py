"""What `csb setup` does when its page asks: from being let in to the first backup."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from csbackup.client.choosing.choice import Choice
from csbackup.client.choosing.page import answer
from csbackup.client.cli.reaching import Reached
from csbackup.client.door.own_pages import OwnPages, Standing
from csbackup.client.door.server import Door
from csbackup.client.enrolling.asking import Asking
from csbackup.client.enrolling.settling import settle
from csbackup.client.files import FileSource
from csbackup.client.keyring import EnrolledDevice
from csbackup.client.log import LOG
from csbackup.errors import EnrolmentUsed, Forbidden, NotFound
from csbackup.protocol.adapter import read_base64url
from csbackup.web.files import WebFiles, built_folder


class AddressSeen(Forbidden):
    code = "address-seen"

    def __init__(self) -> None:
        super().__init__(
            "The address was opened by two browsers, perhaps by somebody else on this machine. "
            "Nothing was set up. Run `csb setup` again."
        )


class SetupPage:
    """`asking` is none where the machine is set up already: then only folders are chosen."""

    def __init__(
        self,
        reached: Reached,
        asking: Asking | None,
        make_choice: Callable[[EnrolledDevice], Choice],
        files: FileSource,
    ) -> None:
        self._reached = reached
        self._asking = asking
        self._make_choice = make_choice
        self._files = files
        self._door: Door | None = None
        self._device: EnrolledDevice | None = None
        self._seen_twice = False
        self._receiving = threading.Lock()
        self.choice: Choice | None = None

    @property
    def device(self) -> EnrolledDevice:
        if self._device is None:
            raise NotFound("This machine is not set up yet.")
        return self._device

    def use(self, door: Door, device: EnrolledDevice | None) -> None:
        """From now on it is asked through this door."""
        self._door = door
        if device is not None:
            self._go_on_as(device)

    def check(self) -> None:
        """`AddressSeen` once somebody else had the address, before anything was set up."""
        if self._seen_twice:
            raise AddressSeen

    def is_late(self, now_ns: int) -> bool:
        return self._asking is not None and now_ns >= self._asking.expires_ns

    # --- as the door asks -------------------------------------------------------------------------

    def entered(self) -> str:
        if self._asking is None or self.choice is not None or self._door is None:
            return ""
        return self._asking.page(self._door.port)

    def entered_again(self) -> None:
        if self.choice is None:
            self._seen_twice = True

    def receive(self, bundle: str) -> None:
        """Once: what is wrong changes nothing, what is right ends it."""
        with self._receiving:
            self.check()
            if self._asking is None or self.choice is not None:
                raise EnrolmentUsed
            brought = self._asking.take(read_base64url(bundle), time.time_ns())
            device = settle(self._reached.home, self._reached.transport, self._asking, brought)
            LOG.info("set up by the browser")
            self._go_on_as(device)

    def answer(self, method: str, target: str, body: bytes) -> Any:
        if self.choice is None:
            raise NotFound("This machine is not set up yet.")
        return answer(self.choice, self._files, method, target, body)

    def _go_on_as(self, device: EnrolledDevice) -> None:
        self._device = device
        standing = Standing(device.url, device.account_name, device.device_name, setting_up=True)
        if self._door is not None:
            self._door.pages = OwnPages(WebFiles(built_folder()), standing)
        self.choice = self._make_choice(device)
