"""What is kept of where somebody signs in."""

from __future__ import annotations

import pytest

from csbackup.rules.visiting import Visit, visit_of

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = f"{WEBKIT} Chrome/156.0 Safari/537.36"
SAFARI = f"{WEBKIT} Version/18 Safari/605.1"


@pytest.mark.parametrize(
    ("agent", "program", "system"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Firefox/150.0", "Firefox", "Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME}", "Chrome", "Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROME} Edg/156.0", "Edge", "Windows"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI}", "Safari", "macOS"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {SAFARI}", "Safari", "iOS"),
        (f"Mozilla/5.0 (Linux; Android 15; K) {CHROME}", "Chrome", "Android"),
        ("csb/0.1.0", "csb", ""),
        ("<script>alert(1)</script>", "", ""),
        ("", "", ""),
    ],
)
def test_only_program_and_system_are_kept(agent: str, program: str, system: str) -> None:
    assert visit_of(agent, "192.0.2.1") == Visit(program, system, "192.0.2.1")
