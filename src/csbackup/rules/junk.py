"""What is seldom worth a backup, told by names: caches, builds, packages, images, downloads.

It is pointed out, never left out: the person decides. What could as well be somebody's own work
(a folder called `build`) needs a sign beside its name.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

IMAGE_BYTES = 1_000_000  # a smaller .img is likely a picture


@dataclass(frozen=True, slots=True)
class Junk:
    """`pattern` leaves all of the kind out wherever it stands; empty where only the place tells."""

    kind: str
    pattern: str = ""
    look_inside: bool = False  # parts of it may be worth pointing out by themselves


_NAMES = {
    b"node_modules": "packages of Node.js",
    b"bower_components": "packages of Node.js",
    b"__pycache__": "compiled Python",
    b".pytest_cache": "cache of a tool",
    b".mypy_cache": "cache of a tool",
    b".ruff_cache": "cache of a tool",
    b".tox": "environments of a test tool",
    b".nox": "environments of a test tool",
    b".eggs": "packages of Python",
    b".parcel-cache": "cache of a tool",
    b".sass-cache": "cache of a tool",
    b".turbo": "cache of a tool",
    b".ccache": "cache of a tool",
    b".terraform": "downloads of a tool",
    b".dart_tool": "cache of a tool",
    b".next": "build output",
    b".nuxt": "build output",
    b".svelte-kit": "build output",
    b"DerivedData": "build output",
    b".cache": "cache",
    b"Cache": "cache of a program",
    b"Caches": "cache of a program",
    b"cache2": "cache of a program",
    b"CachedData": "cache of a program",
    b"Code Cache": "cache of a program",
    b"GPUCache": "cache of a program",
    b"ShaderCache": "cache of a program",
    b"steamapps": "games of Steam",
    b".npm": "package cache",
    b".pnpm-store": "package cache",
    b".pub-cache": "package cache",
    b".Trash": "trash",
    b".Trashes": "trash",
    b"$RECYCLE.BIN": "trash",
}
_PLACES = {  # by the last parts of the path
    b".cargo/registry": "package cache",
    b".cargo/git": "package cache",
    b".gradle/caches": "package cache",
    b".gradle/wrapper": "package cache",
    b".m2/repository": "package cache",
    b".nuget/packages": "package cache",
    b"go/pkg/mod": "package cache",
    b".conda/pkgs": "package cache",
    b".yarn/cache": "package cache",
    b".yarn/berry": "package cache",
    b".bundle/cache": "package cache",
    b".local/share/pnpm/store": "package cache",
    b".rustup/toolchains": "toolchains",
    b"share/Trash": "trash",
    b".local/share/flatpak": "programs of Flatpak",
    b"var/lib/flatpak": "programs of Flatpak",
    b"var/lib/snapd": "programs of Snap",
    b"var/lib/docker": "images of Docker",
    b"var/lib/containerd": "images of containers",
    b"var/lib/containers": "images of containers",
    b".local/share/docker": "images of Docker",
    b".local/share/containers": "images of containers",
    b"var/lib/libvirt/images": "disks of virtual machines",
    b".android/avd": "disks of virtual machines",
    b".vagrant.d/boxes": "disks of virtual machines",
    b".vagrant/machines": "disks of virtual machines",
}
_LAST_OF_PLACES = frozenset(place.rpartition(b"/")[2] for place in _PLACES)
_WHOLE_UNLESS = {b".gradle": b"caches", b".m2": b"repository"}  # what is inside is told better
_BUILDS = {  # names that need a sign: a file beside them, or something inside
    b"target": frozenset({b"Cargo.toml", b"pom.xml", b"build.sbt", b"project.clj"}),
    b"build": frozenset(
        {
            b"build.gradle", b"build.gradle.kts", b"CMakeLists.txt", b"setup.py", b"meson.build",
            b"pyproject.toml", b"package.json", b"Makefile", b"configure", b"pubspec.yaml",
        }
    ),
    b"dist": frozenset({b"package.json", b"pyproject.toml", b"setup.py"}),
    b"out": frozenset({b"build.gradle", b"build.gradle.kts", b"CMakeLists.txt"}),
}  # fmt: skip
NEED_A_SIGN = frozenset(_BUILDS)
_MAYBE_PRECIOUS = frozenset(
    {
        "downloads", "disc image", "disk of a virtual machine", "disks of virtual machines",
        "images of Docker", "images of containers", "unfinished download",
    }
)  # fmt: skip
_INSIDE_A_BUILD = frozenset(
    {b"CMakeCache.txt", b".rustc_info.json", b"classes", b"maven-status", b"build.ninja"}
)
_IMAGES = {
    b"iso": "disc image",
    b"dmg": "disc image",
    b"vdi": "disk of a virtual machine",
    b"vmdk": "disk of a virtual machine",
    b"vhd": "disk of a virtual machine",
    b"vhdx": "disk of a virtual machine",
    b"qcow2": "disk of a virtual machine",
    b"qcow": "disk of a virtual machine",
    b"ova": "disk of a virtual machine",
    b"crdownload": "unfinished download",
}


def comes_back(kind: str) -> bool:
    """Whether what is of this kind can be had again: then it is left out unless a person says no.
    The rest may be all there is of something, so it stays unless a person says so."""
    return kind not in _MAYBE_PRECIOUS


def judge_folder(path: bytes, names: Collection[bytes], beside: Collection[bytes]) -> Junk | None:
    """What kind of junk a folder is. `names` are in it, `beside` lie beside it."""
    name = path.rpartition(b"/")[2]
    if b"pyvenv.cfg" in names:
        pattern = f"{name.decode()}/" if name in (b".venv", b"venv") else ""
        return Junk("environment of Python", pattern)
    if name in _NAMES:
        return Junk(_NAMES[name], f"{name.decode()}/")
    if name in _LAST_OF_PLACES and (kind := _place(path)):
        return Junk(kind)
    if name in _WHOLE_UNLESS and _WHOLE_UNLESS[name] not in names:
        return Junk("package cache")
    if name in _BUILDS and (_meet(_BUILDS[name], beside) or _meet(_INSIDE_A_BUILD, names)):
        return Junk("build output")
    if name == b"Downloads":
        return Junk("downloads", look_inside=True)
    if name.startswith(b".Trash-"):
        return Junk("trash", ".Trash-*/")
    return Junk("cache (CACHEDIR.TAG)") if b"CACHEDIR.TAG" in names else None


def judge_file(name: bytes, size: int) -> Junk | None:
    """The same for a file; most have no ending that says anything."""
    before, _, written = name.rpartition(b".")
    if not before:
        return None
    ending = written.lower()
    if ending in _IMAGES:
        return Junk(_IMAGES[ending], f"*.{written.decode()}")
    if ending == b"img" and size >= IMAGE_BYTES:
        return Junk("disc image", f"*.{written.decode()}")
    return None


def _place(path: bytes) -> str:
    return next((kind for place, kind in _PLACES.items() if path.endswith(b"/" + place)), "")


def _meet(some: Collection[bytes], others: Collection[bytes]) -> bool:
    return any(one in others for one in some)
