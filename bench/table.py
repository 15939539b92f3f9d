"""Medians of all rounds as a table in Markdown, with our ratio to the better peer."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

Rows = dict[tuple[str, str], dict[str, list[dict[str, Any]]]]


def print_table(results: Path) -> None:
    print(
        "| data, step | tool | n | wall s | of the better peer | client cpu s | client MB ", end=""
    )
    print("| server cpu s | server MB | sent MB | stored MB |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for (name, step), by_tool in read(results).items():
        peers = [middle(rows, "wall") for tool, rows in by_tool.items() if tool != "csb"]
        for tool, rows in by_tool.items():
            print(line(f"{name} {step}", tool, rows, min(peers, default=0.0)))


def read(results: Path) -> Rows:
    found: Rows = defaultdict(lambda: defaultdict(list))
    for text in results.read_text("utf-8").splitlines():
        row = json.loads(text)
        found[row["set"], row["step"]][row["tool"]].append(row)
    return found


def middle(rows: list[dict[str, Any]], key: str) -> float:
    return float(median(row[key] for row in rows))


def line(what: str, tool: str, rows: list[dict[str, Any]], best_peer: float) -> str:
    walls = [row["wall"] for row in rows]
    spread = f"**{median(walls):.2f}**"
    if len(walls) > 1:
        spread += f" ({min(walls):.2f}-{max(walls):.2f})"
    ratio = f"{median(walls) / best_peer:.2f}" if tool == "csb" and best_peer else ""
    megabytes = [
        f"{middle(rows, key) / 1e6:.{digits}f}"
        for key, digits in (("client_rss", 0), ("server_rss", 0), ("sent", 1), ("stored", 1))
    ]
    cells = [
        *(what, tool, str(len(rows)), spread, ratio),
        *(f"{middle(rows, 'client_cpu'):.2f}", megabytes[0]),
        *(f"{middle(rows, 'server_cpu'):.2f}", *megabytes[1:]),
    ]
    return "| " + " | ".join(cells) + " |"
