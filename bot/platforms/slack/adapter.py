"""Posts alerts to Slack, edits them in place, and listens to people over Socket Mode.

One attempt a call: whether to try again is the pipeline's to decide. Slack has no idempotency
key, so a lost post is looked for in the channel's history by the key in its metadata.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.commands.desk import Commands
from bot.errors import Retryable
from bot.model.channel import DIRECT, Channel, PlatformName
from bot.model.platform import Capabilities, Health, Message, Payload, Posted, Probe, Reconciled
from bot.platforms.lost import OnLost
from bot.platforms.slack import (
    buttons,
    commands,
    events,
    home,
    importing,
    modals,
    shortcuts,
    welcome,
)
from bot.platforms.slack.answers import Answers
from bot.platforms.slack.callers import Callers
from bot.platforms.slack.channels import Channels
from bot.platforms.slack.connection import Connection, connect
from bot.platforms.slack.direct import DirectMessages
from bot.platforms.slack.files import GivenFiles
from bot.platforms.slack.history import History
from bot.platforms.slack.message import rendered
from bot.platforms.slack.posting import Poster
from bot.platforms.slack.probe import look
from bot.platforms.slack.render import as_edit


class SlackPlatform:
    """The platform `slack`. A channel's id is Slack's (C…), a message's its `ts`.

    With an `app_token` it listens over Socket Mode; `by_http`, it is handed people's requests
    (`answer`), judged already; with neither it posts, and hears nobody.
    """

    name = PlatformName.SLACK
    # https://docs.slack.dev/apis/web-api/rate-limits: a message a second and channel, and
    # "several hundred messages per minute" in a workspace, taken at the lower end.
    capabilities = Capabilities(
        edit=True,
        threads=True,
        buttons=True,
        resend_s=0.0,
        settle_s=3.0,
        max_characters=13_000,
        channel_pause_s=1.0,
        posts_a_minute=300,
    )

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str = "",
        by_http: bool = False,
        api_url: str = "",
        commands: Commands,
        now: Callable[[], datetime],
        on_lost: OnLost | None = None,
        greets: welcome.Greets | None = None,
    ) -> None:
        self._bot_token = bot_token
        self._app_token = app_token
        self._by_http = by_http
        self._api_url = api_url
        self._commands = commands
        self._on_lost = on_lost
        self._greets = greets
        self._now = now
        self._open: Connection | None = None
        self._direct: DirectMessages | None = None

    async def start(self) -> None:
        """Connect; with an app token, return once Slack has said hello.

        Raises SettingsError, naming the setting and the next step.
        """
        if self._open is not None:
            return
        listens = self._by_http or bool(self._app_token)
        connection = await connect(self._bot_token, self._api_url, commands=listens)
        try:
            if self._by_http:
                connection.take_requests(self._register)
            elif self._app_token:
                await connection.listen(self._app_token, self._register)
        except BaseException:
            await connection.close()
            raise
        self._open = connection

    async def stop(self) -> None:
        connection, self._open = self._open, None
        self._direct = None
        if connection is not None:
            await connection.close()

    async def answer(self, request: AsyncBoltRequest) -> BoltResponse:
        """A genuine request of this team's to its listeners. Needs `by_http`."""
        return await self._connected("Slack").dispatch(request)

    async def health(self) -> Health:
        if self._open is None:
            return Health(ok=False, detail="not connected")
        return await self._open.health()

    async def probe(self, external_id: str) -> Probe:
        connection = self._connected(external_id)
        if external_id.startswith(DIRECT):
            return Probe(name="direct messages", workspace=connection.identity.team_id)
        return await look(Channels(connection.client), connection.identity, external_id)

    def render(self, message: Message, *, key: str) -> Payload:
        return rendered(message, key=key)

    async def send(
        self, channel: Channel, payload: Payload, *, key: str, thread: str | None = None
    ) -> Posted:
        """`thread` is the ts of the card; where it was deleted meanwhile, Slack says so."""
        client = self._connected(channel.label).client
        place = await self._place(channel)
        return Posted(remote_id=await Poster(client).post(place, payload.body, thread=thread))

    async def edit(self, channel: Channel, remote_id: str, payload: Payload) -> None:
        """Never with a mention: who was to be pinged was pinged by the post."""
        client = self._connected(channel.label).client
        place = await self._place(channel)
        await Poster(client).edit(place, remote_id, as_edit(payload.body))

    async def delete(self, channel: Channel, remote_id: str) -> None:
        client = self._connected(channel.label).client
        await Poster(client).delete(await self._place(channel), remote_id)

    async def reconcile(
        self, channel: Channel, *, key: str, since: datetime, thread: str | None = None
    ) -> Reconciled:
        connection = self._connected(channel.label)
        history = History(connection.client, bot_user=connection.identity.bot_user)
        place = await self._place(channel)
        return await history.find(place, key=key, since=since, thread=thread)

    async def _place(self, channel: Channel) -> Channel:
        """Where Slack posts to: of direct messages, the conversation."""
        connection = self._connected(channel.label)
        if self._direct is None:
            self._direct = DirectMessages(connection.client)
        return await self._direct.resolved(channel)

    def _connected(self, channel: str) -> Connection:
        if self._open is None:
            raise Retryable(channel, "Slack is not connected")
        return self._open

    def _register(self, app: AsyncApp, connection: Connection) -> None:
        """Every listener there is."""
        answers = Answers(connection.busy)
        callers = Callers(connection.client, connection.identity)
        forms = modals.Modals(connection.client, self._commands, callers)
        commands.register(app, answers, commands.NewsCommand(self._commands, callers, forms))
        modals.register(app, answers, forms)
        files = GivenFiles(connection.client)
        given = importing.FileImport(files, self._commands, callers, forms)
        importing.register(app, answers, given)
        home.register(app, answers, home.Home(connection.client, self._commands, callers, forms))
        who = connection.identity
        asked = shortcuts.Shortcuts(
            self._commands, callers, bot_user=who.bot_user, bot_id=who.bot_id
        )
        shortcuts.register(app, answers, asked)
        buttons.register(app, answers, buttons.AlertButtons(self._commands, callers))
        hello = welcome.Hello(connection.client, self._commands, callers, forms, now=self._now)
        welcome.register(app, answers, hello, bot_user=who.bot_user, greets=self._greets)
        if self._on_lost is not None:
            events.register(app, self._on_lost, bot_user=connection.identity.bot_user)
