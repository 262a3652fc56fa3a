"""A backtest in words: a chart, the best samples, what would narrow it, and what it can tell."""

from __future__ import annotations

from bot.commands.backtest import Backtest, Sample
from bot.commands.caller import Reply
from bot.model.text import Mark, RichText, Span, plain
from bot.topics.company import Companion

_EXAMPLES = 3  # stories shown of what an edit gains, and of what it loses
_ESTIMATE = "about "


def backtest_reply(result: Backtest) -> Reply:
    """The whole of it: `topic test`."""
    return Reply(
        title=f"Would have fired on {_stories(result, result.stories)} in {result.days} days"
        f" ({result.per_day_mean:.1f} a day)",
        lines=(*reading_lines(result), *_evidence(result)),
    )


def backtest_lines(result: Backtest) -> tuple[RichText, ...]:
    """The same after a change was made: `topic watch`, `topic edit`."""
    rate = (
        f"Would have fired on {_stories(result, result.stories)} in the last {result.days} days"
        f" ({result.per_day_mean:.1f} a day)."
    )
    return (*reading_lines(result), plain(rate), *_evidence(result))


def reading_lines(result: Backtest) -> list[RichText]:
    """How the query reads, and what may surprise in it."""
    reading: RichText = (Span(text="Reads as  "), Span(text=result.reading, mark=Mark.CODE))
    return [reading, *(plain(f"Note: {warning}") for warning in result.warnings)]


def _evidence(result: Backtest) -> list[RichText]:
    lines: list[RichText] = [_chart(result)] if result.stories else []
    lines += _change(result)
    lines += [(Span(text="• "), *_line(sample)) for sample in result.samples]
    if result.narrowing:
        lines.append(plain("That is a lot. Words that would split it:"))
        lines += [_narrowing(one, result) for one in result.narrowing]
    elif result.company:
        words = ", ".join(f"{one.word} ({one.hits})" for one in result.company)
        lines.append(plain(f"Often with: {words}."))
    lines.append(plain(f"Coverage: {result.covers()}."))
    if result.one_in > 1:
        lines.append(
            plain(
                f"An estimate from a sample: {result.judged:,} of {result.candidates:,} articles"
                f" that may match, those of every {result.one_in}th story."
            )
        )
    return lines


def _chart(result: Backtest) -> RichText:
    span = f"  {result.first_day:%-d %b} – {result.last_day:%-d %b}"
    busiest = max(result.per_day)
    return (
        Span(text=result.bars(), mark=Mark.CODE),
        Span(text=f"{span}, {busiest} on the busiest day"),
    )


def _change(result: Backtest) -> list[RichText]:
    change = result.change
    if change is None:
        return []
    if not change.gained and not change.lost:
        return [plain(f"The same {_stories(result, result.stories)} as before.")]
    told: list[RichText] = [
        plain(
            f"Before: {_stories(result, change.before)}. Gained: {change.gained}."
            f" Lost: {change.lost}."
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
        Span(text=f"  keeps {kept} of {result.hits};  "),
        Span(text=f"-{one.word}", mark=Mark.CODE),
        Span(text=f"  keeps {left}"),
    )


def _line(sample: Sample) -> RichText:
    when = Span.instant(sample.at)
    outlet = Span(text=f" · {sample.outlet}")
    said = (Span(text=": "), *sample.says) if sample.says else ()
    return (when, Span(text=" · "), *sample.headline, outlet, *said)


def _stories(result: Backtest, count: int) -> str:
    about = _ESTIMATE if result.one_in > 1 else ""
    return f"{about}{count} stor{'y' if count == 1 else 'ies'}"
