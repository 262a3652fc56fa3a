"""docs/scale.md says what its model says."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
MADE = runpy.run_path(str(ROOT / "benchmarks/scale.py"))
COSTS, WISHED = MADE["MEASURED"], MADE["Assumed"]()


def test_the_page_has_the_tables_that_the_model_makes() -> None:
    page = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
    for table in MADE["tables"](COSTS, WISHED).split("\n\n"):
        assert table in page


def test_the_model_multiplies() -> None:
    one = MADE["model"](COSTS, WISHED)
    twice = MADE["model"](COSTS, replace(WISHED, feeds=2 * WISHED.feeds))
    assert twice["fetcher_cores"] == 2 * one["fetcher_cores"]
    assert twice["posts_a_second"] == one["posts_a_second"]
    quicker = MADE["model"](replace(COSTS, delivery_ms=COSTS.delivery_ms / 2), WISHED)
    assert quicker["sender_cores"] == one["sender_cores"] / 2
    first = MADE["first_limit"](COSTS, WISHED)
    assert min(first, key=first.get) == "one bot token's 45 calls a second"
    assert MADE["_decades"](100) == 2
