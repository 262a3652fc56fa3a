"""Templates that people write: read, or refused with the place and what to write instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.model.layout import FIELDS, Piece, read_layout, template_named
from bot.model.template import Size, Template, stored_as, template_of


@pytest.mark.parametrize("typed", ["compact", " Standard ", "FULL"])
def test_a_size_by_its_name(typed: str) -> None:
    assert template_named(typed) == Template(size=Size(typed.strip().lower()))


def test_lines_bold_limits_and_braces() -> None:
    assert read_layout(r"*{headline}* {{x}}\n{summary:80}") == (
        (
            Piece(field="headline", bold=True),
            Piece(text=" "),
            Piece(text="{"),
            Piece(text="x"),
            Piece(text="}"),
        ),
        (Piece(field="summary", limit=80),),
    )


@pytest.mark.parametrize(
    ("typed", "problem", "place", "hint"),
    [
        ("{headlin}", "no placeholder “headlin”", 0, "Did you mean {headline}?"),
        ("{headline} {x}", "no placeholder “x”", 11, "There are: headline"),
        ("{headline} {outlet", "A brace stands alone", 11, "{outlet}"),
        ("{headline:many}", "a number of characters", 0, "{summary:200}"),
        ("*{headline}", "not closed", 0, "between two"),
        ("{headline}\n{outlet} *", "not closed", 9, "between two"),
        ("only words", "{headline} is missing", 0, "compact, standard, full"),
        ("", "{headline} is missing", 0, "compact"),
        ("{headline}" + "x" * 500, "at most 500", 500, "Leave"),
        ("\n".join(["{headline}"] * 13), "at most 12 lines", 0, ""),
    ],
)
def test_what_does_not_read_is_refused_at_its_place(
    typed: str, problem: str, place: int, hint: str
) -> None:
    with pytest.raises(QueryError, match=problem) as caught:
        template_named(typed)
    assert caught.value.position == place
    assert hint in caught.value.hint


@given(st.text(alphabet="{}*:\\n\nabc headlinetim0123", max_size=60))
def test_anything_reads_or_is_refused(typed: str) -> None:
    try:
        template = template_named(typed)
    except QueryError as error:
        caret = error.pointer().split("\n")
    else:
        assert template_of(stored_as(template)) == template
        return
    assert len(caret) == 2, "one line and its caret"
    assert len(caret[1]) <= len(caret[0]) + 1


def test_the_fullest_of_several_wins() -> None:
    ranked = [Template(size=Size.COMPACT), Template(), Template(layout="{headline}"),
              Template(size=Size.FULL)]  # fmt: skip
    assert sorted(ranked, key=lambda one: one.fullness) == ranked
    assert len(set(FIELDS)) == len(FIELDS)
