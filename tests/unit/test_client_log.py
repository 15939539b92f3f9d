"""The log: one line a record, bounded, shared by processes, never in the way, without secrets."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from csbackup.client.cli.hiding import Hider
from csbackup.client.cli.program import program
from csbackup.client.cli.recording import shown_command
from csbackup.client.log import (
    LOG,
    PART_BYTES,
    PARTS,
    LogFile,
    field,
    log_failure,
    open_log,
    part,
    parts,
    withhold,
)
from csbackup.errors import PathProblem, ServerUnreachable


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogFile]:
    opened = open_log(tmp_path, lambda: "the beginning", ["hunter2-secret"])
    yield opened
    LOG.removeHandler(opened)


def lines(log: LogFile) -> list[str]:
    return log.path.read_text().splitlines()


def test_nothing_is_written_before_there_is_something_to_write(log: LogFile) -> None:
    assert not log.path.exists()

    LOG.info("first")
    LOG.info("second")

    assert [line.rpartition("] ")[2] for line in lines(log)] == ["the beginning", "first", "second"]
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_a_name_cannot_make_a_line_of_its_own(log: LogFile) -> None:
    LOG.warning("problem %s", field("path", b'/a\n2026 ERROR "x\r\x1b[31m\xe2\x80\xa8\xff\\'))

    (line,) = [line for line in lines(log) if "problem" in line]
    assert line.endswith('path="/a\\n2026 ERROR \\"x\\r\\x1b[31m\\u2028\\\\xff\\\\"')


def test_what_somebody_else_says_cannot_fill_the_log(log: LogFile) -> None:
    LOG.warning("said %s", field("message", "x" * 9_000_000))

    assert log.path.stat().st_size < 11_000


def test_secrets_are_left_out_however_they_come(log: LogFile) -> None:
    withhold('with "quotes" and \\')

    LOG.info("a hunter2-secret %s", field("detail", 'with "quotes" and \\'))
    LOG.info("csbd_AbC-123_x csbs_tokentoken 0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ-0123")

    text = log.path.read_text()
    for secret in ("hunter2", "quotes", "AbC-123", "tokentoken", "GHJK"):
        assert secret not in text
    assert text.count("(withheld)") == 5


def test_a_failure_says_its_code_where_it_was_and_why(log: LogFile) -> None:
    try:
        try:
            (log.path.parent / "nothing").read_bytes()
        except OSError as cause:
            raise PathProblem("/home/ada/x is no good.") from cause
    except PathProblem as failure:
        log_failure(failure, failure.code)

    text = log.path.read_text()
    assert 'failed code=path-problem detail="/home/ada/x is no good."' in text
    assert "PathProblem at test_client_log.py:" in text
    assert "because of FileNotFoundError" in text
    assert str(Path(__file__).parent) not in text


def test_what_is_said_about_servers_is_no_detail_of_files(log: LogFile) -> None:
    failure = ServerUnreachable("https://nas.local", "no connection")
    failure.__cause__ = ConnectionRefusedError(111, "Connection refused")

    log_failure(failure, failure.code)

    hidden = "".join(map(Hider(b"salt").line, log.path.read_text().splitlines()))
    assert 'message="No answer from https://nas.local' in hidden
    assert 'ConnectionRefusedError message="[Errno 111] Connection refused"' in hidden


def test_the_log_is_cut_into_parts_and_the_oldest_goes(log: LogFile) -> None:
    LOG.info("the very first")
    for _ in range(PARTS + 2):
        with log.path.open("a") as file:
            file.write("x" * PART_BYTES)
        LOG.info("makes it full")
    LOG.info("the last")

    found = parts(log.path.parent)
    assert len(found) == PARTS
    assert "the last" in found[-1].read_text()
    assert "the very first" not in "".join(one.read_text() for one in found)
    assert all(one.stat().st_size < PART_BYTES + 1000 for one in found)


def test_processes_that_log_at_once_lose_and_mix_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from csbackup.client.log import LOG, open_log\n"
        "open_log(Path(sys.argv[1]), lambda: 'begins')\n"
        "for at in range(1500): LOG.info('%s-%d %s', sys.argv[2], at, 'y' * 800)\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in "abc"
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]

    found = parts(tmp_path)
    written = "".join(one.read_text() for one in found).splitlines()
    assert len(found) == 4  # 3.7 MB: it was renamed while all of them wrote
    assert len(written) == 3 * 1501
    assert all(line.endswith(("y" * 800, "begins")) for line in written)


@pytest.mark.parametrize("obstacle", ["file", "pipe", "folder", "full", "no state folder"])
def test_nothing_that_is_wrong_with_the_log_is_in_the_way(tmp_path: Path, obstacle: str) -> None:
    folder = tmp_path / "logs"
    if obstacle == "file":
        folder.write_text("")
    elif obstacle == "no state folder":
        folder = tmp_path / "none" / "logs"
    else:
        folder.mkdir()
    if obstacle == "pipe":
        os.mkfifo(folder / "csb.log")
    elif obstacle == "folder":
        (folder / "csb.log").mkdir()
    elif obstacle == "full":
        (folder / "csb.log").symlink_to("/dev/full")
    log = LogFile(folder / "csb.log", lambda: "begins")

    log.handle(logging.LogRecord("csbackup", logging.INFO, "", 0, "x", (), None))

    assert not any(one.is_file() and one.stat().st_size for one in tmp_path.rglob("*"))


def test_the_parts_are_named_by_age(tmp_path: Path) -> None:
    assert [part(tmp_path / "csb.log", number).name for number in (0, 1, 2)] == [
        "csb.log", "csb.1.log", "csb.2.log",
    ]  # fmt: skip


# --- the command as it is logged ---


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (["backup", "--quiet"], "csb backup --quiet"),
        (["restore", "--to", "/x", "hunter2"], "csb restore --to ... ..."),
        (["password", "hunter2", "--recovery-key=ABCD"], "csb password ... --recovery-key"),
        (["service", "run", "--every", "3"], "csb service run --every ..."),
        (["hunter2"], "csb ..."),
        (["backup", "--hunter2"], "csb backup ..."),
        (["backup", "backup"], "csb backup ..."),
    ],
)
def test_of_what_was_typed_only_commands_and_options_are_logged(
    typed: list[str], shown: str
) -> None:
    assert shown_command(program, typed) == shown


# --- hiding paths ---


def test_the_same_path_has_the_same_token_and_keeps_its_folders() -> None:
    hider = Hider(b"salt")

    one, two = hider.path("/home/ada/tax.pdf"), hider.path("/home/ada/love.txt")

    assert one.rpartition("/")[0] == two.rpartition("/")[0]
    assert one != two
    assert "ada" not in one
    assert one == Hider(b"salt").path("/home/ada/tax.pdf") != Hider(b"other").path(one)


def test_a_line_of_the_log_loses_its_paths_and_nothing_else() -> None:
    line = 'T WARNING [1] problem class=read-error path="/home/ada/my \\"tax\\" 2026.pdf" x\n'

    hidden = Hider(b"salt").line(line)

    assert hidden.startswith("T WARNING [1] problem class=read-error path=")
    assert hidden.endswith('" x\n')
    for secret in ("ada", "tax", "2026"):
        assert secret not in hidden
    assert Hider(b"salt").line('message="No answer from https://nas.local/x"').endswith('local/x"')


def test_what_status_says_loses_its_paths() -> None:
    status = {
        "url": "https://nas.local:8443",
        "roots": ["/home/ada"],
        "reasons": ["/home/ada/my stick is not there: is a disk not connected?"],
        "problem_classes": [{"class": "read-error", "paths": [{"path": "/x/y", "number": 2}]}],
        "coverage": 0.5,
    }

    hidden = Hider(b"salt").value(status)

    assert (hidden["url"], hidden["coverage"]) == ("https://nas.local:8443", 0.5)
    assert hidden["problem_classes"][0]["class"] == "read-error"
    assert not any(word in str(hidden) for word in ("ada", "stick", "/x/y"))
