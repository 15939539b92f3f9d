"""What people install, built once for all these tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from support.packages import ROOT, Packages

sys.path.insert(0, str(ROOT / "packaging" / "runtime"))


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """One folder for all the processes of this run."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return Packages(shared_folder(tmp_path_factory))
