"""A Reply is drawn privately, within limits, with the caret at its place."""

from __future__ import annotations

from bot.commands.caller import Reply, refusal
from bot.commands.help import help_reply
from bot.errors import QueryError
from bot.model.text import Mark, Span, plain
from bot.platforms.discord.components import Json
from bot.platforms.discord.markdown import units
from bot.platforms.discord.replies import DONE, REFUSED, reply_body
from tests.servers.discord import rules


def shown(body: Json) -> str:
    rules.check_message(body, body["flags"], set())
    content: str = body["components"][0]["components"][0]["content"]
    assert units(content) <= 4000
    return content


def test_a_refused_query_is_pointed_at() -> None:
    error = QueryError(
        "A word is missing after OR.", source="Witkoff OR OR x", position=11, hint="Write one."
    )
    body = reply_body(refusal(error))
    assert shown(body) == (
        "**A word is missing after OR.**\n```\nWitkoff OR OR x\n           ^\n```\nWrite one."
    )
    assert body["components"][0]["accent_color"] == REFUSED
    assert body["allowed_mentions"] == {"parse": []}


def test_the_caret_is_seen_in_a_long_query_too() -> None:
    source = "word OR " * 100 + "!"
    error = QueryError("No.", source=source, position=800)
    _, _, query, pointer, _ = shown(reply_body(refusal(error))).split("\n")
    assert len(query) <= 102
    assert query[pointer.index("^")] == "!"


def test_an_answer_has_a_heading_and_lines() -> None:
    line = (
        Span(text="NATO", mark=Mark.STRONG),
        Span(text="  "),
        Span(text="N OR x", mark=Mark.CODE),
    )
    body = reply_body(Reply(title="1 topic", lines=(line, plain("in #news"))))
    assert shown(body) == "### 1 topic\n**NATO** `N OR x`\nin #news"
    assert body["components"][0]["accent_color"] == DONE


def test_the_help_fits() -> None:
    assert "`/topic watch QUERY`" in shown(reply_body(help_reply(prefix="/")))


def test_a_long_list_says_what_was_left_out() -> None:
    lines = tuple(plain(f"{n} " + "x" * 100) for n in range(100))
    content = shown(reply_body(Reply(title="100 feeds", lines=lines)))
    last = content.splitlines()[-1]
    assert last == f"-# … and {100 - (len(content.splitlines()) - 2)} more"


def test_a_role_is_shown_by_its_name_and_not_pinged() -> None:
    line = (
        Span(text="77", mark=Mark.ROLE),
        Span(text=", "),
        Span(text="everyone", mark=Mark.ROLE),
    )
    body = reply_body(Reply(title="Settings", lines=(line,)))
    assert "<@&77>" in shown(body)
    assert "<@&everyone" not in shown(body)
    assert body["allowed_mentions"] == {"parse": []}
