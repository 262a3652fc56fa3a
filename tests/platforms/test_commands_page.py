"""docs/commands.md is what the walk through both platforms proves."""

from __future__ import annotations

from pathlib import Path

from tests.platforms.walkthrough import page

FILE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_page_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), (
        "write it anew: python -m tests.platforms.walkthrough > docs/commands.md"
    )
