"""Digests, replies and notices as Block Kit: golden, inert whatever the text, within the limits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model.digest import Digest, DigestGroup, Notice
from bot.model.mention import Mention, MentionKind
from bot.model.platform import Payload
from bot.model.text import plain
from bot.platforms.slack.digest import digest_message
from bot.platforms.slack.mentions import mentioned
from bot.platforms.slack.notes import notice, reply
from bot.platforms.slack.render import as_edit, key_of, render_alert, story_alone
from tests.platforms import samples
from tests.platforms.slack.nasty import TEXTS, URLS
from tests.servers.slack.blocks import check_message, too_long
from tests.servers.slack.drawn import draw

KEY = "k3y0k3y0k3y0k3y0k3y0"
GOLDEN = Path(__file__).parent / "golden"
GROUP = Mention(kind=MentionKind.GROUP, external_id="S0DESK")
PERSON = Mention(kind=MentionKind.USER, external_id="U0ADA")
ROLE = Mention(kind=MentionKind.ROLE, external_id="81")
PAYLOADS: dict[str, Payload] = {
    "digest": digest_message(samples.digest(), key=KEY),
    "overflow": digest_message(samples.overflow(), key=KEY),
    "reply": reply(samples.reply(GROUP, PERSON), key=KEY),
    "notice": notice(samples.notice(), key=KEY),
    "card_with_mentions": render_alert(replace(samples.alert(), mentions=(GROUP,)), key=KEY),
}


def checked(payload: Payload, *pings: str) -> None:
    """The message, its fallback and its edit, as Slack would; the key is in each, twice."""
    for body in (dict(payload.body), story_alone(payload.body)):
        assert check_message(body["blocks"]) == []
        assert not too_long(body["blocks"])
        assert len(body["text"]) <= 3000
        assert key_of(body) == key_of({"blocks": body["blocks"]}) == KEY
        assert draw(body).pings == list(pings)
    edited = as_edit(payload.body)
    assert draw(edited).pings == []
    assert check_message(edited["blocks"]) == []


@pytest.mark.parametrize("name", PAYLOADS)
def test_golden(name: str) -> None:
    """After a wished change: write the new payload into the file, and look at it drawn."""
    payload = PAYLOADS[name]
    expected = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert dict(payload.body) == expected


def test_the_key_and_the_pings_of_each() -> None:
    pinged = {
        "reply": ("<!subteam^S0DESK>", "<@U0ADA>"),
        "card_with_mentions": ("<!subteam^S0DESK>",),
    }
    for name, payload in PAYLOADS.items():
        checked(payload, *pinged.get(name, ()))


def test_an_edit_keeps_all_but_the_mention() -> None:
    card = as_edit(PAYLOADS["card_with_mentions"].body)
    assert card["blocks"] == render_alert(samples.alert(), key=KEY).body["blocks"]
    [said] = as_edit(PAYLOADS["reply"].body)["blocks"]
    assert said["text"]["text"] == "This story matches *NATO* as well, with 4 outlets."


def lines_of(payload: Payload) -> list[str]:
    blocks = payload.body["blocks"]
    sections = [block["text"]["text"] for block in blocks if block["type"] == "section"]
    contexts = [one["text"] for block in blocks for one in block.get("elements", ())]
    return [line for text in [*sections, *contexts] for line in text.split("\n")]


def counted(payload: Payload) -> int:
    """The stories that a digest shows, and those that it says it does not."""
    lines = lines_of(payload)
    more = [line for line in lines if line.startswith("… and ")]
    said = int(more[0].split()[2].replace(",", "")) if more else 0
    return sum(line.startswith("• ") for line in lines) + said


@pytest.mark.parametrize("length", [20, 500, 570, 3000])
def test_long_addresses_cost_lines_and_the_rest_is_counted(length: int) -> None:
    url = "https://outlet.example/" + "a" * length
    payload = digest_message(samples.overflow(url=url), key=KEY)
    checked(payload)
    assert counted(payload) == 37
    shown = sum(line.startswith("• ") for line in lines_of(payload))
    assert (shown < 25) == (length in (500, 570))


def test_a_topic_of_many_lines_takes_several_sections() -> None:
    lines = tuple(line for group in samples.overflow().groups for line in group.lines)
    one = replace(samples.overflow(), groups=(DigestGroup(topic="All of it", lines=lines),))
    payload = digest_message(one, key=KEY)
    checked(payload)
    sections = [block for block in payload.body["blocks"] if block["type"] == "section"]
    assert len(sections) > 1
    assert sum("All of it" in block["text"]["text"] for block in sections) == 1
    assert counted(payload) == 37


def test_25_topics_stay_within_the_blocks() -> None:
    line = samples.overflow().groups[0].lines[0]
    groups = tuple(DigestGroup(topic=f"Topic {n}", lines=(line,)) for n in range(25))
    payload = digest_message(
        replace(samples.overflow(), groups=groups, stories=25, left_out=0), key=KEY
    )
    checked(payload)
    assert counted(payload) == 25


def hostile(said: str, url: str) -> Digest:
    one = samples.overflow(url=url)
    groups = tuple(
        DigestGroup(
            topic=said,
            lines=tuple(replace(line, headline=said, outlet=said) for line in group.lines),
        )
        for group in one.groups
    )
    return replace(one, title=said, groups=groups)


@pytest.mark.parametrize("number", range(0, len(TEXTS), 3))
def test_nasty_texts_are_inert(number: int) -> None:
    said, url = TEXTS[number], URLS[number % len(URLS)]
    payload = digest_message(hostile(said, url), key=KEY)
    checked(payload)
    assert counted(payload) == 37
    ours = {line.url for group in hostile(said, url).groups for line in group.lines}
    assert {link.url for link in draw({"blocks": payload.body["blocks"]}).links} <= ours
    checked(reply(replace(samples.reply(GROUP), line=plain(said)), key=KEY), "<!subteam^S0DESK>")
    checked(notice(Notice(title=said, lines=(plain(said),) * 30), key=KEY))


def test_only_what_a_person_configured_is_drawn() -> None:
    assert mentioned((PERSON, ROLE, PERSON, GROUP)) == "<@U0ADA> <!subteam^S0DESK>"
    assert mentioned((Mention(kind=MentionKind.USER, external_id="U1> <!channel"),)) == ""
