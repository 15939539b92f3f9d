"""Hatch's hook: put the built web app into the package before it is packed.

An ordinary build goes on without the web app when it cannot be built; the server then serves its
API and one page that says so. A release build (`CSB_RELEASE=1`) stops instead.
"""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebBuildHook(BuildHookInterface):
    """Build the web app for every target except editable installs, which `scripts/setup` serves."""

    def dependencies(self) -> list[str]:
        web = self._web_builder()
        if web.is_current() or not web.has_sources() or web.find_node() is not None:
            return []
        return [web.NODE_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        web = self._web_builder()
        try:
            web.build()
        except web.WebNotBuilt as problem:
            if os.environ.get("CSB_RELEASE") == "1":
                raise
            self.app.display_warning(f"The web app is not in this build: {problem}")

    def _web_builder(self) -> ModuleType:
        path = Path(self.root) / "packaging" / "build_web.py"
        spec = importlib.util.spec_from_file_location("csb_build_web", path)
        if spec is None or spec.loader is None:
            raise RuntimeError(f"{path} is missing; build from a complete clone.")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
