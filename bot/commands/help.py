"""help: what can be asked, in one screen."""

from __future__ import annotations

from bot.commands.caller import Reply
from bot.model.text import Mark, RichText, Span, plain
from bot.words import say

MENUS = "Why this?, Watch this story"

VERBS: tuple[tuple[str, str], ...] = (
    ("topic watch QUERY", 'alert this channel about it, e.g. topic watch "Miami talks"'),
    ("topic test QUERY", "see what it would have fired on, without switching it on"),
    ("topic list", "what is watched, and where"),
    ("topic edit NAME", "another query, and what that changes; outlets, mention, urgent"),
    ("topic mute NAME", "discard its stories for a while; “snooze” holds them and sums up"),
    ("topic move NAME", "to another channel, with what it was still to tell"),
    ("topic unwatch NAME", "stop it in this channel"),
    ("topic why LINK", "why an article was alerted, or was not"),
    ("latest", "the stories that were told here last, as they stand now"),
    ("story WORDS", "who reported a story and when; by words, its number or a link"),
    ("follow QUERY", "be told in person, by direct message; alone: what you follow"),
    ("unfollow NAME", "end it"),
    ("settings aliases list", "names that mean the same, beside the built-in ones"),
    ("settings show", "when and how often this channel hears: digests, quiet hours, time zone"),
    ("settings crosspost", "publish an announcement channel to its followers (Discord)"),
    ("settings tags", "the tags of all that is posted in a forum (Discord)"),
    ("settings audit", "who changed what, newest first; for those who may change it"),
    ("settings export", "all that is kept of this workspace, as a file; for its administrators"),
    ("settings test", "post a message that says it is a test, to see that it can be done"),
    ("digest show", "what is held for this channel, and until when"),
    ("feed add URL", "read one more source"),
    ("feed list", "the sources, and how they do"),
    ("feed preview URL", "what a feed, or the feeds of a page, would bring"),
    ("feed health", "how the sources do, those in trouble first"),
    ("feed pause NAME", "stop reading one for a while; “feed resume” undoes it"),
    ("feed import", "follow all feeds of an OPML file, or of one at an address"),
    ("feed export", "the followed feeds as an OPML file"),
    ("feed remove NAME", "stop reading one"),
    ("help", "this"),
)
QUERIES: tuple[tuple[str, str], ...] = (
    ("Witkoff Umerov", "both words"),
    ("Witkoff OR Umerov", "either"),
    ('"child deportation"', "the words together"),
    ("Miami -Heat", "the first without the second"),
    ("(NATO OR Alliance) membership", "parentheses group"),
)


def help_reply(*, prefix: str = "") -> Reply:
    """The verbs, each with `prefix` before it as the platform types it ("/", "/news ", "")."""
    return Reply(
        title="Wirewatch: one alert per story",
        lines=(
            *(_line(prefix + verb, what) for verb, what in VERBS),
            plain(
                say("In the menu of any alert, or of a message with a link: {names}.", names=MENUS)
            ),
            (Span(text="Queries", mark=Mark.STRONG),),
            *(_line(query, what) for query, what in QUERIES),
        ),
    )


def _line(code: str, what: str) -> RichText:
    return (Span(text=code, mark=Mark.CODE), Span(text=f"  {what}"))
