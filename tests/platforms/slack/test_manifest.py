"""docs/slack-manifest.yaml asks for exactly what the adapter uses."""

from __future__ import annotations

import re
from pathlib import Path

from bot.platforms.slack.events import GONE
from bot.platforms.slack.scopes import ALL, missing, named, required
from bot.platforms.slack.shortcuts import WATCH_STORY, WHY_THIS

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
    assert f"callback_id: {WATCH_STORY}" in text
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


def test_the_hosted_app_is_the_same_but_for_how_it_is_reached() -> None:
    """Line for line, without comments and what names an address."""

    def asked(path: Path) -> list[str]:
        lines = [line.split("#")[0].rstrip() for line in path.read_text().splitlines()]
        named = ("url:", "redirect_urls:", "- https://", "socket_mode_enabled:")
        return [line for line in lines if line.strip() and not any(n in line for n in named)]

    hosted = MANIFEST.with_name("slack-manifest-http.yaml")
    assert asked(hosted) == asked(MANIFEST)
    assert hosted.read_text().count("https://wire.example/slack/events") == 3
    assert "https://wire.example/slack/oauth_redirect" in hosted.read_text()
