"""The script that installs the client: a shell script with the server's CA and address inside."""

from __future__ import annotations

from importlib import resources

from csbackup.server.services.client_wheel import Wheel

_TEMPLATE = "install.sh"


def install_script(url: str, pin: str, ca_pem: bytes, wheel: Wheel) -> str:
    """`url` must be checked by the caller: it stands between single quotes."""
    values = {
        "@URL@": url,
        "@PIN@": pin,
        "@CA@": ca_pem.decode("ascii").strip(),
        "@WHEEL@": wheel.name,
        "@SHA256@": wheel.sha256,
    }
    script = (resources.files("csbackup.server.services") / _TEMPLATE).read_text("utf-8")
    for name, value in values.items():
        script = script.replace(name, value)
    return script
