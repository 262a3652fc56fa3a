"""A summary is one report's own words; key points are others', each with its outlet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.lead import by_centrality
from bot.alerts.summary import (
    SUMMARY_CHARACTERS,
    SUMMARY_WORDS,
    key_points,
    summary_of,
)
from bot.model.article import Article
from tests.alerts.reports import report

FIRST = report(
    1,
    "Talks in Miami end without a deal",
    "Two days of negotiations are over. Nobody signed anything.",
)
CENTRAL = report(
    2,
    "Miami talks on truce end without deal, prisoners to be swapped",
    "Talks on a truce in Miami ended on Sunday without a deal, but both sides agreed to swap"
    " prisoners and to meet again in Geneva next week.",
)
ASIDE = report(
    3,
    "What the Miami talks cost",
    "Hotel rooms near the talks in Miami cost four times as much as a week ago. A truce is not"
    " near, a minister said, for the question of territory was not on the table.",
)
STORY = [FIRST, CENTRAL, ASIDE]


def text_of(article: Article) -> str:
    return summary_of(article).text(article.parsed.summary)


def test_the_report_that_says_most_speaks() -> None:
    assert by_centrality(STORY, STORY)[0] is CENTRAL
    assert by_centrality([FIRST], STORY) == [FIRST]


def test_a_report_without_words_speaks_last() -> None:
    bare = report(4, "Talks in Miami end without a deal")
    assert by_centrality([bare, ASIDE], [bare, ASIDE])[-1] is bare


def test_three_sentences_at_most() -> None:
    told = report(1, "x", "One thing happened. Two things happened. Three did. Four did too.")
    assert text_of(told) == "One thing happened. Two things happened. Three did."


def test_a_summary_that_repeats_the_headline_says_nothing() -> None:
    assert text_of(report(1, "Talks begin in Miami", "Talks begin in Miami.")) == ""


def test_a_long_sentence_is_cut_at_a_word() -> None:
    text = text_of(report(1, "x", "word " * 300))
    assert text.endswith("word\u2026")
    assert len(text.split()) == SUMMARY_WORDS


def test_marks_move_with_the_words() -> None:
    source = "MIAMI (AP) \u2014 Talks end in Miami. Read more. Envoys fly home today."
    article = report(1, "x", source)
    summary = summary_of(article)
    text = summary.text(source)
    assert text == "Talks end in Miami. Envoys fly home today."
    at = source.index("Envoys")
    moved = summary.moved(at, at + 6)
    assert moved is not None
    assert text[slice(*moved)] == "Envoys"
    assert summary.moved(0, 5) is None


def test_key_points_add_and_name_their_outlet() -> None:
    points = key_points(CENTRAL, summary_of(CENTRAL), [FIRST, ASIDE], STORY)
    assert [point.outlet for point in points][:1] == ["Outlet 3"]
    assert all(point.outlet != CENTRAL.outlet for point in points)


def test_a_copy_adds_no_key_point() -> None:
    copy = report(5, CENTRAL.parsed.title, CENTRAL.parsed.summary)
    assert key_points(CENTRAL, summary_of(CENTRAL), [copy], [CENTRAL, copy]) == ()


texts = st.lists(
    st.sampled_from(
        [
            "Talks in Miami ended on Sunday.",
            "Read more",
            "The envoys of three countries fly home to Kyiv and Moscow today.",
            "KYIV (Reuters) - Nothing was signed, two officials said on Sunday.",
            "Photo: Jane Roe",
            "Mr. Roe of the U.S. said \u201cno\u201d!",
            "\u0422\u0430\u043a.",
        ]
    )
    | st.text(max_size=80),
    max_size=8,
).map(" ".join)


@given(st.lists(texts, min_size=1, max_size=5))
def test_nothing_is_invented(summaries: list[str]) -> None:
    """Every sentence that a message shows stands in the article that it is said to be of."""
    story = [report(n, f"Talks {n} in Miami", one) for n, one in enumerate(summaries, start=1)]
    lead, *others = by_centrality(story, story)
    summary = summary_of(lead)
    for start, end in summary.spans:
        assert 0 <= start < end <= len(lead.parsed.summary)
    text = summary.text(lead.parsed.summary)
    assert len(text.split()) <= SUMMARY_WORDS
    assert len(text) <= SUMMARY_CHARACTERS
    outlets = {article.outlet: article for article in others}
    points = key_points(lead, summary, others, story)
    assert len(points) <= 3
    for point in points:
        assert point.text in outlets[point.outlet].parsed.summary
