"""The files that people copy to run the server as a container."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from csbackup.server.config import load_config

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "compose.yaml", ROOT / "packaging" / "container" / "compose.nginx.yaml")
CONTAINERFILE = (ROOT / "packaging" / "container" / "Containerfile").read_text("utf-8")


def service(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))["services"]["backup"]
    return found


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_the_server_is_confined(path: Path) -> None:
    backup = service(path)

    assert backup["read_only"] is True
    assert backup["cap_drop"] == ["ALL"]
    assert backup["security_opt"] == ["no-new-privileges:true"]
    assert backup["restart"] == "unless-stopped"
    assert [volume.partition(":")[2] for volume in backup["volumes"]] == ["/data"]


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_every_setting_is_one_that_the_server_knows(path: Path) -> None:
    environment = {name: str(value) for name, value in service(path)["environment"].items()}

    config = load_config({}, environment | {"CSB_SERVER_DATA": "/data"})

    assert config.url.startswith("https://")


def test_also_those_that_are_commented_out() -> None:
    lines = (line.strip("# ") for line in COMPOSE[0].read_text("utf-8").splitlines())
    named = {line.partition(":")[0] for line in lines if line.startswith("CSB_SERVER_")}

    config = load_config({}, {"CSB_SERVER_DATA": "/data"})

    assert {name.removeprefix("CSB_SERVER_").lower() for name in named} <= set(config.__slots__)


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_the_health_check_is_the_one_of_the_image(path: Path) -> None:
    check = service(path)["healthcheck"]

    assert check["test"] == ["CMD", "/usr/bin/csb-server", "health"]
    assert 'CMD ["/usr/bin/csb-server", "health"]' in CONTAINERFILE
    assert f"--interval={check['interval']} --timeout={check['timeout']}" in CONTAINERFILE


def test_the_proxy_and_no_other_is_named_where_there_is_no_tls() -> None:
    whole = yaml.safe_load(COMPOSE[1].read_text("utf-8"))["services"]
    settings = whole["backup"]["environment"]

    proxy = whole["nginx"]["networks"]["between"]["ipv4_address"]

    assert settings["CSB_SERVER_TLS"] == "none"
    assert settings["CSB_SERVER_TRUSTED_PROXIES"] == proxy
    assert "ports" not in whole["backup"]
