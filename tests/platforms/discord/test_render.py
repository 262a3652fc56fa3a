"""The card as Discord gets it, byte for byte; and whatever the text says, within its limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.alert import Alert, KeyPoint, Source
from bot.model.text import plain
from bot.platforms.discord.components import walk
from bot.platforms.discord.markdown import units
from bot.platforms.discord.render import ACCENTS, accent_of, card, first_post, hidden_key
from tests.clock import START
from tests.platforms.discord.nasty import URLS
from tests.platforms.samples import alert
from tests.servers.discord import rules
from tests.servers.discord.spec import Spec, find

KEY = "0123456789abcdef0123"
ROUTE = "/channels/{channel_id}/messages"
DOCUMENT = find()
SPEC = Spec(DOCUMENT) if DOCUMENT else None

LAYOUT = (
    r"*{headline}* | {headline:9}\n{outlet}, {time} {updated}\n{summary} {points}\n"
    r"{outlets} {topics} {words} {count} {link}"
)

BUTTONS = {
    "type": 1,
    "components": [
        {"type": 2, "style": 5, "label": "Open", "url": "https://outlet-0.example/story"},
        {"type": 2, "style": 2, "label": "Why?", "custom_id": f"ww:why:{KEY}"},
        {"type": 2, "style": 2, "label": "Timeline", "custom_id": f"ww:timeline:{KEY}"},
        {"type": 2, "style": 2, "label": "Mute", "custom_id": f"ww:mute:{KEY}"},
        {"type": 2, "style": 2, "label": "Less like this", "custom_id": f"ww:less:{KEY}"},
    ],
}
TITLE = (
    "### [Witkoff to meet Umerov in Miami for a new round of talks]"
    "(https://outlet-0.example/story)\n-# Meridian Wire · <t:1772452800:R>"
)
SUMMARY = (
    "The US envoy meets the head of Ukraine’s security council in **Miami** on Thursday."
    " It is their first meeting since Moscow."
)
MATCHED = "-# Matched **Miami talks**, **Witkoff** · “Witkoff”, “Miami”"
LINE = {"type": 14, "divider": True, "spacing": 1}


def text(content: str) -> dict[str, Any]:
    return {"type": 10, "content": content}


def check(body: dict[str, Any]) -> None:
    """As Discord would: by its document, and by the rules that are not in it."""
    rules.check_message(body, body.get("flags", 0), set())
    rules.check_not_empty(body, files=False)
    assert sum(units(one.get("content", "")) for one in walk(body["components"])) <= 4000
    assert len(list(walk(body["components"]))) <= 40
    if SPEC is not None:
        assert SPEC.request("POST", ROUTE, body) is None
        assert SPEC.request("PATCH", f"{ROUTE}/{{message_id}}", {"content": None, **body}) is None


def test_an_alert_of_one_outlet() -> None:
    payload = card(alert(), key=KEY)
    assert payload.body == {
        "flags": 1 << 15,
        "allowed_mentions": {"parse": []},
        "components": [
            {
                "type": 17,
                "accent_color": 0x2BA67A,
                "components": [text(TITLE), text(SUMMARY), LINE, text(MATCHED), BUTTONS],
            }
        ],
    }
    check(dict(payload.body))


def test_an_alert_of_six_outlets_with_a_picture() -> None:
    grown = replace(alert(outlets=6), image_url="https://img.example/a b.jpg", corrected=True)
    payload = card(grown, key=KEY)
    names = [f"[{one.outlet}]({one.url})" for one in grown.sources[1:]]
    assert payload.body["components"][0]["components"] == [
        {
            "type": 9,
            "components": [text(f"{TITLE} · 6 outlets · corrected"), text(SUMMARY)],
            "accessory": {"type": 11, "media": {"url": "https://img.example/a%20b.jpg"}},
        },
        LINE,
        text(f"{MATCHED}\n-# Also: {', '.join(names)}"),
        BUTTONS,
    ]
    check(dict(payload.body))


def test_what_others_add_stands_under_the_summary() -> None:
    points = (
        KeyPoint(text="The *second* round begins on Friday.", outlet="Open Bulletin", url=""),
        KeyPoint(text="Umerov leads.", outlet="Dnipro Ledger", url="https://dnipro.example/1"),
    )
    payload = card(replace(alert(outlets=3), key_points=points), key=KEY)
    parts = payload.body["components"][0]["components"]
    assert parts[2] == text(
        "- The \\*second\\* round begins on Friday. \u2014 Open Bulletin\n"
        "- Umerov leads. \u2014 [Dnipro Ledger](https://dnipro.example/1)"
    )
    assert parts[3] == LINE
    check(dict(payload.body))


def test_more_outlets_than_can_be_named_are_counted() -> None:
    sources = tuple(
        Source(outlet=f"Outlet {n}", title="", url="https://x.example/" + "a" * 300, at=START)
        for n in range(40)
    )
    payload = card(replace(alert(), sources=sources, outlet="Outlet 0"), key=KEY)
    foot = payload.body["components"][0]["components"][3]["content"]
    assert "Outlet 1" in foot
    assert foot.endswith("and 34 more")
    check(dict(payload.body))


def test_the_words_of_a_notification_come_first_with_the_same_buttons() -> None:
    first = first_post(card(alert(outlets=6), key=KEY))
    assert first == {
        "content": "Witkoff to meet Umerov in Miami for a new round of talks\n"
        "Meridian Wire · Miami talks",
        "components": [BUTTONS],
        "allowed_mentions": {"parse": []},
    }
    check(first)


def test_without_a_link_or_words_or_a_summary() -> None:
    bare = replace(alert(), url="", summary=(), words=(), topics=("Meridian Wire",))
    parts = card(bare, key=KEY).body["components"][0]["components"]
    assert parts[0]["content"].startswith("### Witkoff to meet")
    assert parts[2]["content"] == "-# Every article of **Meridian Wire**"
    assert [one["label"] for one in parts[3]["components"]] == [
        "Why?",
        "Timeline",
        "Mute",
        "Less like this",
    ]


def test_a_link_too_long_for_a_button_stays_in_the_headline() -> None:
    url = "https://news.google.com/rss/articles/" + "C" * 800
    payload = card(replace(alert(), url=url), key=KEY)
    parts = payload.body["components"][0]["components"]
    assert f"]({url})" in parts[0]["content"]
    assert [one["label"] for one in parts[-1]["components"]] == [
        "Why?",
        "Timeline",
        "Mute",
        "Less like this",
    ]
    check(dict(payload.body))


def test_a_topic_keeps_its_colour() -> None:
    assert accent_of("Miami talks") == accent_of("MIAMI TALKS") == 0x2BA67A
    assert {accent_of(f"topic {n}") for n in range(200)} == set(ACCENTS)


def test_the_key_is_found_only_where_it_was_hidden() -> None:
    assert hidden_key(f"ww:why:{KEY}") == hidden_key(f"ww:mute:{KEY}") == KEY
    assert hidden_key(f"other:{KEY}") == hidden_key("ww:why:") == hidden_key("") == ""


def hostile(said: str, url: str) -> Alert:
    """Says `said` wherever a feed can say anything."""
    source = Source(outlet=said, title=said, url=url, at=START)
    return replace(
        alert(),
        headline=plain(said),
        summary=plain(said),
        outlet=said,
        url=url,
        image_url=url,
        sources=(source, *(replace(source, outlet=f"{said}{n}") for n in range(8))),
        key_points=(KeyPoint(text=said, outlet=said, url=url),) * 3,
        topics=(said,) * 9,
        words=(said,) * 20,
        at=datetime.min.replace(tzinfo=UTC),
    )


@pytest.mark.parametrize("url", URLS, ids=range(len(URLS)))
def test_nasty_addresses_make_valid_cards(url: str) -> None:
    payload = card(hostile("Outlet", url), key=KEY)
    check(dict(payload.body))
    check(first_post(payload))


@settings(max_examples=60)
@given(st.text(max_size=2000), st.sampled_from(URLS))
def test_any_text_makes_a_valid_card(said: str, url: str) -> None:
    check(dict(card(hostile(said, url), key=KEY).body))
