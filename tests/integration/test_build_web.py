"""The web app's build, tried on a small stand-in of web/ in a folder of its own."""

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]

BUILD_SCRIPT = """
const fs = require('fs');
if (fs.existsSync('src/broken')) process.exit(3);
fs.appendFileSync('../builds', 'x');
fs.writeFileSync('../trust', process.env.NODE_EXTRA_CA_CERTS || '');
fs.mkdirSync('dist', {recursive: true});
fs.copyFileSync('src/index.html', 'dist/index.html');
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    sources = tmp_path / "web"
    (sources / "src").mkdir(parents=True)
    (sources / "src/index.html").write_text("first")
    (sources / "build.cjs").write_text(BUILD_SCRIPT)
    package = {"name": "stand-in", "version": "1.0.0", "scripts": {"build": "node build.cjs"}}
    (sources / "package.json").write_text(json.dumps(package))
    lock = {"name": "stand-in", "version": "1.0.0", "lockfileVersion": 3}
    lock["packages"] = {"": {"name": "stand-in", "version": "1.0.0"}}
    (sources / "package-lock.json").write_text(json.dumps(lock))
    (tmp_path / "src/csbackup/web").mkdir(parents=True)
    (tmp_path / "packaging").mkdir()
    shutil.copy(ROOT / "packaging/build_web.py", tmp_path / "packaging")
    return tmp_path


@pytest.fixture
def builder(clone: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_web", clone / "packaging/build_web.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def served(clone: Path) -> str:
    return (clone / "src/csbackup/web/built/index.html").read_text()


def test_a_build_lays_the_app_where_it_is_served_from(clone: Path, builder: ModuleType) -> None:
    assert not builder.is_current()

    builder.build()

    assert served(clone) == "first"
    assert builder.is_current()


def test_what_is_current_is_not_built_again(clone: Path, builder: ModuleType) -> None:
    builder.build()
    builder.build()

    assert (clone / "builds").read_text() == "x"


def test_a_changed_source_is_built_again(clone: Path, builder: ModuleType) -> None:
    builder.build()
    (clone / "web/src/index.html").write_text("second")

    builder.build()

    assert served(clone) == "second"


def test_a_build_that_fails_says_so_and_leaves_the_app_that_is_there(
    clone: Path, builder: ModuleType
) -> None:
    builder.build()
    (clone / "web/src/broken").touch()

    with pytest.raises(builder.WebNotBuilt, match="npm run build"):
        builder.build()

    assert served(clone) == "first"


def test_npm_trusts_what_the_system_trusts(
    clone: Path, builder: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_list = clone / "trusted.pem"
    own_list.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(own_list))
    monkeypatch.delenv("NODE_EXTRA_CA_CERTS", raising=False)

    builder.build()

    assert (clone / "trust").read_text() == str(own_list)


def test_without_sources_the_app_that_is_there_counts(clone: Path, builder: ModuleType) -> None:
    builder.build()
    shutil.rmtree(clone / "web")

    assert builder.is_current()


def test_with_neither_sources_nor_app_the_build_says_what_is_missing(
    clone: Path, builder: ModuleType
) -> None:
    shutil.rmtree(clone / "web")

    with pytest.raises(builder.WebNotBuilt, match="package.json"):
        builder.build()
