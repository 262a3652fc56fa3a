"""settings, topic edit|mute|snooze, digest, alerts and check, as typed, within this process."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.errors import CommandError, QueryError

Typed = Callable[..., str]
DESK = """
[[topic]]
name = "NATO"
query = "NATO"
[[channel]]
platform = "console"
id = "desk"
topics = ["NATO"]
"""


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type a command in an empty folder; what is printed. Raises what the command raises."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def type_(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments, catch_exceptions=True)
        if isinstance(result.exception, Exception):
            raise result.exception
        return result.output

    return type_


def test_a_terminal_has_wishes_as_a_channel_has(typed: Typed) -> None:
    assert "Immediate, no quiet hours (UTC)" in typed("settings")
    changed = typed("settings", "change", "--rhythm", "daily 8:30", "--quiet", "22:00-07:00")
    assert "Daily 08:30, quiet 22:00-07:00 (UTC)" in changed
    assert "time zone Europe/Kyiv" in typed("settings", "workspace", "--timezone", "Europe/Kyiv")
    assert "Daily 08:30, quiet 22:00-07:00 (Europe/Kyiv)" in typed("settings")
    assert "Snoozed terminal until" in typed("settings", "snooze", "2h")
    assert "No longer muted: terminal" in typed("settings", "mute", "off")
    with pytest.raises(CommandError, match="no time zone"):
        typed("settings", "change", "--timezone", "Nowhere")


def test_a_topic_has_terms_and_pauses(typed: Typed) -> None:
    watching = typed("topic", "watch", "Miami", "--outlets", "3", "--urgent")
    assert "once 3 outlets report it" in watching
    assert "wirewatch feed add URL" in watching
    assert "No longer urgent" in typed("topic", "edit", "Miami", "--not-urgent")
    assert "Muted “Miami” until" in typed("topic", "mute", "Miami", "until 8:00")
    assert "Snoozed “Miami” until" in typed("topic", "snooze", "Miami")
    with pytest.raises(CommandError, match="from 1 to 20"):
        typed("topic", "edit", "Miami", "--outlets", "99")
    checked = typed("check")
    assert "console terminal  immediate, no quiet hours (UTC)" in checked


def test_a_topic_has_a_template_and_moves(typed: Typed) -> None:
    watched = typed("topic", "watch", "Miami", "--template", "{outlet}: {headline}")
    assert "A made-up story would look like this" in watched
    [drawn] = [line for line in watched.splitlines() if line.startswith("│")]
    assert re.match(r"│ .+: .+ │$", drawn), "one line, as the template has it"
    assert "Shown compact" in typed("topic", "edit", "Miami", "--template", "compact")
    with pytest.raises(QueryError, match="headlin"):
        typed("topic", "edit", "Miami", "--template", "{headlin}")
    with pytest.raises(CommandError, match="no channel “desk”"):
        typed("topic", "move", "Miami", "desk")
    with pytest.raises(CommandError, match="is in terminal already"):
        typed("topic", "move", "Miami", "terminal")
    Path("wirewatch.toml").write_text(DESK, encoding="utf-8")
    with_desk = ("--config", "wirewatch.toml")
    typed("run", "--once", *with_desk)
    assert "“Miami” moved to" in typed("topic", "move", "Miami", "desk", *with_desk)
    assert "in desk" in typed("topic", "list", *with_desk)


def test_nothing_is_held_nor_known_yet(typed: Typed) -> None:
    typed("topic", "watch", "Miami")
    assert "Nothing is held for terminal" in typed("digest")
    assert "Nothing is held for terminal" in typed("digest", "now")
    assert "No alerts yet" in typed("alerts", "--messages")
    assert [json.loads(line) for line in typed("alerts", "--json").splitlines()] == []
    with pytest.raises(CommandError, match="no message with the key abc"):
        typed("alerts", "retract", "abc")


def test_what_was_changed_is_listed(typed: Typed) -> None:
    assert "Nothing was changed here yet" in typed("settings", "audit")
    typed("topic", "watch", "Miami")
    typed("settings", "test")
    with pytest.raises(CommandError, match="within this minute"):
        typed("settings", "test")
    shown = typed("settings", "audit")
    assert "The last 2 changes, newest first (times in UTC)" in shown
    assert "the terminal  topic watch  “Miami”: Miami in terminal" in shown
    assert "Nothing was changed" in typed("settings", "audit", "--workspace", "discord:1")
