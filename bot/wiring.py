"""The parts of one process, made from its settings. Starts nothing, and decides nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console

from bot import __version__
from bot.commands.departures import Departures
from bot.commands.desk import Commands, commands_on
from bot.commands.feeds import FeedCommands
from bot.commands.limits import Limits
from bot.commands.newcomers import NewWorkspaces
from bot.commands.starters import Starter, Starters
from bot.feeds.fetch import Fetcher
from bot.feeds.lanes import ParseLanes
from bot.model.channel import PlatformName
from bot.model.platform import Platform
from bot.pipeline.endpoint import Endpoint
from bot.pipeline.write import Writer
from bot.platforms.console.adapter import ConsolePlatform
from bot.platforms.lost import Greets, Lost, OnLost
from bot.platforms.webhook.adapter import WebhookPlatform
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.installation import Remembered, migrate
from bot.storage.slack_teams import SlackTeams
from bot.web.health import HealthPages
from bot.web.heartbeat import Heartbeat

_FIRST_READ_S = 10.0
"""A feed is asked within a second of being due, and answers within a few."""


def utc_now() -> datetime:
    """The clock. Passed in everywhere, so that tests have their own."""
    return datetime.now(UTC)


def user_agent(settings: Settings) -> str:
    """Names the project and whom to complain to, as a polite reader does."""
    contact = f" (+{settings.polling.contact})" if settings.polling.contact else ""
    return f"Wirewatch/{__version__}{contact}"


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database with its schema up to date."""
    database = Database(settings.storage.url)
    try:
        if database.path is not None:
            database.path.parent.mkdir(parents=True, exist_ok=True)
        await migrate(database)
        yield database
    finally:
        await database.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What every process has, whatever it does."""

    database: Database
    fetcher: Fetcher
    workers: ParseLanes
    commands: Commands


@asynccontextmanager
async def open_parts(settings: Settings, *, now: Callable[[], datetime]) -> AsyncIterator[Parts]:
    """Open them, and close them in the reverse order."""
    polling = settings.polling
    fetcher = Fetcher(
        allow_private=polling.allow_private_addresses,
        user_agent=user_agent(settings),
        timeout_s=polling.timeout_seconds,
        max_bytes=int(polling.max_megabytes * 1_000_000),
        concurrency=polling.concurrency,
        per_host=polling.per_host,
    )
    workers = ParseLanes(
        processes=polling.parse_processes,
        timeout_s=polling.parse_timeout_seconds,
        memory_mb=polling.parse_megabytes,
    )
    async with open_database(settings) as database, fetcher, workers:
        commands = build_commands(
            settings, database=database, fetcher=fetcher, workers=workers, now=now
        )
        yield Parts(database=database, fetcher=fetcher, workers=workers, commands=commands)


def build_writer(
    settings: Settings,
    *,
    database: Database,
    now: Callable[[], datetime],
    on_commit: Callable[[], None],
) -> Writer | None:
    """What has summaries written, if an endpoint is set."""
    llm = settings.llm
    if not llm.url:
        return None
    return Writer(
        database=database,
        endpoint=Endpoint(
            url=llm.url,
            model=llm.model,
            key=llm.key.get_secret_value(),
            timeout_s=llm.timeout_seconds,
        ),
        budget=llm.tokens_a_day,
        now=now,
        on_commit=on_commit,
    )


def build_heartbeat(settings: Settings, health: HealthPages) -> Heartbeat | None:
    """What tells somebody outside that all is well, if an address is set."""
    url = settings.web.heartbeat_url.get_secret_value()
    if not url:
        return None
    return Heartbeat(url=url, checks=health.checks, user_agent=user_agent(settings))


def build_commands(
    settings: Settings,
    *,
    database: Database,
    fetcher: Fetcher,
    workers: ParseLanes,
    now: Callable[[], datetime],
) -> Commands:
    """The use cases, for the command line and for every chat."""
    limits = Limits(**settings.limits.model_dump())
    return commands_on(
        database,
        now=now,
        limits=limits,
        feeds=FeedCommands(
            database=database,
            fetcher=fetcher,
            workers=workers,
            now=now,
            interval_s=settings.polling.interval_minutes * 60,
            allow_private=settings.polling.allow_private_addresses,
            limits=limits,
        ),
        starters=Starters(
            feeds=tuple(Starter(url=one.url, name=one.name) for one in settings.starter_feed),
            interval_s=settings.polling.interval_minutes * 60,
            patience_s=_FIRST_READ_S,
        ),
    )


def build_platforms(
    settings: Settings,
    *,
    console: Console,
    database: Database,
    commands: Commands,
    now: Callable[[], datetime],
) -> dict[PlatformName, Platform]:
    """The platforms that these settings can use. A chat's SDK is imported only if it is."""
    platforms: dict[PlatformName, Platform] = {
        PlatformName.CONSOLE: ConsolePlatform(console, now=now),
        PlatformName.WEBHOOK: WebhookPlatform(
            secret=settings.webhook.secret.get_secret_value(),
            user_agent=user_agent(settings),
            now=now,
        ),
    }
    if token := settings.discord.token.get_secret_value():
        from bot.platforms.discord.adapter import DiscordPlatform

        platforms[PlatformName.DISCORD] = DiscordPlatform(
            token=token,
            api_url=settings.discord.api_url,
            gateway_url=settings.discord.gateway_url,
            commands=commands,
            remember=Remembered(database),
            on_lost=_departures(PlatformName.DISCORD, database, now),
            greets=_greets(PlatformName.DISCORD, database, now),
        )
    if settings.slack.client_id:
        platforms[PlatformName.SLACK] = _hosted_slack(
            settings, database=database, commands=commands, now=now
        )
    elif bot_token := settings.slack.bot_token.get_secret_value():
        from bot.platforms.slack.adapter import SlackPlatform

        platforms[PlatformName.SLACK] = SlackPlatform(
            bot_token=bot_token,
            app_token=settings.slack.app_token.get_secret_value(),
            api_url=settings.slack.api_url,
            commands=commands,
            on_lost=_departures(PlatformName.SLACK, database, now),
            greets=_greets(PlatformName.SLACK, database, now),
            now=now,
        )
    return platforms


def _hosted_slack(
    settings: Settings, *, database: Database, commands: Commands, now: Callable[[], datetime]
) -> Platform:
    from bot.platforms.slack.hosted import HostedSlack
    from bot.platforms.slack.http import EventPages
    from bot.platforms.slack.install import InstallPages

    slack = settings.slack
    hosted = HostedSlack(
        tokens=SlackTeams(database, now=now),
        api_url=slack.api_url,
        commands=commands,
        now=now,
        on_lost=_departures(PlatformName.SLACK, database, now),
        greets=_greets(PlatformName.SLACK, database, now),
    )
    events = EventPages(hosted, signing_secret=slack.signing_secret.get_secret_value(), now=now)
    install = InstallPages(
        hosted,
        client_id=slack.client_id,
        client_secret=slack.client_secret.get_secret_value(),
        public_url=settings.web.public_url,
        api_url=slack.api_url,
        now=now,
    )
    hosted.routes = (*events.routes(), *install.routes())
    return hosted


def _greets(platform: PlatformName, database: Database, now: Callable[[], datetime]) -> Greets:
    """Whether a workspace that was just joined is greeted: once for good."""
    arrivals = NewWorkspaces(database=database, now=now)

    async def greets(workspace: str) -> bool:
        return await arrivals.is_to_be_greeted(platform, workspace)

    return greets


def _departures(platform: PlatformName, database: Database, now: Callable[[], datetime]) -> OnLost:
    """Set aside what the platform says is ours no longer."""
    departures = Departures(database=database, now=now)

    async def record(lost: Lost) -> None:
        await departures.record(
            platform, workspace=lost.workspace, channel=lost.channel, reason=lost.reason
        )

    return record
