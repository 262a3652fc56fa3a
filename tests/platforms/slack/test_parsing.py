"""What people type after /news, and what it is taken for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CommandError
from bot.model.topic import Updates
from bot.platforms.slack.orders import Order, Place, Verb
from bot.platforms.slack.parsing import parse_order, unquoted
from bot.platforms.slack.targets import Target, TargetKind

HELP, LIST, FEEDS = Order(verb=Verb.HELP), Order(verb=Verb.LIST), Order(verb=Verb.FEED_LIST)


def watch(words: str, place: Place | None = None, name: str = "") -> Order:
    return Order(verb=Verb.WATCH, words=words, place=place, name=name)


def add(url: str, name: str = "") -> Order:
    return Order(verb=Verb.FEED_ADD, words=url, name=name)


def stop(name: str, place: Place | None = None) -> Order:
    return Order(verb=Verb.UNWATCH, words=name, place=place)


def tried(words: str, days: int | None = None) -> Order:
    return Order(verb=Verb.TEST, words=words, days=days)


GENERAL = Place(name="general")
DESK = Target(kind=TargetKind.GROUP, id="S1", name="desk")
NOBODY = Target(kind=TargetKind.NOBODY)
TWO_HOURS = "for 2 hours"
RESOLVED = Place(id="C123", name="general")

TYPED: list[tuple[str, Order]] = [
    ("", HELP),
    ("   ", HELP),
    ("help", HELP),
    ("HELP me", Order(verb=Verb.HELP, words="me")),
    ("?", HELP),
    ("list", LIST),
    ("topic list", LIST),
    ("topics", LIST),
    ("topic", LIST),
    ("feed list", FEEDS),
    ("feeds", FEEDS),
    ("Feed", FEEDS),
    ("watch NATO", watch("NATO")),
    ("Watch  NATO\tsummit ", watch("NATO summit")),
    ("topic watch NATO", watch("NATO")),
    ("topic add NATO", watch("NATO")),
    ('watch "Miami talks"', watch('"Miami talks"')),
    ("watch “Miami talks”", watch('"Miami talks"')),
    ("watch „Miami talks“", watch('"Miami talks"')),
    ("watch «Miami talks»", watch('"Miami talks"')),
    ("watch Putin’s “Miami talks”", watch('Putin’s "Miami talks"')),
    ("watch (NATO OR Alliance) -Heat", watch("(NATO OR Alliance) -Heat")),
    ("watch NATO in #general", watch("NATO", GENERAL)),
    ("watch NATO IN #General", watch("NATO", GENERAL)),
    ("watch “Miami talks” in #general", watch('"Miami talks"', GENERAL)),
    ('watch "Miami talks"in #general', watch('"Miami talks"', GENERAL)),
    ("watch (a OR b)in #general", watch("(a OR b)", GENERAL)),
    ("watch NATO in <#C123|general>", watch("NATO", RESOLVED)),
    ("watch NATO in <#C123>", watch("NATO", Place(id="C123"))),
    ("watch NATO in <#C123|>", watch("NATO", Place(id="C123"))),
    ("watch in #general NATO summit", watch("NATO summit", GENERAL)),
    ("watch in <#C123|general> NATO", watch("NATO", RESOLVED)),
    ("watch NATO in #новини", watch("NATO", Place(name="новини"))),
    ("watch talks in Miami", watch("talks in Miami")),
    ('watch "talks in #general"', watch('"talks in #general"')),
    ("watch NATO in #a in #b", watch("NATO in #a", Place(name="b"))),
    ('watch NATO OR Alliance as "The alliance"', watch("NATO OR Alliance", name="The alliance")),
    ("watch NATO as “Bloc” in #general", watch("NATO", GENERAL, "Bloc")),
    ("watch NATO in #general as “Bloc”", watch("NATO", GENERAL, "Bloc")),
    ("watch business as usual", watch("business as usual")),
    ("watch AT&amp;T", watch("AT&T")),
    ("watch a &lt; b &amp;gt;", watch("a < b &gt;")),
    ("watch source:<http://bbc.co.uk|bbc.co.uk> NATO", watch("source:bbc.co.uk NATO")),
    ("watch <https://nato.int>", watch("https://nato.int")),
    ("watch <@U123|ben> or <@U456> in <#C9|x> now", watch("@ben or @U456 in #x now")),
    ("watch <!here> <!subteam^S1|@desk>", watch("@here @desk")),
    ("watch <mailto:a@b.example|a@b.example>", watch("a@b.example")),
    ("watch list", watch("list")),
    ("watch NATO outlets 3", Order(verb=Verb.WATCH, words="NATO", outlets=3)),
    (
        "watch NATO mention <!subteam^S1|@desk> in #general outlets=2 as “Bloc”",
        Order(verb=Verb.WATCH, words="NATO", place=GENERAL, name="Bloc", outlets=2, mention=DESK),
    ),
    ("watch did nobody mention NATO", watch("did nobody mention NATO")),
    ("watch three outlets", watch("three outlets")),
    ("watch NATO urgent", watch("NATO urgent")),
    ("edit NATO urgent", Order(verb=Verb.EDIT, words="NATO", urgent=True)),
    (
        "edit NATO updates Replies outlets 3",
        Order(verb=Verb.EDIT, words="NATO", updates=Updates.REPLIES, outlets=3),
    ),
    ("edit NATO urgent off", Order(verb=Verb.EDIT, words="NATO", urgent=False)),
    (
        "topic edit “Miami talks” mention <@U123|ben>",
        Order(
            verb=Verb.EDIT,
            words="Miami talks",
            mention=Target(kind=TargetKind.USER, id="U123", name="ben"),
        ),
    ),
    ("edit NATO mention off", Order(verb=Verb.EDIT, words="NATO", mention=NOBODY)),
    (
        "edit NATO mention <!here>",
        Order(verb=Verb.EDIT, words="NATO", mention=Target(kind=TargetKind.EVERYBODY)),
    ),
    (
        "edit NATO mention @ben",
        Order(verb=Verb.EDIT, words="NATO", mention=Target(kind=TargetKind.NAMED, name="ben")),
    ),
    ("mute NATO", Order(verb=Verb.MUTE, words="NATO")),
    ("mute NATO 2h", Order(verb=Verb.MUTE, words="NATO", until="2h")),
    ("mute Miami talks for 2 hours", Order(verb=Verb.MUTE, words="Miami talks", until=TWO_HOURS)),
    ("mute “tomorrow” until 8 am", Order(verb=Verb.MUTE, words="tomorrow", until="until 8 am")),
    ("mute 2h", Order(verb=Verb.MUTE, until="2h")),
    ("snooze here tomorrow", Order(verb=Verb.SNOOZE, until="tomorrow")),
    ("topic snooze NATO off", Order(verb=Verb.SNOOZE, words="NATO", until="off")),
    ("snooze off in #general", Order(verb=Verb.SNOOZE, until="off", place=GENERAL)),
    ("settings", Order(verb=Verb.SETTINGS)),
    ("settings show", Order(verb=Verb.SETTINGS)),
    ("digest show in #general", Order(verb=Verb.DIGEST, place=GENERAL)),
    ("settings in #general", Order(verb=Verb.SETTINGS, place=GENERAL)),
    ("settings daily 8:30", Order(verb=Verb.SETTINGS, words="daily 8:30")),
    ("settings workspace", Order(verb=Verb.SHARED)),
    (
        "settings Workspace notices #ops",
        Order(verb=Verb.SHARED, words="notices #ops"),
    ),
    ("digest", Order(verb=Verb.DIGEST)),
    ("digest now in #general", Order(verb=Verb.DIGEST_NOW, place=GENERAL)),
    ("unwatch NATO", stop("NATO")),
    ('unwatch "Miami talks"', stop("Miami talks")),
    ("unwatch “Miami talks” in #general", stop("Miami talks", GENERAL)),
    ("topic unwatch a OR b", stop("a OR b")),
    ("topic remove NATO", stop("NATO")),
    ("move NATO to #desk", Order(verb=Verb.MOVE, words="NATO", to=Place(name="desk"))),
    (
        "topic move “Way to Kyiv” in #a to <#C2|b>",
        Order(
            verb=Verb.MOVE, words="Way to Kyiv", place=Place(name="a"), to=Place(id="C2", name="b")
        ),
    ),
    ("test NATO", tried("NATO")),
    ("test NATO days 30", tried("NATO", 30)),
    ("test NATO --days=7", tried("NATO", 7)),
    ("test “Miami talks” days:3", tried('"Miami talks"', 3)),
    ("test NATO days 30 in #general", Order(verb=Verb.TEST, words="NATO", place=GENERAL, days=30)),
    ("topic test first 100 days", tried("first 100 days")),
    ("watch NATO days 30", watch("NATO days 30")),
    ("feed add https://a.example/rss", add("https://a.example/rss")),
    ("feed add <https://a.example/rss>", add("https://a.example/rss")),
    ("feed add <https://a.example/?x=1&amp;y=2|a.example>", add("https://a.example/?x=1&y=2")),
    ("feeds add <http://a.example|a.example>", add("http://a.example")),
    ("feed add “https://a.example/rss”", add("https://a.example/rss")),
    ("feed add https://a.example/rss as “The A”", add("https://a.example/rss", "The A")),
    ("feed remove Reuters", Order(verb=Verb.FEED_REMOVE, words="Reuters")),
    ("feed remove “BBC News”", Order(verb=Verb.FEED_REMOVE, words="BBC News")),
    (
        "feed remove <https://a.example/rss>",
        Order(verb=Verb.FEED_REMOVE, words="https://a.example/rss"),
    ),
]

MISTYPED: list[tuple[str, str, str]] = [
    ("wacth NATO", "“wacth” is not", "`watch NATO`"),
    ("unwach NATO", "“unwach” is not", "`unwatch NATO`"),
    ("lst", "“lst” is not", "`list`"),
    ("NATO summit", "“NATO” is not", "`watch NATO summit`"),
    ("“Miami talks”", '“"Miami” is not', '`watch "Miami talks"`'),
    ("feed ad https://a.example", "“feed ad” is not", "`feed add https://a.example`"),
    ("feed https://a.example", "“feed https://a.example” is not", "`feed add"),
    ("feed delete Reuters", "“feed delete” is not", "`feed list`"),
    ("topic wath NATO", "“topic wath” is not", "`topic watch NATO`"),
    ("tpic list", "“tpic” is not", "`topic list`"),
    ("watch", "“watch” needs a query", 'watch "Miami talks"'),
    ("watch in #general", "“watch” needs a query", "watch"),
    ("test days 3", "“test” needs a query", "test NATO"),
    ("unwatch", "“unwatch” needs a topic", "unwatch NATO"),
    ("feed add", "“feed add” needs an address", "feed add https://"),
    ("feed remove", "“feed remove” needs a feed", "feed remove Reuters"),
    ("edit", "“edit” needs a topic", "edit NATO outlets 3"),
    ("mute", "“mute” needs a topic", "`mute here until 8:00`"),
]


@pytest.mark.parametrize(("text", "order"), TYPED)
def test_typed(text: str, order: Order) -> None:
    assert parse_order(text) == order


@pytest.mark.parametrize(("text", "said", "meant"), MISTYPED)
def test_mistyped(text: str, said: str, meant: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse_order(text)
    assert said in caught.value.message
    assert meant in caught.value.hint


@given(st.text(alphabet='watchin #<>|"“”C1& \n:days', max_size=60) | st.text(max_size=60))
def test_anything_at_all_is_an_order_or_a_refusal(text: str) -> None:
    for typed in (text, "watch " + text, "test " + text, "feed add " + text):
        told = outcome(typed)
        if isinstance(told, CommandError):
            assert told.hint
            assert len(told.message) + len(told.hint) < 400
        else:
            assert told.words or told.verb in (Verb.HELP, Verb.LIST, Verb.FEED_LIST)


def outcome(text: str) -> Order | CommandError:
    try:
        return parse_order(text)
    except CommandError as error:
        return error


def test_long_text_is_read_in_no_time() -> None:
    assert parse_order("mute " + "2 hours and " * 1000).verb is Verb.MUTE
    for typed in ("watch " + " in #" * 1000, "test " + " days" * 1000, 'watch "' + ' as "' * 900):
        assert parse_order(typed).words


@pytest.mark.parametrize(
    ("text", "bare"),
    [('"a b"', "a b"), ('"a" "b"', '"a" "b"'), ('""', '""'), ('" "', '" "'), ("a", "a"), ("", "")],
)
def test_unquoted(text: str, bare: str) -> None:
    assert unquoted(text) == bare
