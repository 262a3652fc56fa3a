"""Sentences are pieces of the summary; what feeds hang on is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.sentences import sentences


def said(summary: str) -> list[str]:
    return [summary[start:end] for start, end in sentences(summary)]


@pytest.mark.parametrize(
    "noise",
    [
        "Read more",
        "Read the full story here.",
        "Continue reading...",
        "The post Talks end appeared first on The Harbour Post.",
        "This article was originally published on Open Bulletin.",
        "Photo: Jane Roe/Open Bulletin",
        "Image credit: Harbour Post",
        "\u00a9 2026 Harbour Post.",
        "Subscribe to our newsletter.",
        "Reporting by Jane Roe.",
        "By Jane Roe, John Doe",
        "Click here to see all.",
        "https://a.example/story",
    ],
)
def test_what_hangs_on_goes(noise: str) -> None:
    assert said(f"Talks in Miami ended on Sunday. {noise}") == ["Talks in Miami ended on Sunday."]


@pytest.mark.parametrize(
    "sentence",
    [
        "Video of the fire reached the police within minutes.",
        "Photographs show two ships at the quay.",
        "By early morning the fire was out.",
        "The post office in Leeds burned down on Monday.",
        "Source code of the program was stolen, the firm said.",
        "Related charges were dropped in March.",
    ],
)
def test_prose_that_begins_like_it_stays(sentence: str) -> None:
    assert said(sentence) == [sentence]


def test_a_dateline_goes() -> None:
    assert said("MIAMI, Nov 22 (Reuters) - Talks ended on Sunday.") == ["Talks ended on Sunday."]


@pytest.mark.parametrize(
    "tail", [" [\u2026]", "...", " Read More \u00bb", "\u2026 Continue reading \u2192"]
)
def test_a_cut_off_tail_goes(tail: str) -> None:
    assert said(f"Talks in Miami ended on Sunday{tail}") == ["Talks in Miami ended on Sunday"]


def test_an_abbreviation_ends_no_sentence() -> None:
    assert len(said("The U.S. envoy met Mr. Umerov in Miami. They will meet again soon.")) == 2


@given(st.text(max_size=600))
def test_spans_are_in_order_and_inside(text: str) -> None:
    end = 0
    for span in sentences(text):
        assert end <= span.start < span.end <= len(text)
        end = span.end
