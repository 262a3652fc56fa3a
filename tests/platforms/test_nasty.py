"""More than five hundred nasty texts in every place of every message: shown, and nothing more.

What a reader's client would make of the markup is read by readers of its own (markup.py), and
compared with the same message about nothing nasty: a stranger's text adds no mark, no ping and no
link to ours. Each text meets every kind of message with `--slow`, and each platform always.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bot.commands.caller import Reply
from bot.model.platform import Message, Payload
from bot.model.text import Mark, Span
from bot.platforms.discord.components import walk
from bot.platforms.discord.markdown import units
from bot.platforms.discord.message import rendered as for_discord
from bot.platforms.discord.render import first_post, plainer
from bot.platforms.discord.replies import reply_body
from bot.platforms.slack.message import rendered as for_slack
from bot.platforms.slack.render import as_edit, story_alone
from bot.platforms.slack.replies import render_reply
from bot.words import ENGLISH, languages, speaking
from tests.platforms.discord.markup import read
from tests.platforms.hostile import ANSWERS, MESSAGES, OURS, hostile_alert
from tests.platforms.nasty import TEXTS
from tests.platforms.slack.markup import all_mrkdwn, formats
from tests.servers.discord import rules
from tests.servers.discord.spec import Spec, find
from tests.servers.slack.blocks import check_message, too_long
from tests.servers.slack.drawn import draw

Json = dict[str, Any]

KEY = "0123456789abcdef0123"
ROUTE = "/channels/{channel_id}/messages"
DOCUMENT = find()
SPEC = Spec(DOCUMENT) if DOCUMENT else None
CALM = "“calm”"
APART = 8
"""Without `--slow`, a kind of message meets every eighth text, each kind others."""
UNSEEN = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\x00"


def test_there_are_more_than_five_hundred() -> None:
    assert len(set(TEXTS)) == len(TEXTS) >= 500


@pytest.fixture
def apart(request: pytest.FixtureRequest) -> int:
    return 1 if request.config.getoption("--slow") else APART


def kinds_in_discord(body: Json) -> tuple[Counter[str], set[str]]:
    """The marks that act in a message, and where its links lead."""
    texts = [body["content"]] if body.get("content") else []
    texts += [one["content"] for one in walk(body.get("components", ())) if one.get("type") == 10]
    counted: Counter[str] = Counter()
    links: set[str] = set()
    for text in texts:
        found = read(text)
        counted += found.kinds
        links |= {target for _, target in found.links}
    return counted, links


def check_discord(body: Json, calm: Json) -> None:
    rules.check_message(body, body.get("flags", 0), set())
    rules.check_not_empty(body, files=False)
    assert len(body.get("content") or "") <= 2000
    if body.get("components"):
        assert sum(units(one.get("content", "")) for one in walk(body["components"])) <= 4000
        assert len(list(walk(body["components"]))) <= 40
    if SPEC is not None:
        assert SPEC.request("POST", ROUTE, body) is None
    counted, links = kinds_in_discord(body)
    ours, _ = kinds_in_discord(calm)
    ours["small"] += 1  # "… and 3 more"
    assert not counted - ours, f"marks that are not ours: {counted - ours}"
    assert links <= {OURS}
    clean(body)


def check_slack(body: Json, calm: Json) -> None:
    blocks = body["blocks"]
    assert check_message(blocks) == []
    assert draw(body).pings == []
    drawn = draw({"blocks": blocks})  # Slack links no address in the notification beside them
    assert {link.url for link in drawn.links} <= {OURS}
    assert {link.kind for link in drawn.links} <= {
        link.kind for link in draw({"blocks": calm["blocks"]}).links
    }
    counted, ours = (sum(map(formats, all_mrkdwn(one)), Counter()) for one in (body, calm))
    assert not counted - ours, f"formats that are not ours: {counted - ours}"
    clean(body)


def check_slack_post(body: Json, calm: Json) -> None:
    assert not too_long(body["blocks"])  # asked of posts alone, not of answers
    check_slack(body, calm)


def clean(body: Json) -> None:
    """It can be sent at all, and nothing in it turns the text around."""
    whole = json.dumps(body, ensure_ascii=False)
    whole.encode()
    assert not set(whole) & set(UNSEEN)


def bodies_in_discord(payload: Payload) -> Iterator[Json]:
    first = first_post(payload)
    yield dict(payload.body)
    yield first
    yield plainer(first)


def bodies_in_slack(payload: Payload) -> Iterator[Json]:
    yield dict(payload.body)
    yield story_alone(payload.body)
    yield as_edit(payload.body)


def taken(kind: str, kinds: Mapping[str, object], apart: int) -> Iterator[str]:
    yield from TEXTS[list(kinds).index(kind) % apart :: apart]


@pytest.mark.parametrize("kind", MESSAGES)
def test_messages_in_discord(kind: str, apart: int) -> None:
    def bodies(message: Message) -> Iterator[Json]:
        return bodies_in_discord(for_discord(message, key=KEY))

    calm = tuple(bodies(MESSAGES[kind](CALM)))
    for said in taken(kind, MESSAGES, apart):
        for body, ours in zip(bodies(MESSAGES[kind](said)), calm, strict=True):
            told_of(said, check_discord, body, ours)


@pytest.mark.parametrize("kind", MESSAGES)
def test_messages_in_slack(kind: str, apart: int) -> None:
    def bodies(message: Message) -> Iterator[Json]:
        return bodies_in_slack(for_slack(message, key=KEY))

    calm = tuple(bodies(MESSAGES[kind](CALM)))
    for said in taken(kind, MESSAGES, apart):
        for body, ours in zip(bodies(MESSAGES[kind](said)), calm, strict=True):
            told_of(said, check_slack_post, body, ours)


@pytest.mark.parametrize("kind", ANSWERS)
def test_answers_in_discord(kind: str, apart: int) -> None:
    def drawn(reply: Reply) -> Json:
        return reply_body(reply.typed_after("/"))

    calm = drawn(ANSWERS[kind](CALM))
    for said in taken(kind, ANSWERS, apart):
        told_of(said, check_discord, drawn(ANSWERS[kind](said)), calm)


@pytest.mark.parametrize("kind", ANSWERS)
def test_answers_in_slack(kind: str, apart: int) -> None:
    def drawn(reply: Reply) -> Json:
        return render_reply(reply.typed_after("/news "))

    calm = drawn(ANSWERS[kind](CALM))
    for said in taken(kind, ANSWERS, apart):
        told_of(said, check_slack, drawn(ANSWERS[kind](said)), calm)


@pytest.mark.parametrize("language", [one for one in languages() if one != ENGLISH])
def test_other_languages_fit_as_well(language: str) -> None:
    with speaking(language):
        for make in MESSAGES.values():
            ours, theirs = make(CALM), [make(said) for said in TEXTS[::60]]
            for drawn, bodies, check in (
                (for_discord, bodies_in_discord, check_discord),
                (for_slack, bodies_in_slack, check_slack_post),
            ):
                calm = tuple(bodies(drawn(ours, key=KEY)))
                for one in theirs:
                    for body, own in zip(bodies(drawn(one, key=KEY)), calm, strict=True):
                        check(body, own)


def told_of(said: str, check: Any, *bodies: Json) -> None:
    """Which text it was, if it fails."""
    try:
        check(*bodies)
    except Exception as error:
        error.add_note(f"of {said[:200]!r}, {len(said)} characters")
        raise


RAW = {
    "mention": ("@everyone", "<@1>", "<@&1>", "<#1>", "</topic watch:1>"),
    "link": ("[bank](https://evil.example)", "[a](<https://evil.example> 'title')"),
    "address": ("https://evil.example", "<mailto:a@b.example>", "discord://-/channels/@me"),
    "time": ("<t:0:R>",),
    "emoji": ("<:a:1>", ":tada:"),
    "strong": ("**bold**",),
    "italic": ("_it_", "*it*"),
    "underline": ("__under__",),
    "struck": ("~~gone~~",),
    "spoiler": ("||who||",),
    "code": ("`code`",),
    "fence": ("```\nfence\n```",),
    "heading": ("# loud",),
    "small": ("-# small",),
    "quote": ("> said",),
    "item": ("- item", "1. item"),
}
RAW_IN_SLACK = {
    "strong": "*bold*",
    "italic": "_it_",
    "struck": "~gone~",
    "code": "`code`",
    "fence": "```fence```",
    "emoji": ":tada:",
    "quote": "&gt; said",
}


@pytest.mark.parametrize("kind", RAW)
def test_discords_reader_sees_what_is_raw(kind: str) -> None:
    """It would notice if we escaped nothing."""
    for raw in RAW[kind]:
        assert read(raw).kinds[kind] == 1, raw
        assert read(f"a\n{raw}").kinds[kind] == 1, raw


@pytest.mark.parametrize("kind", RAW_IN_SLACK)
def test_slacks_reader_sees_what_is_raw(kind: str) -> None:
    assert formats(RAW_IN_SLACK[kind])[kind] == 1


@pytest.mark.parametrize("raw", ["<!channel>", "<@U1>", "<!subteam^S1>"])
def test_slacks_pings_are_seen(raw: str) -> None:
    body: Json = {"text": "x", "blocks": [{"type": "section", "text": _mrkdwn(raw)}]}
    with pytest.raises(AssertionError):
        check_slack(body, {"text": "x", "blocks": [{"type": "section", "text": _mrkdwn("x")}]})


def _mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def test_an_escaped_bracket_further_on_does_not_end_our_link() -> None:
    """A client's reader of links knows no escapes within a label."""
    said = "](https://evil.example)"
    answer = Reply(
        title="x",
        lines=((Span(text=said, url=OURS), Span(text=said)), (Span(text=said, mark=Mark.CODE),)),
    )
    _, links = kinds_in_discord(reply_body(answer))
    assert links <= {OURS}


def test_a_card_in_a_wide_script_leaves_points_out_before_it_is_too_long() -> None:
    """Slack counts JSON, in which a Chinese or Cyrillic letter takes six characters."""
    alert = hostile_alert("\u4e2d" * 600)
    body = for_slack(alert, key=KEY).body
    assert not too_long(body["blocks"])
    said = "\n".join(all_mrkdwn(list(body["blocks"])))
    assert 0 < said.count("\u2022") < len(alert.key_points)
