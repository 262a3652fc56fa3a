"""A layout filled in: what the articles say stays text, and empty lines are left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.alerts.compose import in_template
from bot.alerts.example import example_alert
from bot.alerts.fill import filled
from bot.model.layout import FIELDS, template_named
from bot.model.text import Mark, flat, plain
from tests.clock import START

ALERT = example_alert(START, outlets=3)


def lines(layout: str) -> list[str]:
    return [flat(line) for line in filled(layout, ALERT)]


@pytest.mark.parametrize(
    ("layout", "shown"),
    [
        ("{headline}", ["Envoys to meet in Miami for a new round of talks"]),
        ("*{headline}*\n{outlet}, {count}", [
            "Envoys to meet in Miami for a new round of talks", "Meridian Wire, 3 outlets"]),
        ("{headline:20}", ["Envoys to meet in…"]),
        ("{headline:1}", ["E…"]),
        ("{time} {headline:10}", ["2 Mar, 10:00 UTC Envoys to…"]),
        ("{headline:9}\n{points}", [
            "Envoys…", "• A second round is planned for the week after. — The Harbour Post"]),
        ("{headline:9} by {outlets}", [
            "Envoys… by Meridian Wire, The Harbour Post, Open Bulletin"]),
        ("{headline:9}\n{topics}: {words}", ["Envoys…", "Miami talks: “Miami”, “talks”"]),
        ("{{{headline:9}}}", ["{Envoys…}"]),
    ],
)  # fmt: skip
def test_what_stands_there(layout: str, shown: list[str]) -> None:
    assert lines(layout) == shown


def test_a_line_with_nothing_to_say_is_left_out() -> None:
    bare = replace(ALERT, summary=(), key_points=(), url="")
    said = filled("{headline:9}\nMore: {summary}\n{points}\n{link}\nEnd", bare)
    assert [flat(line) for line in said] == ["Envoys…", "End"]


def test_what_an_article_says_is_no_template_and_no_markup() -> None:
    strange = replace(ALERT, headline=plain("*{outlet}* {{x}} \\n <@1>"))
    [line] = filled("{headline}", strange)
    assert flat(line) == "*{outlet}* {{x}} \\n <@1>"
    assert {span.mark for span in line} == {Mark.PLAIN}


def test_bold_leads_to_the_report() -> None:
    [line] = filled("*{headline}*", ALERT)
    assert (line[0].mark, line[0].url) == (Mark.STRONG, ALERT.url)


@pytest.mark.parametrize("field", FIELDS)
def test_every_placeholder_says_something(field: str) -> None:
    with_it = lines(f"{{headline}} {{{field}}}")
    assert len(" ".join(with_it)) > len(lines("{headline}")[0]) + 1


def test_a_size_has_no_lines_of_its_own() -> None:
    assert in_template(ALERT, template_named("compact")).lines == ()
    assert in_template(ALERT, template_named("{headline}")).lines != ()
