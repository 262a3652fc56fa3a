"""What of a document is news, with and without the items that were trimmed from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.normalise import seen_keys
from bot.model.article import ParsedArticle
from bot.model.ids import ArticleId, FeedId
from bot.pipeline.intake import Intake, shared_keys, take_in, trimmed_of
from bot.storage.known_items import SeenItem
from tests.clock import START

FEED = FeedId(1)
LINK = "https://harbour.example/live"


def item(uid: str, *, link: str = LINK, title: str = "Live", summary: str = "") -> ParsedArticle:
    return ParsedArticle(
        uid=uid, url=link, canonical_url=link, title=title, summary=summary, published_at=START
    )


@dataclass
class Memory:
    """What storage would keep of one feed, and its documents taken in one after the other."""

    trims: bool
    rows: dict[str, SeenItem] = field(default_factory=dict)
    listed: dict[str, ArticleId] = field(default_factory=dict)
    articles: dict[ArticleId, ParsedArticle] = field(default_factory=dict)

    def poll(self, *document: ParsedArticle) -> list[str]:
        """The ids of what was new."""
        hashes = [repr(one) for one in document]
        kept = [one for one in document if not self.trims or repr(one) not in self.listed]
        sources = [repr(one) for one in kept]
        standing = trimmed_of(hashes, sources, self.listed)
        keys = {key for one in kept for key in seen_keys(one)}
        known = {key: row for key, row in self.rows.items() if key in keys}
        intake = take_in(
            FEED,
            tuple(kept),
            known,
            next_id=ArticleId(len(self.articles) + 1),
            now=START,
            standing=frozenset(standing.values()),
        )
        self._remember(intake)
        self.listed = standing | dict(zip(sources, intake.ids, strict=True))
        return sorted(one.uid for one in intake.new.values())

    def _remember(self, intake: Intake) -> None:
        self.articles |= intake.new
        for row in intake.seen:
            self.rows[row["key"]] = SeenItem(
                article=row["article_id"],
                content_hash=row["content_hash"],
                doubtful=row["doubtful"],
            )
        for key in intake.doubted:
            row_ = self.rows[key]
            self.rows[key] = SeenItem(
                article=row_.article, content_hash=row_.content_hash, doubtful=True
            )


def test_a_third_item_on_a_shared_link_is_news_though_the_first_two_were_trimmed() -> None:
    for trims in (False, True):
        memory = Memory(trims)
        assert memory.poll(item("1"), item("2")) == ["1", "2"]
        assert memory.poll(item("3"), item("1"), item("2")) == ["3"]
        assert memory.poll(item("4"), item("3")) == ["4"]
        assert memory.poll(item("5")) == ["5"]  # long after the others have left


def test_a_second_item_on_the_link_of_a_trimmed_one_is_news() -> None:
    for trims in (False, True):
        memory = Memory(trims)
        assert memory.poll(item("1")) == ["1"]
        assert memory.poll(item("2"), item("1")) == ["2"]
        assert memory.poll(item("2"), item("1")) == []


def test_a_changed_id_is_no_news_where_the_item_itself_is_gone() -> None:
    for trims in (False, True):
        memory = Memory(trims)
        memory.poll(item("1"), item("x", link="https://harbour.example/other"))
        assert memory.poll(item("2"), item("x", link="https://harbour.example/other")) == []


def test_an_exact_repeat_of_a_trimmed_item_is_no_news() -> None:
    memory = Memory(trims=True)
    memory.poll(item("1"))
    assert memory.poll(item("1", summary="said again"), item("1")) == []


def test_an_item_with_nothing_but_doubtful_keys_keeps_them() -> None:
    lone = ParsedArticle(uid="", url="", canonical_url="", title="Live", summary="a")
    other = ParsedArticle(uid="2", url="", canonical_url="", title="Live", summary="b")
    assert shared_keys((lone, other)) == set(seen_keys(lone))
    memory = Memory(trims=False)
    assert memory.poll(lone, other) == ["", "2"]
    assert memory.poll(lone, other) == []


def test_a_new_article_is_no_edit_and_an_edited_one_no_news() -> None:
    memory = Memory(trims=True)
    memory.poll(item("1", title="Talks begin"))
    later = item("1", title="Talks begin again")
    assert memory.poll(later) == []
    assert later.published_at is not None
    assert later.published_at - START == timedelta(0)


LINKS = st.sampled_from([f"https://harbour.example/{n}" for n in ("", "2026/a", "2026/b")])
TITLES = st.sampled_from(["", "Live", "Talks"])
POOL = st.lists(st.tuples(LINKS, TITLES), min_size=1, max_size=5)


@given(POOL, st.data())
def test_trimming_changes_nothing_of_what_is_news(
    pool: list[tuple[str, str]], data: st.DataObject
) -> None:
    """The law behind the trap: a document without its known items says what the whole one does.

    Over items that do not change themselves: of one that was edited, trimming knows less of what
    it used to say, and takes another item with its old link and title for news, as it should.
    """
    items = [item(f"{n}", link=link, title=title) for n, (link, title) in enumerate(pool)]
    whole, trimmed = Memory(trims=False), Memory(trims=True)
    for _ in range(4):
        document = data.draw(st.lists(st.sampled_from(items), max_size=5, unique_by=repr))
        assert whole.poll(*document) == trimmed.poll(*document)
