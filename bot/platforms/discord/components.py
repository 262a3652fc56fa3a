"""The few message components we use, as Discord's JSON. Pure; checks nothing.

https://discord.com/developers/docs/components/reference
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]

IS_V2 = 1 << 15  # the message flag: text lives in components, content and embeds are off
NO_MENTIONS: Json = {"parse": []}
MOST_TEXT = 4000
MOST_CONTENT = 2000
ROW, BUTTON, SECTION, TEXT, THUMBNAIL, GALLERY, FILE = 1, 2, 9, 10, 11, 12, 13
SEPARATOR, CONTAINER = 14, 17
PRIMARY, SECONDARY, LINK = 1, 2, 5


def message(components: list[Json]) -> Json:
    """A message's body. Whatever the text says, nobody is pinged."""
    return {"flags": IS_V2, "components": components, "allowed_mentions": NO_MENTIONS}


def container(components: list[Json], *, accent: int) -> Json:
    return {"type": CONTAINER, "accent_color": accent, "components": components}


def text(content: str) -> Json:
    return {"type": TEXT, "content": content}


def section(texts: list[Json], *, image_url: str) -> Json:
    """One to three texts beside a picture."""
    thumbnail = {"type": THUMBNAIL, "media": {"url": image_url}}
    return {"type": SECTION, "components": texts, "accessory": thumbnail}


def picture(image_url: str) -> Json:
    """One, as wide as the message."""
    return {"type": GALLERY, "items": [{"media": {"url": image_url}}]}


def separator() -> Json:
    return {"type": SEPARATOR, "divider": True, "spacing": 1}


def row(buttons: list[Json]) -> Json:
    return {"type": ROW, "components": buttons}


def link_button(label: str, url: str) -> Json:
    return {"type": BUTTON, "style": LINK, "label": label, "url": url}


def button(label: str, custom_id: str, *, first: bool = False) -> Json:
    """`first` is the one that most people want."""
    style = PRIMARY if first else SECONDARY
    return {"type": BUTTON, "style": style, "label": label, "custom_id": custom_id}


def file(name: str) -> Json:
    """A file that is sent along."""
    return {"type": FILE, "file": {"url": f"attachment://{name}"}}


def walk(components: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Every component of a message, parents first."""
    for component in components:
        yield component
        yield from walk(component.get("components") or ())
        if "accessory" in component:
            yield component["accessory"]
