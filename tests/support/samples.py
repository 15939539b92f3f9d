"""Small files of kinds that a browser can show: photos, documents, sounds, a film."""

from __future__ import annotations

import random
import struct
import wave
import zlib
from io import BytesIO
from math import pi, sin
from pathlib import Path

SKY, FAR, NEAR = range(3)
GRAIN = 8  # shades a colour has, so that it compresses like a photo
SAMPLES_PER_SECOND = 8000


def photo(seed: int, *, width: int = 480, height: int = 320) -> bytes:
    """A landscape as PNG: sky and two ranges of hills."""
    chance = random.Random(seed)
    far = _ridge(chance, width, height * 0.47)
    near = _ridge(chance, width, height * 0.69)
    tint = chance.randint(0, 60)
    rows = bytearray()
    for y in range(height):
        sky = (90 + tint + y // 4, 130 + y // 4, 235 - y // 4)
        colours = (sky, (85, 105, 125), (30, 80 + tint // 2, 40))
        what = [NEAR if y > near[x] else FAR if y > far[x] else SKY for x in range(width)]
        grain = chance.randbytes(width)
        shades = bytes(kind * GRAIN + one % GRAIN for kind, one in zip(what, grain, strict=True))
        row = bytearray(3 * width)
        for channel in range(3):
            row[channel::3] = shades.translate(_shades(colours, channel))
        rows += b"\0" + row  # PNG: this row is not filtered
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*chunk) for chunk in chunks)


def _ridge(chance: random.Random, width: int, base: float) -> list[float]:
    waves = [
        (chance.randint(10, 40), chance.uniform(0.005, 0.03), chance.uniform(0, 6)) for _ in "ab"
    ]
    return [
        base + sum(high * sin(often * x + at) for high, often, at in waves) for x in range(width)
    ]


def _shades(colours: tuple[tuple[int, int, int], ...], channel: int) -> bytes:
    table = [min(255, colour[channel] + grain) for colour in colours for grain in range(GRAIN)]
    return bytes(table).ljust(256, b"\0")


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def document(title: str, lines: list[str]) -> bytes:
    """One page of PDF; the texts must be ASCII without parentheses."""
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
    return document.encode("ascii")


def sound(*, seconds: float, hertz: float) -> bytes:
    """A tone as WAV."""
    samples = range(int(seconds * SAMPLES_PER_SECOND))
    step = 2 * pi * hertz / SAMPLES_PER_SECOND
    kept = BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLES_PER_SECOND)
        file.writeframes(b"".join(struct.pack("<h", int(9000 * sin(step * at))) for at in samples))
    return kept.getvalue()


def film() -> bytes:
    """Two seconds of a ball that rolls, as WebM (recorded from a canvas in Chromium)."""
    return Path(__file__).with_name("sample.webm").read_bytes()
