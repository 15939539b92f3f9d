"""The files of the demo's device: letters, photos, a ledger, and a life that changes them."""

import random
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from math import sin
from pathlib import Path


def write_first_files(files: Path) -> None:
    chance = random.Random(1)
    write(files / "Documents/Letters/Landlord.txt", letter("the heating in the hall", 1))
    write(files / "Documents/Letters/Insurance.txt", letter("the water damage", 1))
    write_pdf(
        files / "Documents/Contracts/Lease.pdf", "Lease", ["Two rooms, kitchen, bath", "Page 1"]
    )
    write_pdf(files / "Documents/Contracts/Phone.pdf", "Phone contract", ["24 months", "Page 1"])
    write(files / "Documents/Recipes/Apple cake.md", "# Apple cake\n\n- 5 apples\n- 250 g flour\n")
    write(
        files / "Documents/Recipes/Gr\u00fcne So\u00dfe.md", "# Gr\u00fcne So\u00dfe\n\n- 7 herbs\n"
    )
    write(files / "Documents/Diary.md", "# Diary\n")
    for year in (2024, 2025, 2026):
        write(files / f"Ledger/{year}.csv", ledger(year, chance))
    for number in range(1, 9):
        write_photo(files / f"Photos/2025 Alps/IMG_{number:04}.png", seed=number)
    write(files / "Projects/birdhouse/plan.svg", BIRDHOUSE)
    write(
        files / "Projects/birdhouse/notes.txt", "Roof: 18 mm larch.\nHole: 32 mm for great tits.\n"
    )


def edit_letter(files: Path) -> None:
    version = int(time.time())
    write(files / "Documents/Letters/Landlord.txt", letter("the heating in the hall", version))


def add_photos(files: Path) -> None:
    for number in range(9, 14):
        write_photo(files / f"Photos/2026 Seaside/IMG_{number:04}.png", seed=number)


def tidy_up(files: Path) -> None:
    (files / "Documents/Letters/Insurance.txt").unlink(missing_ok=True)
    (files / "Documents/Archive").mkdir(exist_ok=True)
    contract = files / "Documents/Contracts/Phone.pdf"
    if contract.exists():
        contract.rename(files / "Documents/Archive/Phone.pdf")


def extend_ledger(files: Path) -> None:
    chance = random.Random()
    entry = f"{time.strftime('%Y-%m-%d')},{chance.choice(SHOPS)},{amount(chance)}\n"
    append(files / "Ledger/2026.csv", entry)


def extend_diary(files: Path) -> None:
    append(files / "Documents/Diary.md", f"\n## {time.strftime('%d %B, %H:%M')}\n\nAll is well.\n")


SHOPS = ("Bakery", "Bookshop", "Fuel", "Grocer", "Hardware store", "Pharmacy", "Railway", "Rent")

BIRDHOUSE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 120">'
    '<path d="M50 5 95 45H5z" fill="#a33"/><path d="M15 45h70v70H15z" fill="#c96"/>'
    '<circle cx="50" cy="75" r="11" fill="#321"/></svg>\n'
)


def letter(matter: str, version: int) -> str:
    return f"Dear Sir or Madam,\n\nI write about {matter}.\n\nKind regards\n\n(draft {version})\n"


def ledger(year: int, chance: random.Random) -> str:
    lines = ["date,what,amount"]
    for month in range(1, 13):
        lines += [
            f"{year}-{month:02}-{day:02},{chance.choice(SHOPS)},{amount(chance)}"
            for day in sorted(chance.sample(range(1, 29), 12))
        ]
        lines.append(f"{year}-{month:02}-28,Salary,2710.00")
    return "\n".join(lines) + "\n"


def amount(chance: random.Random) -> str:
    return f"{-chance.randint(300, 9000) / 100:.2f}"


def write_photo(path: Path, *, seed: int) -> None:
    """A landscape: sky, two ranges of hills, some grain so that it compresses like a photo."""
    chance = random.Random(seed)
    width, height = 480, 320
    waves = [
        (chance.uniform(0.005, 0.03), chance.uniform(0, 6), chance.randint(10, 40)) for _ in "abcd"
    ]
    far = [150 + sum(a * sin(f * x + p) for f, p, a in waves[:2]) for x in range(width)]
    near = [220 + sum(a * sin(f * x + p) for f, p, a in waves[2:]) for x in range(width)]
    tint = chance.randint(0, 60)
    rows = bytearray()
    for y in range(height):
        sky = bytes((90 + tint + y // 4, 130 + y // 4, 235 - y // 4))
        grain = chance.randbytes(width)
        rows.append(0)  # PNG: this row is not filtered
        for x in range(width):
            shade = grain[x] & 7
            if y > near[x]:
                rows += bytes((30 + shade, 80 + shade + tint // 2, 40 + shade))
            elif y > far[x]:
                rows += bytes((85 + shade, 105 + shade, 125 + shade))
            else:
                rows += sky
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    write(path, b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks))


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def write_pdf(path: Path, title: str, lines: list[str]) -> None:
    text = f"BT /F1 24 Tf 72 760 Td ({title}) Tj /F1 12 Tf "
    text += " ".join(f"0 -24 Td ({line}) Tj" for line in lines) + " ET"
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    document = "%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(document))
        document += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    start = len(document)
    document += f"xref\n0 6\n0000000000 65535 f \n{table}"
    document += f"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    write(path, document)


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


EARLIER_CHANGES = (edit_letter, add_photos, tidy_up, extend_ledger)


def changes_without_end() -> Iterator[Callable[[Path], None]]:
    while True:
        yield extend_ledger
        yield extend_diary
        yield edit_letter
