"""A demo to click through: a server with a year behind it, and a device that keeps backing up.

The year is lived in half a minute, by programs whose clock is moved (Debian's package `faketime`);
without that, the demo begins today.

Everything lies in ./demo-data (or CSB_DEMO_DATA); delete that folder to start afresh. Arguments go
to `csb-server serve`. Ends with the server, or with Ctrl+C.
"""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from support import household
from support.history import LAPTOP, STICK, is_made, make_history
from support.household import Household
from support.past import can_travel

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("CSB_DEMO_DATA", ROOT / "demo-data")).resolve()
YEAR = DATA / "year"
PROGRAMS = Path(sys.executable).parent

ACCOUNT = "demo"
FILES = 5_000
SECONDS_BETWEEN_BACKUPS = 120
SECONDS_TO_START = 60
WORDS = """
amber anchor apple badge barley basket birch bottle branch bridge butter canal candle canyon
carpet cedar cherry cliff clover cobalt copper coral cotton daisy falcon feather fiddle forest
garden ginger glacier harbor hazel island ivory jacket kettle ladder lantern lemon linen maple
marble meadow mirror mosaic needle nutmeg ocean olive orchard paddle pepper pillow planet pocket
pumpkin quartz raven ribbon river saddle silver spruce tunnel valley velvet walnut
"""


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    url: str
    pin: str


def main() -> int:
    DATA.mkdir(parents=True, exist_ok=True)
    password = keep_password(DATA / "password")
    if can_travel() and not is_made(YEAR):
        live_a_year(password)
    server = start_server(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: server.process.terminate())
    try:
        client = Client(home=DATA / "laptop-state", files=YEAR / "home", password=password)
        if not client.is_enrolled():
            set_up(client, server)
        show_invitation(client, server)
        live_on(client, server)
    except KeyboardInterrupt:
        print("\nStopping.", flush=True)
    finally:
        server.process.terminate()
        server.process.wait()
    return 0


def live_a_year(password: str) -> None:
    print("Living a year of backups: half a minute or a little more ...", flush=True)
    shutil.rmtree(YEAR, ignore_errors=True)  # of a start that broke off
    make_history(YEAR, files=FILES, account=ACCOUNT, password=password)


class Client:
    """The device of the demo: `csb` with a state folder of its own."""

    def __init__(self, home: Path, files: Path, password: str) -> None:
        self.home = home
        self.files = files
        self.password = password
        self._environment = dict(os.environ, CSB_HOME=str(home), CSB_PASSWORD=password)

    def is_enrolled(self) -> bool:
        return (self.home / "demo-is-set-up").exists()

    def mark_enrolled(self) -> None:
        (self.home / "demo-is-set-up").touch()

    def run(self, *arguments: str) -> None:
        """Run `csb`; exit code 1 means "finished with problems", which is fine here."""
        command = [str(PROGRAMS / "csb"), *arguments]
        outcome = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False
        )
        if outcome.returncode > 1:
            raise SystemExit(
                f"`csb {' '.join(arguments)}` ended with {outcome.returncode}:\n"
                f"{outcome.stdout}{outcome.stderr}"
            )


def keep_password(path: Path) -> str:
    """The demo's password: made once, kept beside the data, because it guards nothing."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text("-".join(secrets.choice(WORDS.split()) for _ in range(5)), "utf-8")
    return path.read_text("utf-8")


def start_server(arguments: list[str]) -> Server:
    command = [str(PROGRAMS / "csb-server"), "serve", "--data", str(YEAR / "server"), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    deadline = threading.Timer(SECONDS_TO_START, process.kill)
    deadline.start()
    try:
        url, pin = read_greeting(process)
    finally:
        deadline.cancel()
    threading.Thread(target=pass_on, args=(process,), daemon=True).start()
    return Server(process, url, pin)


def read_greeting(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for the two lines that say that the server accepts connections."""
    url = pin = ""
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        if found := re.match(r"Listening on (\S+)", line):
            url = found[1]
        if found := re.match(r"Pin: (\S+)", line):
            pin = found[1]
        if url and pin:
            return url, pin
    raise SystemExit("The server did not start; see above why.")


def pass_on(process: subprocess.Popen[str]) -> None:
    """Without the link for a first admin: the demo makes its own."""
    assert process.stdout is not None
    for line in process.stdout:
        if not line.startswith("No admin yet") and "/#/setup?code=" not in line:
            print(line, end="", flush=True)


def set_up(client: Client, server: Server) -> None:
    client.home.mkdir(parents=True, exist_ok=True)
    url = server.url.replace("0.0.0.0", "127.0.0.1")
    if is_made(YEAR):
        go_on_from_the_year(client, url, server.pin)
    else:
        begin_today(client, url, server.pin)
    client.mark_enrolled()  # what comes now may break off: a second start goes on from here
    client.run("backup")


def go_on_from_the_year(client: Client, url: str, pin: str) -> None:
    """The laptop of the year, whose server has another address now."""
    client.run(
        "login", url, "--account", ACCOUNT, "--device", LAPTOP, "--take-over", LAPTOP,
        "--accept-pin", pin,
    )  # fmt: skip
    client.run("add", str(client.files), str(YEAR / STICK))


def begin_today(client: Client, url: str, pin: str) -> None:
    print("Making the demo account and its first backup ...", flush=True)
    household.furnish(today(client.files), FILES)
    client.run("register", url, "--account", ACCOUNT, "--device", LAPTOP, "--accept-pin", pin)
    make_admin()
    client.run("add", str(client.files))
    print("Install the package `faketime`, and a new demo has a year of snapshots.", flush=True)


def today(files: Path) -> Household:
    return Household(files, datetime.now(UTC))


def make_admin() -> None:
    """The demo's account sees the admin's pages too."""
    command = [
        str(PROGRAMS / "csb-server"),
        "admin",
        "create",
        ACCOUNT,
        "--data",
        str(YEAR / "server"),
    ]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def show_invitation(client: Client, server: Server) -> None:
    lines = [
        f"Open      {server.url.replace('0.0.0.0', '127.0.0.1')}",
        f"Account   {ACCOUNT}",
        f"Password  {client.password}",
        "",
        "The account is an admin too.",
        f"The device {LAPTOP} backs up {client.files} every two minutes.",
        "The browser warns of the server's own certificate: that is expected here.",
        "Ctrl+C stops everything.",
    ]
    width = max(len(line) for line in lines) + 2
    frame = "+" + "-" * width + "+"
    print(
        "\n".join(["", frame, *(f"| {line:<{width - 2}} |" for line in lines), frame, ""]),
        flush=True,
    )


def live_on(client: Client, server: Server) -> None:
    """Change something and back it up, until the server stops."""
    for change in household.changes_without_end():
        if wait_for_end(server.process, SECONDS_BETWEEN_BACKUPS):
            return
        change(today(client.files))
        client.run("backup")


def wait_for_end(process: subprocess.Popen[str], seconds: int) -> bool:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
