"""`recover.py` restores the golden data folder, and names what is damaged."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PROGRAM = HERE.parents[1] / "recover.py"
DATA = HERE / "v1" / "data"
VECTORS: dict[str, Any] = json.loads((HERE / "v1/vectors.json").read_text("utf-8"))
RECOVERY_KEY = VECTORS["account"]["recovery_text"]
SENTENCE = b"Everything that was acknowledged is there. "


def recover(data: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    secrets = env or {"CSB_RECOVERY_KEY": RECOVERY_KEY}
    return subprocess.run(
        [sys.executable, str(PROGRAM), str(data), *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **secrets},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def pack(data: Path, kind: str) -> Path:
    return data.parent / VECTORS["packs"][kind]["file"]


def test_every_file_comes_back(tmp_path: Path) -> None:
    finished = recover(DATA, "--account", "ada", "--to", str(tmp_path / "out"))

    assert finished.returncode == 0, finished.stderr
    home = tmp_path / "out" / "ada"
    assert (home / "docs/hello.txt").read_bytes() == b"HELLO, WORLD\n"
    assert (home / "docs/big.bin").read_bytes()[:86_000] == SENTENCE * 2000
    assert (home / "docs/empty.txt").read_bytes() == b""
    assert (home / "long.list").read_bytes() == b"tick" * 1200
    assert (home / "link").readlink() == Path("docs/hello.txt")
    assert (home / "pipe").is_fifo()
    assert len(list((home / "many").iterdir())) == 2500
    strange = os.fsencode(home) + "/n\u00e4me".encode() + b"\xff\n"
    assert Path(os.fsdecode(strange)).stat().st_mtime_ns == -1


def test_holes_links_modes_and_times_come_back(tmp_path: Path) -> None:
    recover(DATA, "--account", "ada", "--to", str(tmp_path / "out"))

    home = tmp_path / "out" / "ada"
    sparse = (home / "sparse.img").read_bytes()
    assert len(sparse) == 2_000_000
    assert sparse[4096 : 4096 + 13] == b"hello, world\n"
    assert sparse[1_000_000 : 1_000_000 + 43] == SENTENCE
    assert sparse.count(0) == 2_000_000 - 13 - 43
    assert (home / "twin-a").stat().st_ino == (home / "twin-b").stat().st_ino
    assert (home / "docs/hello.txt").stat().st_mode & 0o7777 == 0o4755
    assert home.stat().st_mtime_ns == 1_700_000_000_123_456_789
    assert (home / "many/file-0007").stat().st_mtime_ns == 1_700_000_000_123_456_796


def test_an_older_snapshot_is_named_by_its_sequence(tmp_path: Path) -> None:
    finished = recover(
        DATA, "--account", "ada", "--device", "laptop", "--snapshot", "1", "--to", str(tmp_path)
    )

    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "ada/docs/hello.txt").read_bytes() == b"hello, world\n"


def test_the_password_opens_as_well(tmp_path: Path) -> None:
    finished = recover(
        DATA,
        *("--account", "ada", "--to", str(tmp_path / "out")),
        CSB_PASSWORD=VECTORS["account"]["password"],
    )

    assert finished.returncode == 0, finished.stderr


def test_what_is_there_can_be_listed_without_a_key() -> None:
    accounts = recover(DATA, NOTHING="")
    devices = recover(DATA, "--account", "ada", NOTHING="")

    assert accounts.stdout == "account ada\n"
    assert "device laptop" in devices.stdout
    assert devices.stdout.count("complete") == 2


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ({"CSB_PASSWORD": "wrong"}, "not the one of this account"),
        ({"CSB_RECOVERY_KEY": "0000-0000"}, "nine groups"),
        ({"CSB_RECOVERY_KEY": RECOVERY_KEY[:-1] + "!"}, "recovery key"),
    ],
)
def test_a_wrong_secret_restores_nothing(tmp_path: Path, secret: dict[str, str], said: str) -> None:
    finished = recover(DATA, "--account", "ada", "--to", str(tmp_path / "out"), **secret)

    assert finished.returncode == 2
    assert said in finished.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_with_files_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")

    finished = recover(DATA, "--account", "ada", "--to", str(tmp_path))

    assert finished.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_damaged_content_is_named_and_the_rest_restored(copy: Path, tmp_path: Path) -> None:
    block = VECTORS["packs"]["blocks"]["items"][-1]  # "HELLO, WORLD"
    content = bytearray(pack(copy, "blocks").read_bytes())
    content[block["offset"] + 170] ^= 1
    pack(copy, "blocks").write_bytes(content)

    finished = recover(copy, "--account", "ada", "--to", str(tmp_path / "out"))

    assert finished.returncode == 1
    assert "hello.txt" in finished.stderr
    assert finished.stderr.count("not restored") == 1
    assert not (tmp_path / "out/ada/docs/hello.txt").exists()
    assert (tmp_path / "out/ada/docs/big.bin").exists()


def test_a_missing_page_loses_only_its_own_files(copy: Path, tmp_path: Path) -> None:
    trees = VECTORS["packs"]["trees"]["items"]
    node = VECTORS["nodes"]["index"]["node"]
    last_page = trees[[item["id"] for item in trees].index(node) - 1]
    content = bytearray(pack(copy, "trees").read_bytes())
    content[last_page["offset"] + last_page["length"] // 2] ^= 1
    pack(copy, "trees").write_bytes(content)

    finished = recover(copy, "--account", "ada", "--to", str(tmp_path / "out"))

    assert finished.returncode == 1
    assert 0 < len(list((tmp_path / "out/ada/many").iterdir())) < 2500
    assert (tmp_path / "out/ada/docs/hello.txt").exists()


def test_a_pack_cut_short_is_named(copy: Path, tmp_path: Path) -> None:
    path = pack(copy, "blocks")
    path.write_bytes(path.read_bytes()[:-100])

    finished = recover(copy, "--account", "ada", "--to", str(tmp_path / "out"))

    assert finished.returncode == 1
    assert f"pack {path.name}" in finished.stderr


def test_a_snapshot_that_was_taken_away_is_noticed(copy: Path, tmp_path: Path) -> None:
    next(copy.glob("records/*/snapshot-*-0000000001")).unlink()

    finished = recover(copy, "--account", "ada", "--to", str(tmp_path / "out"))

    assert finished.returncode == 1
    assert "snapshot 1 is missing" in finished.stderr
    assert (tmp_path / "out/ada/docs/hello.txt").exists()


def test_a_forged_snapshot_is_not_restored(copy: Path, tmp_path: Path) -> None:
    path = next(copy.glob("records/*/snapshot-*-0000000002"))
    record = bytearray(path.read_bytes())
    record[-1] ^= 1
    path.write_bytes(record)

    finished = recover(copy, "--account", "ada", "--snapshot", "2", "--to", str(tmp_path / "out"))

    assert finished.returncode == 2
    assert "signature" in finished.stderr


def test_it_needs_nothing_of_ours() -> None:
    tree = ast.parse(PROGRAM.read_text("utf-8"))

    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert imported - set(sys.stdlib_module_names) == {"blake3", "cryptography", "zstandard"}
