"""One image for all kinds of machine: what the archive names; that the others start, in qemu."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.containers import IMAGE, VERSION, Engine, need_engine
from support.foreign import programs_run
from support.packages import Packages
from support.ports import free_port

MACHINES = {"amd64": "linux-amd64", "arm64": "linux-arm64", "armv7": "linux-armv7"}
LARGEST_BYTES = 70_000_000


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("containers")
    need_engine(folder)
    with Engine(folder) as engine:
        yield engine


@pytest.fixture(scope="module")
def archive(engine: Engine, packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them in one OCI archive."""
    path = tmp_path_factory.mktemp("archive") / "csb-server.oci.tar"
    options = [f"--runtime={name}={packages.server(of)}/runtime" for name, of in MACHINES.items()]
    engine.build_image("--for", ",".join(MACHINES), *options, "--archive", str(path))
    return path


def test_the_archive_has_an_image_for_each_kind_of_machine(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        index = _read(tar, "index.json")
        listed = _read(tar, _blob(index["manifests"][0]["digest"]))

    assert sorted(
        "/".join(one["platform"][key] for key in ("os", "architecture", "variant") if key in
                 one["platform"])
        for one in listed["manifests"]
    ) == ["linux/amd64", "linux/arm/v7", "linux/arm64"]  # fmt: skip


@pytest.mark.parametrize("machine", ["arm64", "armv7"])
def test_the_others_answer_too(engine: Engine, archive: Path, machine: str) -> None:
    image = f"{IMAGE}:{VERSION}-{machine}"

    with programs_run("aarch64", "arm"):
        running = engine.start(volume=machine, port=free_port(), image=image, memory="512m")
        code, _ = running.stop()
        running.remove()

    assert code == 0
    assert engine.layers_bytes(image) <= LARGEST_BYTES


def _read(tar: tarfile.TarFile, name: str) -> Any:
    member = tar.extractfile(name)
    assert member is not None
    return json.load(member)


def _blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")
