"""Whatever a server sends: nothing runs that the release keys did not sign, nothing older, nothing
else than the manifest names, and nothing is left of what was refused.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from csbackup.client.config import Home
from csbackup.client.update import unpacking
from csbackup.client.update.carrying_out import Update, carry_out
from csbackup.client.update.installation import Installation, own_target
from csbackup.client.update.memory import UpdateMemory, load_memory, save_memory
from csbackup.client.update.trial import Terms
from csbackup.errors import CsbError, ReleaseRefused
from csbackup.format.releases import MANIFEST, SIGNATURES, read_version
from csbackup.rules.updating import UpdatePlan
from support.release_server import ReleaseServer, serving_releases
from support.updating import (
    FIRST,
    SPARE,
    STRANGER,
    Release,
    broken_program,
    bundle,
    file_member,
    install,
    release,
)

SAYS_ITS_VERSION = '#!/bin/sh\necho \'{"version": "0.2.0"}\'\n'


@dataclass
class Device:
    """An installation of 0.1.0 that is told to become 0.2.0."""

    server: ReleaseServer
    installation: Installation
    home: Home

    def update(self, version: str = "0.2.0") -> None:
        plan = UpdatePlan("update", "due", read_version(version))
        source, now = self.server.source, time.time_ns()
        update = Update(self.installation, self.home, source, Terms(), now, lambda _: None)
        carry_out(plan, update)

    def refuses(self, offered: Release, version: str = "0.2.0") -> CsbError:
        """Why; and everything is as before."""
        self.server.give(version, offered.files)
        with pytest.raises(CsbError) as failure:
            self.update(version)
        assert self.is_untouched()
        told = load_memory(self.home).last
        assert (told.state, told.version, told.code) == ("failed", version, failure.value.code)
        return failure.value

    def is_untouched(self) -> bool:
        found = {path.name for path in self.installation.folder.iterdir()}
        return (
            found <= {"csb", "current", "versions", ".download"}
            and self.unpacked == ["0.1.0"]
            and self.installation.path("current").read_text() == "0.1.0\n"
            and load_memory(self.home).newest in ("", "0.9.0")
            and not (self.installation.folder.parent / "outside").exists()
        )

    @property
    def unpacked(self) -> list[str]:
        return sorted(path.name for path in self.installation.versions.iterdir())


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    install(tmp_path / "install", "0.1.0")
    installation = Installation(tmp_path / "install", read_version("0.1.0"), own_target())
    with serving_releases() as server:
        yield Device(server, installation, Home(tmp_path / "home"))


def small(**options: object) -> Release:
    """A release that starts quickly."""
    content = bundle("0.2.0", runs=SAYS_ITS_VERSION)
    return release("0.2.0", content, **options)  # type: ignore[arg-type]


def reasons(refused: CsbError) -> tuple[str, ...]:
    assert isinstance(refused, ReleaseRefused)
    return refused.reasons


def test_what_is_signed_and_newer_is_taken(device: Device) -> None:
    device.server.give("0.2.0", small().files)

    device.update()

    assert device.installation.path("current").read_text() == "0.2.0\n"
    assert load_memory(device.home).newest == "0.2.0"


@pytest.mark.parametrize(
    ("offered", "named"),
    [
        (lambda: small(signed_by=(STRANGER,)), "unsigned"),
        (lambda: small(days=0.5), "expired"),
        (lambda: small(channel="beta"), "channel"),
        (lambda: small(min_version="0.1.5"), "step"),
        (lambda: small(target="linux-sparc"), "target"),
        (lambda: small(signed_by=(FIRST,), keys=(FIRST, STRANGER)), "keys-unproved"),
        (lambda: small(change=lambda manifest: manifest.replace(b"0.0.0", b"0.0.1")), "unsigned"),
        (lambda: small(change=lambda manifest: manifest[:-20]), "malformed"),
    ],
    ids=["another-key", "expired", "channel", "step", "target", "new-keys", "changed", "cut"],
)
def test_a_manifest_that_does_not_hold_is_refused_by_name(
    device: Device, offered: Callable[[], Release], named: str
) -> None:
    refused = device.refuses(offered())

    assert named in reasons(refused)
    assert not device.installation.downloads.exists()


def test_without_any_signature_it_is_refused(device: Device) -> None:
    unsigned = small()
    unsigned.files[SIGNATURES] = b"[]"

    assert reasons(device.refuses(unsigned)) == ("malformed",)


def test_a_manifest_of_another_release_is_refused(device: Device) -> None:
    other = release("0.3.0", bundle("0.3.0", runs=SAYS_ITS_VERSION))

    assert reasons(device.refuses(other)) == ("other",)


def test_an_older_release_is_refused_though_the_server_names_it_otherwise(device: Device) -> None:
    old = release("0.0.9", bundle("0.0.9"))

    assert "older" in reasons(device.refuses(old))


def test_what_is_older_than_what_ever_ran_is_refused_after_going_back(device: Device) -> None:
    save_memory(device.home, UpdateMemory(newest="0.9.0"))

    assert "older" in reasons(device.refuses(small()))


def test_a_client_without_release_keys_believes_no_release(device: Device) -> None:
    (device.installation.version_folder(device.installation.running) / "release-keys.json").unlink()

    assert reasons(device.refuses(small())) == ("unpinned",)


def test_a_swapped_file_is_refused_and_not_kept(device: Device) -> None:
    offered = small()
    name = offered.bundle_name
    offered.files[name] = offered.files[name][:-8] + bytes(8)

    refused = device.refuses(offered)

    assert refused.code == "bundle-damaged"
    assert not list(device.installation.downloads.iterdir())


def test_a_file_that_is_too_long_is_refused_before_it_fills_the_disk(device: Device) -> None:
    device.server.stretch = bytes(8 * 1024 * 1024)

    refused = device.refuses(small())

    assert refused.code == "bundle-damaged"
    assert not list(device.installation.downloads.iterdir())


def test_a_file_that_ends_too_early_is_refused(device: Device) -> None:
    offered = small()
    offered.files[offered.bundle_name] = offered.files[offered.bundle_name][:100]

    assert device.refuses(offered).code == "bundle-damaged"


def test_a_line_that_breaks_is_gone_on_with_where_it_broke(device: Device) -> None:
    offered = small()
    device.server.give("0.2.0", offered.files)
    device.server.cut = len(offered.files[offered.bundle_name]) // 3 + 1

    device.update()

    starts = [start for path, start in device.server.asked if path.endswith(".xz")]
    assert starts == sorted(set(starts))
    assert len(starts) == 3
    assert device.installation.path("current").read_text() == "0.2.0\n"


def test_a_part_is_gone_on_with_by_a_later_attempt(device: Device) -> None:
    offered = small()
    bundle_path = f"/releases/0.2.0/{offered.bundle_name}"
    device.server.give("0.2.0", offered.files)
    device.installation.downloads.mkdir()
    part = offered.files[offered.bundle_name][:50]
    (device.installation.downloads / f"{_hash(offered)}.part").write_bytes(part)

    device.update()

    assert device.server.asked[-1] == (bundle_path, 50)


def test_a_server_that_honours_no_ranges_sends_it_all_anew(device: Device) -> None:
    offered = small()
    device.server.give("0.2.0", offered.files)
    device.server.ranges = False
    device.installation.downloads.mkdir()
    (device.installation.downloads / f"{_hash(offered)}.part").write_bytes(b"x" * 50)

    device.update()

    assert device.installation.path("current").read_text() == "0.2.0\n"


def test_a_release_without_its_file_is_not_installed(device: Device) -> None:
    offered = small()
    del offered.files[offered.bundle_name]

    assert device.refuses(offered).code == "server-incompatible"


def _hash(offered: Release) -> str:
    return hashlib.sha256(offered.files[offered.bundle_name]).hexdigest()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def device_node(name: str) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.devmajor, member.devminor = tarfile.CHRTYPE, 1, 3
    return member, b""


@pytest.mark.parametrize(
    "members",
    [
        [file_member("../outside", b"x")],
        [file_member("0.2.0/../../outside", b"x")],
        [file_member("/tmp/outside", b"x")],
        [file_member("0.1.0/csb", b"x")],
        [file_member("0.3.0/csb", b"x")],
        [link("0.2.0/out", "../../../outside"), file_member("0.2.0/out", b"x")],
        [link("0.2.0/out", "/etc/passwd")],
        [link("0.2.0/out", "../../current", tarfile.LNKTYPE)],
        [device_node("0.2.0/null")],
        [file_member("0.2.0/" + "x" * 900, b"x")],
    ],
    ids=[
        "parent", "parent-inside", "absolute", "running-version", "another-version",
        "link-and-file", "link-absolute", "hard-link", "device", "long-name",
    ],
)  # fmt: skip
def test_a_bundle_that_reaches_outside_is_not_unpacked(
    device: Device, members: list[tuple[tarfile.TarInfo, bytes]]
) -> None:
    content = bundle("0.2.0", runs=SAYS_ITS_VERSION, more=members)

    refused = device.refuses(release("0.2.0", content))

    assert refused.code == "bundle-unsafe"


def test_a_small_bundle_that_unpacks_to_very_much_is_refused(device: Device) -> None:
    refused = device.refuses(release("0.2.0", _bomb()))

    assert refused.code == "bundle-unsafe"
    assert f"{unpacking.MOST_BYTES:,}" in str(refused)


def test_what_is_no_archive_at_all_is_refused(device: Device) -> None:
    assert device.refuses(release("0.2.0", b"not an archive")).code == "bundle-unsafe"


def test_a_bundle_without_a_program_is_refused(device: Device) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as archive:
        member, content = file_member("0.2.0/readme", b"hello")
        archive.addfile(member, io.BytesIO(content))

    assert device.refuses(release("0.2.0", packed.getvalue())).code == "bundle-unsafe"


def test_a_bundle_with_other_keys_than_its_manifest_is_refused(device: Device) -> None:
    content = bundle("0.2.0", runs=SAYS_ITS_VERSION, pins=(FIRST, STRANGER))

    refused = device.refuses(release("0.2.0", content))

    assert "release keys" in str(refused)


def test_keys_that_both_old_ones_signed_are_taken(device: Device) -> None:
    new = (SPARE, STRANGER)
    content = bundle("0.2.0", runs=SAYS_ITS_VERSION, pins=new)
    device.server.give("0.2.0", release("0.2.0", content, signed_by=(FIRST, SPARE), keys=new).files)

    device.update()

    assert device.installation.path("current").read_text() == "0.2.0\n"


def test_a_version_that_calls_itself_otherwise_is_not_started(device: Device) -> None:
    content = bundle("0.2.0", runs=SAYS_ITS_VERSION.replace("0.2.0", "0.1.9"))

    assert device.refuses(release("0.2.0", content)).code == "self-check-failed"


def test_a_version_that_fails_its_check_three_times_is_given_up(device: Device) -> None:
    content = bundle("0.2.0", runs=broken_program("0.2.0", "true").split("\n")[0] + "\nexit 1\n")
    device.server.give("0.2.0", release("0.2.0", content).files)

    for _ in range(3):
        with pytest.raises(CsbError):
            device.update()

    assert load_memory(device.home).failures()[read_version("0.2.0")].is_given_up


def _bomb() -> bytes:
    """It says that two gigabytes of nothing follow."""
    member = tarfile.TarInfo("0.2.0/zeros")
    member.size = 2 * 1024**3
    return lzma.compress(member.tobuf() + bytes(1024 * 1024))


def test_a_header_that_takes_all_memory_is_refused(device: Device) -> None:
    assert device.refuses(release("0.2.0", _long_header())).code == "bundle-unsafe"


def _long_header() -> bytes:
    """Its name alone would take two gigabytes of memory."""
    member = tarfile.TarInfo("0.2.0/name")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 2 * 1024**3
    return lzma.compress(member.tobuf() + bytes(1024 * 1024))


def test_nothing_of_a_manifest_is_believed_before_its_signature(device: Device) -> None:
    """Its size limits hold too: a manifest of many megabytes is not read."""
    offered = small()
    offered.files[MANIFEST] = b" " * (8 * 1024 * 1024)

    assert device.refuses(offered).code == "answer-too-long"
