"""The vocabulary of `/news …`: verbs as people type them, and an order as it is understood. Pure.

How a line is read is `parsing.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.template import Template
from bot.model.topic import Updates
from bot.platforms.slack.targets import Target


class Verb(StrEnum):
    """What can be asked; the value is how it is typed."""

    WATCH = "watch"
    LIST = "list"
    UNWATCH = "unwatch"
    TEST = "test"
    WHY = "why"
    EDIT = "edit"
    MOVE = "move"
    MUTE = "mute"
    SNOOZE = "snooze"
    SETTINGS = "settings"
    SHARED = "settings workspace"
    AUDIT = "settings audit"
    EXPORT = "settings export"
    TEST_POST = "settings test"
    DIGEST = "digest"
    DIGEST_NOW = "digest now"
    FEED_ADD = "feed add"
    FEED_LIST = "feed list"
    FEED_REMOVE = "feed remove"
    FEED_PREVIEW = "feed preview"
    FEED_HEALTH = "feed health"
    FEED_PAUSE = "feed pause"
    FEED_RESUME = "feed resume"
    FEED_IMPORT = "feed import"
    FEED_EXPORT = "feed export"
    STORY = "story"
    LATEST = "latest"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    HELP = "help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel as a person names it: by id when Slack resolved it, else by name."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One command. `words` is its query, name, address or settings; `place` None means here.

    `to` is where something is moved; `until` is how long a pause lasts ("": not said); a pause
    without `words` is the channel's.
    """

    verb: Verb
    words: str = ""
    place: Place | None = None
    to: Place | None = None
    name: str = ""
    days: int | None = None
    outlets: int | None = None
    mention: Target | None = None
    urgent: bool | None = None
    updates: Updates | None = None
    template: Template | None = None
    until: str = ""


_TOPIC = {
    "watch": Verb.WATCH,
    "add": Verb.WATCH,
    "list": Verb.LIST,
    "unwatch": Verb.UNWATCH,
    "remove": Verb.UNWATCH,
    "test": Verb.TEST,
    "why": Verb.WHY,
    "edit": Verb.EDIT,
    "move": Verb.MOVE,
    "mute": Verb.MUTE,
    "snooze": Verb.SNOOZE,
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
    "import": Verb.FEED_IMPORT,
    "export": Verb.FEED_EXPORT,
    "": Verb.FEED_LIST,
}
NOUNS = {
    "topic": _TOPIC,
    "topics": _TOPIC,
    "feed": _FEED,
    "feeds": _FEED,
}
VERBS = {
    "watch": Verb.WATCH,
    "list": Verb.LIST,
    "unwatch": Verb.UNWATCH,
    "test": Verb.TEST,
    "why": Verb.WHY,
    "edit": Verb.EDIT,
    "move": Verb.MOVE,
    "mute": Verb.MUTE,
    "snooze": Verb.SNOOZE,
    "settings": Verb.SETTINGS,
    "digest": Verb.DIGEST,
    "story": Verb.STORY,
    "timeline": Verb.STORY,
    "latest": Verb.LATEST,
    "follow": Verb.FOLLOW,
    "unfollow": Verb.UNFOLLOW,
    "help": Verb.HELP,
    "?": Verb.HELP,
    "": Verb.HELP,
}
NEEDS = {
    Verb.WATCH: ("a query", 'watch "Miami talks"'),
    Verb.TEST: ("a query", "test NATO days 14"),
    Verb.UNWATCH: ("a topic’s name", "unwatch NATO"),
    Verb.WHY: ("an article’s link", "why https://outlet.example/story"),
    Verb.EDIT: ("a topic’s name", "edit NATO outlets 3"),
    Verb.MOVE: ("a topic’s name", "move NATO to #general"),
    Verb.UNFOLLOW: ("what you follow", "unfollow NATO"),
    Verb.FEED_ADD: ("an address", "feed add https://outlet.example/rss"),
    Verb.FEED_PREVIEW: ("an address", "feed preview https://outlet.example/"),
    Verb.FEED_PAUSE: ("a feed’s name", "feed pause Reuters"),
    Verb.FEED_RESUME: ("a feed’s name", "feed resume Reuters"),
    Verb.FEED_REMOVE: ("a feed’s name", "feed remove Reuters"),
}
