"""What to call this machine and its operating system."""

from __future__ import annotations

import platform
import socket


def describe_os() -> str:
    """For people: "Debian GNU/Linux 12 (bookworm)", "macOS 15.1", "Windows 11"."""
    system = platform.system()
    if system == "Linux":
        try:
            return platform.freedesktop_os_release()["PRETTY_NAME"]
        except (OSError, KeyError):
            return f"Linux {platform.release()}"
    if system == "Darwin":
        return f"macOS {platform.mac_ver()[0]}"
    return f"{system} {platform.release()}".strip()


def machine_name() -> str:
    """The first part of the host name."""
    return socket.gethostname().split(".")[0] or "device"
