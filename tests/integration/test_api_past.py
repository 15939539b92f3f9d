"""Search, versions, changes, reports and sorted folders, through the API."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from support.api import Api, DeviceCaller, PersonCaller, path_parameter


@pytest.fixture
def laptop(api: Api, anna: PersonCaller) -> DeviceCaller:
    laptop = anna.enrol(api, "laptop")
    laptop.back_up(api, {"a.txt": b"hello", "b.bin": b"x" * 2000})
    laptop.back_up(api, {"a.txt": b"new!"})
    return laptop


def ask(api: Api, anna: PersonCaller, laptop: DeviceCaller, rest: str, **query: object) -> Any:
    return api.get(f"devices/{laptop.device.hex()}/{rest}", token=anna.token, params=query)


def test_a_search_pages_through_all_snapshots(
    api: Api, anna: PersonCaller, laptop: DeviceCaller
) -> None:
    first = ask(api, anna, laptop, "search", name="*.*", limit=1).json()
    second = ask(api, anna, laptop, "search", name="*.*", after=first["next"]).json()

    [there], [gone] = first["hits"], second["hits"]
    assert (there["path"], there["present"], there["last_sequence"]) == ("/data/a.txt", True, 2)
    assert (gone["path"], gone["present"], gone["last_sequence"]) == ("/data/b.bin", False, 1)
    assert base64.b64decode(gone["path_bytes"]) == b"/data/b.bin"
    assert (gone["name"], gone["size"], gone["kind"]) == ("b.bin", 2000, "file")
    assert (first["complete"], second["complete"], second["next"]) == (False, True, None)


def test_versions_come_newest_first(api: Api, anna: PersonCaller, laptop: DeviceCaller) -> None:
    newest = ask(api, anna, laptop, "versions", path=path_parameter(b"/data/a.txt"), limit=1).json()
    before = newest["next_before"]
    older = ask(
        api, anna, laptop, "versions", path=path_parameter(b"/data/a.txt"), before=before
    ).json()

    [changed], [added] = newest["versions"], older["versions"]
    assert (changed["change"], changed["size"], changed["sequence"]) == ("changed", 4, 2)
    assert {"content", "size"} <= set(changed["differs"])
    assert (added["change"], added["size"], added["until_sequence"]) == ("added", 5, 1)
    assert (older["path"], older["next_before"]) == ("/data/a.txt", None)


def test_changes_of_a_folder_come_with_sums(
    api: Api, anna: PersonCaller, laptop: DeviceCaller
) -> None:
    query = {"from": 1, "to": 2, "path": path_parameter(b"/data")}
    found = ask(api, anna, laptop, "changes", **query).json()

    assert [(one["name"], one["change"]) for one in found["entries"]] == [
        ("a.txt", "changed"),
        ("b.bin", "removed"),
    ]
    assert (found["files_changed"], found["files_removed"], found["bytes_removed"]) == (1, 1, 2001)
    assert (found["exact"], found["total"], found["next_offset"]) == (True, 2, None)


def test_a_report_tells_the_problems_of_a_run(
    api: Api, anna: PersonCaller, laptop: DeviceCaller
) -> None:
    found = ask(api, anna, laptop, "report", snapshot=1).json()

    assert (found["total"], found["next_offset"]) == (len(found["lines"]), None)


def test_a_folder_is_sorted_as_asked(api: Api, anna: PersonCaller, laptop: DeviceCaller) -> None:
    query = {"path": path_parameter(b"/data"), "snapshot": 1, "sort": "size", "descending": 1}
    found = ask(api, anna, laptop, "listing", **query).json()

    assert [one["name"] for one in found["entries"]] == ["b.bin", "a.txt"]


@pytest.mark.parametrize(
    ("rest", "query", "status"),
    [
        ("search", {}, 400),
        ("search", {"name": ""}, 400),
        ("search", {"name": "x" * 256}, 400),
        ("search", {"name": "x", "after": "x"}, 400),
        ("search", {"name": "x", "limit": 201}, 400),
        ("versions", {}, 400),
        ("versions", {"path": path_parameter(b"/none")}, 404),
        ("changes", {"from": 1}, 400),
        ("changes", {"from": 1, "to": 9}, 404),
        ("changes", {"from": 1, "to": 2, "path": path_parameter(b"/none")}, 404),
        ("report", {"snapshot": 9}, 404),
        ("listing", {"sort": "colour"}, 400),
        ("listing", {"descending": 2}, 400),
    ],
)
def test_what_cannot_be_answered_says_why(
    api: Api, anna: PersonCaller, laptop: DeviceCaller, rest: str, query: Any, status: int
) -> None:
    answer = ask(api, anna, laptop, rest, **query)

    assert answer.status_code == status
    assert answer.json()["detail"]
