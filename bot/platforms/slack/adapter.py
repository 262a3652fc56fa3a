"""Posts alerts to Slack, edits them in place, and listens to people over Socket Mode.

One attempt a call: whether to try again is the pipeline's to decide. Slack has no idempotency
key, so a lost post is looked for in the channel's history by the key in its metadata.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from slack_bolt.app.async_app import AsyncApp

from bot.commands.desk import Commands
from bot.errors import Retryable
from bot.model.alert import Alert
from bot.model.channel import Channel, PlatformName
from bot.model.platform import Capabilities, Health, Payload, Posted, Probe, Reconciled
from bot.platforms.slack import buttons, commands
from bot.platforms.slack.answers import Answers
from bot.platforms.slack.callers import Callers
from bot.platforms.slack.channels import Channels
from bot.platforms.slack.connection import Connection, connect
from bot.platforms.slack.history import History
from bot.platforms.slack.posting import Poster
from bot.platforms.slack.probe import look
from bot.platforms.slack.render import render_alert


class SlackPlatform:
    """The platform `slack`. A channel's id is Slack's (C…), a message's its `ts`.

    Without `app_token` it posts, and hears nobody. `signing_secret` and `now` are for judging
    requests by HTTP, which Socket Mode does without.
    """

    name = PlatformName.SLACK
    capabilities = Capabilities(
        edit=True, threads=True, buttons=True, resend_s=0.0, settle_s=3.0, max_characters=13_000
    )

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str = "",
        signing_secret: str = "",
        api_url: str = "",
        commands: Commands,
        now: Callable[[], datetime],
    ) -> None:
        self._bot_token = bot_token
        self._app_token = app_token
        self._signing_secret = signing_secret
        self._api_url = api_url
        self._commands = commands
        self._open: Connection | None = None

    async def start(self) -> None:
        """Connect; with an app token, return once Slack has said hello.

        Raises SettingsError, naming the setting and the next step.
        """
        if self._open is not None:
            return
        connection = await connect(self._bot_token, self._api_url, commands=bool(self._app_token))
        try:
            if self._app_token:
                await connection.listen(self._app_token, self._signing_secret, self._register)
        except BaseException:
            await connection.close()
            raise
        self._open = connection

    async def stop(self) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            await connection.close()

    async def health(self) -> Health:
        if self._open is None:
            return Health(ok=False, detail="not connected")
        return await self._open.health()

    async def probe(self, external_id: str) -> Probe:
        connection = self._connected(external_id)
        return await look(Channels(connection.client), connection.identity, external_id)

    def render(self, alert: Alert, *, key: str) -> Payload:
        return render_alert(alert, key=key)

    async def send(self, channel: Channel, payload: Payload, *, key: str) -> Posted:
        client = self._connected(channel.label).client
        return Posted(remote_id=await Poster(client).post(channel, payload.body))

    async def edit(self, channel: Channel, remote_id: str, payload: Payload) -> None:
        client = self._connected(channel.label).client
        await Poster(client).edit(channel, remote_id, payload.body)

    async def reconcile(self, channel: Channel, *, key: str, since: datetime) -> Reconciled:
        connection = self._connected(channel.label)
        history = History(connection.client, bot_user=connection.identity.bot_user)
        return await history.find(channel, key=key, since=since)

    def _connected(self, channel: str) -> Connection:
        if self._open is None:
            raise Retryable(channel, "Slack is not connected")
        return self._open

    def _register(self, app: AsyncApp, connection: Connection) -> None:
        """Every listener there is."""
        answers = Answers(connection.busy)
        callers = Callers(connection.client, connection.identity)
        commands.register(app, answers, commands.NewsCommand(self._commands, callers))
        buttons.register(app, answers, buttons.AlertButtons(self._commands, callers))
