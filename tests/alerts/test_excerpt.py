"""An excerpt is a prefix in whole sentences, or a marked cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.excerpt import EXCERPT_CHARACTERS, excerpt

LONG = "word " * 200


def test_three_sentences_at_most() -> None:
    assert excerpt("One. Two. Three. Four.") == "One. Two. Three."


def test_an_abbreviation_does_not_end_a_sentence() -> None:
    text = "The U.S. envoy met Mr. Umerov in Miami. They will meet again."
    assert excerpt(text) == text


def test_a_long_sentence_is_cut_at_a_word() -> None:
    cut = excerpt(LONG)
    assert cut.endswith("word…")
    assert len(cut) <= EXCERPT_CHARACTERS


def test_a_summary_that_repeats_the_headline_says_nothing() -> None:
    assert excerpt("Talks begin in Miami.", not_repeating="Talks begin in Miami") == ""


@given(st.text(max_size=1200))
def test_it_never_says_what_the_summary_did_not(text: str) -> None:
    cut = excerpt(text)
    assert len(cut) <= EXCERPT_CHARACTERS
    assert text.startswith((cut, cut.removesuffix("…")))
