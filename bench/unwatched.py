"""Chromium, told what to do and not watched: what test tools watch, the page's process keeps.

With the developer tools' network domain on, it holds up to 100 MB of bodies for them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.browser import FLAGS


class Unwatched:
    """One page. Speaks the tools' protocol through a pipe, and no more of it than it must."""

    def __init__(self, process: subprocess.Popen[bytes], sending: int, hearing: int) -> None:
        self.process = process
        self._sending = os.fdopen(sending, "wb")
        self._hearing = os.fdopen(hearing, "rb")
        self._number = 0
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        attached = self.command("Target.attachToTarget", targetId=target, flatten=True)
        self._session = str(attached["sessionId"])

    def command(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        self._sending.write(json.dumps(message).encode() + b"\0")
        self._sending.flush()
        while (answer := self._read()).get("id") != self._number:
            pass  # an event
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return dict(answer["result"])

    def go(self, url: str) -> None:
        """Click through the certificate's warning, as a person does."""
        self.command("Page.navigate", self._session, url=url)
        self.wait_for("document.querySelector('#details-button') !== null")
        self.evaluate("document.querySelector('#details-button').click()")
        self.evaluate("document.querySelector('#proceed-link').click()")

    def evaluate(self, script: str) -> Any:
        answer = self.command(
            "Runtime.evaluate",
            self._session,
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def wait_for(self, truth: str, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while not self.evaluate(truth):
            if time.monotonic() > until:
                raise TimeoutError(truth)
            time.sleep(0.05)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self._sending.close()
        self._hearing.close()

    def _read(self) -> dict[str, Any]:
        message = bytearray()
        while (byte := self._hearing.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("Chromium ended.")
            message += byte
        return dict(json.loads(message))


@contextmanager
def unwatched(folder: Path) -> Iterator[Unwatched]:
    """Chromium with a fresh profile below `folder`, which its downloads go to as well."""
    program = os.environ.get("CSB_CHROMIUM") or shutil.which("chromium")
    assert program is not None, "Chromium is not there."
    to_browser, sending = os.pipe()
    hearing, from_browser = os.pipe()
    wires = f'exec 3<&{to_browser} 4>&{from_browser}; exec "$@"'  # the numbers it expects
    command = [program, *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}"]
    process = subprocess.Popen(
        ["bash", "-c", wires, "bash", *command],
        pass_fds=(to_browser, from_browser),
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser)
    os.close(from_browser)
    browser = Unwatched(process, sending, hearing)
    try:
        downloads = str(folder / "downloads")
        browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=downloads)
        yield browser
    finally:
        browser.close()
