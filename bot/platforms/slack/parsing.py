"""`/news …` as typed -> what was asked for. Pure: it looks nothing up and permits nothing.

    watch NATO                          topic watch NATO
    watch "Miami talks" in #general     topic watch "Miami talks" as "Talks"
    test NATO OR Alliance days 30       unwatch NATO in #general
    feed add https://outlet.example/rss feed remove Reuters

Slack sends `& < >` as entities, addresses as `<https://…|label>`, and `#general` as
`<#C123|general>` if the command's "escape channels" is on (it is in docs/slack-manifest.yaml).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from bot.errors import CommandError


class Verb(StrEnum):
    """What can be asked; the value is how it is typed."""

    WATCH = "watch"
    LIST = "list"
    UNWATCH = "unwatch"
    TEST = "test"
    FEED_ADD = "feed add"
    FEED_LIST = "feed list"
    FEED_REMOVE = "feed remove"
    FEED_PREVIEW = "feed preview"
    FEED_HEALTH = "feed health"
    FEED_PAUSE = "feed pause"
    FEED_RESUME = "feed resume"
    HELP = "help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel as a person names it: by id when Slack resolved it, else by name."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One command. `words` is its query, name or address; `place` None means here."""

    verb: Verb
    words: str = ""
    place: Place | None = None
    name: str = ""
    days: int | None = None


_TOPIC = {
    "watch": Verb.WATCH,
    "add": Verb.WATCH,
    "list": Verb.LIST,
    "unwatch": Verb.UNWATCH,
    "remove": Verb.UNWATCH,
    "test": Verb.TEST,
    "": Verb.LIST,
}
_FEED = {
    "add": Verb.FEED_ADD,
    "list": Verb.FEED_LIST,
    "remove": Verb.FEED_REMOVE,
    "preview": Verb.FEED_PREVIEW,
    "health": Verb.FEED_HEALTH,
    "pause": Verb.FEED_PAUSE,
    "resume": Verb.FEED_RESUME,
    "": Verb.FEED_LIST,
}
_NOUNS = {"topic": _TOPIC, "topics": _TOPIC, "feed": _FEED, "feeds": _FEED}
_VERBS = {
    "watch": Verb.WATCH,
    "list": Verb.LIST,
    "unwatch": Verb.UNWATCH,
    "test": Verb.TEST,
    "help": Verb.HELP,
    "?": Verb.HELP,
    "": Verb.HELP,
}
_NEEDS = {
    Verb.WATCH: ("a query", 'watch "Miami talks"'),
    Verb.TEST: ("a query", "test NATO days 14"),
    Verb.UNWATCH: ("a topic’s name", "unwatch NATO (“list” shows the names)"),
    Verb.FEED_ADD: ("an address", "feed add https://outlet.example/rss"),
    Verb.FEED_PREVIEW: ("an address", "feed preview https://outlet.example/"),
    Verb.FEED_PAUSE: ("a feed’s name", "feed pause Reuters (“feed list” shows the names)"),
    Verb.FEED_RESUME: ("a feed’s name", "feed resume Reuters (“feed list” shows the names)"),
    Verb.FEED_REMOVE: ("a feed’s name", "feed remove Reuters (“feed list” shows the names)"),
}

_BY_NAME = (
    Verb.UNWATCH,
    Verb.FEED_REMOVE,
    Verb.FEED_HEALTH,
    Verb.FEED_PAUSE,
    Verb.FEED_RESUME,
)

_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟«»\uff02", '"'))
_PLACE = r"(?:<#(?P<id>[A-Z0-9]+)(?:\|(?P<label>[^<>]*))?>|#(?P<name>[^\s#<>\"()|,]+))"
_PLACE_FIRST = re.compile(rf"in {_PLACE}(?: |$)", re.IGNORECASE)
_PLACE_LAST = re.compile(rf"(?:^| |(?<=[\")]))in {_PLACE}$", re.IGNORECASE)
_NAME_LAST = re.compile(r" as \"(?P<name>[^\"]+)\"$", re.IGNORECASE)
_DAYS_LAST = re.compile(r"(?:^| )(?:--)?days[ =:]+(?P<days>\d{1,6})$", re.IGNORECASE)
_MARKUP = re.compile(r"<(?P<target>[^<>|]+)(?:\|(?P<label>[^<>]*))?>")


def parse_order(text: str) -> Order:
    """What was typed after the command's name; nothing at all asks for help.

    Raises CommandError for a verb that is none, with the nearest one, and for a missing word.
    """
    typed = " ".join(text.translate(_STRAIGHT).split())
    first, _, rest = typed.partition(" ")
    verbs, noun = _VERBS, ""
    if first.lower() in _NOUNS:
        verbs, noun = _NOUNS[first.lower()], first.lower()
        first, _, rest = rest.partition(" ")
    verb = verbs.get(first.lower())
    if verb is None:
        raise _unknown(noun, first, rest)
    order = _order(verb, rest)
    if verb in _NEEDS and not order.words:
        wanted, example = _NEEDS[verb]
        raise CommandError(f"“{verb}” needs {wanted}.", hint=f"For example: {example}")
    return order


def unquoted(text: str) -> str:
    """`"Miami talks"` -> `Miami talks`; anything but one phrase in quotes stays as it is."""
    inside = text[1:-1].strip()
    quoted = len(text) > 2 and text[0] == text[-1] == '"' and '"' not in inside
    return inside if quoted and inside else text


def _order(verb: Verb, rest: str) -> Order:
    """Take `in #channel`, `as "name"` and `days N` off; what is left is the verb's own."""
    place, name, days = None, "", None
    if found := _PLACE_FIRST.match(rest):
        place, rest = _place(found), rest[found.end() :]
    while True:
        rest = rest.strip()
        if place is None and (found := _PLACE_LAST.search(rest)):
            place = _place(found)
        elif verb in (Verb.WATCH, Verb.FEED_ADD) and (found := _NAME_LAST.search(rest)):
            name = _readable(found["name"]).strip()
        elif verb is Verb.TEST and days is None and (found := _DAYS_LAST.search(rest)):
            days = int(found["days"])
        else:
            break
        rest = rest[: found.start()]
    if verb in (Verb.FEED_ADD, Verb.FEED_PREVIEW):
        words = _address(rest)
    else:
        words = _readable(rest)
        if verb in _BY_NAME:
            words = unquoted(words)
    return Order(verb=verb, words=words, place=place, name=name, days=days)


def _place(found: re.Match[str]) -> Place:
    if found["id"]:
        return Place(id=found["id"], name=_entities(found["label"] or ""))
    return Place(name=_entities(found["name"]).lower())


def _address(typed: str) -> str:
    """The address itself, out of Slack's `<https://…|label>`."""
    found = _MARKUP.fullmatch(unquoted(typed))
    return _entities(found["target"] if found else unquoted(typed))


def _readable(typed: str) -> str:
    """Words as the person sees them: Slack's markup for names and addresses undone."""
    return _entities(_MARKUP.sub(_shown, typed))


def _shown(markup: re.Match[str]) -> str:
    target, label = markup["target"], markup["label"] or ""
    if target[0] in "@#":
        return target[0] + label.removeprefix(target[0]) if label else target
    if target[0] == "!":
        return "@" + (label or target[1:]).removeprefix("@")
    return label or target


def _entities(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _unknown(noun: str, first: str, rest: str) -> CommandError:
    """What was meant, if it is near; else that words alone are not watched yet."""
    known = [verb for verb in (_NOUNS[noun] if noun else {**_VERBS, **_NOUNS}) if verb]
    near = get_close_matches(first.lower(), known, n=1, cutoff=0.6)
    typed = _readable(f"{noun} {first}".strip())
    said = typed if len(typed) <= 60 else typed[:59] + "…"
    if near:
        meant = f"{noun} {near[0]} {_readable(rest)}".strip()
    elif noun.startswith("feed"):
        meant = "feed add" if "." in first else "feed list"
    else:
        meant = f"watch {_readable(f'{first} {rest}')}".strip()
    meant = meant if len(meant) <= 120 else meant[:119] + "…"
    return CommandError(
        f"“{said}” is not something I can do.",
        hint=f"Did you mean “{meant}”? “help” shows what can be asked.",
    )
