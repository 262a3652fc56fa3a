"""Commands within a sentence: written in backticks once, shown as each place wants them typed."""

from __future__ import annotations

from dataclasses import replace

from bot.model.text import Mark, RichText, Span


def with_commands(text: str) -> RichText:
    """'Write `topic list`.' with what is in backticks marked as a command, without a prefix."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one without its pair, perhaps in words that somebody typed
        return (Span(text=text),)
    return tuple(
        Span(text=part, mark=Mark.COMMAND if number % 2 else Mark.PLAIN)
        for number, part in enumerate(parts)
        if part
    )


def prefixed(line: RichText, prefix: str) -> RichText:
    """The line with `prefix` ("/", "/news ", "wirewatch ") before each command, as code."""
    return tuple(
        replace(span, text=f"{prefix}{span.text}", mark=Mark.CODE)
        if span.mark is Mark.COMMAND
        else span
        for span in line
    )
