"""Who asks, from where, and what they get back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.commands.typed import prefixed, with_commands
from bot.errors import CommandError, QueryError
from bot.model.alert import Alert
from bot.model.channel import PlatformName, Workspace
from bot.model.text import Mark, RichText, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The channel a command is about: the one it was typed in, unless another was named."""

    platform: PlatformName
    external_id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person in a workspace. The adapter has resolved `here` and checked both permissions in
    it: the person's to manage it, and the bot's to post there."""

    workspace: Workspace
    here: Destination
    user: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something that the person can have with one press: what the button says, and the token of
    the proposal (`feedback.py`) that it takes up."""

    label: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFile:
    """A file that goes with an answer."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer for one person: a title and lines, and below them an alert to look at, without its
    buttons. Every platform draws it its own way."""

    title: str
    lines: tuple[RichText, ...] = field(default_factory=tuple)
    ok: bool = True
    offer: Offer | None = None
    file: ReplyFile | None = None
    shown: Alert | None = None

    def typed_after(self, prefix: str) -> Reply:
        """With `prefix` before each command that it mentions."""
        return replace(self, lines=tuple(prefixed(line, prefix) for line in self.lines))


def refusal(error: CommandError) -> Reply:
    """An error as a reply: what happened, where in the query, and the next step."""
    lines: list[RichText] = []
    if isinstance(error, QueryError):
        lines += [(Span(text=line, mark=Mark.CODE),) for line in error.pointer().split("\n")]
    if error.hint:
        lines.append(with_commands(error.hint))
    return Reply(title=error.message, lines=tuple(lines), ok=False)
