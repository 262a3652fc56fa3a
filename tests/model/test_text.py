"""Marks inside of sentences."""

from __future__ import annotations

from bot.model.text import Mark, Span, filled, flat, plain

NAME = (Span(text="7", mark=Mark.ROLE),)


def test_a_sentence_is_filled_in_whatever_order_its_names_have() -> None:
    assert filled("pings {whom}.", whom=NAME) == (Span(text="pings "), *NAME, Span(text="."))
    turned = filled("{when}: {whom}", whom=NAME, when="now")
    assert flat(turned) == "now: 7"
    assert filled("{whom}", whom=NAME) == NAME


def test_what_is_filled_in_is_not_read_again() -> None:
    assert flat(filled("{why}: {whom}", whom=NAME, why="{whom} {0}")) == "{whom} {0}: 7"
    assert filled("{other} {", whom=NAME) == (*plain("{other}"), *plain(" {"))
