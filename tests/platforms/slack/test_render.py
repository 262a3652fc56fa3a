"""The card: golden payloads, and hostile text that stays inert and within Block Kit's limits."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model.alert import Alert, KeyPoint, Source
from bot.model.text import Mark, Span, highlighted, plain
from bot.platforms.slack.blocks import UNTITLED
from bot.platforms.slack.render import (
    date_text,
    key_of,
    render_alert,
    story_alone,
    without_image,
)
from tests.clock import START
from tests.platforms.samples import alert
from tests.platforms.slack.nasty import TEXTS, URLS
from tests.servers.slack.blocks import check_message, too_long
from tests.servers.slack.drawn import draw

KEY = "k3y0k3y0k3y0k3y0k3y0"
LAYOUT = (
    r"*{headline}* | {headline:9}\n{outlet}, {time}\n{summary} {updated}\n{points}\n"
    r"{outlets} {topics} {words}"
)
GOLDEN = Path(__file__).parent / "golden"
PICTURE = "https://outlet-0.example/picture.jpg"
CARDS: dict[str, Alert] = {
    "one_outlet": replace(alert(outlets=1), image_url=PICTURE),
    "six_outlets": replace(alert(outlets=6), image_url=PICTURE),
    "bare": replace(
        alert(outlets=1),
        url="",
        summary=(),
        topics=("Meridian Wire",),
        words=(),
        corrected=True,
    ),
}


def body_of(one: Alert) -> dict[str, Any]:
    return dict(render_alert(one, key=KEY).body)


@pytest.mark.parametrize("name", CARDS)
def test_golden(name: str) -> None:
    """After a wished change: write the new payload into the file, and look at it drawn."""
    body = body_of(CARDS[name])
    expected = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert body == expected
    assert check_message(body["blocks"]) == []


def test_what_is_hidden_in_a_card() -> None:
    payload = render_alert(alert(), key=KEY)
    buttons = payload.body["blocks"][-1]
    assert key_of(payload.body) == KEY
    assert payload.text == payload.body["text"]
    assert payload.body["blocks"][0]["block_id"] == f"ww:{KEY}:1"
    assert key_of({"blocks": payload.body["blocks"]}) == KEY
    assert {button["value"] for button in buttons["elements"]} == {KEY}
    assert [button["action_id"] for button in buttons["elements"]] == [
        "ww_open",
        "ww_why",
        "ww_timeline",
        "ww_mute",
        "ww_less",
    ]
    grown = render_alert(alert(outlets=2), key=KEY).body["blocks"]
    assert grown[0]["block_id"] == f"ww:{KEY}:2"


def test_somebody_elses_metadata_holds_no_key() -> None:
    assert key_of({}) == ""
    assert key_of({"metadata": {"event_type": "other", "event_payload": {"key": KEY}}}) == ""
    assert key_of({"metadata": {"event_type": "wirewatch_delivery"}}) == ""


def test_less_and_less_of_a_card() -> None:
    body = body_of(CARDS["six_outlets"])
    bare = without_image(body)
    assert bare is not None
    assert PICTURE not in json.dumps(bare)
    assert PICTURE in json.dumps(body), "the card itself is not touched"
    assert [block["type"] for block in bare["blocks"]] == [
        block["type"] for block in body["blocks"]
    ]
    assert without_image(bare) is None
    least = story_alone(body)
    assert [block["type"] for block in least["blocks"]] == ["section"]
    assert key_of(least) == key_of({"blocks": least["blocks"]}) == KEY
    assert check_message(least["blocks"]) == []


def test_the_date_is_the_readers() -> None:
    assert date_text(START) == "<!date^1772452800^{date_short_pretty} {time}|2 Mar 2026, 12:00 UTC>"
    assert date_text(datetime(1960, 5, 1, 8, 30, tzinfo=UTC)) == "1 May 1960, 08:30 UTC"


def test_many_outlets_are_counted() -> None:
    outlets = [f"Outlet {number}" for number in range(40)]
    sources = tuple(
        Source(outlet=name, title="t", url=f"https://{number}.example/a", at=START)
        for number, name in enumerate(outlets)
    )
    one = replace(alert(), sources=sources, outlet="Outlet 0")
    facts, others = (block["elements"][0]["text"] for block in body_of(one)["blocks"][1:3])
    assert "40 outlets" in facts
    assert "|Outlet 0>" not in others
    assert others.startswith("Also <https://1.example/a|Outlet 1>")
    assert others.endswith("Outlet 8> and 31 more")


def test_what_others_add_stands_under_the_summary() -> None:
    points = (
        KeyPoint(text="The *second* round begins on Friday.", outlet="Open Bulletin", url=""),
        KeyPoint(text="Umerov leads.", outlet="Dnipro Ledger", url="https://dnipro.example/1"),
    )
    blocks = body_of(replace(alert(), key_points=points))["blocks"]
    assert check_message(blocks) == []
    first, second = blocks[1]["text"]["text"].split("\n")
    assert first.startswith("\u2022 The ")
    assert "*second*" not in first, "nothing is bold that a stranger wrote"
    assert first.endswith(" \u2014 Open Bulletin")
    assert second == "\u2022 Umerov leads. \u2014 <https://dnipro.example/1|Dnipro Ledger>"


def test_long_addresses_leave_the_text_but_not_the_button() -> None:
    long = "https://outlet.example/" + "a" * 1500
    body = body_of(replace(alert(), url=long))
    assert "<" not in body["blocks"][0]["text"]["text"]
    assert body["blocks"][-1]["elements"][0]["url"] == long
    body = body_of(replace(alert(), url=long * 2))
    assert [button["action_id"] for button in body["blocks"][-1]["elements"]] == [
        "ww_why",
        "ww_timeline",
        "ww_mute",
        "ww_less",
    ]


def hostile(text: str, url: str, other: str) -> Alert:
    """The text in every place that a stranger can write to."""
    return replace(
        alert(),
        headline=(Span(text=text, mark=Mark.STRONG), *plain(other)),
        summary=(*plain(other), Span(text=text, mark=Mark.STRONG), *plain(text)),
        url=url,
        outlet=text,
        image_url=url,
        sources=tuple(
            Source(
                outlet=f"{text}{number}" if number else other,
                title=text,
                url=url,
                at=START + timedelta(minutes=number),
            )
            for number in range(20)
        ),
        topics=(text, other) * 4,
        words=(text, other) * 4,
        key_points=(
            KeyPoint(text=text, outlet=other, url=url),
            KeyPoint(text=text * 3, outlet=text, url=url),
            KeyPoint(text=other, outlet=text, url=""),
        ),
    )


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_nasty_text_is_inert_and_within_the_limits(number: int) -> None:
    text, other = TEXTS[number], TEXTS[(number * 7 + 3) % len(TEXTS)]
    url = (*URLS, "https://outlet.example/?" + "&" * 150)[number % (len(URLS) + 1)]
    payload = render_alert(hostile(text, url, other), key=KEY)
    assert_inert(dict(payload.body), url)


def test_there_are_a_hundred_of_them() -> None:
    assert len(set(TEXTS)) >= 100


@pytest.mark.parametrize("url", URLS)
def test_nasty_addresses_are_no_links(url: str) -> None:
    body = body_of(hostile("a", url, "b"))
    assert_inert(body, url)
    assert draw(body).links == []
    assert "accessory" not in body["blocks"][0]


def test_empty_alerts_have_something_to_show() -> None:
    one = replace(alert(), headline=(), summary=(), outlet="", url="", topics=(), words=())
    body = body_of(replace(one, sources=()))
    assert body["text"] == UNTITLED
    assert check_message(body["blocks"]) == []
    assert body["blocks"][0]["text"]["text"] == f"*{UNTITLED}*"


def test_words_inside_words_are_bold() -> None:
    text = "在迈阿密举行会谈"
    summary = highlighted(text, ((1, 4),))
    shown = body_of(replace(alert(), summary=summary))["blocks"][0]["text"]["text"]
    assert shown.endswith("在\u200b*迈阿密*\u200b举行会谈")


def assert_inert(body: dict[str, Any], url: str, *, most_lines: int = 3) -> None:
    blocks = body["blocks"]
    assert check_message(blocks) == []
    assert not too_long(blocks)
    assert len(json.dumps(blocks)) < 17_000
    drawn = draw({"blocks": blocks})
    assert drawn.pings == []
    assert draw(body).pings == []
    assert {link.url for link in drawn.links} <= {url}
    assert {link.kind for link in drawn.links} <= {"mrkdwn", "button"}
    everything = json.dumps(body, ensure_ascii=False)
    everything.encode()
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u00ad\ufeff\x00]", everything)
    for part in [body["text"], *(text for block in blocks for text in _mrkdwn(block))]:
        assert not re.search(r"<(?!https?://|!date\^\d+\^\{)", part), part
        assert "```" not in part
        assert part.count("\n") < most_lines  # our own: one for each key point
    assert len(body["text"]) < 600


def _mrkdwn(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for child in node for text in _mrkdwn(child)]
    if not isinstance(node, dict):
        return []
    if node.get("type") == "mrkdwn":
        assert node["verbatim"]
        return [node["text"]]
    return [text for child in node.values() for text in _mrkdwn(child)]
