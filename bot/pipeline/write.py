"""The tick for written summaries: cards that stand already are improved by a later edit.

    cards that changed -> two, three, eight outlets? -> within today's budget? -> the model
      -> bot/alerts/written.py checks -> kept, and the card is behind -> deliver.py edits it

Nothing waits for it. Whatever goes wrong, the card keeps the extract of a report; an answer that is
refused is not asked for again before more outlets report.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.alerts.compose import StoryView, speakers
from bot.alerts.written import Rejected, check, request_for, sources_key, step_at, summary_in
from bot.model.article import Article
from bot.model.ids import AlertId
from bot.pipeline.endpoint import Endpoint, EndpointError
from bot.storage import alerts, story_views, written
from bot.storage.database import Database
from bot.storage.written import Written
from bot.stories.outlets import independent

log = structlog.get_logger()

AT_ONCE = 5
"""Alerts a tick: a slow model must not hold up the process's end for long."""
STORY_LIVES = timedelta(hours=24)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An alert whose story came to `step` outlets, with the reports to read."""

    alert: AlertId
    articles: tuple[Article, ...]
    written: Written


class Writer:
    """Has summaries written, one at a time. `budget` is in tokens a (UTC) day."""

    def __init__(
        self,
        *,
        database: Database,
        endpoint: Endpoint,
        budget: int,
        now: Callable[[], datetime],
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._endpoint = endpoint
        self._budget = budget
        self._now = now
        self._on_commit = on_commit
        self._rests_until: datetime | None = None
        self._pause = FIRST_PAUSE

    async def tick(self) -> int:
        """Write what is due. Returns how many cards say something new."""
        if self._rests_until is not None and self._now() < self._rests_until:
            return 0
        changed = 0
        for one in await self._due():
            try:
                text = await self._write(one)
            except EndpointError as error:
                self._rest(error)
                break
            if text is None:
                break  # today's budget
            changed += text != ""
        if changed:
            self._on_commit()
        return changed

    async def _due(self) -> list[Due]:
        since = self._now() - STORY_LIVES
        async with self._database.read() as connection:
            ids = await written.to_write(connection, since=since, limit=AT_ONCE)
            views = await story_views.views(connection, ids)
            before = await written.get_written(connection, ids)
            workspaces = await alerts.workspaces_of(connection, ids)
        due = []
        for id_ in ids:
            view = views[id_]
            known = before.get(id_) or Written(
                alert=id_, workspace=workspaces[id_], step=0, revision=0
            )
            one = _due(view, known)
            if one is not None:
                due.append(one)
                continue
            async with self._database.write() as connection:
                seen = replace(known, revision=view.revision)
                await written.put_written(connection, seen, now=self._now())
        return due

    async def _write(self, due: Due) -> str | None:
        """What is shown from now on: "" if the answer was refused, None beyond the budget. Raises
        EndpointError."""
        model = self._endpoint.model
        sources = sources_key(due.articles)
        async with self._database.read() as connection:
            text = await written.written_from(connection, sources, model)
            spent = await written.spent_on(connection, self._now())
        refused = ""
        if not text:
            request = request_for(model, due.articles)
            if spent + request.tokens > self._budget:
                return None
            async with self._database.write() as connection:  # first: a crash costs at most this
                await written.spend(connection, request.tokens, now=self._now())
            text, refused, tokens = await self._ask(due, request.body)
            async with self._database.write() as connection:
                more = (tokens if tokens is not None else request.tokens) - request.tokens
                await written.spend(connection, more, now=self._now())
        self._pause = FIRST_PAUSE
        kept = replace(due.written, sources=sources, text=text, model=model, refused=refused)
        async with self._database.write() as connection:
            if text:
                await alerts.bump(connection, [due.alert])
                kept = replace(kept, revision=kept.revision + 1)
            await written.put_written(connection, kept, now=self._now())
        return text

    async def _ask(self, due: Due, body: dict[str, object]) -> tuple[str, str, int | None]:
        """The text, or why it is refused; and what it cost."""
        answer = await self._endpoint.ask(body)
        try:
            text = summary_in(answer.content)
            check(text, due.articles)
        except Rejected as error:
            log.info("a written summary is not shown", alert=due.alert, reason=str(error))
            return "", str(error), answer.tokens
        return text, "", answer.tokens

    def _rest(self, error: EndpointError) -> None:
        asked = timedelta(seconds=error.retry_after_s or 0)
        pause = min(LONGEST_PAUSE, max(self._pause, asked))
        self._rests_until = self._now() + pause
        self._pause = min(LONGEST_PAUSE, self._pause * 2)
        log.warning(
            "no summary was written; the extracts stay, and it is asked again later",
            reason=str(error),
            pause_s=pause.total_seconds(),
        )


def _due(view: StoryView, before: Written) -> Due | None:
    """What to write for the alert, if its story came to the next step."""
    articles = speakers(view)
    step = step_at(independent(articles))
    if step <= before.step:
        return None
    return Due(
        alert=view.alert,
        articles=tuple(articles),
        written=replace(before, step=step, revision=view.revision),
    )
