"""Sets of names that mean the same: built in, and merged with a workspace's own.

Says what else a word stands for; what a name's spelling matches is `forms.py`'s business.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from bot.topics.alias_table import GROUPS
from bot.topics.forms import bare, fold, minds_case
from bot.topics.words import words


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasSet:
    """Groups of names; each name, in any group's spelling, also finds the others of its group.

    A name of several words ("European Union") is a phrase. An acronym that reads as a common
    word (US, UN) minds its case here as in queries.
    """

    groups: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    _group_of: dict[str, tuple[str, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for group in self.groups:
            for name in group:
                self._group_of.setdefault(_key(name), group)

    def others(self, name: str) -> tuple[str, ...]:
        """The other names of `name`'s group; () if it has none."""
        letters = name.replace(" ", "")
        if name.isascii() and letters.isalpha() and not letters.isupper():  # most names, by far
            key = name.lower() if "  " not in name else _key(name)
        else:
            key = _key(name)
        group = self._group_of.get(key)
        return tuple(other for other in group if _key(other) != key) if group else ()

    def merged(self, more: AliasSet | Iterable[Iterable[str]]) -> AliasSet:
        """These and `more`; groups that share a name become one."""
        extra = more.groups if isinstance(more, AliasSet) else tuple(map(tuple, more))
        groups = [list(group) for group in self.groups]
        at = {_key(name): index for index, group in enumerate(groups) for name in group}
        for names in extra:
            touched = sorted({at[_key(name)] for name in names if _key(name) in at})
            home = touched[0] if touched else len(groups)
            if not touched:
                groups.append([])
            incoming = [name for index in touched[1:] for name in groups[index]] + list(names)
            for index in touched[1:]:
                groups[index] = []
            for name in incoming:
                if at.get(_key(name)) != home or not touched:
                    groups[home].append(name)
                at[_key(name)] = home
        return AliasSet(groups=tuple(tuple(dict.fromkeys(g)) for g in groups if len(g) > 1))


@lru_cache(maxsize=1 << 15)
def _key(name: str) -> str:
    parts = words(name)
    if len(parts) == 1 and minds_case(parts[0]):
        return "=" + bare(parts[0])
    return " ".join(map(fold, parts))


BUILT_IN = AliasSet(groups=GROUPS)
"""What everybody gets: organisations, countries, cities and people much in the news."""
