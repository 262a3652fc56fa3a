"""discord.py's exceptions -> DeliveryErrors. Decides whether a message may stand already.

Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import aiohttp
import discord

from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent, Retryable

INVITE = "Invite the bot again, or choose another channel."
_BY_CODE: dict[FailureClass, frozenset[int]] = {
    FailureClass.GONE: frozenset({10003, 10004, 10013, 10015, 50033}),
    # 50083, an archived thread: a message in it stands, and `posting` has tried to wake it.
    FailureClass.PERMISSION: frozenset(
        {50001, 50007, 50013, 50024, 50083, 50278, 40067, 160002, 160005}
    ),
    FailureClass.CREDENTIAL: frozenset({50014}),
    FailureClass.PAYLOAD: frozenset({50006, 50035}),
    FailureClass.BLOCKED: frozenset({200000, 240000}),
    FailureClass.MESSAGE_GONE: frozenset({10008}),
}
CLASS_OF = {code: failure for failure, codes in _BY_CODE.items() for code in codes}
TRANSIENT = frozenset({20016, 20028, 30046, 130000})
"""Slow mode, the channel's write limit, edits of an old message, an overloaded API."""
# For codes that we do not know. Without any code, a 403 or 404 is a proxy's or Cloudflare's word,
# not Discord's, and no reason to give a channel up.
_BY_STATUS = {403: FailureClass.PERMISSION, 404: FailureClass.GONE}
_REMEDIES = {
    FailureClass.GONE: INVITE,
    FailureClass.PERMISSION: "Give the bot View Channel and Send Messages there"
    " (in a thread: Send Messages in Threads).",
    FailureClass.CREDENTIAL: "Set WIREWATCH_DISCORD__TOKEN to the bot's token, from"
    " https://discord.com/developers/applications, page Bot.",
    FailureClass.PAYLOAD: "This is a bug of Wirewatch: please report it.",
    FailureClass.BLOCKED: "A rule of the server (AutoMod) or of Discord refuses the words.",
    FailureClass.MESSAGE_GONE: "",
}
_REMEDY_OF = {
    10013: "Choose a channel for notices.",
    50007: "Allow direct messages from the server's members, or choose a channel for notices.",
    50033: "Choose a channel for notices.",
    50083: "Open the thread again, or choose another channel.",
    50278: "Join a server of the bot's, or choose a channel for notices.",
    160005: "Unlock the thread, or choose another channel.",
}
_REASONS = {
    10003: "the channel was deleted",
    10004: "the bot is no longer in the server",
    10008: "the message was deleted",
    10013: "this person does not exist",
    50001: "the bot cannot see the channel",
    50007: "the person takes no direct messages from the bot",
    50013: "the bot may not post in the channel",
    50024: "Discord does not let bots post in this kind of channel",
    50033: "this person cannot be written to",
    50083: "the thread is archived, and may not be opened again",
    50278: "the person and the bot are in no common server",
    160005: "the thread is locked",
}


@dataclass(slots=True)
class Attempt:
    """What became of one request of ours, which discord.py may have sent several times."""

    sent: int = 0  # how often the whole request went out
    statuses: list[int] = field(default_factory=list)  # of the answers, in order

    @property
    def was_lost(self) -> bool:
        """Some try may have been carried out: it got no answer, or one that is no refusal."""
        doubtful = any(status < 300 or status >= 500 for status in self.statuses)
        return doubtful or self.sent > len(self.statuses)

    @property
    def was_lost_before(self) -> bool:
        """As `was_lost`, of the tries before the last, whose answer is known."""
        return Attempt(sent=self.sent - 1, statuses=self.statuses[:-1]).was_lost


def watched() -> aiohttp.TraceConfig:
    """Fills in the Attempt that a request was given as its `trace_request_ctx`.

    discord.py retries inside one call and reports only its last try: a post that was committed
    under a 500 and then met a 429 would look as if nothing had happened.
    """
    trace = aiohttp.TraceConfig()

    async def sent(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        if isinstance(context.trace_request_ctx, Attempt):
            context.trace_request_ctx.sent += 1

    async def answered(
        _: aiohttp.ClientSession, context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        if isinstance(context.trace_request_ctx, Attempt):
            context.trace_request_ctx.statuses.append(end.response.status)

    trace.on_request_headers_sent.append(sent)
    trace.on_request_end.append(answered)
    return trace


def translate(error: Exception, *, channel: str, attempt: Attempt) -> DeliveryError:
    """The error by its class; Ambiguous if any try may have been carried out."""
    match error:
        case discord.RateLimited() | discord.HTTPException() if attempt.was_lost_before:
            return Ambiguous(channel, "Discord failed before it refused: the message may stand")
        case discord.RateLimited():
            return Retryable(
                channel, "Discord asks to wait", retry_after=error.retry_after, too_many=True
            )
        case discord.HTTPException():
            return _refused(error, channel)
        case _ if attempt.was_lost:
            return Ambiguous(channel, f"Discord's answer was lost ({type(error).__name__})")
        case _:
            return Retryable(channel, f"Discord cannot be reached ({type(error).__name__})")


def _refused(error: discord.HTTPException, channel: str) -> DeliveryError:
    code, status = error.code, error.status
    reason = _REASONS.get(code, f"Discord answered {status}{_words(error)}")
    if code in TRANSIENT or status == 429:
        wish = _retry_after(error)
        return Retryable(channel, reason, retry_after=wish, too_many=status == 429)
    if status >= 500:
        return Ambiguous(channel, reason)
    if not code and status in _BY_STATUS:
        return Retryable(channel, reason)
    failure = CLASS_OF.get(code) or _BY_STATUS.get(status) or FailureClass.PAYLOAD
    if status == 401:
        failure = FailureClass.CREDENTIAL
    remedy = _REMEDY_OF.get(code, _REMEDIES[failure])
    return Permanent(channel, reason, failure=failure, remedy=remedy)


def _words(error: discord.HTTPException) -> str:
    return f" ({error.code}): {error.text[:300]}" if error.code else ""


def _retry_after(error: discord.HTTPException) -> float | None:
    """The header of Cloudflare's own 429, which discord.py does not wait for."""
    wish = error.response.headers.get("Retry-After", "")
    return float(wish) if wish.isdigit() else None
