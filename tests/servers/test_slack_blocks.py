"""The loopback Slack's pure parts: Block Kit's limits, what a message draws and pings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.slack.blocks import check_message, check_view, too_long
from tests.servers.slack.drawn import draw

if TYPE_CHECKING:
    from tests.servers.slack.records import Json


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(**changes: object) -> Json:
    return {"type": "button", "action_id": "a", "text": plain("Open"), **changes}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def line(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


IMAGE: Json = {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a ship"}

TAKEN: list[Json] = [
    {"type": "section", "text": mrkdwn("x" * 3000), "accessory": IMAGE},
    {"type": "section", "fields": [mrkdwn("x" * 2000)] * 10},
    {"type": "header", "text": plain("x" * 150)},
    {"type": "context", "elements": [mrkdwn("Reuters")] * 10},
    {"type": "divider"},
    actions(*(button(action_id=str(n), value="v" * 2000) for n in range(25))),
    actions(button(url="https://example.org", style="primary", text=plain("x" * 75))),
    rich(
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [line({"type": "text", "text": "one", "style": {"bold": True}})],
        }
    ),
]

REFUSED: list[tuple[Json, str]] = [
    ({"type": "section", "text": mrkdwn("x" * 3001)}, "/text/text"),
    ({"type": "section", "text": mrkdwn("")}, "/text/text"),
    ({"type": "section"}, "missing required field: text"),
    ({"type": "section", "fields": [mrkdwn("x")] * 11}, "no more than 10 items"),
    ({"type": "section", "fields": [mrkdwn("x" * 2001)]}, "/fields/0/text"),
    ({"type": "header", "text": mrkdwn("x")}, "plain_text"),
    ({"type": "header", "text": plain("x" * 151)}, "less than 151"),
    ({"type": "context", "elements": [mrkdwn("x")] * 11}, "no more than 10 items"),
    (actions(*(button(action_id=str(n)) for n in range(26))), "no more than 25 items"),
    (actions(button(), button()), "already exists"),
    (actions(button(text=plain("x" * 76))), "less than 76"),
    (actions(button(value="x" * 2001)), "less than 2001"),
    (actions(button(url="https://e.org/" + "x" * 3000)), "less than 3001"),
    (actions(button(url="javascript:alert(1)")), "valid URL"),
    (actions(button(action_id="x" * 256)), "less than 256"),
    (actions(button(colour="red")), "additional property: colour"),
    ({"type": "divider", "block_id": "x" * 256}, "less than 256"),
    ({**IMAGE, "alt_text": None}, "missing required field: alt_text"),
    ({**IMAGE, "image_url": "x.png"}, "valid URL"),
    (rich({"type": "text", "text": "loose"}), "unsupported type: text"),
    (rich(line({"type": "text", "text": ""})), "more than 0 characters"),
    (
        rich({"type": "rich_text_list", "style": "bullet", "elements": [{"type": "text"}]}),
        "section",
    ),
    ({"type": "video"}, "unsupported type: video"),
]


@pytest.mark.parametrize("block", TAKEN)
def test_slack_takes_what_is_within_its_limits(block: Json) -> None:
    assert check_message([block]) == []


@pytest.mark.parametrize(("block", "problem"), REFUSED)
def test_slack_refuses_what_is_not(block: Json, problem: str) -> None:
    problems = check_message([block])
    assert any(problem in text for text in problems), problems


def test_limits_of_a_whole_message_or_view() -> None:
    divider: Json = {"type": "divider"}
    assert check_message([divider] * 50) == []
    assert check_message([divider] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    named = {**divider, "block_id": "same"}
    assert "already exists" in check_message([named, named])[0]
    modal: Json = {"type": "modal", "title": plain("x" * 24), "blocks": [divider] * 100}
    assert check_view(modal) == []
    assert len(check_view({**modal, "title": plain("x" * 25), "blocks": [divider] * 101})) == 2
    assert not too_long([{"type": "section", "text": plain("x" * 2600)}] * 5)
    assert too_long([{"type": "section", "text": plain("x" * 2700)}] * 5)


def test_every_kind_of_mention_is_found() -> None:
    text = "<!channel> <!here|here> <@U1> <!subteam^S1> <#C1> <!date^1^{date}|then>"
    leaves: list[Json] = [
        {"type": "broadcast", "range": "everyone"},
        {"type": "user", "user_id": "U2"},
        {"type": "usergroup", "usergroup_id": "S2"},
    ]
    drawn = draw(
        {"text": text, "blocks": [rich(line(*leaves)), {"type": "section", "text": mrkdwn(text)}]}
    )
    said = ["<!channel>", "<!here|here>", "<@U1>", "<!subteam^S1>"]
    assert drawn.pings == [*said, "<!everyone>", "<@U2>", "<!subteam^S2>", *said]


def test_what_is_escaped_or_plain_does_not_ping() -> None:
    content: Json = {
        "text": "&lt;!channel&gt; @here",
        "blocks": [
            {"type": "header", "text": plain("<!channel>")},
            rich(line({"type": "text", "text": "<@U1>"})),
        ],
    }
    drawn = draw(content)
    assert drawn.pings == []
    assert drawn.texts == ["<!channel> @here", "<!channel>", "<@U1>"]
    assert draw({**content, "link_names": True}).pings == ["@here"]


def test_links_are_listed_as_they_are_drawn() -> None:
    blocks = [
        {
            "type": "section",
            "text": mrkdwn("*<https://e.org/a?b&amp;c|A &lt;b&gt;>* https://e.org/d"),
        },
        rich(line({"type": "link", "url": "https://e.org/f", "text": "F"})),
        actions(button(url="https://e.org/g")),
    ]
    links = [(link.url, link.label, link.kind) for link in draw({"blocks": blocks}).links]
    assert links == [
        ("https://e.org/a?b&c", "A <b>", "mrkdwn"),
        ("https://e.org/d", "https://e.org/d", "auto"),
        ("https://e.org/f", "F", "rich_text"),
        ("https://e.org/g", "Open", "button"),
    ]
