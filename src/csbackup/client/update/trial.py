"""A new version on trial: begun by the old one, ended by the new one or by the start script.

See `packaging/client/linux/start.sh` for the other side. Files that the script writes are read
here as it wrote them, whatever is in them: a person, or half a disk, may have been there.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace

from csbackup.client.config import Home, whole_number_from
from csbackup.client.platform.durable import remove_tree, replace_text
from csbackup.client.update.installation import Installation
from csbackup.client.update.memory import load_memory, save_memory
from csbackup.errors import FormatError
from csbackup.format.releases import Version, read_version
from csbackup.protocol.messages import UpdateReport

TRIAL, STARTS, REST, ROLLED_BACK = "trial", "trial-starts", "trial-rest", "rolled-back"
FINAL = ("died",)  # and not what may have been the network
_LONGEST = 4096
_ASIDE = re.compile(r"(current|rolled-back)\.\d+|\.(current|trial)\.new")
_WORDS = {
    "died": "It ended again and again before the server heard of it.",
    "silent": "It did not reach the server in the time it had.",
    "unconfirmed": "It could not tell the server that it runs.",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a version may try: starts of the service in one boot, and seconds awake."""

    starts: int = 3
    seconds: int = 900


def terms_from(environment: Mapping[str, str]) -> Terms:
    usual = Terms()
    return Terms(
        int(whole_number_from(environment, "CSB_TRIAL_STARTS", usual.starts)),
        int(whole_number_from(environment, "CSB_TRIAL_SECONDS", usual.seconds)),
    )


def put_on_trial(installation: Installation, version: Version, terms: Terms) -> None:
    """From now on `version` is started, on trial.

    Order: the trial, then the pointer. A crash in between leaves a trial of a version that is not
    current, which counts for nothing, and is written anew by the next attempt.
    """
    installation.remove(STARTS, REST, ROLLED_BACK)
    lines = (
        f"version={version}",
        f"previous={installation.running}",
        f"starts={terms.starts}",
        f"seconds={terms.seconds}",
        "",
    )
    replace_text(installation.path(TRIAL), "\n".join(lines))
    installation.point_to(version)


def is_on_trial(installation: Installation) -> bool:
    """Whether the running version is: then it is watched, until `confirm`."""
    return _fields(installation, TRIAL).get("version") == str(installation.running)


def confirm(installation: Installation, home: Home) -> None:
    """The server answered the running version: it stays.

    Order: remembered, then the trial goes. A crash in between is confirmed once more.
    """
    running = installation.running
    before = _version(_fields(installation, TRIAL).get("previous", ""))
    begun = load_memory(home).begun(running, running)
    save_memory(home, replace(begun, last=UpdateReport("ready", str(running))))
    installation.remove(TRIAL, STARTS, REST)
    tidy(installation, before=before)


def note_rest(installation: Installation) -> None:
    """The service on trial ends because it was asked to; nobody starts it again."""
    if is_on_trial(installation):
        installation.path(REST).touch()


def take_back(installation: Installation, home: Home, version: Version, code: str) -> None:
    """`version`, which was just put on trial, does not work: this one goes on."""
    installation.point_to(installation.running)
    installation.remove(TRIAL, STARTS, REST)
    _remember(home, version, code)
    remove_tree(installation.version_folder(version))


def hear_of_going_back(installation: Installation, home: Home) -> None:
    """Remember what the start script took back, so that the server is told, and it is not tried
    again.

    Order: remembered, then the script's note goes, then the version. A crash in between counts the
    same try twice at worst.
    """
    fields = _fields(installation, ROLLED_BACK)
    if not fields:
        return
    version = _version(fields.get("version", ""))
    if version is not None and version != installation.running:
        _remember(home, version, fields.get("reason", ""))
    installation.remove(ROLLED_BACK)
    if version is not None and version != installation.running:
        remove_tree(installation.version_folder(version))


def tidy(installation: Installation, *, before: Version | None) -> None:
    """Two versions stay: the running one and the one before. Broken downloads go."""
    kept = installation.kept_versions()
    older = [version for version in kept if version < installation.running]
    before = before if before in older else next(iter(older), None)
    for version in kept:
        if version not in (installation.running, before, installation.current()):
            remove_tree(installation.version_folder(version))
    remove_tree(installation.downloads)
    sweep(installation)


def sweep(installation: Installation) -> None:
    """Remove what a crash left half made or half removed; only while nobody updates."""
    for entry in installation.versions.glob(".*"):
        shutil.rmtree(entry, ignore_errors=True)
    for entry in installation.folder.iterdir():
        if _ASIDE.fullmatch(entry.name):
            entry.unlink(missing_ok=True)


def _remember(home: Home, version: Version, reason: str) -> None:
    code = reason if reason in _WORDS else "unknown"
    report = UpdateReport("rolled-back", str(version), code, _WORDS.get(code, "It did not work."))
    memory = load_memory(home)
    save_memory(home, memory.with_failure(report, final=code in FINAL))


def _fields(installation: Installation, name: str) -> dict[str, str]:
    try:
        with installation.path(name).open("rb") as file:
            text = file.read(_LONGEST).decode(errors="replace")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines())
    return {key: value for key, equals, value in pairs if equals}


def _version(text: str) -> Version | None:
    try:
        return read_version(text)
    except FormatError:
        return None
