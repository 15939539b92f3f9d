"""Data to back up: the same bytes for the same seed, on every machine.

python -m bench.datasets NAME FOLDER [--seed N] [--scale F]
python -m bench.datasets --change NAME FOLDER [--seed N]
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from blake3 import blake3

KIB = 1024
MIB = 1024 * KIB
REAL_SOURCE = Path("/usr")
REAL_LIMIT = 3 * 1000 * MIB


def small(folder: Path, seed: int, scale: float) -> None:
    """100,000 files of 1 to 16 KiB in 1,000 folders: text with some of it unforeseeable."""
    chance = random.Random(seed)
    pool = text_pool(chance)
    for number in range(round(100_000 * scale)):
        path = folder / f"{number // 100:04d}" / f"file-{number:06d}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text(chance, pool, chance.randint(1 * KIB, 16 * KIB)))


def million(folder: Path, seed: int, scale: float) -> None:
    """1,000,000 files of some hundred bytes in 2,000 folders."""
    chance = random.Random(seed)
    for number in range(round(1_000_000 * scale)):
        path = folder / f"{number // 10_000:03d}" / f"{number // 500:05d}" / f"{number:07d}.txt"
        if not number % 500:
            path.parent.mkdir(parents=True)
        path.write_bytes(b"%d\n" % chance.getrandbits(256) * chance.randint(1, 4))


def big(folder: Path, seed: int, scale: float) -> None:
    """Four files of 256 MiB: by turns 1 MiB that does not compress and 1 MiB that does."""
    folder.mkdir(parents=True)
    for number in range(4):
        write_big(folder / f"big-{number}.bin", seed + number, round(256 * scale))


def insert(folder: Path, seed: int, scale: float) -> None:
    """One file of 1,000 MiB, of the same kind."""
    folder.mkdir(parents=True)
    write_big(folder / "image.bin", seed, round(1000 * scale))


def real(folder: Path, seed: int, scale: float) -> None:
    """A copy of /usr, in the order of names, up to 3 GB."""
    left = REAL_LIMIT * scale
    for path in walk(REAL_SOURCE):
        status = path.lstat()
        if left <= 0:
            break
        target = folder / path.relative_to(REAL_SOURCE)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            target.symlink_to(path.readlink())
        elif path.is_file() and os.access(path, os.R_OK):
            shutil.copy2(path, target)
            left -= status.st_size


def walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from walk(path)
        else:
            yield path


def text_pool(chance: random.Random) -> list[bytes]:
    """Lines that files are made of."""
    words = [
        "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 10)))
        for _ in range(3000)
    ]
    lines = (" ".join(chance.choices(words, k=chance.randint(4, 12))) for _ in range(6000))
    return [line.encode() + b"\n" for line in lines]


def text(chance: random.Random, pool: list[bytes], length: int) -> bytes:
    """Lines of the pool, every eighth of them unforeseeable."""
    parts: list[bytes] = []
    size = 0
    while size < length:
        parts.append(chance.choice(pool))
        if not len(parts) % 8:
            parts.append(b"%x\n" % chance.getrandbits(256))
        size += len(parts[-1]) + 40
    return b"".join(parts)[:length]


def write_big(path: Path, seed: int, mebibytes: int) -> None:
    chance = random.Random(seed)
    source = text(chance, text_pool(chance), 16 * MIB)
    with path.open("wb") as file:
        for number in range(mebibytes):
            if number % 2:
                file.writelines(slices(chance, source))
            else:
                file.write(blake3(f"{seed}/{number}".encode()).digest(MIB))


def slices(chance: random.Random, source: bytes) -> Iterator[bytes]:
    """1 MiB of text in pieces that stand in another order each time."""
    for _ in range(MIB // (16 * KIB)):
        at = chance.randrange(len(source) - 16 * KIB)
        yield source[at : at + 16 * KIB]


def change(name: str, folder: Path, seed: int) -> None:
    """The next day: 1 MB in front of the one file of `insert`, else every hundredth file."""
    chance = random.Random(f"{seed}/changed")
    if name == "insert":
        path = folder / "image.bin"
        content = path.read_bytes()
        path.write_bytes(blake3(b"in front").digest(1_000_000) + content)
        return
    files = (path for path in walk(folder) if path.is_file() and not path.is_symlink())
    for path in itertools.islice(files, 50, None, 100):
        path.chmod(0o644)
        with path.open("ab") as file:
            file.write(b"changed %x\n" % chance.getrandbits(256))


SETS = {one.__name__: one for one in (small, million, big, insert, real)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a data set, or change one.")
    parser.add_argument("name", choices=SETS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--change", action="store_true")
    chosen = parser.parse_args()
    if chosen.change:
        change(chosen.name, chosen.folder, chosen.seed)
    else:
        SETS[chosen.name](chosen.folder, chosen.seed, chosen.scale)


if __name__ == "__main__":
    main()
