"""A backtest in words: a chart, the best samples, what would narrow it, and what it can tell."""

from __future__ import annotations

from bot.commands.backtest import Backtest, Sample
from bot.commands.caller import Reply
from bot.model.text import Mark, RichText, Span, plain
from bot.topics.company import Companion
from bot.words import day_and_month, later, say, say_many

_EXAMPLES = 3  # stories shown of what an edit gains, and of what it loses
_ESTIMATE = later("about ")


def backtest_reply(result: Backtest) -> Reply:
    """The whole of it: `topic test`."""
    return Reply(
        title=say(
            "Would have fired on {stories} in {days} days ({per_day_mean:.1f} a day)",
            stories=_stories(result, result.stories),
            days=result.days,
            per_day_mean=result.per_day_mean,
        ),
        lines=(*reading_lines(result), *_evidence(result)),
    )


def backtest_lines(result: Backtest) -> tuple[RichText, ...]:
    """The same after a change was made: `topic watch`, `topic edit`."""
    rate = say(
        "Would have fired on {stories} in the last {days} days ({per_day_mean:.1f} a day).",
        stories=_stories(result, result.stories),
        days=result.days,
        per_day_mean=result.per_day_mean,
    )
    return (*reading_lines(result), plain(rate), *_evidence(result))


def reading_lines(result: Backtest) -> list[RichText]:
    """How the query reads, and what may surprise in it."""
    reading: RichText = (Span(text=say("Reads as  ")), Span(text=result.reading, mark=Mark.CODE))
    return [
        reading,
        *(plain(say("Note: {warning}", warning=warning)) for warning in result.warnings),
    ]


def _evidence(result: Backtest) -> list[RichText]:
    lines: list[RichText] = [_chart(result)] if result.stories else []
    lines += _change(result)
    lines += [(Span(text="• "), *_line(sample)) for sample in result.samples]
    if result.narrowing:
        lines.append(plain(say("That is a lot. Words that would split it:")))
        lines += [_narrowing(one, result) for one in result.narrowing]
    elif result.company:
        words = ", ".join(f"{one.word} ({one.hits})" for one in result.company)
        lines.append(plain(say("Often with: {words}.", words=words)))
    lines.append(plain(say("Coverage: {coverage}.", coverage=result.covers())))
    if result.one_in > 1:
        lines.append(
            plain(
                say(
                    "An estimate from a sample: {judged:,} of {candidates:,} articles that may"
                    " match, those of every {one_in}th story.",
                    judged=result.judged,
                    candidates=result.candidates,
                    one_in=result.one_in,
                )
            )
        )
    return lines


def _chart(result: Backtest) -> RichText:
    span = f"  {day_and_month(result.first_day)} – {day_and_month(result.last_day)}"
    busiest = max(result.per_day)
    return (
        Span(text=result.bars(), mark=Mark.CODE),
        Span(text=say("{span}, {busiest} on the busiest day", span=span, busiest=busiest)),
    )


def _change(result: Backtest) -> list[RichText]:
    change = result.change
    if change is None:
        return []
    if not change.gained and not change.lost:
        return [
            plain(say("The same {stories} as before.", stories=_stories(result, result.stories)))
        ]
    told: list[RichText] = [
        plain(
            say(
                "Before: {stories}. Gained: {gained}. Lost: {lost}.",
                stories=_stories(result, change.before),
                gained=change.gained,
                lost=change.lost,
            )
        )
    ]
    for sign, samples in (("+", change.gained_samples), ("–", change.lost_samples)):
        told += [
            (Span(text=f"{sign} ", mark=Mark.STRONG), *_line(one)) for one in samples[:_EXAMPLES]
        ]
    return told


def _narrowing(one: Companion, result: Backtest) -> RichText:
    kept, left = one.hits, result.hits - one.hits
    return (
        Span(text=one.word, mark=Mark.CODE),
        Span(text=say("  keeps {kept} of {hits};  ", kept=kept, hits=result.hits)),
        Span(text=f"-{one.word}", mark=Mark.CODE),
        Span(text=say("  keeps {left}", left=left)),
    )


def _line(sample: Sample) -> RichText:
    when = Span.instant(sample.at)
    outlet = Span(text=f" · {sample.outlet}")
    said = (Span(text=": "), *sample.says) if sample.says else ()
    return (when, Span(text=" · "), *sample.headline, outlet, *said)


def _stories(result: Backtest, count: int) -> str:
    about = say(_ESTIMATE) if result.one_in > 1 else ""
    return say_many("{about}{count} story", "{about}{count} stories", count, about=about)
