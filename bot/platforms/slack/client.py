"""The Web API client, and who we are there. Sends no message."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SettingsError
from bot.platforms.slack.failures import code_of, status_of

API_URL = "https://slack.com/api/"
_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=10)

BOT_SETTING = "WIREWATCH_SLACK__BOT_TOKEN"
REFUSED = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
REFUSED |= {"not_allowed_token_type", "no_permission", "access_denied"}
_HOW = (
    "copy the “Bot User OAuth Token” (xoxb-…) from OAuth & Permissions of your Slack app,"
    " after “Install to Workspace”"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the bot token speaks for. `scopes` is None if Slack did not say."""

    team_id: str
    team: str
    bot_user: str
    bot_id: str
    name: str
    scopes: frozenset[str] | None


def open_session() -> aiohttp.ClientSession:
    """One connection a call: a kept one that Slack has closed meanwhile would lose a post's
    answer, and nobody could tell whether it had landed."""
    return aiohttp.ClientSession(
        timeout=_TIMEOUT,
        connector=aiohttp.TCPConnector(force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def web_client(token: str, api_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that never sends a call twice: Slack has no idempotency key, and the SDK's own
    handler posted twice when the connection dropped after the commit."""
    base = api_url.rstrip("/") + "/" if api_url else API_URL
    return AsyncWebClient(token=token, base_url=base, session=session, retry_handlers=[])


async def identify(client: AsyncWebClient) -> Identity:
    """Ask Slack who we are. Raises SettingsError, naming the setting, if it will not say."""
    if not client.token:
        raise SettingsError(f"{BOT_SETTING} is not set: {_HOW}")
    try:
        told = await client.auth_test()
    except SlackApiError as error:
        if code_of(error) in REFUSED:
            raise SettingsError(
                f"{BOT_SETTING}: Slack refuses this token ({code_of(error)}): {_HOW}"
            ) from error
        raise unreachable(client, code_of(error) or str(status_of(error))) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise unreachable(client, type(error).__name__) from error
    scopes = told.headers.get("x-oauth-scopes")
    return Identity(
        team_id=told["team_id"],
        team=told.get("team", ""),
        bot_user=told.get("user_id", ""),
        bot_id=told.get("bot_id", ""),
        name=told.get("user", "wirewatch"),
        scopes=frozenset(scopes.replace(" ", "").split(",")) if scopes else None,
    )


def unreachable(client: AsyncWebClient, reason: str) -> SettingsError:
    """Slack was not heard; `reason` is a code, a status or an exception's name."""
    return SettingsError(
        f"Slack does not answer at {client.base_url} ({reason}):"
        " check the network and WIREWATCH_SLACK__API_URL, then start again"
    )
