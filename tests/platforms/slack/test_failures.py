"""The table "Failure classes": what each answer of Slack means for a message."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent, Retryable
from bot.platforms.slack.failures import failure

KEY = ConnectionKey("slack.com", 443, True, True, None, None, None)


def answered(
    data: Any, *, status: int = 200, headers: dict[str, str] | None = None
) -> SlackApiError:
    """What slack_sdk raises; `data` is text for a gateway's page."""
    response = AsyncSlackResponse(
        client=AsyncWebClient(),
        http_verb="POST",
        api_url="https://slack.com/api/chat.postMessage",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("", response)  # type: ignore[no-untyped-call]


def coded(code: str, **more: str) -> SlackApiError:
    return answered({"ok": False, "error": code, **more})


def of(error: Exception) -> DeliveryError:
    return failure(error, "#news")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *[(code, FailureClass.GONE) for code in ("channel_not_found", "is_archived")],
        ("is_inactive", FailureClass.GONE),
        ("not_in_channel", FailureClass.PERMISSION),
        ("restricted_action", FailureClass.PERMISSION),
        ("restricted_action_read_only_channel", FailureClass.PERMISSION),
        ("restricted_action_non_threadable_channel", FailureClass.PERMISSION),
        ("missing_scope", FailureClass.PERMISSION),
        ("no_permission", FailureClass.PERMISSION),
        ("ekm_access_denied", FailureClass.PERMISSION),
        ("token_revoked", FailureClass.CREDENTIAL),
        ("token_expired", FailureClass.CREDENTIAL),
        ("account_inactive", FailureClass.CREDENTIAL),
        ("invalid_auth", FailureClass.CREDENTIAL),
        ("not_authed", FailureClass.CREDENTIAL),
        ("app_uninstalled", FailureClass.CREDENTIAL),
        ("tokens_revoked", FailureClass.CREDENTIAL),
        ("invalid_blocks", FailureClass.PAYLOAD),
        ("msg_too_long", FailureClass.PAYLOAD),
        ("msg_blocks_too_long", FailureClass.PAYLOAD),
        ("no_text", FailureClass.PAYLOAD),
        ("something_new", FailureClass.PAYLOAD),
        ("message_not_found", FailureClass.MESSAGE_GONE),
        ("cant_update_message", FailureClass.MESSAGE_GONE),
        ("edit_window_closed", FailureClass.MESSAGE_GONE),
    ],
)
def test_certain_refusals(code: str, expected: FailureClass) -> None:
    error = of(coded(code))
    assert isinstance(error, Permanent)
    assert error.failure is expected
    assert code in error.reason
    needs_a_person = {FailureClass.GONE, FailureClass.PERMISSION, FailureClass.CREDENTIAL}
    assert bool(error.remedy) == (expected in needs_a_person)


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "service_unavailable"])
def test_codes_that_leave_it_open(code: str) -> None:
    assert isinstance(of(coded(code)), Ambiguous)


@pytest.mark.parametrize("code", ["ratelimited", "org_login_required", "team_added_to_org"])
def test_codes_that_pass(code: str) -> None:
    error = of(coded(code))
    assert isinstance(error, Retryable)
    assert error.retry_after is None


@pytest.mark.parametrize("data", [{"ok": False, "error": "ratelimited"}, {}, "slow down"])
def test_a_rate_limit_says_how_long(data: Any) -> None:
    error = of(answered(data, status=429, headers={"Retry-After": "17"}))
    assert isinstance(error, Retryable)
    assert error.retry_after == 17


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
@pytest.mark.parametrize("data", [{}, "<html>", {"ok": False}, {"ok": False, "error": "oops"}])
def test_any_5xx_leaves_it_open(status: int, data: Any) -> None:
    assert isinstance(of(answered(data, status=status)), Ambiguous)


def test_a_page_from_something_before_slack() -> None:
    assert isinstance(of(answered("<html>", status=403)), Retryable)
    assert isinstance(of(answered("<html>", status=200)), Ambiguous)
    bare = SlackApiError("", None)  # type: ignore[no-untyped-call]
    assert isinstance(of(bare), Ambiguous)


def test_a_missing_scope_is_named() -> None:
    error = of(coded("missing_scope", needed="chat:write"))
    assert isinstance(error, Permanent)
    assert "chat:write" in error.reason
    assert "install the app again" in error.remedy


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ClientConnectorError(KEY, OSError("refused")),
        aiohttp.ClientConnectorDNSError(KEY, OSError("no such host")),
        aiohttp.ConnectionTimeoutError(),
        aiohttp.InvalidURL("x"),
    ],
)
def test_nothing_was_said_yet(error: Exception) -> None:
    assert isinstance(of(error), Retryable)


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientOSError(104, "reset"),
        aiohttp.ClientPayloadError(),
        aiohttp.SocketTimeoutError(),
        ConnectionResetError(),
    ],
)
def test_the_answer_was_lost(error: Exception) -> None:
    assert isinstance(of(error), Ambiguous)


def test_a_bug_stays_a_bug() -> None:
    with pytest.raises(KeyError):
        of(KeyError("x"))
