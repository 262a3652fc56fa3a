"""The bytes of a file that somebody gave us in Slack. Reads nothing in them.

The bot token goes to Slack's own host alone: a redirect is not followed, for who asks without the
right token is sent to a page where people sign in.
https://docs.slack.dev/reference/objects/file-object
"""

from __future__ import annotations

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from bot.errors import CommandError
from bot.feeds.guard import guarded_connector
from bot.platforms.slack.client import API_URL
from bot.platforms.slack.failures import code_of
from bot.platforms.slack.members import refuse_for_scope
from bot.words import say

_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)
_CHUNK = 65_536
_GONE = {"file_not_found", "file_deleted", "access_denied", "not_visible"}


class GivenFiles:
    """Reads files by their id, as the bot that `client` speaks for."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def read(self, file: str, *, most: int) -> bytes:
        """At most `most` bytes. Raises CommandError for a larger one, or one not handed out."""
        try:
            told = (await self._client.files_info(file=file))["file"]
        except SlackApiError as error:
            refuse_for_scope(error)
            if code_of(error) not in _GONE:
                raise
            raise _withheld() from error
        if int(told.get("size") or 0) > most:
            raise _too_large(most)
        address = told.get("url_private_download") or told.get("url_private") or ""
        if not is_slacks(address, api=self._client.base_url):
            raise _withheld()
        try:
            return await self._download(URL(address), most)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _withheld() from error

    async def _download(self, address: URL, most: int) -> bytes:
        # A private address is dialled only where whoever runs the bot has named such an API.
        connector = guarded_connector(allow_private=self._client.base_url != API_URL)
        async with (
            aiohttp.ClientSession(
                connector=connector,
                timeout=_TIMEOUT,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            ) as session,
            session.get(
                address,
                headers={"Authorization": f"Bearer {self._client.token}"},
                allow_redirects=False,
            ) as answer,
        ):
            if answer.status != 200:
                raise _withheld()
            content = bytearray()
            async for chunk in answer.content.iter_chunked(_CHUNK):
                content += chunk
                if len(content) > most:
                    raise _too_large(most)
            return bytes(content)


def is_slacks(address: str, *, api: str) -> bool:
    """Whether the token may go there: the API's own host, or a name below it (files.slack.com),
    by the same scheme and port."""
    try:
        url, base = URL(address), URL(api)
    except ValueError:
        return False
    host, own = (url.host or "").casefold(), (base.host or "").casefold()
    same_door = (url.scheme, url.port, url.user) == (base.scheme, base.port, None)
    return bool(own) and same_door and (host == own or host.endswith(f".{own}"))


def _withheld() -> CommandError:
    return CommandError(
        say("Slack did not hand out the file."),
        hint=say("Try again, or give its address: `feed import URL`."),
    )


def _too_large(most: int) -> CommandError:
    return CommandError(
        say("This file is larger than {most} MB.", most=most // 1_000_000), hint=say("Split it.")
    )
