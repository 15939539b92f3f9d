"""The script that starts the client: which version it starts, and when it goes back to another."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

START = Path(__file__).parents[2] / "packaging/client/linux/start.sh"
SHELLS = [shell for shell in ("dash", "busybox") if shutil.which(shell)] or ["sh"]
SAYS = '#!/bin/sh\necho "{version} $*"\n'


@dataclass(frozen=True)
class Installation:
    folder: Path
    shell: tuple[str, ...]

    def add(self, version: str, program: str = SAYS) -> None:
        place = self.folder / "versions" / version
        place.mkdir(parents=True)
        (place / "csb").write_text(program.format(version=version))
        (place / "csb").chmod(0o755)

    def point_to(self, version: str) -> None:
        (self.folder / "current").write_text(version)

    def put_on_trial(self, version: str, previous: str, *, starts: int = 3) -> None:
        (self.folder / "trial").write_text(
            f"version={version}\nprevious={previous}\nstarts={starts}\nseconds=30\n"
        )
        self.point_to(f"{version}\n")

    def start(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        command = [*self.shell, str(self.folder / "csb"), *arguments]
        path = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "CSB_SUPERVISED": "1"}
        return subprocess.run(
            command, capture_output=True, text=True, env=path | env, timeout=60, check=False
        )

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()


@pytest.fixture(params=SHELLS)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Installation]:
    shell = ("busybox", "ash") if request.param == "busybox" else (request.param,)

    def make_at(place: str) -> Installation:
        folder = tmp_path / place
        (folder / "versions").mkdir(parents=True)
        shutil.copy(START, folder / "csb")
        return Installation(folder, shell)

    return make_at


@pytest.fixture
def installation(make: Callable[[str], Installation]) -> Installation:
    """Two versions below a path with spaces; the older one is current."""
    found = make("a place with spaces")
    found.add("0.9.0")
    found.add("0.10.0")
    found.point_to("0.9.0\n")
    return found


def test_it_starts_what_the_pointer_names_with_all_arguments(installation: Installation) -> None:
    started = installation.start("backup", "--json", "two words")

    assert started.stdout == "0.9.0 backup --json two words\n"


def test_a_pointer_without_a_line_end_counts_too(installation: Installation) -> None:
    installation.point_to("0.9.0")

    assert installation.start("version").stdout == "0.9.0 version\n"


@pytest.mark.parametrize("pointer", ["", "\n", "7.0.0\n", "../versions/0.9.0\n", "\0\1\n", ".x\n"])
def test_a_pointer_that_names_nothing_whole_gives_the_newest(
    installation: Installation, pointer: str
) -> None:
    installation.point_to(pointer)
    (installation.folder / "versions/.0.11.0.new").mkdir()
    (installation.folder / "versions/0.12.0").mkdir()

    assert installation.start("version").stdout == "0.10.0 version\n"


def test_without_a_pointer_the_newest_starts(installation: Installation) -> None:
    (installation.folder / "current").unlink()

    assert installation.start("version").stdout == "0.10.0 version\n"


def test_where_nothing_is_installed_it_says_so(make: Callable[[str], Installation]) -> None:
    started = make("empty").start("version")

    assert started.returncode == 2
    assert "Install it again" in started.stderr


def test_it_starts_through_links_that_lead_to_it(
    installation: Installation, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/first").symlink_to("../a place with spaces/csb")
    (tmp_path / "bin/csb").symlink_to("first")
    command = [*installation.shell, str(tmp_path / "bin/csb"), "version"]

    started = subprocess.run(command, capture_output=True, text=True, check=True)

    assert started.stdout == "0.9.0 version\n"


def test_it_says_where_it_is_installed_and_becomes_the_program(
    make: Callable[[str], Installation],
) -> None:
    installation = make("here")
    installation.add("0.9.0", '#!/bin/sh\necho "$CSB_INSTALL ${{CSB_HOME-none}}"; exit 7\n')

    started = installation.start("version")

    assert started.stdout == f"{installation.folder} none\n"
    assert started.returncode == 7


def test_a_version_on_trial_has_so_many_starts_of_its_service(installation: Installation) -> None:
    installation.put_on_trial("0.10.0", "0.9.0", starts=2)

    said = [installation.start("service", "run").stdout for _ in range(4)]

    assert said == ["0.10.0 service run\n"] * 2 + ["0.9.0 service run\n"] * 2
    assert installation.read("current") == "0.9.0\n"
    assert installation.read("rolled-back") == "version=0.10.0\nto=0.9.0\nreason=died\n"
    assert not (installation.folder / "trial").exists()


def test_other_commands_do_not_count_as_starts(installation: Installation) -> None:
    installation.put_on_trial("0.10.0", "0.9.0", starts=1)

    said = [installation.start("status").stdout for _ in range(4)]

    assert said == ["0.10.0 status\n"] * 4


def test_starts_in_other_boots_count_less(installation: Installation) -> None:
    installation.put_on_trial("0.10.0", "0.9.0", starts=2)
    earlier = "".join(f"0.10.0 boot-{number}\n" for number in range(4))
    (installation.folder / "trial-starts").write_text(earlier)

    said = [installation.start("service", "run").stdout for _ in range(3)]

    assert said == ["0.10.0 service run\n"] * 2 + ["0.9.0 service run\n"]


def test_starts_of_an_earlier_trial_do_not_count(installation: Installation) -> None:
    installation.put_on_trial("0.10.0", "0.9.0", starts=1)
    (installation.folder / "trial-starts").write_text("0.8.0 boot\n" * 9)

    assert installation.start("service", "run").stdout == "0.10.0 service run\n"


def test_a_trial_of_a_version_that_is_not_current_counts_for_nothing(
    installation: Installation,
) -> None:
    installation.put_on_trial("0.10.0", "0.9.0", starts=1)
    installation.point_to("0.9.0\n")

    said = [installation.start("service", "run").stdout for _ in range(4)]

    assert said == ["0.9.0 service run\n"] * 4


def test_without_the_version_before_it_goes_back_to_another(installation: Installation) -> None:
    installation.add("0.8.0")
    installation.put_on_trial("0.10.0", "0.9.0", starts=1)
    shutil.rmtree(installation.folder / "versions/0.9.0")

    said = [installation.start("service", "run").stdout for _ in range(2)]

    assert said == ["0.10.0 service run\n", "0.8.0 service run\n"]


def test_with_no_other_version_it_stays(installation: Installation) -> None:
    installation.put_on_trial("0.10.0", "0.9.0", starts=1)
    shutil.rmtree(installation.folder / "versions/0.9.0")

    said = [installation.start("service", "run").stdout for _ in range(3)]

    assert said == ["0.10.0 service run\n"] * 3


def test_going_back_that_was_interrupted_is_finished(installation: Installation) -> None:
    installation.put_on_trial("0.10.0", "0.9.0", starts=1)
    installation.start("service", "run")
    (installation.folder / "rolled-back").write_text("version=0.10.0\nto=0.9.0\nreason=died\n")

    assert installation.start("service", "run").stdout == "0.9.0 service run\n"
    assert installation.read("current") == "0.9.0\n"


def test_a_damaged_trial_file_harms_nothing(installation: Installation) -> None:
    (installation.folder / "trial").write_bytes(b"\0\xff=\nversion\nstarts=many\nversion=0.9.0")

    assert installation.start("service", "run").stdout == "0.9.0 service run\n"


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="needs shellcheck")
def test_shellcheck_has_nothing_to_say() -> None:
    found = subprocess.run(["shellcheck", START], capture_output=True, text=True, check=False)

    assert found.stdout == ""
