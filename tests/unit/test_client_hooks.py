"""Commands around a backup come from the device's own file, and from there only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import csbackup
from csbackup.client.config import Home
from csbackup.client.hooks import FILE, Hooks, HooksUnsafe, load_hooks, run_hook, save_hooks
from csbackup.errors import PathProblem
from csbackup.protocol import adapter, messages

SOURCE = Path(csbackup.__file__).parent


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "state")


def test_hooks_are_kept_and_cleared(home: Home) -> None:
    assert load_hooks(home) == Hooks()
    save_hooks(home, Hooks("a", "b", must_succeed=True))
    assert load_hooks(home) == Hooks("a", "b", must_succeed=True)
    save_hooks(home, Hooks())
    assert not (home.path / FILE).exists()


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(home: Home, mode: int) -> None:
    save_hooks(home, Hooks("a"))
    (home.path / FILE).chmod(mode)

    with pytest.raises(HooksUnsafe, match="written by others"):
        load_hooks(home)


def test_a_folder_that_others_may_write_is_refused(home: Home) -> None:
    save_hooks(home, Hooks("a"))
    home.path.chmod(0o777)

    with pytest.raises(HooksUnsafe, match="written by others"):
        load_hooks(home)


def test_a_link_is_refused(home: Home, tmp_path: Path) -> None:
    save_hooks(home, Hooks("a"))
    (home.path / FILE).rename(tmp_path / "elsewhere")
    (home.path / FILE).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(HooksUnsafe, match="is a link"):
        load_hooks(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_somebody_elses_file_is_refused(home: Home) -> None:
    save_hooks(home, Hooks("a"))
    os.chown(home.path / FILE, 65534, -1)

    with pytest.raises(HooksUnsafe, match="belongs to somebody else"):
        load_hooks(home)


def test_a_damaged_file_runs_nothing(home: Home) -> None:
    save_hooks(home, Hooks("touch ran"))
    kept = (home.path / FILE).read_bytes()
    (home.path / FILE).write_bytes(kept.replace(b"touch ran", b"touch RAN"))

    with pytest.raises(PathProblem, match="damaged"):
        load_hooks(home)


def test_a_command_that_cannot_be_run_or_fails_says_why() -> None:
    assert run_hook(Hooks(before="exit 0"), "before", {}) == ""
    assert run_hook(Hooks(before="exit 7"), "before", {}) == "ended with 7"
    assert run_hook(Hooks(before="exit 7"), "after", {}) == ""
    assert "127" in run_hook(Hooks(after="no-such-command"), "after", {})


def test_no_message_has_a_place_for_a_command() -> None:
    kinds = [
        kind
        for name in dir(messages)
        if hasattr(kind := getattr(messages, name), "__dataclass_fields__")
    ]
    parts = {part for kind in kinds for part in adapter.parts(kind)}

    assert len(kinds) > 50
    assert Hooks not in parts
    assert not [part for part in parts for field in part.__dataclass_fields__ if "hook" in field]


def test_only_the_persons_own_command_writes_the_file() -> None:
    who = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if "save_hooks" in path.read_text()
    }

    assert who == {"client/hooks.py", "client/cli/hooks.py"}
