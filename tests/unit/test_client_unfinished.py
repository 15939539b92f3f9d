"""A snapshot of a backup that did not finish is never taken for a whole one in silence."""

from __future__ import annotations

from dataclasses import replace

from csbackup.client.browse.chain import History, Kept
from csbackup.client.browse.nodes import NodeReader
from csbackup.client.browse.versions import versions
from csbackup.client.cli.looking import unfinished
from support.sealed_world import DEVICE, SealedWorld


def _kept(world: SealedWorld, sequence: int, *, partial: bool) -> Kept:
    kept = world.snapshot(sequence=sequence)
    return replace(kept, snapshot=replace(kept.snapshot, partial=partial))


def test_a_whole_snapshot_needs_no_warning() -> None:
    kept = _kept(SealedWorld(), 1, partial=False)

    assert unfinished(History(DEVICE, (kept,), None), kept) == ""


def test_an_unfinished_snapshot_names_the_whole_one_before_it() -> None:
    world = SealedWorld()
    whole, checkpoint = _kept(world, 1, partial=False), _kept(world, 2, partial=True)

    said = unfinished(History(DEVICE, (whole, checkpoint), None), checkpoint)

    assert "did not finish" in said
    assert "--snapshot 1" in said


def test_an_unfinished_first_snapshot_names_no_other() -> None:
    kept = _kept(SealedWorld(), 1, partial=True)

    assert "--snapshot" not in unfinished(History(DEVICE, (kept,), None), kept)


def test_the_newest_is_the_last_that_finished() -> None:
    world = SealedWorld()
    whole, checkpoint = _kept(world, 1, partial=False), _kept(world, 2, partial=True)

    assert History(DEVICE, (whole, checkpoint), None).last() == whole
    assert History(DEVICE, (checkpoint,), None).last() == checkpoint


def test_what_an_unfinished_snapshot_lacks_was_not_removed() -> None:
    world = SealedWorld()
    there = world.snapshot(world.folder(b"/r", world.file(b"x", b"1")), sequence=1)
    checkpoint = world.snapshot(world.folder(b"/r"), sequence=2)
    checkpoint = replace(checkpoint, snapshot=replace(checkpoint.snapshot, partial=True))

    found = list(versions(NodeReader(world), [there, checkpoint], b"/r/x"))

    assert [one.change for one in found] == ["added"]
