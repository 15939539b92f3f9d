"""What programs and libraries ask of the machine they run on, as `readelf` tells."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from problems import BuildStopped

MAGIC = b"\x7fELF"
_WIDEST_PAGE = 0x8000  # some ARM machines have pages of 32 KiB


@dataclass(frozen=True, slots=True)
class Elf:
    """`alignments`: of the parts that are loaded; `needed`: the libraries it is linked to."""

    path: Path
    needed: tuple[str, ...]
    search: tuple[str, ...]
    alignments: tuple[int, ...]
    processor: str


def is_elf(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == MAGIC


def read(paths: Iterable[Path]) -> list[Elf]:
    """Of each file, in one run of `readelf`."""
    names = [str(path) for path in paths]
    if not names:
        return []
    command = ["readelf", "--wide", "--dynamic", "--program-headers", "--arch-specific", "--notes"]
    outcome = subprocess.run([*command, "--", *names, "/dev/null"], capture_output=True, text=True)
    parts = re.split(r"^File: (.+)$", outcome.stdout, flags=re.MULTILINE)
    told = dict(zip(parts[1::2], parts[2::2], strict=True))
    return [_parse(Path(name), told[name]) for name in names]


def needs(path: Path) -> tuple[str, ...]:
    return read([path])[0].needed


def check_complete(files: Iterable[Elf], libraries: Path) -> None:
    """Every library that is needed is there, in the runtime's own folder or beside the file."""
    missing = [
        f"  {name} for {file.path}"
        for file in files
        for name in file.needed
        if not any((folder / name).is_file() for folder in (libraries, *_own_search(file)))
    ]
    if missing:
        raise BuildStopped("\n".join(("Needed and not there:", *missing)))


def check_alignment(files: Iterable[Elf]) -> None:
    """Every ARM file can be loaded where memory pages are up to 32 KiB."""
    narrow = [
        f"  {file.path}: {min(file.alignments):#x}"
        for file in files
        if file.alignments and min(file.alignments) < _WIDEST_PAGE
    ]
    if narrow:
        raise BuildStopped("\n".join(("Aligned for small memory pages only:", *narrow)))


def check_processor(files: Iterable[Elf], *, runs_on_less: Iterable[str] = ()) -> None:
    """Nothing says that it needs more than the oldest processor we run on.

    `runs_on_less`: beginnings of names: these say more and look before they use it, as tests prove.
    """
    asking = [
        f"  {file.path}: {file.processor}"
        for file in files
        if file.processor and not file.path.name.startswith(tuple(runs_on_less))
    ]
    if asking:
        raise BuildStopped("\n".join(("Made for newer processors only:", *asking)))


def _own_search(file: Elf) -> Iterator[Path]:
    for place in file.search:
        yield Path(place.replace("$ORIGIN", str(file.path.parent)))


def _parse(path: Path, text: str) -> Elf:
    search = re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.+?)\]", text)
    return Elf(
        path,
        needed=tuple(re.findall(r"\(NEEDED\).*\[(.+?)\]", text)),
        search=tuple(place for one in search for place in one.split(":")),
        alignments=tuple(int(one, 16) for one in re.findall(r"^\s+LOAD.* (0x\w+)$", text, re.M)),
        processor=_beyond_baseline(text),
    )


def _beyond_baseline(text: str) -> str:
    """Empty for x86-64 without extensions, ARMv8-A and ARMv7-A with VFPv3-D16."""
    levels = re.findall(r"x86 ISA needed:.*(x86-64-v[234])", text)
    simd = re.findall(r"Tag_Advanced_SIMD_arch: (.+)", text)
    floats = [one for one in re.findall(r"Tag_FP_arch: (.+)", text) if one != "VFPv3-D16"]
    return ", ".join((*levels, *simd, *floats))
