"""A server whose one page is the vault alone, and somebody who opens contents there.

The page is built from `web/testing/`, which is never shipped; what it runs is what the app runs.
"""

from __future__ import annotations

import base64
import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Download, Error

from support.browser import FLAGS, Person
from support.processes import Server, start_server

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_SAVE_PICKER = "delete window.showSaveFilePicker"  # as it is in Firefox and Safari
ENDS = ("done", "failed", "cancelled")


@contextmanager
def opening_server(folder: Path) -> Iterator[Server]:
    """A real server, started from a copy of the package that has this page in place of the app."""
    package = folder / "src" / "csbackup"
    left_out = shutil.ignore_patterns("__pycache__", "built", "built.new")
    shutil.copytree(ROOT / "src" / "csbackup", package, ignore=left_out)
    build_page(package / "web" / "built")
    with start_server(folder / "data", PYTHONPATH=str(package.parent)) as server:
        yield server


def build_page(target: Path) -> None:
    node = find_node()
    vite = ROOT / "web" / "node_modules" / "vite" / "bin" / "vite.js"
    options = ("--config", "testing/vite.config.ts", "--outDir", str(target), "--logLevel", "error")
    command = [str(node / "node"), str(vite), "build", *options]
    subprocess.run(command, cwd=ROOT / "web", check=True)


def find_node() -> Path:
    """The Node.js that builds the app."""
    where = ROOT / "packaging" / "build_web.py"
    spec = importlib.util.spec_from_file_location("build_web", where)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.find_node()
    assert isinstance(found, Path)
    return found


@dataclass
class Opening:
    """Somebody at that page, with all that the browser handed over."""

    person: Person
    saved: list[Download] = field(default_factory=list)

    def go(self) -> None:
        self.person.page.on("download", lambda download: self.saved.append(download))
        try:
            self.person.page.goto(f"{self.person.url}/")
        except Error as problem:
            if "ERR_CERT_AUTHORITY_INVALID" not in str(problem):
                raise
            self.person.page.click("#details-button")
            self.person.page.click("#proceed-link")
        self.person.page.wait_for_selector("main[data-ready]")

    def call(self, function: str, *arguments: object) -> Any:
        """What a function of the page gives; of a failure, its code."""
        script = """async ([name, given]) => {
            try { return await opening[name](...given) }
            catch (error) { return { failed: error.code ?? String(error) } }
        }"""
        return self.person.page.evaluate(script, [function, list(arguments)])

    def json(self, path: str) -> Any:
        """What the server answers to the page."""
        script = "path => fetch(path).then(answer => answer.json())"
        return self.person.page.evaluate(script, path)

    def device(self) -> str:
        """The one device of whoever is signed in."""
        return str(self.json("/api/v1/devices")["devices"][0]["device"])

    def start(self, device: str, sequence: int, items: Sequence[dict[str, Any]]) -> str:
        started = self.call("start", device, sequence, list(items))
        assert isinstance(started, str), started
        return started

    def status(self, download: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("status", download)
        return found

    def wait(self, download: str, *states: str, seconds: float = 120) -> dict[str, Any]:
        """What it says once it is in one of these states, or over."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            status = self.status(download)
            if status["state"] in (*states, *ENDS):
                return status
            self.person.page.wait_for_timeout(50)
        raise AssertionError(f"still {status}")

    def wait_for_bytes(self, download: str, least: int) -> None:
        while (status := self.status(download))["bytes"] < least:
            assert status["state"] not in ENDS, status
            self.person.page.wait_for_timeout(20)

    def wait_for_kept(self, names: list[str]) -> None:
        """Until the browser's own folder holds these files and no others."""
        for _ in range(100):
            if (kept := self.call("kept")) == names:
                return
            self.person.page.wait_for_timeout(50)
        raise AssertionError(f"still there: {kept}")

    def keep(self, folder: Path, number: int = -1) -> Path:
        """The newest file that the browser was handed, where we can read it."""
        self.person.page.wait_for_timeout(200)  # the browser tells of it a little later
        download = self.saved[number]
        target = folder / download.suggested_filename
        download.save_as(target)
        return target


@contextmanager
def with_a_profile(browser: Browser, url: str, folder: Path) -> Iterator[Opening]:
    """Somebody whose browser keeps things on the disk: a private window keeps them in memory."""
    context = browser.browser_type.launch_persistent_context(
        str(folder),
        executable_path=os.environ.get("CSB_CHROMIUM") or shutil.which("chromium"),
        args=list(FLAGS),
        accept_downloads=True,
    )
    try:
        context.add_init_script(WITHOUT_SAVE_PICKER)
        opening = Opening(Person(context.pages[0], url.rstrip("/")))
        opening.go()
        yield opening
    finally:
        context.close()


def chosen(path: str | bytes, kind: str = "folder", *, size: int, files: int = 0) -> dict[str, Any]:
    """As the folder browser says it of an entry."""
    encoded = base64.urlsafe_b64encode(os.fsencode(path)).decode().rstrip("=")
    return {"path": encoded, "kind": kind, "size": size, "files": files}
