"""The index answers as the plain evaluator does, whatever was added, replaced and removed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.topics.aliases import BUILT_IN, AliasSet
from bot.topics.document import Document
from bot.topics.index import TopicIndex
from bot.topics.query import Query, parse
from bot.topics.reason import matches, reasons
from tests.topics.strategies import documents, queries

ALIASES = (BUILT_IN, AliasSet(), BUILT_IN.merged([("Miami", "Magic City", "迈阿密")]))


def readable(source: str) -> Query | None:
    try:
        return parse(source)
    except QueryError:
        return None


def everything(index: TopicIndex[Any]) -> list[Any]:
    """What the index holds on to: all empty once every topic is gone."""
    lexicon = index._lexicon
    held: list[Any] = [index._entries, index._of, index._spots, index._alone, index._shared]
    held += [lexicon._uses]
    for scope in lexicon._scopes.values():
        held += [scope._by_key, +scope._prefixes, scope._phrases._pairs, scope._phrases._long]
        held += [scope._phrases._loose, scope._patterns._bodies]
        held += [keys for keys in scope._runs.values() if keys]
    return held


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(queries, min_size=1, max_size=6),
    st.lists(documents, min_size=1, max_size=3),
    st.data(),
)
def test_matches_what_the_plain_evaluator_matches(
    sources: list[str], texts: list[Document], data: st.DataObject
) -> None:
    index: TopicIndex[int] = TopicIndex()
    known: dict[int, tuple[Query, AliasSet]] = {}
    for number, source in enumerate(sources):
        if query := readable(source):
            aliases = data.draw(st.sampled_from(ALIASES))
            index.add(number, query, aliases)
            known[number] = (query, aliases)
    gone = data.draw(st.sets(st.integers(0, len(sources) - 1)))
    for rounds in (set[int](), gone):
        for number in rounds:
            index.remove(number)
            known.pop(number, None)
        assert len(index) == len(known)
        for text in texts:
            plain = {n for n, (query, aliases) in known.items() if matches(query, text, aliases)}
            assert index.match(text) == plain
            for number, (query, aliases) in known.items():
                assert bool(reasons(query, text, aliases)) is (number in plain)


@settings(max_examples=60, deadline=None)
@given(st.lists(queries, max_size=8), documents)
def test_is_empty_when_all_topics_are_removed(sources: list[str], text: Document) -> None:
    index: TopicIndex[int] = TopicIndex()
    for number, source in enumerate(sources):
        if query := readable(source):
            index.add(number, query)
    index.match(text)
    for number in range(len(sources)):
        index.remove(number)
    assert index.match(text) == set()
    assert not any(everything(index))


def test_a_key_added_again_has_the_new_query_only() -> None:
    index: TopicIndex[str] = TopicIndex()
    index.add("topic", parse("NATO"))
    index.add("topic", parse("golf"))
    assert len(index) == 1
    assert index.match(Document(title="NATO meets", summary="")) == set()
    assert index.match(Document(title="Golf open", summary="")) == {"topic"}


def test_removing_an_unknown_key_is_no_error() -> None:
    index: TopicIndex[str] = TopicIndex()
    index.remove("nobody")
    assert len(index) == 0
    assert "nobody" not in index


def test_equal_queries_are_kept_once() -> None:
    index: TopicIndex[int] = TopicIndex()
    for number, source in enumerate(("NATO talks", "(NATO AND talks)", "NATO talks")):
        index.add(number, parse(source))
    for number in range(100, 110):
        index.add(number, parse("NATO  talks"))
    assert len(index._entries) == 1
    assert len(index.match(Document(title="NATO talks", summary=""))) == 13
    for number in range(100, 110):
        index.remove(number)
    assert index.match(Document(title="NATO talks", summary="")) == {0, 1, 2}


def test_a_word_that_several_watch_is_theirs_until_the_last_one_leaves() -> None:
    index: TopicIndex[int] = TopicIndex()
    for key in (1, 2, 3):
        index.add(key, parse("Witkoff"))
    index.add(4, parse("Witkoff OR Kellogg"))
    text = Document(title="Witkoff lands in Miami", summary="")
    assert index.match(text) == {1, 2, 3, 4}
    for gone, left in ((1, {2, 3, 4}), (3, {2, 4}), (4, {2}), (2, set())):
        index.remove(gone)
        assert index.match(text) == left
    assert not any(everything(index))


def test_blanks_in_quotes_count_as_one() -> None:
    index: TopicIndex[int] = TopicIndex()
    index.add(1, parse('"White  House"'))
    index.add(2, parse('"european   union"'))
    assert index.match(Document(title="The White House calls", summary="")) == {1}
    assert index.match(Document(title="The EU calls", summary="")) == {2}


def test_equal_queries_under_other_aliases_are_apart() -> None:
    index: TopicIndex[str] = TopicIndex()
    index.add("plain", parse("Miami"), AliasSet())
    index.add("city", parse("Miami"), AliasSet(groups=(("Miami", "Magic City"),)))
    assert index.match(Document(title="Magic City wakes", summary="")) == {"city"}
    assert index.match(Document(title="Miami wakes", summary="")) == {"plain", "city"}


def test_a_phrase_never_reaches_across_fields() -> None:
    index: TopicIndex[str] = TopicIndex()
    index.add("phrase", parse('"white house"'))
    index.add("near", parse("white NEAR/50 house"))
    index.add("both", parse("white house"))
    split = Document(title="All in white", summary="House prices rise")
    assert index.match(split) == {"both"}


def test_fields_ask_only_their_own_text() -> None:
    index: TopicIndex[str] = TopicIndex()
    for field in ("title", "summary", "source", "author", "category"):
        index.add(field, parse(f"{field}:miami"))
    index.add("words", parse("miami"))
    place = Document(
        title="Talks", summary="Talks", source="Miami Herald", authors=("A. B.", "C. Miami")
    )
    assert index.match(place) == {"source", "author"}
    assert index.match(Document(title="Miami", summary="")) == {"title", "words"}
    label = Document(title="", summary="", categories=("World", "Miami"))
    assert index.match(label) == {"category"}


@pytest.mark.parametrize("count", [1, 5, 40])
def test_topics_added_after_a_match_are_seen(count: int) -> None:
    index: TopicIndex[int] = TopicIndex()
    text = Document(title="Prime minister of France visits Kyiv", summary="No talks planned")
    added = ("Kyiv", '"prime minister of france"', "talk", "fran*", "minister NEAR/2 france")
    for number in range(count):
        index.add(number, parse(added[number % len(added)]))
        assert index.match(text) == set(range(number + 1))


def test_a_hostile_text_costs_a_bounded_number_of_pairs() -> None:
    index: TopicIndex[str] = TopicIndex()
    chain = " NEAR/50 ".join(f"(miami OR w{number})" for number in range(20))
    for source in (chain, "miami ONEAR/50 talks"):
        index.add(source, parse(source))
    far = Document(title="", summary="talks " * 20_000 + "gap " * 60 + "miami " * 20_000)
    assert index.match(far) <= {chain}
