"""Getting the client over the API: what is offered, codes, ranges, caches."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from csbackup.format.releases import PINNED as PINNED_FILE
from csbackup.format.releases import write_pinned
from csbackup.server.app import clock
from support.api import Api, PersonCaller, api_on
from support.released import PINNED, STRANGER, make_release

FAR = "8.8.4.4"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with api_on(tmp_path / "data") as api:
        yield api


@pytest.fixture
def kept(api: Api) -> Path:
    """Where the server keeps its releases; one is there."""
    folder = api.server.config.release_folders[0]
    make_release(folder)
    return folder


def begin(api: Api, **options: Any) -> Any:
    answer = api.post("downloads", json={}, **options)
    assert answer.status_code == 201, answer.text
    return answer.json()


def offered(api: Api) -> str:
    return str(api.get("releases").json()["version"])


# --- what is offered ----------------------------------------------------------------------------


def test_a_server_without_releases_says_so_and_its_script_takes_the_way_with_python(
    api: Api,
) -> None:
    download = begin(api)
    script = api.get(f"/i/{download['code']}").text

    assert api.get("releases").json() == {"version": "", "released": 0, "files": []}
    assert (download["version"], download["files"]) == ("", [])
    assert script == api.get("/client/install.sh").text


def test_a_release_is_offered_as_soon_as_it_is_there(api: Api, kept: Path) -> None:
    before = offered(api)
    make_release(kept, "1.10.0")

    offer = api.get("releases").json()

    assert (before, offer["version"]) == ("1.4.0", "1.10.0")
    assert {one["target"] for one in offer["files"]} == {
        "linux-amd64",
        "linux-arm64",
        "linux-armv7",
    }
    for one in offer["files"]:
        content = api.get(one["path"]).content
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["size"], one["sha256"])


@pytest.mark.parametrize("harm", ["missing", "cut", "changed", "no manifest", "no signatures"])
def test_a_damaged_release_is_not_offered(api: Api, kept: Path, harm: str) -> None:
    newer = make_release(kept, "1.5.0")
    bundle = newer / "csb-1.5.0-linux-arm64.tar.xz"
    content = bundle.read_bytes()
    assert offered(api) == "1.5.0"

    if harm == "missing":
        bundle.unlink()
    elif harm == "cut":
        bundle.write_bytes(content[:-1])
    elif harm == "changed":
        bundle.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    else:
        (newer / ("manifest.json" if harm == "no manifest" else "manifest.sig")).unlink()

    assert offered(api) == "1.4.0"
    assert api.get(f"/releases/1.5.0/{bundle.name}").status_code == 404


def test_with_the_public_keys_only_what_they_signed_is_offered(api: Api, kept: Path) -> None:
    make_release(kept, "1.5.0", keys=(STRANGER,))
    before = offered(api)

    (kept / PINNED_FILE).write_bytes(write_pinned(PINNED))
    after = offered(api)
    (kept / PINNED_FILE).write_bytes(b"{}")
    spoilt = offered(api)

    assert (before, after, spoilt) == ("1.5.0", "1.4.0", "")


def test_releases_in_a_folder_that_is_only_read_count_too(tmp_path: Path) -> None:
    make_release(tmp_path / "image", "1.6.0")

    with api_on(tmp_path / "data", releases=str(tmp_path / "image")) as api:
        make_release(api.server.config.release_folders[0], "1.4.0")
        versions = [str(one.version) for one in api.server.services.releases.all()]

        assert versions == ["1.6.0", "1.4.0"]
        assert offered(api) == "1.6.0"


@pytest.mark.parametrize(
    "path",
    ["/releases/1.4.0/release-keys.json", "/releases/1.4.0/..%2f..%2fversion",
     "/releases/1.4/manifest.json", "/releases/1.4.0/", "/releases/%2e%2e/manifest.json"],
)  # fmt: skip
def test_nothing_but_what_the_manifest_names_is_handed_out(api: Api, kept: Path, path: str) -> None:
    (kept / "1.4.0" / PINNED_FILE).write_bytes(b"{}")

    assert api.get(path).status_code == 404


# --- ranges and caches --------------------------------------------------------------------------


def ask(api: Api, path: str, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.get(path, headers=names)


def test_a_file_comes_in_parts_and_is_not_sent_twice(api: Api, kept: Path) -> None:
    path = "/releases/1.4.0/csb-1.4.0-linux-amd64.tar.xz"
    whole = ask(api, path)
    tag = whole.headers["etag"]

    part = ask(api, path, Range="bytes=10-19", If_Range=tag)
    other = ask(api, path, Range="bytes=10-19", If_Range='"other"')
    again = ask(api, path, If_None_Match=tag)
    beyond = ask(api, path, Range="bytes=99999999-")

    assert "immutable" in whole.headers["cache-control"]
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert (other.status_code, other.content) == (200, whole.content)
    assert (again.status_code, again.content) == (304, b"")
    assert beyond.status_code == 416
    assert ask(api, "/releases/1.4.0/manifest.json").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("ending", [".run", ".tar"])
def test_a_parcel_comes_in_parts_too(api: Api, kept: Path, ending: str) -> None:
    files = begin(api)["files"]
    path = next(one["path"] for one in files if one["name"].endswith(ending))
    whole = ask(api, path)
    size = len(whole.content)

    parts = [
        ask(api, path, Range=f"bytes={at}-{at + 999}", If_Range=whole.headers["etag"]).content
        for at in range(0, size, 1000)
    ]

    assert b"".join(parts) == whole.content
    assert (kept / "1.4.0" / "csb-1.4.0-linux-amd64.tar.xz").read_bytes() in whole.content
    assert whole.headers["content-disposition"].startswith("attachment; filename=")
    assert whole.headers["cache-control"] == "no-store"


# --- codes --------------------------------------------------------------------------------------


def test_a_code_is_bound_to_who_was_signed_in(api: Api) -> None:
    anna = PersonCaller("anna").register(api)
    codes = api.server.services.download_codes

    bound, free = begin(api, token=anna.token), begin(api)

    found = [codes.open(one["code"], clock()) for one in (bound, free)]
    assert [one.account if one else "over" for one in found] == [1, None]


def test_who_may_not_register_gets_no_code(api: Api) -> None:
    anna = PersonCaller("anna").register(api)

    refused = api.post("downloads", json={}, address=FAR)
    allowed = api.post("downloads", json={}, address=FAR, token=anna.token)

    assert (refused.status_code, refused.json()["code"]) == (403, "registration-closed")
    assert allowed.status_code == 201


def test_the_page_sees_that_a_machine_fetched_the_client(api: Api, kept: Path) -> None:
    code = begin(api)["code"]
    states = [api.get(f"downloads/{code}").json()["state"]]

    api.get(f"/i/{code}")
    states.append(api.get(f"downloads/{code}").json()["state"])
    api.server.services.download_codes.use(code, clock())
    states.append(api.get(f"downloads/{code}").json()["state"])

    assert states == ["waiting", "fetched", "used"]


def test_whoever_guesses_codes_is_slowed_down_and_a_right_one_never_is(api: Api) -> None:
    code = begin(api)["code"]

    right = {api.get(f"downloads/{code}").status_code for _ in range(40)}
    wrong = [api.get(f"downloads/{'a' * 12}").status_code for _ in range(25)]
    script = api.get(f"/i/{'a' * 12}")

    assert right == {200}
    assert wrong == [403] * 20 + [429] * 5
    assert script.status_code == 200
    assert "Too many wrong download codes" in script.text


def test_a_script_for_a_code_that_is_over_ends_with_2(api: Api) -> None:
    script = api.get("/i/abcdefghjkmn").text

    done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "this download is over" in done.stderr


def test_the_script_is_what_a_shell_takes(api: Api, kept: Path) -> None:
    script = api.get(f"/i/{begin(api)['code']}").text

    checked = subprocess.run(["sh", "-n"], input=script, text=True, check=False)

    assert checked.returncode == 0
    assert api.get("/ca.crt").text.strip() in script
    assert "@" not in script.replace('main "$@"', "").replace('/csb" "$@"', "").replace("$2", "")
