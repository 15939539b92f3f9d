"""`csb-server releases`: adding, fetching and removing releases, and what stops in between."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from csbackup.errors import Conflict, CsbError, Malformed, ReleaseDamaged
from csbackup.format.releases import MANIFEST, SIGNATURES, write_pinned
from csbackup.server.folder import prepare_folder
from csbackup.server.services.release_keeping import add_release, remove_release
from csbackup.server.services.release_sources import (
    FolderSource,
    SourceUnusable,
    WebSource,
    source_at,
)
from csbackup.server.services.releases import Releases
from support.processes import Result, run_server_command
from support.released import PINNED, STRANGER, make_release

BUNDLE = "csb-1.4.0-linux-amd64.tar.xz"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return make_release(tmp_path / "made", weight=100_000)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def quietly(line: str) -> None:
    """Nobody listens."""


def states(kept: Path) -> dict[str, bool]:
    return {str(one.version): one.is_whole for one in Releases([kept]).all()}


# --- adding -------------------------------------------------------------------------------------


def test_a_folder_or_a_tar_file_is_added(made: Path, tmp_path: Path) -> None:
    packed = tmp_path / "release.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(made, "csb-release-1.4.0")

    for number, place in enumerate((made, made / MANIFEST, packed)):
        kept = tmp_path / f"kept-{number}"
        add_release(kept, source_at(str(place)), quietly)
        assert states(kept) == {"1.4.0": True}
        assert (kept / "1.4.0" / BUNDLE).read_bytes() == (made / BUNDLE).read_bytes()


def test_a_file_that_differs_from_the_manifest_is_not_kept(made: Path, kept: Path) -> None:
    content = (made / BUNDLE).read_bytes()
    (made / BUNDLE).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    with pytest.raises(ReleaseDamaged, match="not the file"):
        add_release(kept, FolderSource(made), quietly)

    assert states(kept) == {"1.4.0": False}
    assert not (kept / "1.4.0" / BUNDLE).exists()


def test_what_was_stopped_in_between_is_unfinished_until_it_is_added_again(
    made: Path, kept: Path
) -> None:
    last = made / "csb-1.4.0-linux-armv7.tar.xz"
    content = last.read_bytes()
    last.unlink()
    with pytest.raises(SourceUnusable):
        add_release(kept, FolderSource(made), quietly)
    before = Releases([kept]).all()

    last.write_bytes(content)
    said: list[str] = []
    add_release(kept, FolderSource(made), said.append)

    assert [one.problem for one in before] == ["it is unfinished: no manifest yet"]
    assert states(kept) == {"1.4.0": True}
    assert len(said) == 1, "what was there already is not copied again"


def test_a_version_never_means_other_files(made: Path, kept: Path, tmp_path: Path) -> None:
    other = make_release(tmp_path / "other", weight=7)
    add_release(kept, FolderSource(made), quietly)

    with pytest.raises(Conflict, match="with other files"):
        add_release(kept, FolderSource(other), quietly)

    remove_release(kept, "1.4.0")
    add_release(kept, FolderSource(other), quietly)
    assert states(kept) == {"1.4.0": True}


def test_a_manifest_that_was_signed_anew_replaces_the_old_one(
    made: Path, kept: Path, tmp_path: Path
) -> None:
    add_release(kept, FolderSource(made), quietly)
    before = (kept / "1.4.0" / MANIFEST).read_bytes()
    value = json.loads(before)
    (made / MANIFEST).write_text(json.dumps(value | {"expires": "2099-01-01T00:00:00Z"}))

    add_release(kept, FolderSource(made), quietly)

    assert (kept / "1.4.0" / MANIFEST).read_bytes() != before


@pytest.mark.parametrize("name", [MANIFEST, SIGNATURES])
def test_what_is_no_release_is_refused_before_anything_is_kept(
    made: Path, kept: Path, name: str
) -> None:
    (made / name).write_bytes(b"{}")

    with pytest.raises(Malformed):
        add_release(kept, FolderSource(made), quietly)

    assert not kept.exists()


# --- fetching -----------------------------------------------------------------------------------


class Stand(http.server.SimpleHTTPRequestHandler):
    """A web server that can break off, lie, and lead elsewhere; it knows ranges."""

    cut_at: int | None = None
    longer = False
    leads: dict[str, str] = {}
    asked: list[tuple[str, str]] = []

    def do_GET(self) -> None:
        cls = type(self)
        cls.asked.append((self.path, self.headers.get("Range", "")))
        if self.path in cls.leads:
            self.send_response(302)
            self.send_header("Location", cls.leads[self.path])
            self.end_headers()
            return
        content = Path(self.translate_path(self.path)).read_bytes()
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = len(content) if cls.cut_at is None else start + cls.cut_at
        self.wfile.write(content[start:end])
        self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def web(folder: Path) -> Iterator[tuple[str, type[Stand]]]:
    kind = type("OwnStand", (Stand,), {"asked": [], "leads": {}})
    handler = functools.partial(kind, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", kind
        finally:
            server.shutdown()
            thread.join()


def test_a_release_is_fetched_manifest_first(made: Path, kept: Path) -> None:
    with web(made) as (url, stand):
        add_release(kept, WebSource(url), quietly)

    assert states(kept) == {"1.4.0": True}
    assert stand.asked[0][0] == f"/{MANIFEST}"


def test_a_fetch_that_broke_off_goes_on_where_it_stopped(made: Path, kept: Path) -> None:
    with web(made) as (url, stand):
        stand.cut_at = 60_000
        with pytest.raises(CsbError):
            add_release(kept, WebSource(url), quietly)
        stand.cut_at = None
        add_release(kept, WebSource(url), quietly)

    assert states(kept) == {"1.4.0": True}
    assert (f"/{BUNDLE}", "bytes=60000-") in stand.asked


def test_never_more_is_taken_than_the_manifest_says(made: Path, kept: Path) -> None:
    with (made / BUNDLE).open("ab") as file:
        file.write(b"x" * 1_000_000)

    with web(made) as (url, _):
        add_release(kept, WebSource(url), quietly)

    assert states(kept) == {"1.4.0": True}


def test_a_server_that_leads_to_another_host_without_https_is_not_followed(
    made: Path, kept: Path
) -> None:
    with web(made) as (elsewhere, _), web(made) as (url, stand):
        port = elsewhere.rpartition(":")[2]
        stand.leads = {f"/{BUNDLE}": f"http://localhost:{port}/{BUNDLE}"}

        with pytest.raises(SourceUnusable, match="not https"):
            add_release(kept, WebSource(url), quietly)

        stand.leads = {f"/{BUNDLE}": f"/{BUNDLE}?again"}
        add_release(kept, WebSource(url), quietly)

    assert states(kept) == {"1.4.0": True}


@pytest.mark.parametrize("url", ["ftp://example.org/x", "file:///etc", "https://", "example.org"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(SourceUnusable):
        WebSource(url)


def test_nobody_there_is_said_clearly(kept: Path) -> None:
    with pytest.raises(SourceUnusable, match="cannot be reached"):
        add_release(kept, WebSource("http://127.0.0.1:9"), quietly)


# --- the command --------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    prepare_folder(folder)
    return folder


def releases(data: Path, *arguments: str, code: int = 0, **environment: str) -> Result:
    return run_server_command("releases", *arguments, "--data", str(data), code=code, **environment)


def test_a_release_comes_and_goes_by_command(made: Path, data: Path) -> None:
    empty = releases(data, "list").out
    added = releases(data, "add", str(made)).out
    listed = releases(data, "list").out
    facts = releases(data, "list", "--json").json
    releases(data, "remove", "1.4.0")

    assert "No releases yet" in empty
    assert "1.4.0 is here: whole, signature not checked" in added
    assert "linux-amd64 linux-arm64 linux-armv7" in listed
    assert facts[0]["whole"] is True
    assert facts[0]["files"]["linux-amd64"]["name"] == BUNDLE
    assert releases(data, "list", "--json").json == []
    assert "no release" in releases(data, "remove", "1.4.0", code=2).err


def test_a_release_that_clients_will_not_take_is_told_at_once(data: Path, tmp_path: Path) -> None:
    strange = make_release(tmp_path / "strange", keys=(STRANGER,))
    good = make_release(tmp_path / "good", "1.5.0")
    (data / "releases").mkdir()
    (data / "releases" / "release-keys.json").write_bytes(write_pinned(PINNED))

    refused = releases(data, "add", str(strange), code=1)
    taken = releases(data, "add", str(good))

    assert "no release key that this server was told signed it" in refused.out
    assert "1.5.0 is here: whole, signed" in taken.out
    assert "1.4.0" in releases(data, "list", code=1).out


def test_a_release_is_fetched_from_where_the_configuration_says(made: Path, data: Path) -> None:
    nowhere = releases(data, "fetch", code=2).err
    with web(made) as (url, _):
        fetched = releases(data, "fetch", CSB_SERVER_RELEASES_URL=url).out

    assert "set `releases_url`" in nowhere
    assert "1.4.0 is here" in fetched


# --- the tool that signs ------------------------------------------------------------------------


def tool(*arguments: str, code: int = 0, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "packaging/release", *arguments],
        cwd=Path(__file__).parents[2],
        env={"PATH": "/usr/bin:/bin"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_what_the_tool_signed_is_whole_and_signed(made: Path, tmp_path: Path, data: Path) -> None:
    for name in (MANIFEST, SIGNATURES):
        (made / name).unlink()
    first, spare, pin = (str(tmp_path / name) for name in ("a.pem", "b.pem", "release-keys.json"))
    secret = {"CSB_RELEASE_PASSPHRASE": "a long one"}

    tool("keys", "new", first, spare, "--pin", pin, **secret)
    tool("sign", str(made), "--key", first, **secret)

    assert "signed and whole" in tool("verify", str(made), "--keys", pin)
    assert Path(first).stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in Path(first).read_bytes()
    assert "cannot be made" in tool("keys", "new", first, code=2)
    (data / "releases").mkdir()
    shutil.copy(pin, data / "releases")
    assert "whole, signed" in releases(data, "add", str(made)).out
    facts = releases(data, "list", "--json").json[0]["files"]
    assert facts["linux-arm64-gz"]["name"] == "csb-1.4.0-linux-arm64.tar.gz"


def test_the_tool_names_what_no_client_would_take(made: Path, tmp_path: Path) -> None:
    first, other, pin = (str(tmp_path / name) for name in ("a.pem", "b.pem", "release-keys.json"))
    tool("keys", "new", first, "--pin", pin)
    tool("keys", "new", other)
    tool("sign", str(made), "--key", other)

    unsigned = tool("verify", str(made), "--keys", pin, code=2)
    tool("sign", str(made), "--key", first)
    (made / BUNDLE).write_bytes(b"other")
    damaged = tool("verify", str(made), "--keys", pin, code=2)

    assert "none of the pinned keys signed it" in unsigned
    assert f"{BUNDLE} is not the file" in damaged
