"""What axe, a checker of accessibility, finds on a page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# Half faded in, no colour is right; a change of colours begins with the next picture. The page is
# looked at from its top, where the head that stays in sight lies over nothing.
SETTLED = """async () => {
    scrollTo(0, 0)
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    await Promise.all(document.getAnimations().map(one => one.finished.catch(() => null)))
}"""


def violations(page: Page) -> list[str]:
    """One line a finding, with the elements it is about."""
    page.evaluate(SETTLED)
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })", list(RULES)
    )
    return [_line(one, node) for one in found["violations"] for node in one["nodes"]]


@cache
def _axe() -> str:
    return AXE.read_text("utf-8")


def _line(finding: dict[str, Any], node: dict[str, Any]) -> str:
    why = " ".join(str(node.get("failureSummary", "")).split())
    return f"{finding['id']}: {node['target']}: {why}"
