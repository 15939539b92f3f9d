"""Uploads, commits, listings and downloads, through the API."""

from __future__ import annotations

import secrets

import pytest

from csbackup.format import packing
from csbackup.format.ids import UploadId
from csbackup.format.nodes import Folder, read_node, unpack_node
from csbackup.protocol.frames import (
    decode_locations,
    decode_nodes,
    unpack_bits,
)
from support.api import Api, Backup, DeviceCaller, PersonCaller, path_parameter

FILES = {"a.txt": b"hello", "b.bin": bytes(range(256)) * 40}


@pytest.fixture
def laptop(api: Api, anna: PersonCaller) -> DeviceCaller:
    return anna.enrol(api)


@pytest.fixture
def backup(api: Api, laptop: DeviceCaller) -> Backup:
    return laptop.back_up(api, FILES)


def blocks_of(backup: Backup) -> packing.Pack:
    assert backup.blocks is not None
    return backup.blocks


def test_what_was_sent_is_had_by_prefix_and_by_whole_id(
    api: Api, laptop: DeviceCaller, backup: Backup
) -> None:
    upload = laptop.open_upload(api)
    known = [item.chunks for item in blocks_of(backup).footer.items]
    asked = [*known, secrets.token_bytes(32)]
    nodes = [item.id for item in backup.nodes.footer.items]

    def have(kind: str, ids: list[bytes], width: int) -> list[bool]:
        body = b"".join(one[:width] for one in ids)
        answer = api.post(
            f"uploads/{upload.hex()}/have?kind={kind}&width={width}",
            token=laptop.token,
            content=body,
        )
        assert answer.status_code == 200, answer.text
        return unpack_bits(answer.content, len(ids))

    assert have("chunks", asked, 32) == [True, True, False]
    assert have("chunks", asked, 8) == [True, True, False]
    assert have("nodes", [*nodes, bytes(32)], 32) == [True] * len(nodes) + [False]
    assert have("chunks", [], 32) == []


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("kind=chunks&width=32", b"x" * 31),
        ("kind=chunks&width=32", b"x" * 32 * 10_001),
        ("kind=chunks&width=16", b""),
        ("kind=blocks&width=8", b""),
        ("kind=chunks", b""),
        ("width=8", b""),
    ],
)
def test_have_wants_whole_ids(api: Api, laptop: DeviceCaller, query: str, body: bytes) -> None:
    upload = laptop.open_upload(api)

    answer = api.post(f"uploads/{upload.hex()}/have?{query}", token=laptop.token, content=body)

    assert answer.status_code in (400, 413)


def test_a_pack_sent_twice_is_the_same_pack(api: Api, laptop: DeviceCaller) -> None:
    upload = laptop.open_upload(api)
    owner = packing.PackOwner(laptop.owner.account, laptop.device, upload)
    pack, _ = laptop.seal(owner, FILES)
    assert pack is not None

    first, second = (laptop.put_pack(api, upload, pack) for _ in range(2))

    assert (first.status_code, first.json()["new"]) == (201, True)
    assert (second.status_code, second.json()["new"]) == (200, False)


def test_a_damaged_pack_is_refused_and_leaves_nothing(api: Api, laptop: DeviceCaller) -> None:
    upload = laptop.open_upload(api)
    path = f"uploads/{upload.hex()}/packs/{bytes(32).hex()}"

    answer = api.put(path, token=laptop.token, content=b"not a pack")

    folder = api.server.config.folder
    assert answer.status_code == 422
    assert answer.json()["code"] == "pack-damaged"
    assert list((folder / "incoming").iterdir()) == []
    assert not any(path.is_file() for path in (folder / "packs").rglob("*"))


def test_a_pack_that_is_too_large_is_refused_before_it_is_read(
    api: Api, laptop: DeviceCaller
) -> None:
    upload = laptop.open_upload(api)

    answer = api.put(
        f"uploads/{upload.hex()}/packs/{bytes(32).hex()}",
        token=laptop.token,
        headers={"Content-Length": str(packing.MAX_PACK + 1)},
        content=b"",
    )

    assert answer.status_code == 413


def test_uploads_are_of_their_device(api: Api, laptop: DeviceCaller, anna: PersonCaller) -> None:
    upload = laptop.open_upload(api)
    phone = anna.enrol(api, "phone")

    answers = [
        api.post(
            f"uploads/{one}/have?kind=chunks&width=8", token=phone.token, content=b""
        ).status_code
        for one in (upload.hex(), secrets.token_bytes(16).hex(), "nonsense", upload.hex().upper())
    ]

    assert answers == [404, 404, 404, 404]


def test_a_commit_twice_gives_the_same_answer(
    api: Api, laptop: DeviceCaller, backup: Backup
) -> None:
    answer = laptop.commit(api, backup.upload, backup.signed)

    assert answer.status_code == 200
    assert answer.json()["received"] == backup.received


def test_a_commit_with_missing_references_names_them(api: Api, laptop: DeviceCaller) -> None:
    upload = laptop.open_upload(api)
    ghost = secrets.token_bytes(32)
    signed = laptop.snapshot({}, ghost, ghost, ghost)

    answer = laptop.commit(api, UploadId(upload), signed)

    assert answer.status_code == 409
    assert answer.json()["code"] == "missing-references"
    assert {"kind": "node", "id": ghost.hex()} in answer.json()["missing"]


def test_the_read_back_serves_the_packs_of_a_running_upload_only(
    api: Api, laptop: DeviceCaller, backup: Backup
) -> None:
    finished = api.get(
        f"uploads/{backup.upload.hex()}/packs/{blocks_of(backup).id.hex()}", token=laptop.token
    )
    upload = laptop.open_upload(api)
    owner = packing.PackOwner(laptop.owner.account, laptop.device, upload)
    pack, _ = laptop.seal(owner, {"c": b"c" * 100})
    assert pack is not None
    laptop.put_pack(api, upload, pack)

    running = api.get(
        f"uploads/{upload.hex()}/packs/{pack.id.hex()}",
        token=laptop.token,
        headers={"Range": "bytes=0-3"},
    )

    assert finished.status_code in (404, 409)
    assert (running.status_code, running.content) == (206, b"CSB1")


def listing(api: Api, token: str, device: DeviceCaller, query: str = "") -> object:
    return api.get(f"devices/{device.device.hex()}/listing?{query}", token=token)


def test_folders_are_listed_as_of_any_snapshot_and_moment(
    api: Api, anna: PersonCaller, laptop: DeviceCaller, backup: Backup
) -> None:
    second = laptop.back_up(api, {"a.txt": b"new!"})
    data = "path=" + path_parameter(b"/data")

    roots = listing(api, anna.token, laptop).json()
    newest = listing(api, anna.token, laptop, data).json()
    first = listing(api, laptop.token, laptop, f"{data}&snapshot=1").json()
    then = listing(api, anna.token, laptop, f"{data}&at={second.received - 1}").json()
    page = listing(api, anna.token, laptop, f"{data}&snapshot=1&offset=1&limit=1").json()

    assert [entry["name"] for entry in roots["entries"]] == ["/data"]
    assert [(one["name"], one["size"]) for one in newest["entries"]] == [("a.txt", 4)]
    assert [one["name"] for one in first["entries"]] == ["a.txt", "b.bin"]
    assert then == first
    assert [one["name"] for one in page["entries"]] == ["b.bin"]
    assert (page["total"], page["next_offset"]) == (2, None)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("path=" + path_parameter(b"/data/none"), 404),
        ("path=" + path_parameter(b"/other"), 404),
        ("snapshot=99", 404),
        ("at=1", 404),
        ("snapshot=1&at=1", 400),
        ("path=!", 400),
        ("limit=0", 400),
        ("limit=1001", 400),
        ("offset=-1", 400),
        ("snapshot=one", 400),
        ("snapshot=" + "9" * 30, 400),
    ],
)
def test_what_cannot_be_listed_says_why(
    api: Api, anna: PersonCaller, laptop: DeviceCaller, backup: Backup, query: str, status: int
) -> None:
    answer = listing(api, anna.token, laptop, query)

    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


def test_snapshots_are_told_with_what_proves_them(
    api: Api, anna: PersonCaller, laptop: DeviceCaller, backup: Backup
) -> None:
    answer = api.get(f"devices/{laptop.device.hex()}/snapshots", token=anna.token)

    (found,) = answer.json()["snapshots"]
    assert (found["sequence"], found["files"], found["expired"]) == (1, 2, False)
    assert found["signed"]


def test_trees_and_blocks_come_back_byte_for_byte(
    api: Api, anna: PersonCaller, backup: Backup
) -> None:
    answer = api.post("nodes", token=anna.token, content=backup.roots + bytes(32))
    found = decode_nodes(answer.content)
    roots = read_node(unpack_node(found[backup.roots], backup.roots))
    pack = blocks_of(backup)
    item = pack.footer.items[0]

    (location,) = decode_locations(
        api.post("locate", token=anna.token, content=item.chunks).content
    )
    end = location.offset + location.length - 1
    block = api.get(
        f"packs/{location.pack.hex()}",
        token=anna.token,
        headers={"Range": f"bytes={location.offset}-{end}"},
    )

    content = b"".join(bytes(part) for part in pack.parts)
    assert set(found) == {backup.roots}
    assert isinstance(roots, Folder)
    assert block.status_code == 206
    assert block.headers["content-range"] == f"bytes {location.offset}-{end}/{len(content)}"
    assert block.content == content[location.offset : end + 1]


@pytest.mark.parametrize(
    ("span", "status", "expected"),
    [
        ("", 200, slice(None)),
        ("bytes=0-0", 206, slice(0, 1)),
        ("bytes=5-", 206, slice(5, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=0-999999999", 206, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=0-1,3-4", 200, slice(None)),
        ("lines=0-1", 200, slice(None)),
        ("bytes=999999999-", 416, None),
        ("bytes=5-4", 416, None),
    ],
)
def test_ranges(
    api: Api, anna: PersonCaller, backup: Backup, span: str, status: int, expected: slice | None
) -> None:
    pack = blocks_of(backup)
    content = b"".join(bytes(part) for part in pack.parts)

    answer = api.get(f"packs/{pack.id.hex()}", token=anna.token, headers={"Range": span})

    assert answer.status_code == status
    if expected is not None:
        assert answer.content == content[expected]
        assert int(answer.headers["content-length"]) == len(answer.content)


def test_a_pack_that_is_gone_is_a_problem_and_no_answer_that_breaks_off(
    api: Api, anna: PersonCaller, backup: Backup
) -> None:
    for path in (api.server.config.folder / "packs").rglob("*"):
        if path.name == blocks_of(backup).id.hex():
            path.unlink()

    answer = api.get(f"packs/{blocks_of(backup).id.hex()}", token=anna.token)

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "pack-damaged"


def test_the_totals_count_what_was_backed_up(
    api: Api, anna: PersonCaller, laptop: DeviceCaller, backup: Backup
) -> None:
    status = api.server.services.overview.status()

    assert (status.accounts, status.devices, status.snapshots, status.packs) == (1, 1, 1, 2)
    assert status.stored_bytes == blocks_of(backup).size + backup.nodes.size
