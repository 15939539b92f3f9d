"""The routes that take or give raw bytes: the truth for what is there, a refusal for all else."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csbackup.format.ids import LONG, UploadId
from csbackup.format.packing import Pack, PackOwner
from csbackup.protocol.frames import PREFIX, decode_locations, decode_nodes, unpack_bits
from support.api import Api, DeviceCaller, PersonCaller, api_on

KNOWN = ("chunks", "nodes")


@dataclass
class World:
    """One backup on a server, and an upload that is open."""

    api: Api
    anna: PersonCaller
    laptop: DeviceCaller
    blocks: Pack
    upload: UploadId
    here: dict[str, list[bytes]]

    def content(self) -> bytes:
        return b"".join(bytes(part) for part in self.blocks.parts)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with api_on(tmp_path_factory.mktemp("server") / "data") as api:
        anna = PersonCaller("anna").register(api)
        laptop = anna.enrol(api)
        files = {f"{number}.txt": secrets.token_bytes(99) for number in range(5)}
        backup = laptop.back_up(api, files)
        assert backup.blocks is not None
        here = {
            "chunks": [item.chunks for item in backup.blocks.footer.items],
            "nodes": [item.id for item in backup.nodes.footer.items],
        }
        yield World(api, anna, laptop, backup.blocks, laptop.open_upload(api), here)


# What is asked for: number of something that is here, or an id of nothing.
ASKED = st.lists(st.one_of(st.integers(0, 30), st.binary(min_size=LONG, max_size=LONG)), max_size=9)


def ids_of(asked: list[int | bytes], here: list[bytes]) -> list[bytes]:
    return [here[one % len(here)] if isinstance(one, int) else one for one in asked]


@settings(max_examples=60, deadline=None)
@given(asked=ASKED, kind=st.sampled_from(KNOWN), width=st.sampled_from((PREFIX, LONG)))
def test_have_tells_what_is_here(
    world: World, asked: list[int | bytes], kind: str, width: int
) -> None:
    ids = ids_of(asked, world.here[kind])
    path = f"uploads/{world.upload.hex()}/have?kind={kind}&width={width}"

    answer = world.api.post(
        path, token=world.laptop.token, content=b"".join(one[:width] for one in ids)
    )

    beginnings = {one[:width] for one in world.here[kind]}
    assert answer.status_code == 200
    assert unpack_bits(answer.content, len(ids)) == [one[:width] in beginnings for one in ids]


@settings(max_examples=60, deadline=None)
@given(asked=ASKED)
def test_nodes_and_places_are_given_for_what_is_here_only(
    world: World, asked: list[int | bytes]
) -> None:
    nodes, chunks = (ids_of(asked, world.here[kind]) for kind in reversed(KNOWN))

    told = world.api.post("nodes", token=world.anna.token, content=b"".join(nodes))
    placed = world.api.post("locate", token=world.anna.token, content=b"".join(chunks))

    found = {chunk for place in decode_locations(placed.content) for chunk in place.chunks}
    assert set(decode_nodes(told.content)) == set(nodes) & set(world.here["nodes"])
    assert found == set(chunks) & set(world.here["chunks"])


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes_get_an_answer_or_a_refusal(world: World, body: bytes) -> None:
    have = f"uploads/{world.upload.hex()}/have?kind=chunks&width=8"
    expected = [(have, world.laptop.token, PREFIX)]
    expected += [(path, world.anna.token, LONG) for path in ("nodes", "locate")]

    answers = [world.api.post(path, token=token, content=body) for path, token, _ in expected]

    wholes = [200 if len(body) % width == 0 else 400 for _, _, width in expected]
    assert [answer.status_code for answer in answers] == wholes


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 10**6), flip=st.integers(1, 255), cut=st.integers(0, 10**6))
def test_a_pack_that_was_changed_on_the_way_is_refused(
    world: World, at: int, flip: int, cut: int
) -> None:
    upload = world.laptop.open_upload(world.api)
    owner = PackOwner(world.anna.account, world.laptop.device, upload)
    pack, _ = world.laptop.seal(owner, {"new": secrets.token_bytes(50)})
    assert pack is not None
    good = b"".join(bytes(part) for part in pack.parts)
    changed = bytearray(good)
    changed[at % len(good)] ^= flip
    path = f"uploads/{upload.hex()}/packs/{pack.id.hex()}"

    refused = [
        world.api.put(path, token=world.laptop.token, content=bad).status_code
        for bad in (bytes(changed), good[: cut % len(good)])
    ]
    accepted = world.api.put(path, token=world.laptop.token, content=good).status_code

    assert refused == [422, 422]
    assert accepted == 201


@settings(max_examples=60, deadline=None)
@given(start=st.integers(0, 2000), length=st.integers(1, 2000))
def test_a_range_of_a_pack_is_what_stands_there(world: World, start: int, length: int) -> None:
    span = {"Range": f"bytes={start}-{start + length - 1}"}

    answer = world.api.get(f"packs/{world.blocks.id.hex()}", token=world.anna.token, headers=span)

    content = world.content()
    if start >= len(content):
        assert answer.status_code == 416
    else:
        assert answer.status_code == 206
        assert answer.content == content[start : start + length]
