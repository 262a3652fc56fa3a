"""Replies as private messages: rich text in which nothing has to be escaped."""

from __future__ import annotations

import pytest

from bot.commands.caller import Reply, refusal
from bot.commands.help import help_reply
from bot.errors import CommandError, QueryError
from bot.model.text import Mark, Span, plain
from bot.platforms.slack.replies import apology, render_reply
from tests.servers.slack.blocks import check_message, too_long
from tests.servers.slack.drawn import draw


def test_a_reply_is_private_and_leaves_the_card_alone() -> None:
    body = render_reply(Reply(title="Watching “NATO”", lines=(plain("Looks at 3 feeds."),)))
    assert body["response_type"] == "ephemeral"
    assert body["replace_original"] is False
    assert body["text"] == "Watching “NATO”"
    assert body["blocks"][0]["elements"][0]["elements"] == [
        {"type": "text", "text": "Watching “NATO”", "style": {"bold": True}}
    ]


def test_a_bad_query_has_its_caret_under_the_place() -> None:
    error = QueryError("Never closed.", source='NATO "talks', position=5, hint="Close it.")
    head, rest = render_reply(refusal(error))["blocks"]
    sections = [*head["elements"], *rest["elements"]]
    assert sections[0]["elements"][0] == {"type": "emoji", "name": "warning"}
    assert sections[1]["type"] == "rich_text_preformatted"
    assert sections[1]["elements"][0]["text"] == 'NATO "talks\n     ^'
    assert sections[2]["elements"][0]["text"] == "Close it."


def test_marks_and_links() -> None:
    line = (
        Span(text="NATO", mark=Mark.STRONG),
        Span(text="  "),
        Span(text="a OR b", mark=Mark.CODE),
        Span(text="  see "),
        Span(text="this", url="https://a.example/"),
        Span(text=" not this", url="javascript:alert(1)"),
    )
    (section,) = render_reply(Reply(title="", lines=(line,)))["blocks"][0]["elements"]
    assert section["elements"] == [
        {"type": "text", "text": "NATO", "style": {"bold": True}},
        {"type": "text", "text": "  "},
        {"type": "text", "text": "a OR b", "style": {"code": True}},
        {"type": "text", "text": "  see "},
        {"type": "link", "url": "https://a.example/", "text": "this"},
        {"type": "text", "text": " not this"},
    ]


@pytest.mark.parametrize(
    "reply", [help_reply(prefix="/news "), apology(), refusal(CommandError("No."))]
)
def test_replies_of_our_own(reply: Reply) -> None:
    body = render_reply(reply)
    assert check_message(body["blocks"]) == []
    assert draw(body).pings == []


def test_long_lists_are_counted() -> None:
    lines = tuple(plain(f"topic {number} " + "x" * 200) for number in range(100))
    body = render_reply(Reply(title="100 topics", lines=lines))
    assert check_message(body["blocks"]) == []
    assert not too_long(body["blocks"])
    shown = draw(body).text
    listed = shown.count("topic ")
    assert listed > 20
    assert f"… and {100 - listed} more lines" in shown


def test_a_user_group_is_shown_by_its_name() -> None:
    line = (Span(text="S0DESK", mark=Mark.ROLE), Span(text="everybody", mark=Mark.ROLE))
    body = render_reply(Reply(title="Settings", lines=(line,)))
    assert check_message(body["blocks"]) == []
    drawn = body["blocks"][1]["elements"][0]["elements"]
    assert drawn[0] == {"type": "usergroup", "usergroup_id": "S0DESK"}
    assert drawn[1] == {"type": "text", "text": "everybody"}
