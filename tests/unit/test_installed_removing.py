"""What goes with the client, and what stays."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

import csbackup.client
from csbackup.client.cli.uninstall import StillRuns, is_from_package, take_off
from csbackup.client.config import Home
from csbackup.client.installed.layout import Layout, find_layout
from csbackup.client.installed.removing import (
    INSTALL_NAMES,
    STATE_NAMES,
    plan_removal,
    remove,
)
from csbackup.client.platform.locking import only_run
from csbackup.errors import RunInProgress


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A person's whole installation, in a home that was empty before."""
    layout = find_layout(
        {"HOME": str(tmp_path)}, tmp_path / ".local/state/csbackup", for_root=False
    )
    texts = (
        layout.start, layout.install / "current", layout.install / "versions/1/csb",
        layout.unit, layout.changes / "override.conf", *layout.desktop,
        layout.state / "device.json", layout.state / "journal.db-wal",
        layout.state / "logs/csb.log",
    )  # fmt: skip
    for path in texts:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    for link, target in ((layout.link, layout.start), (layout.wanted, layout.unit)):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    return layout


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_nothing_is_left_behind(layout: Layout, tmp_path: Path) -> None:
    done = remove(plan_removal(layout, keep_state=False, owned_by_package=False))

    assert (done.lost, done.left) == ([], [])
    assert left(tmp_path) == []


def test_a_plan_removes_nothing(layout: Layout, tmp_path: Path) -> None:
    before = left(tmp_path)

    plan = plan_removal(layout, keep_state=False, owned_by_package=False)

    assert left(tmp_path) == before
    assert plan.going[-1].path.parent == layout.install, "what removes goes last"


def test_keys_and_settings_stay_when_they_are_to(layout: Layout, tmp_path: Path) -> None:
    plan = plan_removal(layout, keep_state=True, owned_by_package=False)

    remove(plan)

    assert [one.path for one in plan.staying] == [layout.state]
    assert [path for path in left(tmp_path) if path.endswith(("json", "wal", "log"))] == [
        ".local/state/csbackup/device.json",
        ".local/state/csbackup/journal.db-wal",
        ".local/state/csbackup/logs/csb.log",
    ]


def test_what_is_not_ours_stays_wherever_it_lies(layout: Layout, tmp_path: Path) -> None:
    """Somebody named their own folder as CSB_HOME, or put a program of theirs beside ours."""
    theirs = (
        layout.state / "thesis.json",
        layout.install / "notes.txt",
        layout.programs / "other",
        tmp_path / ".config/systemd/user/other.service",
    )
    for path in theirs:
        path.write_text("x")

    done = remove(plan_removal(layout, keep_state=False, owned_by_package=False))

    assert all(path.exists() for path in theirs)
    assert sorted(done.left) == sorted([layout.state, layout.install])


def test_a_command_that_leads_elsewhere_stays(layout: Layout, tmp_path: Path) -> None:
    layout.link.unlink()
    layout.link.symlink_to("/usr/bin/true")

    remove(plan_removal(layout, keep_state=False, owned_by_package=False))

    assert layout.link.is_symlink()


def test_what_came_as_a_package_is_left_to_it(layout: Layout, tmp_path: Path) -> None:
    listed = tmp_path / "csb.list"
    listed.write_text(f"/.\n/opt\n{layout.install}\n")

    assert is_from_package(layout.install, listed)
    assert not is_from_package(layout.install, tmp_path / "none")
    plan = plan_removal(layout, keep_state=False, owned_by_package=True)
    remove(plan)

    assert layout.start.exists() and layout.link.is_symlink()
    assert "apt-get purge csb" in plan.staying[0].what
    assert not layout.unit.exists()


def test_one_thing_that_resists_does_not_save_the_others(layout: Layout) -> None:
    layout.unit.unlink()
    (layout.unit / "below").mkdir(parents=True)  # rmtree takes this one
    plan = plan_removal(layout, keep_state=False, owned_by_package=False)
    layout.start.unlink()  # gone meanwhile

    done = remove(plan)

    assert done.lost == []
    assert not layout.install.exists()


def test_every_file_of_the_client_is_known_to_whoever_removes_it() -> None:
    """Each is named in a constant; one that nobody removes would be left behind."""
    client = Path(csbackup.client.__file__).parent
    names = {
        name
        for module in client.rglob("*.py")
        for name in re.findall(r'^[A-Z_]+(?:: \w+)? = "([\w-]+\.[a-z]+)"', module.read_text(), re.M)
        if name.rpartition(".")[2] in ("json", "lock", "db", "crt", "salt", "wish")
    }

    patterns = (*STATE_NAMES, *INSTALL_NAMES)
    assert {"device.json", "journal.db", "service.lock", "update.lock"} <= names
    assert [name for name in names if not any(fnmatch(name, one) for one in patterns)] == []


@pytest.mark.parametrize("lock", ["service.lock", "backup.lock"])
def test_nothing_goes_while_something_of_ours_runs(layout: Layout, lock: str) -> None:
    """A service that cron started, or a backup: it would write its state anew."""
    layout.unit.unlink()  # or the systemd of whoever runs this would be asked
    plan = plan_removal(layout, keep_state=False, owned_by_package=False)

    with only_run(layout.state / lock), pytest.raises((StillRuns, RunInProgress)):
        take_off(Home(layout.state), layout, plan)

    assert layout.start.exists() and (layout.state / "device.json").exists()
