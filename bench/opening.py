"""How fast a browser opens contents, and what memory its page takes for it.

    PYTHONPATH=tests python -m bench.opening [--megabytes 300] [--files 4]

A real server and a real backup; Chromium behind the certificate's warning, as a person has it.
`above`: the most that the page's process took, above the same page before it was unlocked.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.unwatched import Unwatched, unwatched
from support.opening_page import WITHOUT_SAVE_PICKER, chosen, opening_server
from support.processes import PASSWORD, Client

MEGABYTE = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--files", type=int, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="csb-opening-") as folder:
        measure(Path(folder), arguments.megabytes * MEGABYTE, arguments.files)


def measure(scratch: Path, size: int, files: int) -> None:
    home = scratch / "home"
    make_files(home, size, files)
    with opening_server(scratch / "server") as server:
        client = Client(scratch / "state", server.url, server.pin)
        client.register("ada", device="laptop")
        client.run("add", str(home))
        client.backup()
        with unwatched(scratch) as browser:
            browser.go(server.url)
            browser.wait_for("globalThis.opening !== undefined")
            tell(browser, chosen(str(home), size=size, files=files))


def tell(browser: Unwatched, folder: dict[str, Any]) -> None:
    browser.evaluate(WITHOUT_SAVE_PICKER)
    empty = peak_of_page(browser)
    browser.evaluate(f"opening.unlock('ada', {json.dumps(PASSWORD)})")
    unlocked = peak_of_page(browser)
    forget_peaks(browser)
    started, used = time.monotonic(), processor_seconds(browser)
    status = download(browser, folder)
    seconds, used = time.monotonic() - started, processor_seconds(browser) - used
    opening = peak_of_page(browser)
    size = folder["size"] / MEGABYTE
    print(
        f"{size:.0f} MB in {folder['files']} files by {status['way']}, {status['state']}: "
        f"{seconds:.1f} s, {size / seconds:.0f} MB/s, {used:.1f} s of processor; "
        f"page {empty / MEGABYTE:.0f} MB, "
        f"above it unlocking {(unlocked - empty) / MEGABYTE:.0f}, "
        f"opening {(opening - empty) / MEGABYTE:.0f} MB"
    )


def download(browser: Unwatched, folder: dict[str, Any]) -> dict[str, Any]:
    devices = browser.evaluate("fetch('/api/v1/devices').then(answer => answer.json())")
    given = json.dumps([devices["devices"][0]["device"], 1, [folder]])
    started = browser.evaluate(f"opening.start(...{given})")
    while True:
        status: dict[str, Any] = browser.evaluate(f"opening.status('{started}')")
        if status["state"] in ("done", "failed", "cancelled"):
            return status
        time.sleep(0.1)


def make_files(home: Path, size: int, files: int) -> None:
    """Half of each can be compressed."""
    home.mkdir()
    each = size // files
    line = b"Everything that was acknowledged is there. "
    for number in range(files):
        with (home / f"{number:06}").open("wb") as file:
            for start in range(0, each, MEGABYTE):
                length = min(MEGABYTE, each - start)
                noise = os.urandom(length // 2)
                file.write(noise + (line * (length // len(line) + 1))[: length - len(noise)])


def peak_of_page(browser: Unwatched) -> int:
    """Of the process that the page runs in, which is the largest of its kind."""
    return max(peak_of(process) for process in pages_of(browser))


def peak_of(process: Path) -> int:
    lines = (process / "status").read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024


def processor_seconds(browser: Unwatched) -> float:
    """Of the page's processes so far: it says more than the clock where others work, too."""
    ticks = 0
    for process in pages_of(browser):
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def forget_peaks(browser: Unwatched) -> None:
    for process in pages_of(browser):
        (process / "clear_refs").write_text("5")


def pages_of(browser: Unwatched) -> list[Path]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_page = b"--type=renderer" in (process / "cmdline").read_bytes()
            if is_page and descends(int(process.name), browser.process.pid):
                found.append(process)
        except OSError:
            continue  # it has just ended
    return found


def descends(pid: int, ancestor: int) -> bool:
    while pid > 1 and pid != ancestor:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return pid == ancestor


if __name__ == "__main__":
    main()
