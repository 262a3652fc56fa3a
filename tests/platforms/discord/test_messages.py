"""Digests, replies and notices as Discord gets them, and whatever the text says, within limits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.model.digest import Digest, DigestGroup, Notice
from bot.model.mention import Mention, MentionKind
from bot.model.platform import Payload
from bot.model.text import plain
from bot.platforms.discord.components import walk
from bot.platforms.discord.digest import digest_message
from bot.platforms.discord.mentions import MOST, allowed, mentioned
from bot.platforms.discord.notes import notice, reply
from bot.platforms.discord.render import card, first_post, hidden_key, plainer
from tests.platforms import samples
from tests.platforms.discord.nasty import TEXTS, URLS
from tests.platforms.discord.test_render import KEY, check

GOLDEN = Path(__file__).parent / "golden"
ROLE = Mention(kind=MentionKind.ROLE, external_id="81")
PERSON = Mention(kind=MentionKind.USER, external_id="82")
GROUP = Mention(kind=MentionKind.GROUP, external_id="S1")
PAYLOADS: dict[str, Payload] = {
    "digest": digest_message(samples.digest(), key=KEY),
    "overflow": digest_message(samples.overflow(), key=KEY),
    "reply": reply(samples.reply(ROLE, PERSON), key=KEY),
    "notice": notice(samples.notice(), key=KEY),
    "card_with_mentions": card(replace(samples.alert(), mentions=(ROLE,)), key=KEY),
}


def checked(payload: Payload) -> None:
    """Both steps, and the fallback of the first, as Discord would; the key is in each."""
    first = first_post(payload)
    bodies: list[dict[str, Any]] = [dict(payload.body), first, plainer(first)]
    for body in bodies:
        check(body)
        assert len(body.get("content") or "") <= 2000
        ids = (one.get("custom_id", "") for one in walk(body["components"]))
        assert KEY in [hidden_key(each) for each in ids]


@pytest.mark.parametrize("name", PAYLOADS)
def test_golden(name: str) -> None:
    """After a wished change: write the new payload into the file, and look at it drawn."""
    payload = PAYLOADS[name]
    expected = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert {"show": dict(payload.body), "first": first_post(payload)} == expected
    checked(payload)


def lines_of(payload: Payload) -> list[str]:
    texts = [one["content"] for one in walk(payload.body["components"]) if one["type"] == 10]
    return [line for text in texts for line in text.split("\n")]


def counted(payload: Payload) -> int:
    """The stories that a digest shows, and those that it says it does not."""
    lines = lines_of(payload)
    more = [line for line in lines if line.startswith("-# … and ")]
    said = int(more[0].split()[3].replace(",", "")) if more else 0
    return sum(line.startswith("- ") for line in lines) + said


@pytest.mark.parametrize("length", [20, 120, 300, 500, 2000])
def test_long_addresses_cost_lines_and_the_rest_is_counted(length: int) -> None:
    url = "https://outlet.example/" + "a" * length
    payload = digest_message(samples.overflow(url=url), key=KEY)
    checked(payload)
    assert counted(payload) == 37
    if length == 300:
        assert 5 <= sum(line.startswith("- ") for line in lines_of(payload)) < 25


def test_many_topics_stay_within_the_components() -> None:
    lines = samples.overflow().groups[0].lines
    groups = tuple(
        DigestGroup(topic=f"Topic {number}", lines=(replace(lines[0], story=lines[0].story),))
        for number in range(25)
    )
    payload = digest_message(
        replace(samples.overflow(), groups=groups, stories=25, left_out=0), key=KEY
    )
    checked(payload)
    assert counted(payload) == 25
    assert "**Topic 24**" in lines_of(payload)


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
def test_nasty_texts_make_valid_messages(number: int) -> None:
    said, url = TEXTS[number], URLS[number % len(URLS)]
    payload = digest_message(hostile(said, url), key=KEY)
    checked(payload)
    assert counted(payload) == 37
    checked(reply(replace(samples.reply(ROLE), line=plain(said)), key=KEY))
    checked(notice(Notice(title=said, lines=(plain(said),) * 30), key=KEY))


def test_only_whom_a_person_configured_is_allowed_to_be_pinged() -> None:
    both = (ROLE, PERSON, GROUP, ROLE)
    assert mentioned(both) == "<@&81> <@82>"
    assert allowed(both) == {"parse": [], "roles": ["81"], "users": ["82"]}
    strange = Mention(kind=MentionKind.ROLE, external_id="1> @everyone")
    assert mentioned((strange,)) == ""
    assert allowed((strange,)) == {"parse": []}
    many = tuple(Mention(kind=MentionKind.USER, external_id=str(n)) for n in range(50))
    assert len(allowed(many)["users"]) == MOST
