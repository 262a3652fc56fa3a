"""Every answer of Discord has its class, and a doubt is never called a refusal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import aiohttp
import discord
import pytest
from multidict import CIMultiDict

from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent, Retryable
from bot.platforms.discord.failures import CLASS_OF, TRANSIENT, Attempt, translate


def refusal(status: int, code: int = 0, headers: dict[str, str] | None = None) -> Exception:
    response = SimpleNamespace(status=status, reason="", headers=CIMultiDict(headers or {}))
    kinds = {403: discord.Forbidden, 404: discord.NotFound}
    kind = discord.DiscordServerError if status >= 500 else kinds.get(status, discord.HTTPException)
    answer = {"code": code, "message": "said Discord"}
    return kind(cast("aiohttp.ClientResponse", response), answer)


def translated(error: Exception, *statuses: int, sent: int = 1) -> DeliveryError:
    return translate(error, channel="news", attempt=Attempt(sent=sent, statuses=list(statuses)))


@pytest.mark.parametrize(("code", "failure"), CLASS_OF.items())
def test_each_code_of_the_table(code: int, failure: FailureClass) -> None:
    error = translated(refusal(400, code), 400)
    assert isinstance(error, Permanent)
    assert error.failure is failure
    assert error.remedy or failure is FailureClass.MESSAGE_GONE


@pytest.mark.parametrize("code", sorted(TRANSIENT))
@pytest.mark.parametrize("status", [400, 429, 503])
def test_transient_codes_are_tried_again(code: int, status: int) -> None:
    assert isinstance(translated(refusal(status, code), status), Retryable)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, FailureClass.PAYLOAD),
        (401, FailureClass.CREDENTIAL),
        (403, FailureClass.PERMISSION),
        (404, FailureClass.GONE),
    ],
)
def test_a_status_decides_where_the_code_is_unknown(status: int, failure: FailureClass) -> None:
    error = translated(refusal(status, 99999), status)
    assert isinstance(error, Permanent)
    assert error.failure is failure


def test_a_refusal_without_a_code_is_not_discords() -> None:
    assert isinstance(translated(refusal(403), 403), Retryable)
    assert isinstance(translated(refusal(404), 404), Retryable)
    unauthorised = translated(refusal(401), 401)
    assert isinstance(unauthorised, Permanent)
    assert unauthorised.failure is FailureClass.CREDENTIAL


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 524])
def test_a_server_error_is_ambiguous(status: int) -> None:
    assert isinstance(translated(refusal(status), status), Ambiguous)


def test_rate_limits_say_how_long_to_wait() -> None:
    banned = translated(refusal(429, headers={"Retry-After": "77"}), 429)
    limited = translated(discord.RateLimited(31.5), 429)
    assert isinstance(banned, Retryable)
    assert banned.retry_after == 77
    assert isinstance(limited, Retryable)
    assert limited.retry_after == 31.5


@pytest.mark.parametrize(
    "error", [aiohttp.ServerDisconnectedError(), TimeoutError(), ConnectionResetError(104, "")]
)
def test_a_lost_answer_is_ambiguous_only_if_something_was_sent(error: Exception) -> None:
    assert isinstance(translated(error, sent=1), Ambiguous)
    assert isinstance(translated(error, sent=0), Retryable)
    assert isinstance(translated(error, 429, sent=1), Retryable)  # while it waited
    assert isinstance(translated(error, 429, sent=2), Ambiguous)
    assert isinstance(translated(error, 200, sent=1), Ambiguous)  # in the middle of the answer


def test_a_refusal_after_a_lost_try_is_ambiguous() -> None:
    assert isinstance(translated(discord.RateLimited(60), 500, 429, sent=2), Ambiguous)
    assert isinstance(translated(refusal(403, 50013), 502, 403, sent=2), Ambiguous)
    assert isinstance(translated(refusal(403, 50013), 403, sent=2), Ambiguous)  # reset, then 403
    assert isinstance(translated(refusal(403, 50013), 429, 403, sent=2), Permanent)
