"""Whatever is wrong is said in one clear line with the right exit code, and loses nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from blake3 import blake3

from csbackup.format.recovery import format_recovery_key
from support.nasty_files import differences
from support.processes import (
    Client,
    Result,
    Server,
    run_server_command,
    start_server,
)


@pytest.fixture(scope="module")
def source(place: Path, laptop: Client) -> Path:
    folder = place / "source"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    (folder / "b.bin").write_bytes(bytes(range(256)) * 4000)
    laptop.run("add", str(folder))
    laptop.backup()
    return folder


@pytest.fixture(scope="module", autouse=True)
def nothing_was_lost(place: Path, laptop: Client, source: Path, server: Server) -> Iterator[None]:
    """After all that went wrong in this module, everything is as it was."""
    before = laptop.run("snapshots", "--json").json
    yield
    assert laptop.run("snapshots", "--json").json == before
    laptop.run("restore", "--to", str(place / "after all"))
    assert differences(source, place / "after all" / "source") == ""
    assert "Traceback" not in server.output


@pytest.fixture
def stranger(tmp_path: Path, server: Server) -> Client:
    """A machine that is not set up."""
    return Client(tmp_path / "stranger", server.url, server.pin)


def says(result: Result, *words: str) -> None:
    """One line for people, which has these words."""
    lines = [line for line in result.err.splitlines() if not line.endswith(" ...")]
    assert result.out.strip() in ("", "[]", "{}"), result.out
    assert len(lines) == 1, lines
    assert lines[0].startswith(("csb: ", "csb-server: ")), lines
    for word in words:
        assert word.lower() in lines[0].lower(), lines


def test_a_wrong_password(stranger: Client) -> None:
    stranger.password = "not the password at all"

    result = stranger.run(
        "login", stranger.url, "--account", "ada", "--accept-pin", stranger.pin, code=2
    )

    says(result, "password")
    assert not (stranger.home / "device.json").exists()


def test_an_unknown_account_is_told_like_a_wrong_password(stranger: Client) -> None:
    told = [
        stranger.run(
            "login", stranger.url, "--account", account, "--accept-pin", stranger.pin,
            code=2, CSB_PASSWORD="not the password at all",
        ).err
        for account in ("ada", "nobody")
    ]  # fmt: skip

    assert told[0] == told[1]


def test_a_wrong_password_for_a_restore(laptop: Client, tmp_path: Path) -> None:
    result = laptop.run(
        "restore", "--to", str(tmp_path / "out"), code=2, CSB_PASSWORD="not the password at all"
    )

    says(result, "password")
    assert not (tmp_path / "out").exists()


def test_a_mistyped_recovery_key(laptop: Client, tmp_path: Path) -> None:
    wrong = laptop.recovery_key[:-1] + ("7" if laptop.recovery_key[-1] != "7" else "8")

    result = laptop.run(
        "restore", "--to", str(tmp_path / "out"), "--recovery-key", wrong, code=2, CSB_PASSWORD=""
    )

    says(result, "recovery key")


def test_somebody_else_s_recovery_key(laptop: Client, tmp_path: Path) -> None:
    result = laptop.run(
        "restore", "--to", str(tmp_path / "out"), "--recovery-key", format_recovery_key(bytes(20)),
        code=2, CSB_PASSWORD="",
    )  # fmt: skip

    says(result, "recovery key")


def test_a_wrong_pin(stranger: Client) -> None:
    result = stranger.run(
        "login", stranger.url, "--account", "ada", "--accept-pin", "00" * 32, code=2
    )

    says(result, "pin", stranger.pin)
    assert not (stranger.home / "device.json").exists()


def test_a_server_that_became_another(laptop: Client, tmp_path: Path, server: Server) -> None:
    """Another server at the same address: another CA."""
    with start_server(tmp_path / "other") as other:
        settings = laptop.home / "device.json"
        kept = settings.read_bytes()
        settings.write_bytes(kept.replace(server.url.encode(), other.url.encode()))
        try:
            result = laptop.run("backup", code=2)
        finally:
            settings.write_bytes(kept)

    says(result, "pin")


def test_a_code_that_was_used_or_never_given(stranger: Client) -> None:
    result = stranger.run(
        "register", stranger.url, "--account", "carl", "--accept-pin", stranger.pin,
        "--invitation", "no-such-code", code=2,
    )  # fmt: skip

    says(result, "used already")
    assert not (stranger.home / "device.json").exists()


def test_a_name_that_is_taken(stranger: Client) -> None:
    result = stranger.run(
        "register", stranger.url, "--account", "ADA", "--accept-pin", stranger.pin, code=2
    )

    says(result, "ada")


def test_a_server_that_is_not_there(stranger: Client) -> None:
    result = stranger.run(
        "login", "https://127.0.0.1:9", "--account", "ada", "--accept-pin", "00" * 32, code=2
    )

    says(result, "127.0.0.1:9")


def test_a_server_that_stopped(place: Path, tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server:
        client = Client(tmp_path / "home", server.url, server.pin)
        client.register("ada", device="laptop")
        (tmp_path / "files").mkdir()
        client.run("add", str(tmp_path / "files"))
        server.stop()

    says(client.run("backup", code=2), server.url)


def test_a_machine_that_is_not_set_up(stranger: Client) -> None:
    for command in ("backup", "snapshots", "ls", "status"):
        result = stranger.run(command, code=None)
        assert result.code in (1, 2)
        assert "csb register" in result.said
        assert "Traceback" not in result.said


def test_a_machine_that_is_set_up_already(laptop: Client) -> None:
    says(laptop.run("register", laptop.url, "--account", "dora", code=2), "already")


def test_a_folder_that_does_not_exist(laptop: Client) -> None:
    says(laptop.run("add", "/no/such/folder", code=2), "/no/such/folder")


def test_a_file_that_was_never_backed_up(laptop: Client, source: Path, tmp_path: Path) -> None:
    missing = str(source / "never was")
    target = str(tmp_path / "x")
    for command in (("ls", missing), ("history", missing), ("restore", missing, "--to", target)):
        says(laptop.run(*command, code=2), "never was")
    assert not (tmp_path / "x").exists()


def test_a_moment_before_the_first_snapshot(laptop: Client, tmp_path: Path) -> None:
    for command in (("ls",), ("restore", "--to", str(tmp_path / "x"))):
        says(laptop.run(*command, "--at", "2001-01-01", code=2), "no snapshot", "first one")


def test_a_moment_that_is_none(laptop: Client) -> None:
    says(laptop.run("ls", "--at", "the day after never", code=2), "the day after never")


def test_a_snapshot_that_never_was(laptop: Client) -> None:
    says(laptop.run("ls", "--snapshot", "99", code=2), "99")


def test_a_device_that_is_none(laptop: Client) -> None:
    says(laptop.run("ls", "--device", "no-such", code=2), "no-such")


def test_an_option_that_is_none(laptop: Client) -> None:
    result = laptop.run("backup", "--no-such-option", code=2)

    assert "no-such-option" in result.err


def test_a_data_folder_in_use(server: Server) -> None:
    for command in (("serve", "--listen", "127.0.0.1:0"), ("rebuild",)):
        says(run_server_command(*command, "--data", str(server.data), code=2), "in use")


def test_a_data_folder_of_a_newer_release(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("99\n")

    result = run_server_command("serve", "--data", str(tmp_path), "--listen", "127.0.0.1:0", code=2)

    says(result, "99", str(tmp_path))
    assert not (tmp_path / "catalog.db").exists()


def test_a_data_folder_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("mine")

    says(
        run_server_command("serve", "--data", str(tmp_path), "--listen", "127.0.0.1:0", code=2),
        str(tmp_path),
    )
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.odt"]


def test_an_address_that_is_taken(server: Server, tmp_path: Path) -> None:
    result = run_server_command(
        "serve", "--data", str(tmp_path / "d"), "--listen", f"127.0.0.1:{server.port}", code=2
    )

    says(result, str(server.port))


def test_a_folder_that_is_gone_is_a_problem_of_the_run_only(tmp_path: Path, server: Server) -> None:
    client = Client(tmp_path / "home", server.url, server.pin)
    client.register("erin", device="laptop")
    folder, gone = tmp_path / "files", tmp_path / "gone"
    folder.mkdir()
    gone.mkdir()
    (folder / "fine.txt").write_text("fine")
    client.run("add", str(folder), str(gone))
    gone.rmdir()

    done = client.backup(code=1)

    assert [problem["path"] for problem in done["problems"]] == [str(gone)]
    assert done["files"] == 1
    assert done["coverage"] < 1


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB; only root may make one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_where_files_are_restored(laptop: Client, tiny: Path) -> None:
    (tiny / "filler").write_bytes(bytes(2_500_000))

    result = laptop.run("restore", "--to", str(tiny / "out"), code=None)

    assert result.code in (1, 2)
    assert "full" in result.err
    assert "Traceback" not in result.err


def test_a_full_disk_where_the_client_keeps_its_state(
    tiny: Path, server: Server, tmp_path: Path
) -> None:
    client = Client(tiny / "home", server.url, server.pin)
    client.register("fred", device="laptop")
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(2000):
        (folder / f"{number:04d}").write_bytes(b"%d" % number)
    client.run("add", str(folder))
    with suppress(OSError), (tiny / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(4096)):
            pass

    refused = client.run("backup", "--json", code=None)
    (tiny / "filler").unlink()
    done = client.backup()

    assert refused.code == 2
    assert "full" in refused.err
    assert "Traceback" not in refused.err
    assert done["coverage"] == 1


def test_a_full_disk_where_the_server_keeps_backups(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "small.txt").write_text("small")
    with start_server(tiny / "data") as server:
        client = Client(tmp_path / "home", server.url, server.pin)
        client.register("gina", device="laptop")
        client.run("add", str(folder))
        refused = client.run("backup", code=None)
        (folder / "big.bin").write_bytes(blake3(b"random").digest(6_000_000))
        refused = client.run("backup", code=2)
        (folder / "big.bin").unlink()

        assert "full" in refused.err
        assert "Traceback" not in refused.err + server.output
        assert client.run("snapshots", "--json", code=0).json is not None
        server.stop()
