"""Files of Debian's archive, fetched by apt: for any machine, and without touching this system.

A file that a lock names by its hash needs no signature. What is newest is read from the archive's
indexes; apt checks their signatures with Debian's keyring, in a state folder of our own.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from locks import DebianFile
from problems import BuildStopped, Drift

RELEASE = "trixie"
_SUITES = (RELEASE, f"{RELEASE}-security")
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_HELPER = "/usr/lib/apt/apt-helper"


class Archive:
    """`addresses`: of each suite, the folder that its paths count from.

    `skipped`: indexes, as `suite/machine`, that are not asked; for a mirror that lags behind.
    """

    def __init__(self, cache: Path, addresses: dict[str, str], skipped: Sequence[str] = ()) -> None:
        self._cache = cache
        self._addresses = addresses
        self._skipped = skipped

    def fetch(self, files: Iterable[DebianFile], *, allow_drift: bool = False) -> list[Path]:
        """Each file's own copy in the cache, in order. `Drift` when one is no longer there.

        `allow_drift`: then take the newest instead. Never for a release.
        """
        wanted = list(files)
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(self._take, wanted))
        gone = [file for file, path in zip(wanted, found, strict=True) if path is None]
        if not gone:
            return [path for path in found if path is not None]
        newest = self._newest_of(gone, tolerant=allow_drift)
        drift = Drift([(_label(file), file.version, newest[file].version) for file in gone])
        if not allow_drift:
            raise drift
        print(f"WARNING, NOT FOR A RELEASE. {drift}", flush=True)
        return self.fetch([newest.get(file, file) for file in wanted])

    def newest(
        self, wanted: Iterable[tuple[str, str]], *, tolerant: bool = False
    ) -> list[DebianFile]:
        """The newest there is of each (machine, package), by signed indexes.

        `tolerant`: an index that cannot be had is done without. Never for a release.
        """
        names = set(wanted)
        found: dict[tuple[str, str], DebianFile] = {}
        for file in self._listed(names, tolerant=tolerant):
            key = (file.machine, file.package)
            if key not in found or _is_newer(file.version, found[key].version):
                found[key] = file
        if missing := names - found.keys():
            raise BuildStopped(f"The archive has no {sorted(missing)}.")
        return sorted(found.values(), key=lambda file: (file.machine, file.package))

    def _newest_of(
        self, files: list[DebianFile], *, tolerant: bool
    ) -> dict[DebianFile, DebianFile]:
        names = [(file.machine, file.package) for file in files]
        newest = self.newest(names, tolerant=tolerant)
        by_name = {(file.machine, file.package): file for file in newest}
        return {file: by_name[file.machine, file.package] for file in files}

    def _take(self, file: DebianFile) -> Path | None:
        kept = self._cache / file.sha256 / file.name
        if kept.is_file():
            return kept
        kept.parent.mkdir(parents=True, exist_ok=True)
        address = f"{self._addresses[file.suite]}/{file.path}"
        outcome = subprocess.run(
            [_HELPER, "download-file", address, str(kept) + ".new", f"SHA256:{file.sha256}"],
            capture_output=True,
            text=True,
        )
        fetched = kept.with_name(kept.name + ".new")
        if outcome.returncode or not fetched.is_file():
            if "404" in outcome.stderr + outcome.stdout:
                return None
            raise BuildStopped(f"apt did not bring {file.name}:\n{outcome.stderr.strip()}")
        check_hash(fetched, file.sha256)
        fetched.rename(kept)
        return kept

    def _listed(self, names: set[tuple[str, str]], *, tolerant: bool) -> Iterator[DebianFile]:
        machines = sorted({machine for machine, _ in names})
        for suite, machine, index in self._indexes(machines, tolerant=tolerant):
            text = subprocess.run([_HELPER, "cat-file", index], capture_output=True, check=True)
            for paragraph in text.stdout.decode("utf-8").split("\n\n"):
                package = paragraph.partition("\n")[0].removeprefix("Package: ")
                if (machine, package) in names:  # the index is long: look before reading
                    yield _file(_fields(paragraph), machine, suite)

    def _indexes(self, machines: list[str], *, tolerant: bool) -> list[tuple[str, str, str]]:
        """(suite, machine, file) of every index, fresh and checked."""
        options = self._apt_options(machines)
        with (self._cache / "apt" / "turn").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # apt does not wait for another apt here
            lines = _ask_apt(options, tolerant=tolerant)
        return [
            (suite, machine, index)
            for suite, machine, kind, index in map(str.split, lines)
            if kind == "Packages" and Path(index).exists()
        ]

    def _apt_options(self, machines: list[str]) -> list[str]:
        """An apt of its own: another list of sources, another state, the same way to the net."""
        if not _KEYRING.is_file():
            raise BuildStopped("Debian's keys are not here: apt-get install debian-archive-keyring")
        state = (self._cache / "apt").resolve()
        for folder in ("lists/partial", "archives/partial", "empty"):
            (state / folder).mkdir(parents=True, exist_ok=True)
        (state / "status").touch()
        sources = state / "archive.sources"
        paragraphs = (self._source(suite, machines) for suite in _SUITES)
        sources.write_text("\n".join(paragraphs), "utf-8")
        settings = {
            "Dir::State::Lists": state / "lists",
            "Dir::State::status": state / "status",
            "Dir::Cache": state,
            "Dir::Etc::SourceList": sources,
            "Dir::Etc::SourceParts": state / "empty",
            "APT::Sandbox::User": "root",
            "APT::Update::Error-Mode": "any",
        }
        options = [f"-o{name}={value}" for name, value in settings.items()]
        return [*options, "-oAcquire::IndexTargets::deb::DEP-11::DefaultEnabled=false"]

    def _source(self, suite: str, machines: list[str]) -> str:
        asked = [one for one in machines if f"{suite}/{one}" not in self._skipped]
        if not asked:
            return ""
        return (
            f"Types: deb\nURIs: {self._addresses[suite]}\nSuites: {suite}\n"
            f"Components: main\nArchitectures: {' '.join(asked)}\n"
            f"Signed-By: {_KEYRING}\n"
        )


def find_addresses(archive: str | None = None, security: str | None = None) -> dict[str, str]:
    """Where Debian's archive is: as given, else where this very system has its packages from."""
    main = archive or _configured("")
    safe = security or _configured("-security")
    return {suite: (safe if suite.endswith("-security") else main) for suite in _SUITES}


def check_hash(path: Path, sha256: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        path.unlink()
        raise BuildStopped(f"{path.name} is not what the lock names: {found}, not {sha256}.")


def _ask_apt(options: list[str], *, tolerant: bool) -> list[str]:
    update = subprocess.run(["apt-get", *options, "update", "-qq"], capture_output=True, text=True)
    if update.returncode and not tolerant:
        raise BuildStopped(f"The archive's indexes were not read:\n{update.stderr.strip()}")
    form = "$(CODENAME) $(ARCHITECTURE) $(CREATED_BY) $(FILENAME)"
    command = ["apt-get", *options, "indextargets", "--format", form]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def _configured(ending: str) -> str:
    codename = _own_codename()
    form = "$(CODENAME) $(CREATED_BY) $(REPO_URI)"
    lines = subprocess.run(
        ["apt-get", "indextargets", "--format", form], capture_output=True, text=True
    ).stdout
    for line in lines.splitlines():
        suite, kind, address = line.split()
        if (suite, kind) == (codename + ending, "Packages"):
            return address.rstrip("/")
    raise BuildStopped(
        f"apt here knows no archive of {codename + ending}. Name it: --archive and --security."
    )


def _own_codename() -> str:
    for line in Path("/etc/os-release").read_text("utf-8").splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    raise BuildStopped("/etc/os-release names no release: use --archive and --security.")


def _fields(paragraph: str) -> dict[str, str]:
    lines = (line for line in paragraph.splitlines() if not line.startswith(" "))
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _file(fields: dict[str, str], machine: str, suite: str) -> DebianFile:
    return DebianFile(
        machine,
        fields["Package"],
        fields["Version"],
        suite,
        fields["SHA256"],
        fields["Filename"],
    )


def _is_newer(one: str, other: str) -> bool:
    return subprocess.run(["dpkg", "--compare-versions", one, "gt", other]).returncode == 0


def _label(file: DebianFile) -> str:
    return f"{file.package} ({file.machine})"
