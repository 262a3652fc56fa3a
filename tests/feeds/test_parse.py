"""Real feedparser on small feeds in every format, and on what feeds get wrong."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.errors import ParseError
from bot.feeds.normalise import clean_uid, seen_keys
from bot.feeds.parse import parse
from bot.model.article import ParsedArticle, ParsedFeed
from tests.feeds import documents
from tests.feeds.conftest import NOW
from tests.feeds.documents import rss

URL = "https://harbour.example/feed"
NINE = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)


def read(body: bytes, *, content_type: str = "") -> ParsedFeed:
    return parse(body, url=URL, content_type=content_type, now=NOW)


def only(*parts: str, attributes: str = "") -> ParsedArticle:
    (article,) = read(rss("".join(parts), attributes=attributes)).articles
    return article


MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
ITUNES = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'


def test_rss_20() -> None:
    feed = read(documents.RSS_20)
    assert feed.title == "The Harbour Post"
    assert feed.home_url == "https://harbour.example/"
    assert feed.language == "en-gb"
    assert feed.ttl_s == 1800
    assert feed.bozo == ""
    first, second = feed.articles
    assert first == ParsedArticle(
        uid="post-7",
        url="https://harbour.example/2026/03/talks?utm_source=rss&id=7",
        canonical_url="https://harbour.example/2026/03/talks?id=7",
        title="Talks begin in Miami",
        summary="Envoys met today. Nothing is agreed.",
        published_at=NINE,
        authors=("Ada Quist",),
        categories=("World", "Diplomacy"),
        image_url="https://harbour.example/7.jpg",
        language="en-gb",
    )
    assert second.title == "Ferry & tug collide"
    assert second.published_at == datetime(2026, 3, 13, 8, 30, tzinfo=UTC)


def test_atom_10() -> None:
    first, second = read(documents.ATOM_10).articles
    assert first.uid == "https://harbour.example/post-7"  # feedparser makes ids absolute
    assert first.url == "https://harbour.example/2026/03/talks"
    assert first.published_at == NINE
    assert first.authors == ("Ada Quist",)
    assert first.categories == ("World",)
    assert first.summary == "Envoys met today."
    assert first.language == "en-GB"
    assert second.title == "Use <b> with care"
    assert second.summary == "No one was hurt."
    assert second.published_at == datetime(2026, 3, 13, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        documents.RSS_20,
        documents.ATOM_10,
        documents.ATOM_03,
        documents.RDF_10,
        documents.RSS_090,
        documents.JSON_10,
        documents.JSON_11,
        *map(documents.rss_09x, ("0.91", "0.92", "0.93", "0.94")),
    ],
)
@pytest.mark.parametrize(
    "content_type", ["", "text/html", "application/octet-stream", "text/plain"]
)
def test_every_format_whatever_its_content_type(body: bytes, content_type: str) -> None:
    feed = read(body, content_type=content_type)
    assert feed.title == "The Harbour Post"
    first, second = feed.articles
    assert first.title == "Talks begin in Miami"
    assert first.canonical_url == "https://harbour.example/2026/03/talks" + (
        "?id=7" if body is documents.RSS_20 else ""
    )
    assert set(seen_keys(first)).isdisjoint(seen_keys(second))


def test_ids_and_dates_of_the_older_formats() -> None:
    assert read(documents.ATOM_03).articles[0].published_at == NINE
    first = read(documents.RDF_10).articles[0]
    assert first.uid == first.url
    assert first.published_at == NINE
    note = read(documents.rss_09x("0.92")).articles[1]
    assert (note.uid, note.url, note.title) == ("", "", "")
    assert note.summary == "A note without a title or a link."


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_every_encoding(encoding: str) -> None:
    text = documents.RSS_20.decode().replace("Miami", "Zürich – 会談")
    assert read(text.encode(encoding)).articles[0].title == "Talks begin in Zürich – 会談"


def test_utf_16_mislabelled() -> None:
    body = documents.RSS_20.replace(b"utf-8", b"utf-16")
    feed = read(body)
    assert len(feed.articles) == 2
    assert "utf-16" in feed.bozo


def test_one_bad_byte_does_not_spoil_the_others() -> None:
    body = rss("<title>Zürich öffnet</title>", "<title>Fähre</title>") + b"<!-- \xff -->"
    assert [one.title for one in read(body).articles] == ["Zürich öffnet", "Fähre"]


@pytest.mark.parametrize(
    "body",
    [
        documents.RSS_20.replace(b"</channel></rss>", b""),
        documents.RSS_20.replace(b"No one was hurt.", b"Q&A <br> & more"),
        documents.RSS_20 + b"trailing rubbish <<<",
        b"PHP Warning: oops in feed.php\n" + documents.RSS_20,
        documents.RSS_20.replace(b"</pubDate>", b"</pubdate>", 1),
        documents.RSS_20.replace(b'xmlns:media="http://search.yahoo.com/mrss/"', b""),
        documents.RSS_20.replace(b"hurt.", b"hurt.&nbsp;&bogus;&#xD800;&#99999999999;\x08"),
    ],
)
def test_ill_formed_documents_are_read_as_far_as_they_go(body: bytes) -> None:
    feed = read(body)
    assert [one.uid for one in feed.articles] == ["post-7", "post-6"]
    assert feed.articles[0].title == "Talks begin in Miami"


def test_a_document_that_is_cut_off_says_so() -> None:
    assert read(documents.RSS_20[:-200]).bozo


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "its document is empty"),
        (b"  \n ", "its document is empty"),
        (b"<html><body>Hi</body></html>", "not a feed but a web page, and it names no feed"),
        (b"Just text", "not a feed: neither RSS nor Atom nor JSON Feed"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a feed: neither RSS"),
        (b"%PDF-1.7 \xff\xfe", "not a feed: neither RSS"),
        (b'{"a": 1}', "not a feed: it is JSON, but not a JSON Feed"),
        (b'[{"items": []}]', "not a feed: it is JSON, but not a JSON Feed"),
        (b'{"items": ', "its JSON cannot be read"),
        (b"[" * 100_000, "its JSON cannot be read"),
        (b"/etc/passwd", "not a feed: neither RSS"),
        (b"http://127.0.0.1:1/feed", "not a feed: neither RSS"),
        (b"file:///etc/passwd", "not a feed: neither RSS"),
    ],
)
def test_what_is_no_feed(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(body)
    assert caught.value.reason.startswith(reason)
    assert caught.value.url == URL


def test_a_page_names_its_feeds() -> None:
    with pytest.raises(ParseError) as caught:
        read(documents.PAGE)
    assert caught.value.reason == (
        "not a feed, but this page offers: https://harbour.example/feed.xml,"
        " https://harbour.example/atom"
    )


def test_an_empty_feed_is_a_feed() -> None:
    assert read(rss()).articles == ()
    assert read(b'<feed xmlns="http://www.w3.org/2005/Atom"/>').articles == ()


def test_one_bad_item_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fussy(value: str) -> str:
        if value == "post-7":
            raise ValueError(value)
        return clean_uid(value)

    monkeypatch.setattr("bot.feeds.entry.clean_uid", fussy)
    assert [one.uid for one in read(documents.RSS_20).articles] == ["post-6"]


@pytest.mark.parametrize(
    "parts",
    [
        ("<description>Real</description>", "<media:description>Photo</media:description>"),
        ("<media:description>Photo</media:description>", "<description>Real</description>"),
        ("<description>Real</description>", "<itunes:summary>Cast</itunes:summary>"),
        ("<itunes:summary>Cast</itunes:summary>", "<description>Real</description>"),
        ("<itunes:subtitle>Sub</itunes:subtitle>", "<description>Real</description>"),
        (
            "<content:encoded>Long</content:encoded>",
            "<description>Real</description>",
            "<media:description>Photo</media:description>",
        ),
        (
            "<media:group><media:description>Photo</media:description></media:group>",
            "<description>Real</description>",
            "<content:encoded>Long</content:encoded>",
        ),
        ("<media:description>Photo</media:description>", "<content:encoded>Real</content:encoded>"),
    ],
)
def test_the_summary_is_the_items_own(parts: tuple[str, ...]) -> None:
    found = only("<title>t</title>", *parts, attributes=f"{MEDIA} {ITUNES} {CONTENT}")
    assert found.summary == "Real"


def test_a_video_without_a_summary_has_its_description() -> None:
    group = "<media:group><media:description>A film.</media:description></media:group>"
    assert only(group, attributes=MEDIA).summary == "A film."
    assert only("<itunes:summary>A cast.</itunes:summary>", attributes=ITUNES).summary == "A cast."


def test_summaries_are_cut_and_full_text_is_not_kept() -> None:
    summary = only(f"<description>{'word ' * 2000}</description>").summary
    assert len(summary) <= 2000
    assert summary.endswith("word…")


def test_titles() -> None:
    assert only("<title>AT&amp;amp;T &amp;lt;3</title>").title == "AT&T <3"
    assert only("<title><![CDATA[<b>Bold</b> move]]></title>").title == "Bold move"
    assert only("<title>a\u202eb\u200bc</title>").title == "abc"
    media = "<title>Own</title><media:title>Photo</media:title>"
    assert only(media, attributes=MEDIA).title == "Own"
    assert only("<title>\n  Two\n  lines </title>").title == "Two lines"


@pytest.mark.parametrize(
    ("parts", "at"),
    [
        ("<pubDate>Sat, 14 Mar 2026 11:00:00 CEST</pubDate>", NINE),
        ("<pubDate>Sun, 14 Mar 2027 11:00:00 GMT</pubDate>", None),
        ("<pubDate>Sun, 14 Mar 1283 11:00:00 GMT</pubDate>", None),
        ("<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>", None),
        ("<pubDate>0000-00-00</pubDate>", None),
        ("<pubDate>soon</pubDate>", None),
        ("<pubDate>0001-01-01T00:00:00+14:00</pubDate>", None),
        ("<pubDate>99999999-01-01T00:00:00Z</pubDate>", None),
        (
            "<pubDate>nonsense</pubDate><atom:updated>2026-03-14T09:00:00Z</atom:updated>",
            NINE,
        ),
        (
            (
                "<atom:updated>2026-03-14T11:30:00Z</atom:updated>"
                "<pubDate>Sat, 14 Mar 2026 09:00:00 GMT</pubDate>"
            ),
            NINE,
        ),
        ("<dc:date>2026-03-14T09:00:00Z</dc:date>", NINE),
        ("", None),
    ],
)
def test_dates(parts: str, at: datetime | None) -> None:
    spaces = 'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    assert only("<title>t</title>", parts, attributes=spaces).published_at == at


@pytest.mark.parametrize(
    ("parts", "url"),
    [
        ("<link>/2026/a</link>", "https://harbour.example/2026/a"),
        (
            "<link> https://harbour.example/a?b=1&amp;c=2 </link>",
            "https://harbour.example/a?b=1&c=2",
        ),
        ("<link>javascript:alert(1)</link>", ""),
        ("<link>mailto:desk@harbour.example</link>", ""),
        ("<guid>https://harbour.example/p/1</guid>", "https://harbour.example/p/1"),
        ('<guid isPermaLink="false">https://harbour.example/p/1</guid>', ""),
        ("<guid>1</guid>", "https://harbour.example/1"),
        (
            (
                "<link>http://feeds.feedburner.com/~r/x/~3/1</link>"
                "<feedburner:origLink>https://harbour.example/a</feedburner:origLink>"
            ),
            "https://harbour.example/a",
        ),
        (
            '<atom:link rel="alternate" type="text/plain" href="/a.txt"/>',
            "https://harbour.example/a.txt",
        ),
        ("", ""),
    ],
)
def test_links(parts: str, url: str) -> None:
    spaces = (
        'xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    )
    assert only("<title>t</title>", parts, attributes=spaces).url == url


def test_base_uris_do_not_leak_between_items() -> None:
    feed = read(
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry xml:base="https://other.example/">'
        b'<title>a</title><link href="a"/></entry><entry><title>b</title><link href="b"/></entry>'
        b"</feed>"
    )
    assert [one.url for one in feed.articles] == [
        "https://other.example/a",
        "https://harbour.example/b",
    ]


@pytest.mark.parametrize(
    ("parts", "image"),
    [
        ('<media:thumbnail url="/t.jpg"/>', "https://harbour.example/t.jpg"),
        (
            '<media:content url="/v.mp4" medium="video"/><media:thumbnail url="/t.jpg"/>',
            "https://harbour.example/t.jpg",
        ),
        ('<media:content url="/i.jpg" type="image/jpeg"/>', "https://harbour.example/i.jpg"),
        ('<enclosure url="/e.png" type="image/png" length="1"/>', "https://harbour.example/e.png"),
        ('<enclosure url="/e.mp3" type="audio/mpeg" length="1"/>', None),
        ('<itunes:image href="/p.jpg"/>', "https://harbour.example/p.jpg"),
        (
            '<description>&lt;img src="/d.jpg?a=1&amp;amp;b=2"&gt;</description>',
            "https://harbour.example/d.jpg?a=1&b=2",
        ),
        ('<description>&lt;img src="data:image/gif;base64,AA"&gt;</description>', None),
        ('<media:thumbnail url="javascript:alert(1)"/>', None),
    ],
)
def test_images(parts: str, image: str | None) -> None:
    assert only("<title>t</title>", parts, attributes=f"{MEDIA} {ITUNES}").image_url == image


def test_authors() -> None:
    dc = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    assert only("<author>ada@harbour.example (Ada Quist)</author>").authors == ("Ada Quist",)
    assert only(
        "<dc:creator>Ada</dc:creator><dc:creator>Bo</dc:creator>", attributes=dc
    ).authors == (
        "Ada",
        "Bo",
    )
    assert only("<author>Ada Quist &lt;ada@harbour.example&gt;</author>").authors == ("Ada Quist",)
    assert only("<author>desk@harbour.example</author>").authors == ("desk@harbour.example",)
    assert only("<author/>").authors == ()


def test_the_outlet_of_an_aggregators_item() -> None:
    source = '<source url="https://harbour.example/feed">The Harbour Post</source>'
    assert only("<title>t</title>", source).outlet == "The Harbour Post"
    same = read(rss(source, head="<title>The Harbour Post</title>")).articles[0]
    assert same.outlet == ""


def test_a_feeds_hints() -> None:
    syndication = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'

    def hint(head: str) -> float | None:
        return read(rss("<title>t</title>", head=head, attributes=syndication)).ttl_s

    assert hint("<ttl>60</ttl>") == 3600
    assert hint("<ttl>soon</ttl>") is None
    assert hint("<ttl>-5</ttl>") is None
    assert hint("<ttl>nan</ttl>") is None
    assert hint("<ttl>99999999</ttl>") is None
    assert hint("<sy:updatePeriod>hourly</sy:updatePeriod>") is None
    daily = "<sy:updatePeriod>daily</sy:updatePeriod>"
    assert hint(daily) == 86_400
    assert hint(f"{daily}<sy:updateFrequency>4</sy:updateFrequency>") == 21_600


def test_duplicate_ids_stay_apart() -> None:
    feed = read(
        rss(
            "<guid isPermaLink='false'>1</guid><link>https://a.example/1</link><title>Storm</title>",
            "<guid isPermaLink='false'>1</guid><link>https://a.example/2</link><title>Storm</title>",
        )
    )
    first, second = feed.articles
    assert set(seen_keys(first)).isdisjoint(seen_keys(second))


def test_feed_titles_are_cleaned_too() -> None:
    feed = read(rss(head="<title>&lt;b&gt;The\u202e Harbour&lt;/b&gt; &amp;amp; Post</title>"))
    assert feed.title == "The Harbour & Post"


def test_entities_do_no_harm() -> None:
    laughs = b"".join(
        b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"ha" * 10) for n in range(9)
    )
    body = b"<!DOCTYPE rss [" + laughs + b"]>" + rss("<title>&l8;</title>", "<title>Fine</title>")
    assert read(body).articles[-1].title == "Fine"
    body = b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + rss("<title>a&x;b</title>")
    assert "root" not in read(body).articles[0].title
