"""One app for many Slack teams, each with its own token: what a hosting of Wirewatch is.

Each team that installed it has a SlackPlatform of its own, opened when it is first needed: by a
request of Slack’s, or by a delivery. A channel is spoken to by its own team’s token or not at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import structlog
from aiohttp import web
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.commands.desk import Commands
from bot.errors import DeliveryError, FailureClass, Permanent, Retryable, SettingsError
from bot.model.channel import Channel, PlatformName
from bot.model.platform import Health, Message, Payload, Posted, Probe, Reconciled
from bot.platforms.lost import Lost, OnLost
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.message import rendered
from bot.platforms.slack.welcome import Greets

log = structlog.get_logger()

_AGAIN = "Somebody who may add apps there has to install it again."


class Tokens(Protocol):
    """Where the teams' tokens are kept: bot/storage/slack_teams.py."""

    async def token(self, team: str) -> str | None: ...
    async def all(self) -> tuple[str, ...]: ...
    async def install(self, team: str, *, name: str, token: str, by: str) -> None: ...
    async def remove(self, team: str) -> None: ...


class HostedSlack:
    """The platform `slack`, for every team that installed the app."""

    name = PlatformName.SLACK
    capabilities = SlackPlatform.capabilities
    routes: Sequence[web.RouteDef] = ()
    """The pages through which it is reached, once they are made."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        api_url: str,
        commands: Commands,
        now: Callable[[], datetime],
        on_lost: OnLost | None = None,
        greets: Greets | None = None,
    ) -> None:
        self._tokens = tokens
        self._api_url = api_url
        self._commands = commands
        self._now = now
        self._on_lost = on_lost
        self._greets = greets
        self._teams: dict[str, SlackPlatform] = {}
        self._opening = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Nothing is opened before it is needed: a team whose token is refused harms no other."""

    async def stop(self) -> None:
        teams, self._teams = self._teams, {}
        await asyncio.gather(*self._closing, *(team.stop() for team in teams.values()))

    async def health(self) -> Health:
        """Never raises. Teams are asked one by one when they are spoken to."""
        installed = await self._tokens.all()
        return Health(ok=True, detail=f"hosted: {len(installed)} teams have installed the app")

    async def answer(self, team: str, request: AsyncBoltRequest) -> BoltResponse | None:
        """What a team's people did; None for a team that has not installed the app."""
        found = await self._team(team)
        return None if found is None else await found.answer(request)

    async def install(self, team: str, *, name: str, token: str, by: str) -> None:
        """A team gives a token, perhaps another than before."""
        await self._tokens.install(team, name=name, token=token, by=by)
        await self._drop(team)
        log.info("slack team installed", team=team)

    async def probe(self, external_id: str) -> Probe:
        """As the first team that sees the channel does; only a few are ever asked about."""
        failed: DeliveryError | None = None
        for team in await self._tokens.all():
            try:
                if (found := await self._team(team)) is not None:
                    return await found.probe(external_id)
            except DeliveryError as error:
                failed = error if not isinstance(failed, Retryable) else failed
            except SettingsError as error:
                failed = Retryable(external_id, str(error))
        raise failed or Permanent(
            external_id, "no Slack team has installed the app", failure=FailureClass.GONE
        )

    def render(self, message: Message, *, key: str) -> Payload:
        return rendered(message, key=key)

    async def send(
        self, channel: Channel, payload: Payload, *, key: str, thread: str | None = None
    ) -> Posted:
        team = await self._team_of(channel)
        return await team.send(channel, payload, key=key, thread=thread)

    async def edit(self, channel: Channel, remote_id: str, payload: Payload) -> None:
        await (await self._team_of(channel)).edit(channel, remote_id, payload)

    async def delete(self, channel: Channel, remote_id: str) -> None:
        await (await self._team_of(channel)).delete(channel, remote_id)

    async def reconcile(
        self, channel: Channel, *, key: str, since: datetime, thread: str | None = None
    ) -> Reconciled:
        team = await self._team_of(channel)
        return await team.reconcile(channel, key=key, since=since, thread=thread)

    async def _team_of(self, channel: Channel) -> SlackPlatform:
        """The channel's own team. Raises Permanent if it has not installed the app (any more)."""
        team = channel.workspace.partition(":")[2]
        try:
            found = await self._team(team)
        except SettingsError as error:
            raise Retryable(channel.label, str(error)) from error
        if found is None:
            raise Permanent(
                channel.label,
                "the app is not installed in this Slack workspace",
                failure=FailureClass.CREDENTIAL,
                remedy=_AGAIN,
            )
        return found

    async def _team(self, team: str) -> SlackPlatform | None:
        """Raises SettingsError if Slack cannot be reached, or refuses the team's token."""
        if team in self._teams:
            return self._teams[team]
        async with self._opening:
            if team not in self._teams:
                token = await self._tokens.token(team)
                if token is None:
                    return None
                opened = SlackPlatform(
                    bot_token=token,
                    api_url=self._api_url,
                    commands=self._commands,
                    on_lost=self._lost,
                    greets=self._greets,
                    now=self._now,
                    by_http=True,
                )
                await opened.start()
                self._teams[team] = opened
            return self._teams[team]

    async def _lost(self, lost: Lost) -> None:
        """A team that removed the app: its token is forgotten at once."""
        if not lost.channel:
            await self._tokens.remove(lost.workspace)
            if (gone := self._teams.pop(lost.workspace, None)) is not None:
                # Its own listener is at work just now, and closing waits for it.
                closing = asyncio.create_task(gone.stop(), name=f"close {lost.workspace}")
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
        if self._on_lost is not None:
            await self._on_lost(lost)

    async def _drop(self, team: str) -> None:
        if (before := self._teams.pop(team, None)) is not None:
            await before.stop()
