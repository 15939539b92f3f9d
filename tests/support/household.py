"""The files of a person: letters, photos, a ledger, much mail, and a life that changes them.

Each change is dated, so that a history of a year can be lived in a minute.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from support.nasty_files import NAMES
from support.samples import document, film, photo, sound

MAILS_A_FOLDER = 6000
LOCKED = "Documents/Taxes/locked.pdf"
ODD = "Archive/Odd names"


@dataclass(frozen=True)
class Household:
    """A person's folder at some moment; what is written now is dated so."""

    folder: Path
    moment: datetime

    @property
    def chance(self) -> random.Random:
        return random.Random(int(self.moment.timestamp()))

    def write(self, name: str | bytes, content: str | bytes, *, age_days: float = 0) -> None:
        path = os.path.join(os.fsencode(self.folder), os.fsencode(name))  # noqa: PTH118
        Path(os.fsdecode(path)).parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(content.encode() if isinstance(content, str) else content)
        seconds = (self.moment - timedelta(days=age_days)).timestamp()
        os.utime(path, (seconds, seconds))

    def append(self, name: str, text: str) -> None:
        self.write(name, (self.folder / name).read_text("utf-8") + text)

    def move(self, name: str, to: str) -> None:
        (self.folder / to).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).rename(self.folder / to)

    def delete(self, name: str) -> None:
        path = self.folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


Change = Callable[[Household], None]


def furnish(home: Household, files: int) -> None:
    """What is there on the first day: about so many files, most of them mail."""
    furnish_documents(home)
    furnish_media(home)
    furnish_projects(home)
    odd_names(home)
    there = sum(len(names) for _, _, names in os.walk(home.folder))
    furnish_mail(home, files - there)


def furnish_documents(home: Household) -> None:
    chance = random.Random(1)
    texts = {
        "Documents/Letters/Landlord.txt": letter("the heating in the hall", 1),
        "Documents/Letters/Insurance.txt": letter("the water damage", 1),
        "Documents/Letters/Grüße an Anna.txt": "Liebe Anna,\n\nviele Grüße aus Köln!\n",
        "Documents/Recipes/Apple cake.md": "# Apple cake\n\n- 5 apples\n- 250 g flour\n",
        "Documents/Recipes/Grüne Soße.md": "# Grüne Soße\n\n- 7 Kräuter\n",
        "Documents/Diary.md": "# Diary\n",
        "Documents/Thesis/Chapter 1.md": thesis(chance, 40),
        "Documents/Übungen/Lösungen/Aufgabe 1 – Größen.txt": "x = 42 Äpfel\n",
        "Documents/Übungen/Lösungen/Aufgabe 2 – Öfen.txt": "y = 7 Öfen\n",
        "Documents/Übungen/Überblick.txt": "Übersicht über alle Übungen\n",
    }
    for name, text in texts.items():
        home.write(name, text, age_days=chance.uniform(1, 300))
    for title, name in (("Lease", "Lease"), ("Phone contract", "Phone")):
        content = document(title, ["Signed in Cologne", "Page 1"])
        home.write(f"Documents/Contracts/{name}.pdf", content, age_days=chance.uniform(200, 900))
    for year in (2024, 2025, 2026):
        home.write(f"Ledger/{year}.csv", ledger(year, chance), age_days=30)


def furnish_media(home: Household) -> None:
    for number in range(1, 9):
        home.write(f"Photos/2025 Alps/IMG_{number:04}.png", photo(number), age_days=90)
    for number, hertz in enumerate((262, 294, 330, 349, 392), start=1):
        name = f"Music/Practice/Take {number}.wav"
        home.write(name, sound(seconds=1.5, hertz=hertz), age_days=40 + number)
    home.write("Videos/Rolling ball.webm", film(), age_days=15)


def furnish_projects(home: Household) -> None:
    chance = random.Random(2)
    home.write("Projects/birdhouse/plan.svg", BIRDHOUSE, age_days=20)
    home.write("Projects/birdhouse/notes.txt", "Roof: 18 mm larch.\nHole: 32 mm.\n", age_days=20)
    for number in range(2000):
        part = f"Projects/website/parts/{chance.choice(WORDS)}/{chance.choice(WORDS)}"
        home.write(f"{part}-{number}.js", f"export const part = {number};\n", age_days=60)


def odd_names(home: Household) -> None:
    """Names that a page could trip over, as files and one as a folder."""
    for name in NAMES:
        home.write(ODD.encode() + b"/" + name, b"content of " + name + b"\n", age_days=100)
    markup = f"{ODD}/<img src=x onerror=alert(1)>"
    home.write(f"{markup}/\u202efdp.exe\u2066", "reversed\n", age_days=100)
    home.write(f"{markup}/עברית مرحبا.txt", "right to left\n", age_days=100)


def furnish_mail(home: Household, count: int) -> None:
    chance = random.Random(3)
    for number in range(count):
        year = 2019 + number // MAILS_A_FOLDER
        name = f"Mail/{year}/{number:06} {chance.choice(SUBJECTS)}.eml"
        home.write(name, mail(number, chance), age_days=30 + (count - number) / 10)


# --- what happens later ---


def live(home: Household) -> None:
    """A day like every other: the diary, the ledger, some mail."""
    extend_diary(home)
    extend_ledger(home)
    chance = home.chance
    for number in range(3):
        name = f"Mail/Inbox/{home.moment:%Y-%m-%d} {number} {chance.choice(SUBJECTS)}.eml"
        home.write(name, mail(number, chance))


def extend_diary(home: Household) -> None:
    home.append("Documents/Diary.md", f"\n## {home.moment:%d %B %Y, %H:%M}\n\nAll is well.\n")


def extend_ledger(home: Household) -> None:
    chance = home.chance
    line = f"{home.moment:%Y-%m-%d},{chance.choice(SHOPS)},{amount(chance)}\n"
    home.append("Ledger/2026.csv", line)


def edit_letter(home: Household) -> None:
    text = letter("the heating in the hall", int(home.moment.timestamp()))
    home.write("Documents/Letters/Landlord.txt", text)


def write_thesis(home: Household) -> None:
    home.append("Documents/Thesis/Chapter 1.md", thesis(home.chance, 15))


def begin_chapter(home: Household) -> None:
    home.write("Documents/Thesis/Chapter 2.md", thesis(home.chance, 25))


def add_seaside(home: Household) -> None:
    for number in range(9, 14):
        home.write(f"Photos/2026 Seaside/IMG_{number:04}.png", photo(number))


def retouch(home: Household) -> None:
    home.write("Photos/2026 Seaside/IMG_0010.png", photo(int(home.moment.timestamp())))


def add_film(home: Household) -> None:
    home.write("Videos/Harbour.mov", home.chance.randbytes(9_000_000))


def cut_film(home: Household) -> None:
    """Shorter at its end: what stays need not be sent again."""
    path = home.folder / "Videos/Harbour.mov"
    home.write("Videos/Harbour.mov", path.read_bytes()[:5_500_000])


def tidy_up(home: Household) -> None:
    home.delete("Documents/Letters/Insurance.txt")
    home.move("Documents/Contracts/Phone.pdf", "Documents/Archive/Phone.pdf")


def rename_pictures(home: Household) -> None:
    home.move("Photos/2025 Alps", "Photos/2025 Karwendel")


def grow_website(home: Household) -> None:
    for number in range(400):
        name = f"Projects/website/build/{number % 7}/page-{number}.html"
        home.write(name, f"<h1>Page {number}</h1>\n" * 20)


def clean_website(home: Household) -> None:
    home.delete("Projects/website/build")


def lose_recipes(home: Household) -> None:
    home.delete("Documents/Recipes/Apple cake.md")


def find_recipes(home: Household) -> None:
    home.write("Documents/Recipes/Apple cake.md", "# Apple cake\n\n- 6 apples\n- 250 g flour\n")


def lock(home: Household) -> None:
    """A file that nobody may read, as some programs leave them."""
    home.write(LOCKED, document("Taxes", ["Locked"]))
    (home.folder / LOCKED).chmod(0)


def unlock(home: Household) -> None:
    (home.folder / LOCKED).chmod(0o600)


def changes_without_end() -> Iterator[Change]:
    while True:
        yield extend_ledger
        yield extend_diary
        yield edit_letter


SHOPS = ("Bakery", "Bookshop", "Fuel", "Grocer", "Hardware store", "Pharmacy", "Railway", "Rent")
SUBJECTS = (
    "Hello again", "Invoice", "Meeting on Monday", "Newsletter", "Photos from Sunday",
    "Re: Garden", "Rückfrage", "Termin für Mai", "Your order",
)  # fmt: skip
WORDS = ("box", "card", "dialog", "footer", "grid", "header", "list", "menu", "page", "table")

BIRDHOUSE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 120">'
    '<path d="M50 5 95 45H5z" fill="#a33"/><path d="M15 45h70v70H15z" fill="#c96"/>'
    '<circle cx="50" cy="75" r="11" fill="#321"/></svg>\n'
)


def letter(matter: str, version: int) -> str:
    return f"Dear Sir or Madam,\n\nI write about {matter}.\n\nKind regards\n\n(draft {version})\n"


def mail(number: int, chance: random.Random) -> str:
    words = " ".join(chance.choice(WORDS) for _ in range(40))
    return f"From: anna@home.example\nSubject: {number}\n\n{words}\n{chance.random()}\n"


def thesis(chance: random.Random, sentences: int) -> str:
    lines = [
        f"The {chance.choice(WORDS)} needs a {chance.choice(WORDS)}." for _ in range(sentences)
    ]
    return "\n".join(lines) + "\n\n"


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
