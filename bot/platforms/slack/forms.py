"""The modals of `settings` and `topic edit`: standing values -> a view -> what was changed. Pure.

What a field holds is read by the same functions as typed commands. A form that is sent says only
what the person changed in it, so that two people do not undo one another.
https://docs.slack.dev/reference/views/modal-views
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from bot.commands.attention import Wishes
from bot.commands.caller import Destination
from bot.commands.terms import UNCHANGED, Terms
from bot.errors import CommandError
from bot.model.attention import (
    WEEKDAYS,
    Attention,
    OnDoubt,
    Rhythm,
    parse_all_quiet,
    parse_budget,
    parse_quiet,
    parse_timezone,
    spelled,
)
from bot.model.layout import template_named
from bot.model.template import stored_as
from bot.model.topic import Subscription, Topic
from bot.platforms.slack.blocks import HEADER_CHARACTERS, Json, header
from bot.platforms.slack.fields import (
    filled_in,
    form_field,
    one_line,
    plain_text,
    refused,
    select,
    text_field,
)
from bot.platforms.slack.text import cut
from bot.topics.query import MAX_LENGTH, parse

SETTINGS, EDIT = "ww_settings", "ww_edit"
WATCH, FEED, EXAMPLE, IMPORT = "ww_watch", "ww_feed", "ww_example", "ww_import"
_TITLES = {SETTINGS: "Settings", EDIT: "Edit a topic", WATCH: "Watch a topic", FEED: "Add a feed",
           EXAMPLE: "An example", IMPORT: "Import feeds"}  # fmt: skip
LONGEST_QUERY = 3000
"""Characters that Slack takes in one field: a longer query is edited as words."""
_TEMPLATES = "compact, standard, full, or your own, like *{headline}* · {outlet} · {time}"
_DAYS = tuple(day[:3] for day in WEEKDAYS)
_URGENT = "urgent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A form that was sent. `errors` by field; while there are any, nothing else counts."""

    channel: str
    errors: dict[str, str]
    wishes: Wishes = field(default_factory=Wishes)
    topic: str = ""
    query: str = ""
    terms: Terms = UNCHANGED


def settings_form(here: Destination, attention: Attention, standing: list[Json]) -> Json:
    """The channel's wishes to fill in, below `standing`: blocks that tell all that stands."""
    was = spelled(attention)
    rhythms = {rhythm.value: rhythm.value.capitalize() for rhythm in Rhythm}
    doubts = {
        OnDoubt.NEVER_LOSE.value: "Send it again (never lose)",
        OnDoubt.NEVER_DOUBLE.value: "Leave it, and count it (never double)",
    }
    days = dict(zip(_DAYS, (day.capitalize() for day in WEEKDAYS), strict=True))
    at = {"type": "timepicker", "initial_time": f"{attention.at:%H:%M}"}
    blocks = [
        form_field("rhythm", "Alerts come", select(rhythms, attention.rhythm.value)),
        form_field("weekday", "Day of a weekly digest", select(days, _DAYS[attention.weekday])),
        form_field("at", "Time of a daily or weekly digest", at),
        form_field(
            "quiet", "Quiet hours", text_field(was["quiet"]), hint="Like 22:00-07:00, or off."
        ),
        form_field(
            "budget", "Cards an hour, at most", text_field(was["budget"]), hint="0: no limit."
        ),
        form_field(
            "all_quiet",
            "Say “all quiet” on days without news",
            text_field(was["all_quiet"]),
            hint="A time like 09:00, or off.",
        ),
        form_field("timezone", "Time zone", text_field(was["timezone"]), hint="Like Europe/Kyiv."),
        form_field(
            "on_doubt",
            "If it is unclear whether a message arrived",
            select(doubts, was["on_doubt"]),
        ),
    ]
    told = {"channel": here.external_id, "was": was}
    return _form(SETTINGS, [*standing, *blocks], told)


def topic_form(here: Destination, topic: Topic, subscription: Subscription) -> Json:
    """A topic's query, and on which terms the channel hears of it.

    Raises CommandError for a query that is longer than a field.
    """
    if len(topic.query) > LONGEST_QUERY:
        raise CommandError(
            f"The query of “{topic.name}” is longer than a form takes.",
            hint="Change it in words: `edit NAME query WORDS`",
        )
    urgent = {"text": plain_text("Urgent: told at once, in every channel"), "value": _URGENT}
    boxes: Json = {"type": "checkboxes", "options": [urgent]}
    if topic.urgent:
        boxes["initial_options"] = [urgent]
    query = text_field(topic.query) | {"multiline": True, "max_length": LONGEST_QUERY}
    outlets = text_field(str(subscription.gate))
    template = text_field(stored_as(subscription.template)) | {"multiline": True}
    blocks = [
        form_field("query", "Looks for", query, hint='For example: Miami talks OR "peace plan"'),
        form_field("outlets", "Told from so many outlets on", outlets, hint="1: the first report."),
        form_field("urgent", "How soon", boxes) | {"optional": True},
        form_field("template", "How much of a story is shown", template, hint=_TEMPLATES),
    ]
    told = {
        "channel": here.external_id,
        "topic": topic.name,
        "was": {
            "query": _mark(topic.query),
            "outlets": str(subscription.gate),
            "urgent": topic.urgent,
            "template": _mark(stored_as(subscription.template)),
        },
    }
    named = header(cut(f"“{topic.name}” in {here.name}", HEADER_CHARACTERS))
    return _form(EDIT, [named, *blocks], told)


def read_settings(view: Json) -> Change:
    """What somebody changed in `settings_form`; `view` as Slack sends it on submission."""
    told, said = json.loads(view["private_metadata"]), filled_in(view)
    rhythm = said["rhythm"]
    if rhythm == Rhythm.DAILY:
        rhythm = f"{rhythm} {said['at']}"
    elif rhythm == Rhythm.WEEKLY:
        rhythm = f"{rhythm} {said['weekday']} {said['at']}"
    filled: dict[str, str] = {
        "rhythm": rhythm,
        **{
            name: said[name]
            for name in ("quiet", "budget", "all_quiet", "timezone", "on_doubt")
            if name in said
        },
    }
    changed = {name: value for name, value in filled.items() if value != told["was"].get(name)}
    readers: dict[str, Callable[[str], object]] = {
        "quiet": parse_quiet,
        "budget": parse_budget,
        "all_quiet": parse_all_quiet,
        "timezone": parse_timezone,
    }
    errors = {
        name: error
        for name, read in readers.items()
        if name in changed and (error := refused(read, changed[name]))
    }
    return Change(channel=told["channel"], errors=errors, wishes=Wishes(**changed))


def read_topic(view: Json) -> Change:
    """What somebody changed in `topic_form`."""
    told, said = json.loads(view["private_metadata"]), filled_in(view)
    was, errors = told["was"], {}
    query, outlets, urgent = one_line(said["query"]), said["outlets"], bool(said["urgent"])
    if error := refused(parse, query):
        errors["query"] = error
    if error := refused(_check_outlets, outlets):
        errors["outlets"] = error
    template = said.get("template", "")  # "": a form that was opened before there were any
    if template and (error := refused(template_named, template)):
        errors["template"] = error
    if errors:
        return Change(channel=told["channel"], topic=told["topic"], errors=errors)
    return Change(
        channel=told["channel"],
        topic=told["topic"],
        errors={},
        query="" if _mark(query) == was["query"] else query,
        terms=Terms(
            outlets=None if outlets == was["outlets"] else int(outlets),
            urgent=None if urgent == was["urgent"] else urgent,
            template=None
            if not template or _mark(template) == was["template"]
            else template_named(template),
        ),
    )


def asked_form(kind: str, channel: str) -> Json:
    """One line to fill in: words and where to alert (WATCH), or an address (FEED). `channel` is
    proposed; "" proposes none."""
    said: Json = {"type": "plain_text_input", "max_length": MAX_LENGTH}
    if kind == FEED:
        asked = "Its address, or a page that has one"
        return _form(
            kind, [form_field("said", asked, said | {"placeholder": plain_text(_ADDRESS)})], {}
        )
    where: Json = {
        "type": "conversations_select",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    if channel.startswith(("C", "G")):
        where["initial_conversation"] = channel
    words = form_field(
        "said", "Which words shall I look for?", said, hint="For example: Miami talks"
    )
    return _form(
        kind, [words, form_field("where", "In which channel shall I tell of it?", where)], {}
    )


_ADDRESS = "https://example.com/news"


def read_asked(view: Json) -> tuple[str, str]:
    """What was filled in, and the chosen channel's id ("" where none is asked for)."""
    said = filled_in(view)
    return one_line(said["said"]), said.get("where", "")


def notice_view(kind: str, blocks: list[Json]) -> Json:
    """The same modal with words in place of its fields: nothing is left to send."""
    return {
        "type": "modal",
        "title": plain_text(_TITLES[kind]),
        "close": plain_text("Close"),
        "blocks": blocks,
    }


def _form(kind: str, blocks: list[Json], told: Json) -> Json:
    return {
        "type": "modal",
        "callback_id": kind,
        "title": plain_text(_TITLES[kind]),
        "submit": plain_text("Save"),
        "close": plain_text("Cancel"),
        "private_metadata": json.dumps(told, separators=(",", ":")),
        "blocks": blocks,
    }


def _check_outlets(typed: str) -> None:
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 6):
        raise CommandError("Write a whole number, like 3.")
    Terms(outlets=int(typed)).check()


def _mark(query: str) -> str:
    """Tells whether a query was changed, in little room."""
    return sha256(one_line(query).encode()).hexdigest()[:16]
