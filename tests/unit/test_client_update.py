"""What a device remembers of updates, and where it can update itself at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from csbackup import __version__
from csbackup.client.config import Home
from csbackup.client.update.failures import UpdateMemoryDamaged, UpdatesOff
from csbackup.client.update.installation import Installation, find_installed, own_target
from csbackup.client.update.memory import FILE, UpdateMemory, load_memory, save_memory
from csbackup.client.update.trial import confirm, hear_of_going_back, is_on_trial, tidy
from csbackup.format.releases import PINNED, Version, read_version
from csbackup.protocol.messages import UpdateReport
from support.updating import install

OLD, RUNNING = Version(0, 1, 0), read_version(__version__)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    install(tmp_path / "install", __version__)
    return tmp_path / "install"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def installation(folder: Path) -> Installation:
    return Installation(folder, RUNNING, own_target())


def test_memory_comes_back_as_it_was_kept(home: Home) -> None:
    failed = UpdateReport("rolled-back", "0.3.0", "died", "It ended.")
    memory = UpdateMemory().begun(Version(0, 3, 0), OLD).with_failure(failed, final=True)

    save_memory(home, memory)

    assert load_memory(home) == memory
    assert load_memory(home).newest_version(OLD) == Version(0, 3, 0)


def test_the_newest_version_never_becomes_older(home: Home) -> None:
    memory = UpdateMemory().begun(Version(0, 3, 0), OLD).begun(Version(0, 2, 0), OLD)

    assert memory.newest_version(OLD) == Version(0, 3, 0)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"newest": "0.1.0"}', b"\0\0"])
def test_a_damaged_memory_is_named_and_not_taken_for_an_empty_one(
    home: Home, content: bytes
) -> None:
    home.write(FILE, content)

    with pytest.raises(UpdateMemoryDamaged, match="Nothing is updated"):
        load_memory(home)


def test_a_memory_that_somebody_changed_is_not_believed(home: Home) -> None:
    save_memory(home, UpdateMemory(newest="0.9.0"))
    kept = json.loads((home.path / FILE).read_bytes())
    home.write(FILE, json.dumps(kept | {"newest": "0.0.1"}).encode())

    with pytest.raises(UpdateMemoryDamaged):
        load_memory(home)


def test_a_clone_is_no_installation() -> None:
    found = find_installed({})

    assert (found.kind, found.installation) == ("development", None)
    with pytest.raises(UpdatesOff, match="Python's own means"):
        found.require()


def test_an_installation_of_another_version_is_not_ours(folder: Path) -> None:
    (folder / "versions" / __version__).rename(folder / "versions/9.9.9")

    assert find_installed({"CSB_INSTALL": str(folder)}).kind == "development"


def test_a_bundle_updates_itself(folder: Path) -> None:
    found = find_installed({"CSB_INSTALL": str(folder)})

    assert (found.kind, found.reason) == ("bundle", "")
    assert found.require().running == RUNNING


def test_a_bundle_without_release_keys_does_not(folder: Path) -> None:
    (folder / "versions" / __version__ / PINNED).unlink()

    found = find_installed({"CSB_INSTALL": str(folder)})

    assert (found.kind, found.installation) == ("bundle", None)
    assert "without release keys" in found.reason


def test_what_a_package_manager_updates_does_not(folder: Path) -> None:
    (folder / "managed-by").write_text("dpkg\n")

    found = find_installed({"CSB_INSTALL": str(folder)})

    assert (found.kind, found.reason) == ("package", "It came as a package, and dpkg updates it.")


def test_confirming_ends_the_trial_and_keeps_two_versions(folder: Path, home: Home) -> None:
    for version in ("0.0.1", "0.0.2", "0.0.3"):
        (folder / "versions" / version).mkdir()
        (folder / "versions" / version / "csb").touch()
    (folder / "trial").write_text(f"version={RUNNING}\nprevious=0.0.2\n")

    confirm(installation(folder), home)

    assert not is_on_trial(installation(folder))
    assert sorted(map(str, installation(folder).kept_versions())) == ["0.0.2", str(RUNNING)]


def test_what_an_installer_brought_meanwhile_is_left_alone(folder: Path) -> None:
    (folder / "versions/9.0.0").mkdir()
    (folder / "versions/9.0.0/csb").touch()
    (folder / "current").write_text("9.0.0\n")

    tidy(installation(folder), before=None)

    assert Version(9, 0, 0) in installation(folder).kept_versions()


def test_going_back_is_remembered_once_and_its_version_goes(folder: Path, home: Home) -> None:
    (folder / "versions/9.0.0").mkdir()
    (folder / "rolled-back").write_text(f"version=9.0.0\nto={RUNNING}\nreason=died\n")

    hear_of_going_back(installation(folder), home)
    hear_of_going_back(installation(folder), home)

    memory = load_memory(home)
    assert (memory.last.state, memory.last.code) == ("rolled-back", "died")
    assert [(one.tries, one.final) for one in memory.failed] == [(1, True)]
    assert not (folder / "versions/9.0.0").exists()


@pytest.mark.parametrize("content", [b"", b"\0\xff\n=", b"version=../..\nreason=x", b"version=\n"])
def test_a_damaged_note_of_going_back_harms_nothing(
    folder: Path, home: Home, content: bytes
) -> None:
    (folder / "rolled-back").write_bytes(content)

    hear_of_going_back(installation(folder), home)

    assert load_memory(home) == UpdateMemory()
    assert installation(folder).kept_versions() == [RUNNING]
