"""The words that people read, in their language: gettext's catalogues, one a language.

The English is in the code, as gettext wants it: `say("You follow “{name}”", name=name)`. What it is
called in other languages stands in bot/locale/LANGUAGE/LC_MESSAGES/wirewatch.po; what is missing
there is said in English. A platform's adapter says whose turn it is (`speaking`); below it nobody
needs to know. It does not word logs, nor what strangers wrote (feeds, names): those are values.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

ENGLISH = "en"
FOLDER = Path(__file__).with_name("locale")
DOMAIN = "wirewatch"
_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within it, `say` speaks this language (a BCP 47 tag: `de`, `pt-BR`), or the nearest it has.

    It holds for this task and for the tasks that it starts.
    """
    before = _language.set(nearest(language))
    try:
        yield
    finally:
        _language.reset(before)


def speak(language: str) -> None:
    """From now on, until whoever began `speaking` around it ends: the language has just been
    changed by what is being done."""
    _language.set(nearest(language))


def spoken() -> str:
    """The language that `say` speaks now."""
    return _language.get()


def languages() -> tuple[str, ...]:
    """English, and each language that has a catalogue."""
    return (
        ENGLISH,
        *sorted(one.name for one in FOLDER.iterdir() if (one / "LC_MESSAGES").is_dir()),
    )


def language_named(typed: str) -> str | None:
    """The language that somebody means by "de", "German" or "Deutsch"; None for none of ours."""
    asked = typed.strip().casefold()
    for one in languages():
        names = (one, Locale(one).get_display_name("en"), Locale(one).get_display_name(one))
        if asked in (str(name).casefold() for name in names):
            return one
    return None


def own_name(language: str) -> str:
    """ "Deutsch" for "de"."""
    return str(Locale(language).get_display_name(language))


def nearest(language: str) -> str:
    """`pt-BR` -> `pt`; English for what nobody has translated."""
    known = _known()
    tag = language.replace("_", "-").casefold()
    return next((one for one in (tag, tag.partition("-")[0]) if one in known), ENGLISH)


def later(text: str, /) -> str:
    """The text as it is, which `say` is given when somebody reads it: for tables, and values that
    are kept in English."""
    return text


_MONTHS = (
    later("Jan"),
    later("Feb"),
    later("Mar"),
    later("Apr"),
    later("May"),
    later("Jun"),
    later("Jul"),
    later("Aug"),
    later("Sep"),
    later("Oct"),
    later("Nov"),
    later("Dec"),
)
_WEEKDAYS = (
    later("Mon"),
    later("Tue"),
    later("Wed"),
    later("Thu"),
    later("Fri"),
    later("Sat"),
    later("Sun"),
)


def say(text: str, /, **values: object) -> str:
    """`text` in the language that is spoken, with its `{values}` filled in.

    A literal, or what was marked by `later`, so that the catalogues can be made from the code.
    """
    said = _catalogue(_language.get()).gettext(text)
    return said.format(**values) if values else said


def day_and_month(day: date) -> str:
    """ "3 Mar", whatever the machine's locale."""
    return say("{day} {month}", day=day.day, month=say(_MONTHS[day.month - 1]))


def weekday(day: date) -> str:
    """ "Tue"."""
    return say(_WEEKDAYS[day.weekday()])


def say_many(one: str, many: str, count: int, /, **values: object) -> str:
    """The form that the language has for `count`, which `{count}` names."""
    said = _catalogue(_language.get()).ngettext(one, many, count)
    return said.format(count=count, **values)


@cache
def _known() -> frozenset[str]:
    return frozenset(languages())


@cache
def _catalogue(language: str) -> NullTranslations:
    """Read once, when somebody first speaks it."""
    if language == ENGLISH:
        return NullTranslations()
    with (FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)
