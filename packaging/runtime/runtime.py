"""Put a runtime together: Python with its own libraries and loader, bytecode only.

bin/python3          starts it from wherever it lies (POSIX sh)
bin/python3.13       the program itself, which looks for its loader where a system has it
lib/                 the loader, the libraries
lib/python313.zip    the standard library
lib/python3.13/      what cannot lie in a zip; `dist-packages/` holds wheels and our own package
licences/            of everything inside, with a list of it
"""

from __future__ import annotations

import fnmatch
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import armv7
import contents
import elf
import locks
import wheels
from locks import DebianFile
from problems import BuildStopped
from targets import Target, of_this_machine
from workshop import Workshop

HERE = Path(__file__).resolve().parent
_LIBRARY = f"lib/python{contents.PYTHON}"
PACKAGES = f"{_LIBRARY}/dist-packages"  # Debian's Python looks here
_OLDEST = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold: times must not differ
# They say that they are for more than the oldest processor, and look at it before they use that.
_RUNS_ON_LESS = ("libc.so.6", "libcrypto.so.3", "_rust.abi3.so", "blake3.cpython-313-")


def build(target: Target, kind: str, package: Path, folder: Path, workshop: Workshop) -> None:
    """The whole runtime in `folder`, checked. `package`: our own sources, ready to be compiled."""
    tree = _unpack_debian(target, workshop)
    (folder / "bin").mkdir(parents=True)
    (folder / _LIBRARY).mkdir(parents=True)
    _take_program(tree, target, folder)
    site = folder / PACKAGES
    _install_wheels(target, kind, tree, site, workshop)
    _take_libraries(tree, target, folder)
    _strip(site, target)
    _add_library(target, tree, folder, workshop)
    _add_packages(site, package, workshop, keep_sources=kind == "server")
    _write_licences(tree, site, target, kind, folder)
    _check(target, folder)


def _unpack_debian(target: Target, workshop: Workshop) -> Path:
    wanted = [one for one in locks.read_runtime() if one.machine == target.debian]
    names = contents.debian_packages(target)
    if missing := set(names) - {one.package for one in wanted}:
        raise BuildStopped(f"runtime.lock names no {sorted(missing)} for {target.debian}.")
    files = [one for one in wanted if one.package in names]
    paths = workshop.archive.fetch(files, allow_drift=workshop.allow_drift)

    def unpack(folder: Path) -> None:
        for path in paths:
            subprocess.run(["dpkg-deb", "--extract", str(path), str(folder)], check=True)

    return workshop.once(f"debian-{target.debian}", [str(path) for path in paths], unpack)


def _take_program(tree: Path, target: Target, folder: Path) -> None:
    program = f"python{contents.PYTHON}"
    shutil.copy(tree / "usr/bin" / program, folder / "bin" / program)
    script = (HERE / "python3.sh").read_text("utf-8").replace("@LOADER@", target.loader)
    (folder / "bin" / "python3").write_text(script, "utf-8")
    (folder / "bin" / "python3").chmod(0o755)
    extensions = folder / _LIBRARY / "lib-dynload"
    extensions.mkdir()
    for extension in (tree / "usr" / _LIBRARY / "lib-dynload").glob("*.so"):
        if not _matches(extension.name, contents.NO_EXTENSIONS):
            shutil.copy(extension, extensions / extension.name)
    loader = folder / "lib" / target.loader
    shutil.copy(_library(tree, target, target.loader), loader)
    loader.chmod(0o755)


def _take_libraries(tree: Path, target: Target, folder: Path) -> None:
    """What is linked to, from file to file, until nothing new is named."""
    waiting = [path for path in sorted(folder.rglob("*")) if elf.is_elf(path)]
    waiting_needs = {name for file in elf.read(waiting) for name in file.needed}
    bundled = {path.name for path in folder.rglob("*.so*")}
    while missing := waiting_needs - bundled:
        for name in sorted(missing):
            shutil.copy(_library(tree, target, name), folder / "lib" / name)
            waiting_needs.update(elf.needs(folder / "lib" / name))
            bundled.add(name)
    # Threads that end early unwind by this library, which is then loaded by its name.
    shutil.copy(_library(tree, target, "libgcc_s.so.1"), folder / "lib" / "libgcc_s.so.1")


def _library(tree: Path, target: Target, name: str) -> Path:
    for place in (f"usr/lib/{target.triplet}", f"lib/{target.triplet}", "lib", "lib64"):
        if (tree / place / name).exists():
            return tree / place / name
    raise BuildStopped(f"{name} is needed on {target.name}, and no package of the lock has it.")


def _install_wheels(target: Target, kind: str, tree: Path, site: Path, workshop: Workshop) -> None:
    wanted = locks.read_wheels(locks.wheels_lock(target.name, kind))
    files = wheels.fetch(wanted, target, workshop.cache)
    tools = {contents.ARMV7_TOOL: files.pop(contents.ARMV7_TOOL, None)}
    site.mkdir(parents=True)
    for name, path in files.items():
        if path.suffix == ".whl":
            wheels.unpack(path, site)
        else:
            _install_compiled(name, path, tools[contents.ARMV7_TOOL], tree, site, workshop)
    if target.debian == "armhf":
        _take_from_debian(tree, site)
    _drop_what_is_not_needed(site)


def _install_compiled(
    name: str, source: Path, tool: Path | None, tree: Path, site: Path, workshop: Workshop
) -> None:
    if tool is None:
        raise BuildStopped(f"{name} is a source, and the lock has no {contents.ARMV7_TOOL}.")

    def compile_it(folder: Path) -> None:
        cython = workshop.scratch / "cython"
        if not cython.is_dir():
            wheels.unpack(tool, cython)
        scratch = workshop.scratch / f"source-{name}"
        for package in armv7.compile_extensions(source, cython, tree / "usr/include", scratch):
            shutil.copytree(package, folder / package.name)

    made = workshop.once(f"armv7-{name}", [str(source), str(tool), str(tree)], compile_it)
    shutil.copytree(made, site, dirs_exist_ok=True)


def _take_from_debian(tree: Path, site: Path) -> None:
    packages = tree / "usr/lib/python3/dist-packages"
    for extension in packages.glob("_cffi_backend*.so"):
        shutil.copy(extension, site / extension.name)
    shutil.copytree(packages / "zstandard", site / "zstandard")


def _drop_what_is_not_needed(site: Path) -> None:
    for name in contents.NOT_NEEDED:
        shutil.rmtree(site / name, ignore_errors=True)
    for path in sorted(site.rglob("*")):
        if path.is_file() and path.name.endswith(contents.NOT_NEEDED_ENDINGS):
            path.unlink()


def _strip(site: Path, target: Target) -> None:
    """Wheels carry symbols that only a debugger reads; Debian's files have none."""
    tool = shutil.which(f"{target.triplet}-strip")
    if tool is None:
        raise BuildStopped(
            f"{target.triplet}-strip is not here: apt-get install "
            f"binutils-{target.triplet.replace('_', '-')}"
        )
    own = [one for one in site.rglob("*.so*") if elf.is_elf(one) and ".libs" not in str(one)]
    subprocess.run([tool, "--strip-unneeded", *map(str, sorted(own))], check=True)


def _add_library(target: Target, tree: Path, folder: Path, workshop: Workshop) -> None:
    def compile_library(made: Path) -> None:
        _copy_library(tree, made / "library")
        _run_compiler(workshop, made / "library", "--lean")
        _zip(made / "library", made / "library.zip")

    made = workshop.once("library", _library_versions(target), compile_library)
    zipped = folder / "lib" / f"python{contents.PYTHON.replace('.', '')}.zip"
    shutil.copy(made / "library.zip", zipped)
    # Python finds its own place by this one file.
    shutil.copy(made / "library" / "os.pyc", folder / _LIBRARY / "os.pyc")


def _add_packages(site: Path, package: Path, workshop: Workshop, *, keep_sources: bool) -> None:
    """`keep_sources`: of our own package only; a server hands them out."""
    _run_compiler(workshop, site, "--lean")
    shutil.copytree(package, site, dirs_exist_ok=True)
    _run_compiler(workshop, site / "csbackup", *(["--keep-sources"] if keep_sources else []))


def _library_versions(target: Target) -> list[str]:
    """The Python part of the standard library is the same for every machine."""
    return [
        f"{one.package} {one.version}"
        for one in _inside(target)
        if one.package.startswith("libpython")
    ]


def _own_python(workshop: Workshop) -> list[str]:
    """How to run that very Python here, to make its bytecode."""
    host = of_this_machine()
    tree = _unpack_debian(host, workshop)
    libraries = tree / "usr/lib" / host.triplet
    program = str(tree / "usr/bin" / f"python{contents.PYTHON}")
    loader = str(_library(tree, host, host.loader))
    start = ["--inhibit-cache", "--library-path", str(libraries), "--argv0", program, program]
    # Bytecode says in which line something happened, not in which column: that takes memory.
    return [loader, *start, "-I", "-B", "-X", "no_debug_ranges"]


def _run_compiler(workshop: Workshop, folder: Path, *options: str) -> None:
    command = [*_own_python(workshop), str(HERE / "bytecode.py"), *options, str(folder)]
    outcome = subprocess.run(command, capture_output=True, text=True, env={"PYTHONHASHSEED": "0"})
    if outcome.returncode:
        raise BuildStopped(f"Not everything could be compiled:\n{outcome.stdout}{outcome.stderr}")


def _copy_library(tree: Path, target: Path) -> None:
    def left_out(folder: str, names: list[str]) -> set[str]:
        top = Path(folder) == tree / "usr" / _LIBRARY
        modules = {*contents.NO_MODULES, "lib-dynload"} if top else {"test", "tests"}
        files = {name for name in names if _matches(name, contents.NO_FILES)}
        configs = {name for name in names if name.startswith("config-")}
        return files | configs | {name for name in names if name in modules}

    shutil.copytree(tree / "usr" / _LIBRARY, target, ignore=left_out)


def _zip(folder: Path, path: Path) -> None:
    """The same files always give the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(folder.rglob("*.pyc")):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _OLDEST)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())


def _write_licences(tree: Path, site: Path, target: Target, kind: str, folder: Path) -> None:
    licences = folder / "licences"
    licences.mkdir()
    lines = []
    for file in _inside(target):
        found = _copyright(tree, file.package)
        shutil.copy(found, licences / f"debian-{file.package}")
        lines.append(f"{file.package} {file.version} (Debian {target.debian})")
    for wheel in locks.read_wheels(locks.wheels_lock(target.name, kind)):
        if wheel.name != contents.ARMV7_TOOL:
            lines.append(f"{wheel.name} {wheel.version} (Python package)")
    for info in sorted(site.glob("*.dist-info")):
        for licence in sorted(info.rglob("LICEN[CS]E*")):
            shutil.copy(licence, licences / f"{info.name.partition('-')[0]}-{licence.name}")
        _keep_metadata(info)
    notice = (HERE / "NOTICE").read_text("utf-8")
    (licences / "NOTICE").write_text(notice + "\n".join(lines) + "\n", "utf-8")


def _keep_metadata(info: Path) -> None:
    """Packages ask for their own version; nothing asks for the rest."""
    for path in sorted(info.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        elif path.name not in ("METADATA", "entry_points.txt"):
            path.unlink()


def _inside(target: Target) -> list[DebianFile]:
    names = [one for one in contents.debian_packages(target) if not one.endswith("-dev")]
    return [
        one for one in locks.read_runtime() if one.machine == target.debian and one.package in names
    ]


def _copyright(tree: Path, package: str) -> Path:
    documents = tree / "usr/share/doc"
    for name in (package, *_doc_names(package)):
        if (documents / name / "copyright").is_file():
            return documents / name / "copyright"
    raise BuildStopped(f"No copyright file of {package} is in its package.")


def _doc_names(package: str) -> Sequence[str]:
    """Packages made from one source may share one folder of documents."""
    return {"libgcc-s1": ("gcc-14-base",)}.get(package, ("libpython3.13-minimal",))


def _check(target: Target, folder: Path) -> None:
    files = elf.read(path for path in sorted(folder.rglob("*")) if elf.is_elf(path))
    elf.check_complete(files, folder / "lib")
    if target.debian != "amd64":
        elf.check_alignment(files)
    elf.check_processor(files, runs_on_less=_RUNS_ON_LESS)
    _check_compiled(folder)


def _check_compiled(folder: Path) -> None:
    sources = [
        path
        for path in folder.rglob("*.py")
        if "csbackup" not in path.parts and path.with_suffix(".pyc").is_file() is False
    ]
    if sources:
        raise BuildStopped(f"Not bytecode: {[str(one) for one in sources[:5]]}")
    if not list((folder / PACKAGES / "pyfastcdc" / "cy").glob("fastcdc.*.so")):
        raise BuildStopped("pyfastcdc has no compiled part: its Python one is 100 times slower.")


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)
