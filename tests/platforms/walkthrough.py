"""Everything that can be asked in a chat, in the order in which somebody would, mistakes among it.

Both platforms' tests walk through it against their loopback server; docs/commands.md is made of it:

    python -m tests.platforms.walkthrough > docs/commands.md
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.platforms.presses import table

FEED, SITE = "{feeds}/feed", "{feeds}/site"
OPML = "{feeds}/list.opml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is typed on each platform, and a part of what comes back on both. `{feeds}` is a
    publisher's address, `{desk}` another channel: its name on Slack, its id on Discord; `{wire}` is
    an announcement channel and `{forum}` a forum: Slack has neither, and its command is "".
    """

    discord: str
    options: Mapping[str, str | int | bool] = field(default_factory=dict)
    slack: str
    says: str
    wrong: bool = False  # a mistake, and how it is answered
    unsaid: str = ""  # what must not be in the answer


def _do(discord: str, slack: str, says: str, **options: str | int | bool) -> Step:
    return Step(discord=discord, slack=slack, says=says, options=options)


def _wrong(discord: str, slack: str, says: str, **options: str | int | bool) -> Step:
    return Step(discord=discord, slack=slack, says=says, options=options, wrong=True)


FIRST_DAY = (
    _do("help", "help", "one alert per story"),
    _do("topic list", "list", "No topics yet"),
    _do("topic test", "test Miami days 3", "Would have fired on 0 stories in 3 days",
        query="Miami", days=3),
    _wrong("topic test", "test (Miami", "This parenthesis is never closed.", query="(Miami"),
    _do("topic watch", 'watch Miami as "Talks"', "Watching “Talks” in #news",
        query="Miami", name="Talks"),
    _do("topic watch", "watch Oslo template compact", "A made-up story would look like this:",
        query="Oslo", template="compact"),
    _wrong("topic watch", 'watch Kyiv as "Talks"', "There is a topic “Talks” already", query="Kyiv",
           name="Talks"),
    _wrong("topic watch", 'watch Kyiv template "{headlin}"', "Did you mean {headline}?",
           query="Kyiv", template="{headlin}"),
    _do("topic list", "list", "2 topics"),
    _do("topic edit", "edit Oslo query Oslo OR Bergen", "“Oslo” looks for something else now",
        name="Oslo", query="Oslo OR Bergen"),
    _do("topic edit", "edit Oslo outlets 3", "Told once 3 outlets report it.",
        name="Oslo", outlets=3),
    _wrong("topic edit", "edit Rome outlets 3", "There is no topic “Rome”.",
           name="Rome", outlets=3),
    _do("topic move", "move Oslo to #desk", "“Oslo” moved to #desk", name="Oslo", to="{desk}"),
    _wrong("topic move", "move Oslo to #desk", "“Oslo” is not watched in #news.",
           name="Oslo", to="{desk}"),
    _do("topic unwatch", "unwatch Oslo in #desk", "No longer watching “Oslo”",
        name="Oslo", channel="{desk}"),
    _wrong("topic unwatch", "unwatch Oslo", "There is no topic “Oslo”.", name="Oslo"),
    _wrong("topic why", "why https://elsewhere.example/1", "No feed that is followed here",
           article="https://elsewhere.example/1"),
    _do("feed preview", f"feed preview {SITE}", "Meridian Wire", url=SITE),
    _do("feed add", f"feed add {FEED}", "Following “Meridian Wire”", url=FEED),
    _wrong("feed add", "feed add {feeds}/nothing", "404", url="{feeds}/nothing"),
    _do("feed list", "feed list", "Meridian Wire"),
    _do("feed health", "feed health Meridian Wire", "Meridian Wire", name="Meridian Wire"),
    _wrong("feed health", "feed health Nobody", "“Nobody”", name="Nobody"),
    _do("feed pause", "feed pause Meridian Wire", "“Meridian Wire” is paused",
        name="Meridian Wire"),
    _do("feed resume", "feed resume Meridian Wire", "“Meridian Wire” is read again",
        name="Meridian Wire"),
    _wrong("feed resume", "feed resume Nobody", "“Nobody”", name="Nobody"),
    _wrong("feed pause", "feed pause Nobody", "“Nobody”", name="Nobody"),
    _wrong("feed preview", "feed preview {feeds}/nothing", "404", url="{feeds}/nothing"),
    _do("feed import", f"feed import {OPML}", "Following 1 more feed", url=OPML),
    _wrong("feed import", f"feed import {FEED}", "OPML", url=FEED),
    _do("feed export", "feed export", "as OPML"),
    _do("feed remove", "feed remove Second Wire", "“Second Wire”", name="Second Wire"),
    _wrong("feed remove", "feed remove Nobody", "“Nobody”", name="Nobody"),
    _do("settings show", "settings", "at most 10 cards an hour"),
    _do("settings change", "settings quiet 22:00-07:00 all quiet 9:00", "quiet 22:00-07:00",
        quiet="22:00-07:00", all_quiet="9:00"),
    _wrong("settings change", "settings timezone Europe/Kyjiv", "There is no time zone",
           timezone="Europe/Kyjiv"),
    _do("settings change", "settings quiet off", "no quiet hours", quiet="off"),
    _do("settings server", "settings workspace timezone Europe/Kyiv", "Europe/Kyiv",
        timezone="Europe/Kyiv"),
    _wrong("settings server", "settings workspace timezone Kyjiv", "There is no time zone",
           timezone="Kyjiv"),
    _do("settings server", "settings workspace language de", "Sprache: Deutsch.", language="de"),
    _do("settings server", "settings workspace language auto", "Sprache: Englisch",
        language="auto"),
    _do("settings mute", "mute here 2h", "until", until="2h"),
    _do("settings mute", "mute here off", "#news", until="off"),
    _wrong("settings mute", "mute here until 25:00", "25:00", until="until 25:00"),
    _do("settings snooze", "snooze here 2h", "until", until="2h"),
    _do("settings snooze", "snooze here off", "#news", until="off"),
    _wrong("settings snooze", "snooze here until 25:00", "25:00", until="until 25:00"),
    _do("settings aliases add", "settings aliases add Acme, Coyote Supplies", "Acme",
        names="Acme, Coyote Supplies"),
    _wrong("settings aliases add", "settings aliases add Acme", "two", names="Acme"),
    _do("settings aliases list", "settings aliases", "Coyote Supplies"),
    _do("settings aliases remove", "settings aliases remove Acme", "Acme", name="Acme"),
    _wrong("settings aliases remove", "settings aliases remove Nobody", "Nobody", name="Nobody"),
    _do("settings test", "settings test", "A test message is on its way to #news"),
    _wrong("settings test", "settings test", "was asked for within this minute"),
    _do("settings audit", "settings audit", "topic move"),
    _do("settings export", "settings export", "rows of this workspace"),
    _do("settings crosspost", "", "Alerts of #wire are published from now on",
        publish=True, channel="{wire}"),
    _do("settings crosspost", "", "Alerts of #wire are not published",
        publish=False, channel="{wire}"),
    _wrong("settings crosspost", "", "#news is no announcement channel.", publish=True),
    _do("settings tags", "", "Each post in #stories is tagged World",
        names="world", channel="{forum}"),
    _do("settings tags", "", "No tags for every post in #stories",
        names="none", channel="{forum}"),
    _wrong("settings tags", "", "There are: World, Politics.",
           names="Sport", channel="{forum}"),
    _wrong("settings tags", "", "#news is no forum.", names="World"),
    _do("digest show", "digest", "Nothing is held"),
    _do("digest now", "digest now", "Nothing is held"),
    _do("latest", "latest", "Nothing was told here yet"),
    _wrong("latest", "latest Rome", "There is no topic “Rome”.", topic="Rome"),
    _wrong("story", "story", "No story has been told here yet"),
    _do("follow", "follow", "You follow nothing here yet"),
    _do("follow", "follow Witkoff -golf", "You follow “Witkoff -golf”", query="Witkoff -golf"),
    _wrong("follow", "follow (Witkoff", "This parenthesis is never closed.", query="(Witkoff"),
    _do("follow", "follow Umerov by ping", "I ping you at what #news is told of it", query="Umerov",
        ping=True),
    _do("unfollow", "unfollow everything", "You no longer follow", name="everything"),
    _wrong("unfollow", "unfollow Witkoff", "You follow nothing here.", name="Witkoff"),
)  # fmt: skip
"""Before anything was told."""

SECOND_DAY = (
    _do("latest", "latest", "Envoys arrive in Miami"),
    _do("latest", "latest Talks", "The latest of “Talks”", topic="Talks"),
    _do("story", "story envoys", "2 independent outlets", story="envoys"),
    _wrong("story", "story Antarctica", "“Antarctica”", story="Antarctica"),
    _do("topic why", "why 1", "Why this was alerted", article="1"),
    _do("topic edit", "edit Talks template full", "The last story that was told here",
        name="Talks", template="full"),
    _do("topic mute", "mute Talks 2h", "Muted “Talks”", name="Talks", until="2h"),
    _wrong("topic mute", "mute Rome 2h", "There is no topic “Rome”.", name="Rome", until="2h"),
    _do("topic snooze", "snooze Talks 2h", "Talks", name="Talks", until="2h"),
    _wrong("topic snooze", "snooze Rome 2h", "There is no topic “Rome”.", name="Rome", until="2h"),
    _do("topic unwatch", "unwatch Talks", "No longer watching “Talks”", name="Talks"),
)  # fmt: skip
"""After two outlets told a story of Miami, of which there is a card in #news."""

STEPS = FIRST_DAY + SECOND_DAY
CANNOT_FAIL = {"help", "topic list", "feed list", "feed export", "settings show",
               "settings aliases list", "settings audit", "settings export", "digest show",
               "digest now"}  # fmt: skip
"""Commands without words that could be wrong."""


def gaps(commands: set[str]) -> list[str]:
    """What is to be added here for these commands of Discord's tree."""
    done = {step.discord for step in STEPS if not step.wrong}
    failed = {step.discord for step in STEPS if step.wrong}
    missing = [f"a step with “{one}”" for one in sorted(commands - done)]
    missing += [f"a mistake with “{one}”" for one in sorted(commands - failed - CANNOT_FAIL)]
    return missing + [f"no such command: “{one}”" for one in sorted((done | failed) - commands)]


def page() -> str:
    """docs/commands.md."""
    lines = [
        "# Every command, by example",
        "",
        "What somebody types in Discord and in Slack, and a part of what comes back, mistakes",
        "among it (⚠). The tests walk through it on both platforms, in this order, and this page",
        "is made of it. On Slack the command may have another name than `/news`.",
        "",
        "| Discord | Slack | what comes back |",
        "|---|---|---|",
    ]
    for step in STEPS:
        said = step.says.replace("|", "\\|")
        lines.append(f"| {_discord(step)} | {_slack(step)} | {'⚠ ' if step.wrong else ''}{said} |")
    lines += [
        "",
        "## The buttons under an alert",
        "",
        "What is answered goes to who pressed alone. A button works as long as its card stands,",
        "whatever was started anew meanwhile.",
        "",
        *table(),
    ]
    return "\n".join(lines) + "\n"


def _discord(step: Step) -> str:
    options = "".join(f" {name}:{_named(str(value))}" for name, value in step.options.items())
    return f"`/{step.discord}{options}`"


def _slack(step: Step) -> str:
    return f"`/news {_named(step.slack)}`" if step.slack else "–"


def _named(text: str) -> str:
    shown = text.replace("{feeds}", "https://outlet.example").replace("{desk}", "#desk")
    shown = shown.replace("{wire}", "#wire").replace("{forum}", "#stories")
    return shown.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
