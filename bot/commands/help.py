"""help: what can be asked, in one screen."""

from __future__ import annotations

from bot.commands.caller import Reply
from bot.model.text import Mark, RichText, Span, plain
from bot.words import later, say

MENUS = "Why this?, Watch this story"

VERBS: tuple[tuple[str, str], ...] = (
    ("topic watch QUERY", later('alert this channel about it, e.g. topic watch "Miami talks"')),
    ("topic test QUERY", later("see what it would have fired on, without switching it on")),
    ("topic list", later("what is watched, and where")),
    ("topic edit NAME", later("another query, and what that changes; outlets, mention, urgent")),
    ("topic mute NAME", later("discard its stories for a while; “snooze” holds them and sums up")),
    ("topic move NAME", later("to another channel, with what it was still to tell")),
    ("topic unwatch NAME", later("stop it in this channel")),
    ("topic why LINK", later("why an article was alerted, or was not")),
    ("latest", later("the stories that were told here last, as they stand now")),
    ("story WORDS", later("who reported a story and when; by words, its number or a link")),
    ("follow QUERY", later("be told in person, by direct message; alone: what you follow")),
    ("unfollow NAME", later("end it")),
    ("settings aliases list", later("names that mean the same, beside the built-in ones")),
    (
        "settings show",
        later("when and how often this channel hears: digests, quiet hours, time zone"),
    ),
    ("settings crosspost", later("publish an announcement channel to its followers (Discord)")),
    ("settings tags", later("the tags of all that is posted in a forum (Discord)")),
    ("settings audit", later("who changed what, newest first; for those who may change it")),
    (
        "settings export",
        later("all that is kept of this workspace, as a file; for its administrators"),
    ),
    ("settings test", later("post a message that says it is a test, to see that it can be done")),
    ("digest show", later("what is held for this channel, and until when")),
    ("feed add URL", later("read one more source")),
    ("feed list", later("the sources, and how they do")),
    ("feed preview URL", later("what a feed, or the feeds of a page, would bring")),
    ("feed health", later("how the sources do, those in trouble first")),
    ("feed pause NAME", later("stop reading one for a while; “feed resume” undoes it")),
    ("feed import", later("follow all feeds of an OPML file, or of one at an address")),
    ("feed export", later("the followed feeds as an OPML file")),
    ("feed remove NAME", later("stop reading one")),
    ("help", later("this")),
)
QUERIES: tuple[tuple[str, str], ...] = (
    ("Witkoff Umerov", later("both words")),
    ("Witkoff OR Umerov", later("either")),
    ('"child deportation"', later("the words together")),
    ("Miami -Heat", later("the first without the second")),
    ("(NATO OR Alliance) membership", later("parentheses group")),
)


def help_reply(*, prefix: str = "") -> Reply:
    """The verbs, each with `prefix` before it as the platform types it ("/", "/news ", "")."""
    return Reply(
        title=say("Wirewatch: one alert per story"),
        lines=(
            *(_line(prefix + verb, what) for verb, what in VERBS),
            plain(
                say("In the menu of any alert, or of a message with a link: {names}.", names=MENUS)
            ),
            (Span(text=say("Queries"), mark=Mark.STRONG),),
            *(_line(query, what) for query, what in QUERIES),
        ),
    )


def _line(code: str, what: str) -> RichText:
    return (Span(text=code, mark=Mark.CODE), Span(text=f"  {say(what)}"))
