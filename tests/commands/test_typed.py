"""Commands in a sentence, each chat with its own prefix."""

from __future__ import annotations

import pytest

from bot.commands.caller import Reply, refusal
from bot.commands.typed import with_commands
from bot.errors import CommandError
from bot.model.text import Mark, Span, flat, plain


@pytest.mark.parametrize(
    ("prefix", "shown"),
    [
        ("/", "Write /topic list, or /help."),
        ("/news ", "Write /news topic list, or /news help."),
        ("wirewatch ", "Write wirewatch topic list, or wirewatch help."),
    ],
)
def test_each_place_has_its_prefix(prefix: str, shown: str) -> None:
    error = CommandError("No.", hint="Write `topic list`, or `help`.")
    (line,) = refusal(error).typed_after(prefix).lines
    assert flat(line) == shown
    assert {span.mark for span in line} == {Mark.PLAIN, Mark.CODE}


def test_an_odd_backtick_is_left_alone() -> None:
    assert with_commands("a ` b") == (Span(text="a ` b"),)


def test_what_a_feed_says_is_never_taken_for_a_command() -> None:
    reply = Reply(title="1 story", lines=(plain("`topic list` says a headline"),))
    assert reply.typed_after("/news ") == reply
