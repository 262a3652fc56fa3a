"""`/news settings …` as typed -> which wishes it changes. Pure; their values are read elsewhere.

settings daily 8:30 quiet 22:00-07:00       settings alerts 5 an hour, time zone Europe/Kyiv
settings all quiet 9:00                     settings daily, all quiet off
settings doubt never double                 settings workspace timezone Europe/Kyiv notices #ops
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.commands.attention import Wishes
from bot.errors import CommandError
from bot.model.attention import Rhythm
from bot.words import later, say

_KEYS = {
    "rhythm": "rhythm",
    "digest": "rhythm",
    "digests": "rhythm",
    "quiet": "quiet",
    "quiet hours": "quiet",
    "alerts": "budget",
    "alerts an hour": "budget",
    "budget": "budget",
    "doubt": "on_doubt",
    "on doubt": "on_doubt",
    "all quiet": "all_quiet",
    "timezone": "timezone",
    "time zone": "timezone",
    "zone": "timezone",
}
_SHARED_KEYS = {
    "timezone": "timezone",
    "time zone": "timezone",
    "zone": "timezone",
    "language": "language",
    "notices": "notices",
    "notices to": "notices",
}
_HINT = later(
    "For example: `settings daily 8:30`, `settings quiet 22:00-07:00`, `settings alerts 5`,"
    " `settings timezone Europe/Kyiv`."
)
_SHARED_HINT = later(
    "For example: `settings workspace timezone Europe/Kyiv`,"
    " `settings workspace notices #desk-ops`."
)


def parse_wishes(typed: str) -> Wishes:
    """The channel's. Raises CommandError for words that belong to no wish."""
    first, _, rest = typed.partition(" ")
    if first.casefold().rstrip(",") in list(Rhythm):  # "daily 8:30" needs no name before it
        typed = f"rhythm {first} {rest}"
    said = _values(typed, _KEYS, say(_HINT))
    if "budget" in said:
        said["budget"] = re.sub(r" (?:cards |alerts )?(?:an|per) hour$", "", said["budget"])
    return Wishes(**said)


def parse_shared(typed: str) -> dict[str, str]:
    """The workspace's: its `timezone`, and where `notices` go. Raises as `parse_wishes` does."""
    return _values(typed, _SHARED_KEYS, say(_SHARED_HINT))


def _values(typed: str, keys: Mapping[str, str], hint: str) -> dict[str, str]:
    """Each key's value: the words up to the next key."""
    names = "|".join(sorted((re.escape(key) for key in keys), key=len, reverse=True))
    found = list(re.finditer(rf"(?:^|[ ,])({names})(?=[ ,:=]|$)[ :=]*", typed, re.IGNORECASE))
    before = typed[: found[0].start()] if found else typed
    if before.strip(" ,"):
        shown = before.strip() if len(before) <= 60 else before.strip()[:59] + "…"
        raise CommandError(say("“{shown}” is no setting that I know.", shown=shown), hint=hint)
    said: dict[str, str] = {}
    for number, key in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(typed)
        value = typed[key.end() : end].strip(" ,")
        if not value:
            raise CommandError(say("“{key}” needs a value.", key=key[1]), hint=hint)
        said[keys[key[1].casefold()]] = value
    return said
