"""The SDK's exceptions -> DeliveryErrors: was it certainly not posted, and what is to be done.

https://docs.slack.dev/reference/methods/chat.postMessage#errors, and chat.update's. Decides by the
answer alone; retrying, joining and degrading are the adapter's.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent, Retryable

AMBIGUOUS = frozenset({"internal_error", "fatal_error", "service_unavailable"})
"""Slack's own words: "some aspect of the operation may have succeeded before the error"."""
TRANSIENT = frozenset(
    {"ratelimited", "rate_limited", "org_login_required", "team_added_to_org", "request_timeout"}
)
_INVITE = "Type /invite @wirewatch in the channel."
_REINSTALL = "Install the app again and set the new token in WIREWATCH_SLACK__BOT_TOKEN."
_GONE = {
    "channel_not_found": (
        "the channel was deleted, or is private and without the bot",
        f"If it still exists: {_INVITE}",
    ),
    "is_archived": ("the channel is archived", "Unarchive it, or choose another one."),
    "is_inactive": ("the channel is archived", "Unarchive it, or choose another one."),
}
_PERMISSION = {
    "not_in_channel": ("the bot is not in the channel", _INVITE),
    "no_permission": ("the bot may not do this", "Ask a workspace admin to allow the app."),
    "not_allowed": ("the bot may not do this", "Ask a workspace admin to allow the app."),
    "ekm_access_denied": ("an admin has suspended posting", "Ask a workspace admin."),
    "cant_delete_message": ("the message is not the bot's own", "Delete it yourself."),
    "compliance_exports_prevent_deletion": (
        "the workspace's compliance exports forbid deleting messages",
        "Nothing is to be done: the message stays.",
    ),
    "messages_tab_disabled": (
        "the app takes no direct messages",
        "Choose a channel, or enable the Messages tab in the app's settings.",
    ),
}
_CREDENTIAL = frozenset(
    {"token_revoked", "token_expired", "account_inactive", "invalid_auth", "not_authed"}
    | {"app_uninstalled", "tokens_revoked", "not_allowed_token_type", "access_denied"}
)
_MESSAGE_GONE = {
    "message_not_found": "the message was deleted",
    "cant_update_message": "the message is not the bot's own",
    "edit_window_closed": "the workspace allows no more edits of the message",
    "thread_not_found": "the message to reply to was deleted",
    "cannot_reply_to_message": "the message cannot be replied to",
}


def failure(error: Exception, channel: str) -> DeliveryError:
    """What an exception of the SDK means for one message to `channel`.

    Raises `error` itself if it is none of the SDK's: that is a bug, not a failed delivery.
    """
    if isinstance(error, SlackApiError):
        return _answered(error, channel)
    if isinstance(
        error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL
    ):
        return Retryable(channel, "Slack cannot be reached")
    if isinstance(error, aiohttp.ClientError | TimeoutError | OSError):
        return Ambiguous(channel, "Slack's answer was lost")
    raise error


def code_of(error: SlackApiError) -> str:
    """Slack's error code; "" if the answer was none of Slack's own (a gateway's page)."""
    data = getattr(error.response, "data", error.response)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def status_of(error: SlackApiError) -> int:
    """The HTTP status. slack_sdk keeps aiohttp's response when the body was no JSON."""
    response = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    return int(status or 200)


def needed_scope(error: SlackApiError) -> str:
    """The scope that `missing_scope` asks for, "" if it does not say."""
    data = getattr(error.response, "data", None)
    return str(data.get("needed") or "") if isinstance(data, dict) else ""


def _answered(error: SlackApiError, channel: str) -> DeliveryError:
    code, status = code_of(error), status_of(error)
    if status == 429 or code in TRANSIENT:
        reason = f"Slack asks to wait ({code or status})"
        wish = _retry_after(error.response)
        return Retryable(channel, reason, retry_after=wish, too_many=status == 429)
    if status >= 500 or code in AMBIGUOUS or (status < 400 and not code):
        return Ambiguous(channel, f"Slack failed with {code or status}")
    if not code:  # a proxy's page: Slack itself has not seen the call
        return Retryable(channel, f"something before Slack answered {status}")
    return _refused(code, needed_scope(error), channel)


def _refused(code: str, needed: str, channel: str) -> Permanent:
    """Certainly not posted."""

    def permanent(failure: FailureClass, reason: str, remedy: str = "") -> Permanent:
        return Permanent(channel, f"{reason} ({code})", failure=failure, remedy=remedy)

    if code in _GONE:
        return permanent(FailureClass.GONE, *_GONE[code])
    if code in _PERMISSION:
        return permanent(FailureClass.PERMISSION, *_PERMISSION[code])
    if code.startswith("restricted_action"):
        return permanent(
            FailureClass.PERMISSION,
            "the workspace lets only some people post here",
            "Ask a workspace admin to let the app post in this channel.",
        )
    if code == "missing_scope":
        scope = needed or "a scope"
        remedy = f"Add {scope} under OAuth & Permissions and install the app again."
        return permanent(FailureClass.PERMISSION, f"the app lacks {scope}", remedy)
    if code in _CREDENTIAL:
        return permanent(FailureClass.CREDENTIAL, "Slack refuses the token", _REINSTALL)
    if code in _MESSAGE_GONE:
        return permanent(FailureClass.MESSAGE_GONE, _MESSAGE_GONE[code])
    return permanent(FailureClass.PAYLOAD, "Slack refuses the message")


def _retry_after(response: Any) -> float | None:
    """Seconds; SlackApiError's response has headers in any of its shapes, or none at all."""
    headers = getattr(response, "headers", None) or {}
    wish = str(headers.get("Retry-After", ""))
    return float(wish) if wish.isdigit() else None
