"""docs/slack-manifest.yaml asks for exactly what the adapter uses."""

from __future__ import annotations

import re
from pathlib import Path

from bot.platforms.slack.events import GONE
from bot.platforms.slack.scopes import ALL, missing, named, required
from bot.platforms.slack.shortcuts import WHY_THIS

MANIFEST = Path(__file__).parents[3] / "docs" / "slack-manifest.yaml"


def test_the_manifest_asks_for_the_scopes_that_are_used() -> None:
    text = MANIFEST.read_text(encoding="utf-8")
    asked = re.findall(r"^ +- ([a-z]+(?:[:.][a-z.]+)*)  +# \S", text, re.MULTILINE)
    assert sorted(asked) == sorted(ALL)


def test_the_manifest_asks_for_the_events_that_are_heard() -> None:
    text = MANIFEST.read_text(encoding="utf-8")
    asked = re.findall(r"^ +- ([a-z]+_[a-z_]+)$", text, re.MULTILINE)
    assert sorted(asked) == sorted([*GONE, "app_uninstalled", "tokens_revoked"])


def test_the_manifest_is_for_socket_mode_and_buttons() -> None:
    text = MANIFEST.read_text(encoding="utf-8")
    assert "socket_mode_enabled: true" in text
    assert "is_enabled: true" in text
    assert "command: /news" in text
    assert "should_escape: true" in text
    assert "usage_hint:" in text
    assert f"callback_id: {WHY_THIS}" in text
    assert "\t" not in text


def test_scopes_in_words() -> None:
    assert missing(None, ALL) == ()
    assert missing({"chat:write", "channels:read"}, required(commands=False)) == ()
    assert missing({"chat:write"}, required(commands=True)) == (
        "channels:read",
        "commands",
        "users:read",
    )
    assert named(("commands",)) == "commands (for /news)"
