"""Every kind of message and answer, with one text in each place that a stranger can write to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.alerts.compose import in_template
from bot.commands.caller import Reply, refusal
from bot.errors import CommandError
from bot.model.alert import Alert, Earlier, KeyPoint, Moved, Source
from bot.model.digest import Digest, DigestGroup, Notice
from bot.model.layout import template_named
from bot.model.platform import Message
from bot.model.text import Mark, Span, plain
from tests.clock import START
from tests.platforms import samples

OURS = "https://outlet.example/story"
"""Where every link leads."""
LAYOUT = (
    r"*{headline}* | {headline:9}\n{outlet}, {time} {updated}\n{summary} {points}\n"
    r"{outlets} {topics} {words} {count} {link}"
)


def hostile_alert(said: str) -> Alert:
    strong = (Span(text=said, mark=Mark.STRONG),)
    return replace(
        samples.alert(),
        headline=(*strong, *plain(said)),
        summary=(*plain(said), *strong, *plain(said)),
        url=OURS,
        outlet=said,
        image_url="https://outlet.example/picture.png",
        sources=tuple(
            Source(outlet=f"{said}{number}", title=said, url=OURS, at=START) for number in range(6)
        ),
        topics=(said, f"{said}2"),
        words=(said, f"2{said}"),
        key_points=(KeyPoint(text=said, outlet=said, url=OURS),) * 3,
        corrected=True,
    )


def _in(template: str) -> Callable[[str], Alert]:
    return lambda said: in_template(hostile_alert(said), template_named(template))


def _going_on(said: str) -> Alert:
    return replace(hostile_alert(said), follows=Earlier(headline=said, url=OURS, card=""))


def _digest(said: str) -> Digest:
    one = samples.overflow(url=OURS)
    groups = tuple(
        DigestGroup(
            topic=said,
            lines=tuple(replace(line, headline=said, outlet=said) for line in group.lines[:3]),
        )
        for group in one.groups
    )
    return replace(one, title=said, groups=groups)


def _answer(said: str) -> Reply:
    code = Span(text=said, mark=Mark.CODE)
    strong = Span(text=said, mark=Mark.STRONG)
    lines = (
        plain(said),
        (strong, Span(text="  "), code, Span(text=f" · {said}")),
        (Span(text=said, url=OURS), Span(text=" by "), Span(text=said)),
        (code,),
        (code,),
        (Span(text="• "), Span(text=said, mark=Mark.PERSON)),
    )
    return Reply(title=said, lines=lines)


MESSAGES: Mapping[str, Callable[[str], Message]] = MappingProxyType(
    {
        "card": hostile_alert,
        "compact card": _in("compact"),
        "full card": _in("full"),
        "card in a layout": _in(LAYOUT),
        "card that goes on with another": _going_on,
        "digest": _digest,
        "moved": lambda said: Moved(line=(Span(text="Now told at "), Span(text=said, url=OURS))),
        "thread reply": lambda said: replace(
            samples.reply(), line=(Span(text=said, mark=Mark.STRONG), *plain(said))
        ),
        "notice": lambda said: Notice(title=said, lines=(plain(said),) * 3),
    }
)
ANSWERS: Mapping[str, Callable[[str], Reply]] = MappingProxyType(
    {
        "answer": _answer,
        "answer with a card": lambda said: replace(_answer(said), shown=hostile_alert(said)),
        "error": lambda said: refusal(
            CommandError(f"“{said}” is no topic.", hint="Did you mean `topic list`?")
        ),
    }
)
