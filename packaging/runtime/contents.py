"""What goes into a runtime, and what is left out. To add or drop something, change it here."""

from __future__ import annotations

from targets import Target

PYTHON = "3.13"

# The program, its standard library, and where the libraries come from that these need.
# The build follows `readelf -d`, takes from here what is needed, and stops when one is missing.
_PACKAGES = (
    "python3.13-minimal",
    "libpython3.13-minimal",
    "libpython3.13-stdlib",
    "gcc-14-base",  # the licence of libgcc
    "libc6",
    "libexpat1",
    "libffi8",
    "libgcc-s1",
    "liblzma5",
    "libsqlite3-0",
    "libssl3t64",
    "libzstd1",
    "zlib1g",
)
# Where the Python package index has no wheel for ARMv7, Debian's build of the same library.
_ARMV7_PACKAGES = ("python3-cffi-backend", "python3-zstandard", "libpython3.13-dev")


def debian_packages(target: Target) -> tuple[str, ...]:
    return (*_PACKAGES, *_ARMV7_PACKAGES) if target.debian == "armhf" else _PACKAGES


def all_debian_names(targets: list[Target]) -> list[tuple[str, str]]:
    """(machine, package) of everything that the lock names."""
    return [(one.debian, name) for one in targets for name in debian_packages(one)]


# --- wheels ---

SERVER_MAY_USE = ("pathspec", "platformdirs", "pyfastcdc")  # by what is shared with the client
ARMV7_FROM_DEBIAN = ("cffi", "zstandard")
ARMV7_COMPILED = ("pyfastcdc", "httptools")  # from their source, with the tool below
ARMV7_TOOL = "cython"
ARMV7_OLDER = {"cbor2": "5.9.0"}  # the last that is pure Python

# Of an installed wheel, what our programs never import: mostly what `rich` colours sources with,
# and the compiler part of cffi.
NOT_NEEDED = ("pygments", "markdown_it", "mdurl", "cffi", "pycparser", "bin", "tests")
NOT_NEEDED_ENDINGS = (".pyi", ".pyx", ".pxd", ".c", ".h", ".hpp", ".typed", ".pth")

# --- the standard library ---

NO_MODULES = (
    "_pyrepl",
    "curses",
    "dbm",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "pydoc_data",
    "test",
    "tkinter",
    "turtledemo",
    "venv",
    "__phello__",
)
NO_FILES = ("turtle.py", "pydoc.py", "_sysconfigdata*", "sitecustomize.py", "LICENSE.txt")
NO_EXTENSIONS = (
    "_bz2*",
    "_codecs_*",
    "_ctypes_test*",
    "_curses*",
    "_dbm*",
    "_gdbm*",
    "_test*",
    "_tkinter*",
    "_uuid*",
    "_xx*",
    "audioop*",
    "nis*",
    "readline*",
    "xx*",
)
