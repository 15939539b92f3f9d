"""What no platform's backup needs: caches, trash, temporary files, what the system makes anew."""

from __future__ import annotations

import sys

_EVERYWHERE = (".Trash/", ".Trash-*/")

_LINUX = (
    ".cache/",
    ".thumbnails/",
    "**/.local/share/Trash/",
    ".gvfs/",
    ".xsession-errors*",
    "lost+found/",
    ".csbackup-stills/",
)

_LINUX_PLACES = (
    "/proc/*",
    "/sys/*",
    "/dev/*",
    "/run/*",
    "/tmp/*",  # noqa: S108  it is left out, not written to
    "/var/tmp/*",  # noqa: S108
    "/var/cache/*",
    "/var/run/*",
    "/var/lock/*",
    "/swapfile",
    "/swap.img",
)

_MACOS = (
    ".DS_Store",
    ".Trashes/",
    ".Spotlight-V100/",
    ".fseventsd/",
    ".DocumentRevisions-V100/",
    ".TemporaryItems/",
    "**/Library/Caches/",
)

_MACOS_PLACES = ("/dev/*", "/private/tmp/*", "/private/var/folders/*", "/private/var/vm/*")

_WINDOWS = (
    "$RECYCLE.BIN/",
    "Thumbs.db",
    "System Volume Information/",
    "pagefile.sys",
    "hiberfil.sys",
    "swapfile.sys",
    "**/AppData/Local/Temp/",
)


def default_patterns(platform: str = sys.platform) -> tuple[str, ...]:
    """Names left out wherever they stand."""
    if platform == "darwin":
        return _EVERYWHERE + _MACOS
    if platform == "win32":
        return _EVERYWHERE + _WINDOWS
    return _EVERYWHERE + _LINUX


def default_places(platform: str = sys.platform) -> tuple[str, ...]:
    """Absolute paths left out; the folder itself stays, so that a restore has where to mount."""
    if platform == "darwin":
        return _MACOS_PLACES
    return () if platform == "win32" else _LINUX_PLACES
