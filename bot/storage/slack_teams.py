"""The Slack teams that installed the hosted app, and the token that each gave.

A token opens a team's channels: it is read here and nowhere else, and is in no export.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.storage.channels import ensure_workspace
from bot.storage.database import Database
from bot.storage.departed import mark_returned
from bot.storage.tables import slack_team

_PREFIX = f"{PlatformName.SLACK}:"


class SlackTeams:
    """Teams by Slack's own id."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def token(self, team: str) -> str | None:
        """The team's bot token; None if it has not installed the app, or removed it."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(slack_team.c.bot_token).where(slack_team.c.workspace_id == _PREFIX + team)
            )
            return found.scalar_one_or_none()

    async def all(self) -> tuple[str, ...]:
        """Every team, the first to install first."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(slack_team.c.workspace_id).order_by(slack_team.c.installed_at)
            )
            return tuple(id_.removeprefix(_PREFIX) for id_ in found.scalars())

    async def install(self, team: str, *, name: str, token: str, by: str) -> None:
        """Keep the token, in place of one that the team gave before; it is a workspace of ours
        (again)."""
        tenant = Workspace(
            id=WorkspaceId(_PREFIX + team), platform=PlatformName.SLACK, external_id=team, name=name
        )
        values = {"bot_token": token, "installed_by": by, "installed_at": self._now()}
        async with self._database.write() as connection:
            await ensure_workspace(connection, tenant, now=self._now())
            await mark_returned(connection, tenant.id)
            changed = await connection.execute(
                update(slack_team).where(slack_team.c.workspace_id == tenant.id).values(values)
            )
            if changed.rowcount == 0:
                await connection.execute(
                    insert(slack_team).values(workspace_id=tenant.id, **values)
                )

    async def remove(self, team: str) -> None:
        """Forget its token at once; what else is kept of it goes days later."""
        async with self._database.write() as connection:
            await connection.execute(
                delete(slack_team).where(slack_team.c.workspace_id == _PREFIX + team)
            )
