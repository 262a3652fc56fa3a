"""`/news …` as typed -> what was asked for. Pure: it looks nothing up and permits nothing.

    watch NATO                          topic watch NATO
    watch "Miami talks" in #general     topic watch "Miami talks" as "Talks"
    test NATO OR Alliance days 30       unwatch NATO in #general
    watch NATO outlets 3 mention @desk  edit NATO urgent on
    move NATO to #general               move NATO in #general to #desk
    watch NATO template compact         edit NATO template "*{headline}* {outlet}"
    mute NATO 2h                        snooze here until 8:00
    settings daily 8:30                 digest now
    edit NATO query NATO OR Alliance    why https://outlet.example/story
    settings aliases add Acme, ACM      settings aliases
    settings audit, settings export     settings test in #general
    feed add https://outlet.example/rss feed remove Reuters
    story Miami talks                   latest NATO
    follow NATO                         unfollow NATO

Slack sends `& < >` as entities, addresses as `<https://…|label>`, and `#general` as
`<#C123|general>` if the command's "escape channels" is on (it is in docs/slack-manifest.yaml).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, TypeAlias

from bot.errors import CommandError
from bot.model.layout import template_named
from bot.model.pause import reads_as_pause
from bot.model.template import Template
from bot.model.topic import Updates
from bot.platforms.slack.orders import NEEDS, NOUNS, VERBS, Order, Place, Verb
from bot.platforms.slack.targets import MENTION_LAST, parse_target
from bot.words import say

_Last: TypeAlias = tuple[
    str, re.Pattern[str], tuple[Verb, ...] | None, Callable[[re.Match[str]], object]
]
"""A part of an order that stands last: its name, how it looks, whose it is, and how it is read."""

_LONGEST_PAUSE = 8  # "for 3 days 2 hours and 30 minutes" in words
_OVERSIGHT = {"audit": Verb.AUDIT, "export": Verb.EXPORT, "test": Verb.TEST_POST}
_PAUSES = (Verb.MUTE, Verb.SNOOZE)
_TERMS = (Verb.WATCH, Verb.EDIT)
_NAMES = (
    Verb.UNWATCH,
    Verb.LATEST,
    Verb.UNFOLLOW,
    Verb.EDIT,
    Verb.MOVE,
    Verb.FEED_REMOVE,
    Verb.FEED_HEALTH,
    Verb.FEED_PAUSE,
    Verb.FEED_RESUME,
)
_EVERYTHING = frozenset({"here", "channel", "this channel", "everything", "all"})

_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟«»\uff02", '"'))
_PLACE = r"(?:<#(?P<id>[A-Z0-9]+)(?:\|(?P<label>[^<>]*))?>|#(?P<name>[^\s#<>\"()|,]+))"
_PLACE_FIRST = re.compile(rf"in {_PLACE}(?: |$)", re.IGNORECASE)
_PLACE_LAST = re.compile(rf"(?:^| |(?<=[\")]))in {_PLACE}$", re.IGNORECASE)
_TO_LAST = re.compile(rf"(?:^| |(?<=\"))to {_PLACE}$", re.IGNORECASE)
_NAME_LAST = re.compile(r" as \"(?P<name>[^\"]+)\"$", re.IGNORECASE)
_DAYS_LAST = re.compile(r"(?:^| )(?:--)?days[ =:]+(?P<days>\d{1,6})$", re.IGNORECASE)
_OUTLETS_LAST = re.compile(r"(?:^| )outlets[ =:]+(?P<outlets>\d{1,6})$", re.IGNORECASE)
_UPDATES_LAST = re.compile(r" updates[ =:]+(?P<updates>silent|replies)$", re.IGNORECASE)
_URGENT_LAST = re.compile(r" urgent(?:[ =:]+(?P<urgent>on|off|yes|no))?$", re.IGNORECASE)
_TEMPLATE_LAST = re.compile(
    r"(?:^| )template[ =:]+(?:\"(?P<layout>[^\"]+)\"|(?P<size>\w+))$", re.IGNORECASE
)
_MARKUP = re.compile(r"<(?P<target>[^<>|]+)(?:\|(?P<label>[^<>]*))?>")


def parse_order(text: str) -> Order:
    """What was typed after the command's name; nothing at all asks for help.

    Raises CommandError for a verb that is none, with the nearest one, and for a missing word.
    """
    typed = " ".join(text.translate(_STRAIGHT).split())
    first, _, rest = typed.partition(" ")
    verbs, noun = VERBS, ""
    if first.lower() in NOUNS:
        verbs, noun = NOUNS[first.lower()], first.lower()
        first, _, rest = rest.partition(" ")
    verb = verbs.get(first.lower())
    if verb is None:
        raise _unknown(noun, first, rest)
    order = _order(verb, rest)
    if verb in NEEDS and not order.words:
        wanted, example = NEEDS[verb]
        raise CommandError(
            say("“{verb}” needs {wanted}.", verb=verb, wanted=say(wanted)),
            hint=say("For example: `{example}`", example=example),
        )
    if verb in _PAUSES and not (order.words or order.until):
        hint = say(
            "For example: `{verb} NATO 2h`, or `{verb} here until 8:00` for the whole channel.",
            verb=verb,
        )
        raise CommandError(say("“{verb}” needs a topic’s name, or here.", verb=verb), hint=hint)
    if verb in _PAUSES and order.words.casefold() in _EVERYTHING:
        return replace(order, words="")
    return order


def parse_place(text: str) -> Place | None:
    """A channel alone, or "here" as None. Raises CommandError for anything else."""
    if text.casefold() in ("here", "this channel"):
        return None
    found = re.fullmatch(_PLACE, text)
    if found is None:
        raise CommandError(
            say("“{value}” is no channel.", value=text),
            hint=say("Write it like #general, or here."),
        )
    return _place(found)


def unquoted(text: str) -> str:
    """`"Miami talks"` -> `Miami talks`; anything but one phrase in quotes stays as it is."""
    inside = text[1:-1].strip()
    quoted = len(text) > 2 and text[0] == text[-1] == '"' and '"' not in inside
    return inside if quoted and inside else text


def _order(verb: Verb, typed: str) -> Order:
    """Take `in #channel`, `as "name"` and the like off; what is left is the verb's own."""
    rest, said = _taken_off(verb, typed)
    match verb:
        case Verb.FEED_ADD | Verb.FEED_PREVIEW | Verb.FEED_IMPORT | Verb.WHY:
            words = _address(rest)
        case Verb.STORY:
            words = _address(rest) if _MARKUP.fullmatch(unquoted(rest)) else _readable(rest)
        case Verb.MUTE | Verb.SNOOZE:
            words, said["until"] = _split_pause(_readable(rest))
        case Verb.SETTINGS if rest.casefold().split(" ")[0] == "workspace":
            verb, words = Verb.SHARED, rest.partition(" ")[2]
        case Verb.SETTINGS if rest.casefold() in _OVERSIGHT:
            verb, words = _OVERSIGHT[rest.casefold()], ""
        case Verb.SETTINGS | Verb.DIGEST if rest.casefold() == "show":
            words = ""
        case Verb.DIGEST if rest.casefold() == "now":
            verb, words = Verb.DIGEST_NOW, ""
        case _:
            words = _readable(rest)
    return Order(verb=verb, words=unquoted(words) if verb in _NAMES else words, **said)


def _taken_off(verb: Verb, rest: str) -> tuple[str, dict[str, Any]]:
    """What stands at the end, in any order; the channel may stand first as well."""
    said: dict[str, Any] = {}
    if found := _PLACE_FIRST.match(rest):
        said["place"], rest = _place(found), rest[found.end() :]
    while True:
        rest = rest.strip()
        taken = next(
            (
                (name, read(found), found)
                for name, pattern, verbs, read in _LAST
                if name not in said
                and (verbs is None or verb in verbs)
                and (found := pattern.search(rest))
            ),
            None,
        )
        if taken is None:
            return rest, said
        name, value, found = taken
        said[name], rest = value, rest[: found.start()]


def _split_pause(typed: str) -> tuple[str, str]:
    """`Miami talks until 8:00` -> the topic and the time; the longest end that reads as one."""
    if typed.startswith('"'):
        name, _, until = typed[1:].partition('"')
        return name.strip(), until.strip()
    words = typed.split(" ")
    for start in range(max(0, len(words) - _LONGEST_PAUSE), len(words)):
        until = " ".join(words[start:])
        if reads_as_pause(until):
            return " ".join(words[:start]), until
    return typed, ""


def _place(found: re.Match[str]) -> Place:
    if found["id"]:
        return Place(id=found["id"], name=_entities(found["label"] or ""))
    return Place(name=_entities(found["name"]).lower())


_LAST: tuple[_Last, ...] = (
    ("place", _PLACE_LAST, None, _place),
    ("to", _TO_LAST, (Verb.MOVE,), _place),
    ("name", _NAME_LAST, (Verb.WATCH, Verb.FEED_ADD), lambda found: _readable(found[1]).strip()),
    ("days", _DAYS_LAST, (Verb.TEST,), lambda found: int(found[1])),
    ("outlets", _OUTLETS_LAST, _TERMS, lambda found: int(found[1])),
    ("mention", MENTION_LAST, _TERMS, lambda found: parse_target(found[1])),
    ("template", _TEMPLATE_LAST, _TERMS, lambda found: _template(found["layout"] or found["size"])),
    ("updates", _UPDATES_LAST, (Verb.EDIT,), lambda found: Updates(found[1].lower())),
    ("urgent", _URGENT_LAST, (Verb.EDIT,), lambda found: found[1] in (None, "on", "yes")),
)


def _template(typed: str) -> Template:
    return template_named(_entities(typed))


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
    known = [verb for verb in (NOUNS[noun] if noun else {**VERBS, **NOUNS}) if verb]
    near = get_close_matches(first.lower(), known, n=1, cutoff=0.6)
    typed = _readable(f"{noun} {first}".strip())
    said = typed if len(typed) <= 60 else typed[:59] + "…"
    if near:
        meant = f"{noun} {near[0]} {_readable(rest)}".strip()
    elif noun.startswith("feed"):
        meant = "feed add" if "." in first else "feed list"
    else:
        meant = f"watch {_readable(f'{first} {rest}')}".strip()
    meant = (meant if len(meant) <= 120 else meant[:119] + "…").replace("`", "'")
    return CommandError(
        say("“{said}” is not something I can do.", said=said),
        hint=say("Did you mean `{meant}`? `help` shows what can be asked.", meant=meant),
    )
