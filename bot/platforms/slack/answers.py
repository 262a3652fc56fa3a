"""Acks first, then works, then answers in private. What is answered is the commands' matter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias

import structlog

from bot.commands.caller import Reply, refusal
from bot.errors import CommandError
from bot.platforms.slack.replies import apology, render_reply
from bot.platforms.slack.socket_mode import Busy
from bot.words import ENGLISH, speaking

log = structlog.get_logger()


COMMAND = "/news"
"""As the manifest calls it; who pressed a button did not type what it is called here."""


class Ack(Protocol):
    """Bolt's `ack`: tells Slack within 3 s that we have heard."""

    def __call__(self) -> Awaitable[Any]: ...


class Respond(Protocol):
    """Bolt's `respond`: posts to the interaction's response_url, up to five times."""

    def __call__(self, text: str | dict[str, Any]) -> Awaitable[Any]: ...


Work: TypeAlias = Callable[[], Awaitable[Reply | None]]
"""None: the person sees the outcome already, in a form that was opened."""


class Answers:
    """What every listener does around its own work."""

    def __init__(self, busy: Busy, *, language: Callable[[], Awaitable[str]]) -> None:
        self._busy = busy
        self._language = language

    async def give(
        self, ack: Ack, respond: Respond, work: Work, *, what: str, command: str = COMMAND
    ) -> None:
        """Ack, do `work`, and tell its reply to the person who asked; `what` is for the log, and
        `command` stands before the commands that the reply mentions."""
        with self._busy.working():
            await ack()
            with speaking(await self.language()):
                reply = await _outcome(work, what)
                if reply is None:
                    return
                try:
                    await _tell(respond, render_reply(reply.typed_after(f"{command} ")), what)
                except Exception:
                    # The boundary of one interaction: its work is done, only the words are lost.
                    log.exception("an answer was lost", what=what)

    async def language(self) -> str:
        """The one that the workspace has chosen; English else."""
        try:
            return await self._language()
        except Exception:
            # What is asked for will fail, or not, by itself, and is answered all the same.
            log.exception("a workspace's language could not be read")
            return ENGLISH

    async def outcome(self, work: Work, *, what: str) -> Reply | None:
        """What `work` comes to, a refusal and an apology among it: for who tells it in a form."""
        with self._busy.working(), speaking(await self.language()):
            reply = await _outcome(work, what)
        return None if reply is None else reply.typed_after(f"{COMMAND} ")

    def working(self) -> AbstractContextManager[None]:
        """What runs in it is finished before the program stops."""
        return self._busy.working()


async def _outcome(work: Work, what: str) -> Reply | None:
    try:
        return await work()
    except CommandError as error:
        return refusal(error)
    except Exception:
        # The boundary of one interaction: the person is told, the others are served.
        log.exception("a command failed", what=what)
        return apology()


async def _tell(respond: Respond, body: dict[str, Any], what: str) -> None:
    answer = await respond(body)
    if answer.status_code == 200:
        return
    log.warning("slack refused an answer", what=what, status=answer.status_code, why=answer.body)
    if answer.status_code == 400:  # the blocks, perhaps: the title alone tells the outcome
        await respond({key: value for key, value in body.items() if key != "blocks"})
