"""The builder: the same inputs give the same bytes, and what is not as locked stops it."""

from __future__ import annotations

import hashlib
import http.server
import subprocess
import tarfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import armv7
import elf
import locks
import pytest
from debian import Archive
from locks import DebianFile
from problems import BuildStopped, Drift

from support.packages import Packages, build, own_version

KEYS = "release-keys.json"


def test_the_same_inputs_give_the_same_bytes(packages: Packages, tmp_path: Path) -> None:
    first = packages.tarball()
    keys = packages.client() / KEYS

    build(
        tmp_path, "--target", "linux-amd64", "--kind", "client", "--fast",
        "--formats", "tar,deb", "--release-keys", str(keys),
    )  # fmt: skip

    assert _hash(tmp_path / first.name) == _hash(first)
    package = packages.debian_package()
    assert _hash(tmp_path / package.name) == _hash(package)


def test_a_bundle_has_one_folder_named_as_its_version(packages: Packages) -> None:
    with tarfile.open(packages.tarball()) as archive:
        members = archive.getmembers()

    assert {member.name.partition("/")[0] for member in members} == {own_version()}
    assert {(member.uid, member.gid, member.mtime) for member in members} == {(0, 0, 946684800)}
    assert f"{own_version()}/{KEYS}" in {member.name for member in members}


@pytest.mark.parametrize("target", ["linux-amd64", "linux-arm64", "linux-armv7"])
def test_a_client_has_bytecode_only(target: str, packages: Packages) -> None:
    names = [path.name for path in packages.client(target).rglob("*")]

    assert not [name for name in names if name.endswith((".py", ".pyi", ".pyx", ".c", ".h"))]
    assert "server" not in {path.name for path in (packages.client(target)).rglob("csbackup/*")}


@pytest.mark.parametrize("kind", ["client", "server"])
def test_all_that_our_modules_import_is_there(kind: str, packages: Packages) -> None:
    """A server carries the client's modules only to hand them out."""
    folder = packages.client() if kind == "client" else packages.server()
    parts = [f"csbackup.{name}" for name in ("format", "rules", "protocol", "web", kind)]
    code = (
        "import importlib, pkgutil\n"
        f"for part in {parts}:\n"
        "    package = importlib.import_module(part)\n"
        "    for one in pkgutil.walk_packages(package.__path__, part + '.'):\n"
        "        if not one.name.endswith('__main__'): importlib.import_module(one.name)\n"
    )

    said = subprocess.run(
        [folder / "runtime/bin/python3", "-c", code], capture_output=True, text=True
    )

    assert (said.returncode, said.stderr) == (0, "")


def test_another_version_is_made_of_it_within_seconds(packages: Packages, tmp_path: Path) -> None:
    changed = '"""Does nothing any more."""\n\n\ndef main() -> None:\n    print("changed")\n'
    tarball = packages.newer("98.7.6", csbackup__client__cli__program=changed)

    with tarfile.open(tarball) as archive:
        archive.extractall(tmp_path, filter="tar")
    python = tmp_path / "98.7.6/runtime/bin/python3"
    version = _run(str(python), "-c", "import csbackup; print(csbackup.__version__)")

    assert version == "98.7.6\n"
    assert _run(str(tmp_path / "98.7.6/csb")) == "changed\n"


def test_a_package_that_the_archive_no_longer_has_stops_the_build_by_name(
    empty_archive: str, tmp_path: Path
) -> None:
    archive = _Moved(tmp_path, {"trixie": empty_archive, "trixie-security": empty_archive})

    with pytest.raises(Drift) as stopped:
        archive.fetch([_gone()])

    assert "libc6 (amd64): locked 2.41-1, found 2.41-2" in str(stopped.value)
    assert "lock.py" in str(stopped.value)


def test_drift_is_allowed_for_tests_only_and_loudly(
    empty_archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = _Moved(tmp_path, {"trixie": empty_archive, "trixie-security": empty_archive})
    newer = tmp_path / ("b" * 64) / "libc6_2.41-2_amd64.deb"
    newer.parent.mkdir()
    newer.touch()

    taken = archive.fetch([_gone()], allow_drift=True)

    assert taken == [newer]
    assert "NOT FOR A RELEASE" in capsys.readouterr().out


def test_a_file_that_is_not_what_the_lock_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "libc6_2.41-1_amd64.deb").write_text("something else")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _serve(tmp_path))
    with _running(server) as address, pytest.raises(BuildStopped):
        archive = Archive(tmp_path / "cache", {"trixie": address})
        archive.fetch([_gone()])

    assert not list((tmp_path / "cache").rglob("*.deb"))


def test_every_lock_names_a_hash_of_every_input() -> None:
    wheels = [one for path in locks.FOLDER.glob("wheels-*.lock") for one in locks.read_wheels(path)]

    digests = [one.sha256 for one in (*locks.read_runtime(), *wheels)]

    assert len(list(locks.FOLDER.glob("wheels-*.lock"))) == 6
    assert digests
    assert all(len(digest) == 64 for digest in digests)


def test_a_library_for_small_memory_pages_only_is_found(tmp_path: Path) -> None:
    (tmp_path / "one.c").write_text("int one(void) { return 1; }\n")
    for size in (4096, 65536):
        _run(
            armv7.COMPILER, "-shared", "-nostdlib", f"-Wl,-z,max-page-size={size}",
            str(tmp_path / "one.c"), "-o", str(tmp_path / f"{size}.so"),
        )  # fmt: skip
    files = elf.read(sorted(tmp_path.glob("*.so")))

    with pytest.raises(BuildStopped) as stopped:
        elf.check_alignment(files)

    assert "4096.so: 0x1000" in str(stopped.value)
    assert "65536.so" not in str(stopped.value)


def test_a_library_that_is_missing_is_named(packages: Packages, tmp_path: Path) -> None:
    files = elf.read([packages.client() / "runtime/lib/libssl.so.3"])

    with pytest.raises(BuildStopped, match=r"libcrypto\.so\.3"):
        elf.check_complete(files, tmp_path)


def test_what_is_for_newer_processors_only_is_found(packages: Packages) -> None:
    runtime = packages.client("linux-armv7") / "runtime"
    files = elf.read([runtime / "lib/libcrypto.so.3"])

    elf.check_processor(files, runs_on_less=["libcrypto"])
    with pytest.raises(BuildStopped, match="NEON"):
        elf.check_processor(files)


def test_what_we_compile_for_armv7_needs_no_more_than_debian_does(packages: Packages) -> None:
    runtime = packages.server("linux-armv7") / "runtime"
    site = runtime / "lib/python3.13/dist-packages"
    files = [*site.glob("pyfastcdc/cy/*.so"), *site.glob("httptools/parser/*.so")]

    elf.check_processor(elf.read(files))

    assert len(files) == 5


class _Moved(Archive):
    """An archive that went on: what was locked is gone."""

    def newest(
        self, wanted: Iterable[tuple[str, str]], *, tolerant: bool = False
    ) -> list[DebianFile]:
        return [
            replace(_gone(), version="2.41-2", sha256="b" * 64, path="libc6_2.41-2_amd64.deb")
            for _ in wanted
        ]


def _gone() -> DebianFile:
    return DebianFile("amd64", "libc6", "2.41-1", "trixie", "a" * 64, "libc6_2.41-1_amd64.deb")


@pytest.fixture
def empty_archive(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "empty").mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _serve(tmp_path / "empty"))
    with _running(server) as address:
        yield address


@contextmanager
def _running(server: http.server.ThreadingHTTPServer) -> Iterator[str]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _serve(folder: Path) -> type[http.server.SimpleHTTPRequestHandler]:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
