"""Stories that became one: everything is the older one's, and a channel has one card of it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.model.alert import AlertState
from bot.model.decision import Outcome
from bot.model.delivery import DeliveryStatus
from tests.laws.facts import Facts


def nothing_is_left_behind(facts: Facts) -> Iterator[str]:
    """A joined story has neither articles nor decisions, and leads straight to an older one."""
    merged = facts.merged_into
    for younger, older in merged.items():
        if older >= younger:
            yield f"story {younger}: joined to story {older}, which is not older"
        if older in merged:
            yield f"story {younger}: joined to story {older}, which is joined to another itself"
    for article, story in facts.story_of.items():
        if story in merged:
            yield f"article {article}: still of story {story}, which was joined to another"
    for one in facts.decisions:
        if one.story_id in merged:
            where = facts.place(one.story_id, one.channel_id)
            yield f"{where}: article {one.article_id} is decided for a story that was joined"
        if one.story_id != facts.story_of[one.article_id]:
            where = facts.place(one.story_id, one.channel_id)
            yield f"{where}: article {one.article_id} is of another story"


def one_alert_tells_it(facts: Facts) -> Iterator[str]:
    """Of all the stories that are one, a channel has one alert that is not MERGED; or none, where
    it was held until nobody watched any more, which is recorded as a silence."""
    wanted = {
        (one.story_id, one.channel_id) for one in facts.decisions if one.outcome != Outcome.SUPPRESS
    }
    telling = {
        (one.story_id, one.channel_id) for one in facts.alerts if one.state != AlertState.MERGED
    }
    for one in facts.alerts:
        where = facts.place(one.story_id, one.channel_id)
        older = facts.merged_into.get(one.story_id)
        if (one.state == AlertState.MERGED) != (older is not None):
            yield f"{where}: the alert is {one.state}, and its story is joined to {older}"
        elif older is not None and (older, one.channel_id) in wanted - telling:
            yield f"{where}: joined to story {older}, of which the channel has no alert"


def a_line_is_left(facts: Facts) -> Iterator[str]:
    """The card of a MERGED alert is never posted any more: it is there, or it is not wanted."""
    for one in facts.alerts:
        if one.state != AlertState.MERGED:
            continue
        for card in facts.cards.get(one.id, []):
            is_given_up = card.status == DeliveryStatus.ABANDONED
            if card.remote_id is None and card.wanted and not is_given_up:
                where = facts.place(one.story_id, one.channel_id)
                yield f"{where}: told by another card, and delivery {card.id} will be posted"


def told_once(facts: Facts) -> Iterator[str]:
    """What the channel has seen of an event goes on: it is not held or waited with again."""
    survivors = {
        (one.story_id, one.channel_id): one
        for one in facts.alerts
        if one.state != AlertState.MERGED
    }
    for one in facts.alerts:
        older = facts.merged_into.get(one.story_id)
        if one.state != AlertState.MERGED or older is None:
            continue
        survivor = survivors.get((older, one.channel_id))
        seen = any(card.posted_at for card in facts.cards.get(one.id, []))
        seen = seen or bool(facts.lines_of.get(one.id))
        if seen and survivor and survivor.state in (AlertState.WAITING, AlertState.HELD):
            where = facts.place(older, one.channel_id)
            yield f"{where}: {survivor.state}, though the channel was told of story {one.story_id}"


def nobody_is_forgotten(facts: Facts) -> Iterator[str]:
    """Where somebody was to be told, the alert does not wait for more outlets."""
    promised = {
        (one.story_id, one.channel_id)
        for one in facts.decisions
        if one.outcome in (Outcome.FIRE, Outcome.HOLD)
    }
    for one in facts.alerts:
        if one.state == AlertState.WAITING and (one.story_id, one.channel_id) in promised:
            where = facts.place(one.story_id, one.channel_id)
            yield f"{where}: the alert is waiting, and somebody was to be told"


RULES = (
    nothing_is_left_behind,
    one_alert_tells_it,
    a_line_is_left,
    told_once,
    nobody_is_forgotten,
)
