"""Message components: walking them, and turning what was posted into what Discord shows.

https://discord.com/developers/docs/components/reference
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.servers.discord.records import Json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
SELECTS = frozenset({3, 5, 6, 7, 8})
SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
LABEL = 18
V2 = frozenset({SECTION, TEXT, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER})
LINK, PREMIUM = 5, 6  # button styles without a custom_id


def walk(components: Iterable[Json], path: str = "components") -> Iterator[tuple[str, Json]]:
    """Every component with its dotted path, parents first; an accessory counts, as in Discord."""
    for index, component in enumerate(components):
        here = f"{path}.{index}"
        yield here, component
        yield from walk(component.get("components") or (), f"{here}.components")
        for inner in ("accessory", "component"):
            if isinstance(component.get(inner), dict):
                yield f"{here}.{inner}", component[inner]


def texts(components: Iterable[Json]) -> list[str]:
    """What the text displays say, from top to bottom."""
    return [each["content"] for _, each in walk(components) if each.get("type") == TEXT]


class Shower:
    """Gives components their ids and the keys that Discord adds. One for each message."""

    def __init__(self, unfurl: Callable[[str], Json]) -> None:
        self._unfurl = unfurl
        self._taken: set[int] = set()
        self._next = 0

    def show(self, components: list[Json]) -> list[Json]:
        self._taken = {each["id"] for _, each in walk(components) if each.get("id")}
        return [self._one(component) for component in components]

    def _id(self, component: Json) -> int:
        if component.get("id"):
            return int(component["id"])
        self._next += 1
        while self._next in self._taken:
            self._next += 1
        return self._next

    def _one(self, component: Json) -> Json:
        kind = component["type"]
        shown: Json = {"type": kind, "id": self._id(component)}
        if kind in (ROW, CONTAINER, SECTION):
            shown["components"] = [self._one(each) for each in component["components"]]
        if kind == SECTION:
            shown["accessory"] = self._one(component["accessory"])
        elif kind == CONTAINER:
            shown["accent_color"] = component.get("accent_color")
            shown["spoiler"] = bool(component.get("spoiler"))
        elif kind == TEXT:
            shown["content"] = component["content"]
        elif kind == SEPARATOR:
            divider = component.get("divider")
            shown["spacing"] = component.get("spacing") or 1
            shown["divider"] = True if divider is None else divider
        elif kind in (THUMBNAIL, GALLERY, FILE):
            self._media(component, shown)
        elif kind == BUTTON or kind in SELECTS:
            self._interactive(component, shown)
        return shown

    def _media(self, component: Json, shown: Json) -> None:
        if component["type"] == GALLERY:
            shown["items"] = [self._medium(item) for item in component["items"]]
        elif component["type"] == THUMBNAIL:
            shown.update(self._medium(component))
        else:
            url = component["file"]["url"]
            shown["file"] = self._unfurl(url)
            shown["name"] = url.rpartition("/")[2]
            shown["size"] = shown["file"].pop("size", None)
            shown["spoiler"] = bool(component.get("spoiler"))

    def _medium(self, item: Json) -> Json:
        media = self._unfurl(item["media"]["url"])
        media.pop("size", None)
        return {
            "media": media,
            "description": item.get("description"),
            "spoiler": bool(item.get("spoiler")),
        }

    def _interactive(self, component: Json, shown: Json) -> None:
        keys = ("style", "label", "custom_id", "url", "disabled", "emoji", "sku_id", "placeholder")
        more = ("options", "channel_types", "default_values")
        for key in (*keys, *more):
            if component.get(key) is not None:
                shown[key] = component[key]
        if component["type"] in SELECTS:
            for key in ("min_values", "max_values"):
                value = component.get(key)
                shown[key] = 1 if value is None else value
