"""Within the ingest transaction: stories that changed -> replies in the threads of their cards.

Only where a subscription that tells the story wishes it (`updates`), and only if the change is
material. A reply that may not be said now (quiet hours, a mute, the budget) is not kept for later:
what is told next is compared with what was last told, and says it then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.material import Change, ChangeKind, Told, material_change
from bot.model.ids import AlertId
from bot.pipeline.page import Page
from bot.pipeline.roster import Roster, Watch
from bot.pipeline.rows import change_row
from bot.storage import deliveries, digests, story_views
from bot.storage.changes import Listening, keep_told, listening
from bot.words import say, speaking

BUDGET_SPAN = timedelta(minutes=60)


async def tell_changes(
    connection: AsyncConnection,
    behind: Sequence[AlertId],
    *,
    roster: Roster,
    page: Page,
    apart: timedelta,
) -> None:
    """Want a reply for each of these alerts whose story changed materially, at most one each, and
    not before `apart` has passed since the last."""
    heard = await listening(connection, behind)
    if not heard:
        return
    views = await story_views.views(connection, [one.alert for one in heard])
    changed = [
        (one, change)
        for one in heard
        if (change := material_change(views[one.alert].articles, one.told, page.now, apart=apart))
    ]
    speakers = {one.alert: _watches(roster, one) for one, _ in changed}
    await _count_spent(connection, [watch for each in speakers.values() for watch in each], page)
    rows = []
    for one, change in changed:
        may = (watch for watch in speakers[one.alert] if page.may_reply(one.story, watch))
        watch = next(may, None)
        if watch is None:
            continue
        told = Told(at=page.now, replies=one.told.replies + 1)
        with speaking(watch.channel.language):
            line = change_line(change)
        await keep_told(connection, one.alert, told)
        rows.append(
            change_row(
                watch.channel,
                alert=one.alert,
                story=one.story,
                number=told.replies,
                line=line,
                installation=page.installation,
                now=page.now,
            )
        )
    await deliveries.insert_deliveries(connection, rows)


def change_line(change: Change) -> str:
    """What is new, in one line, with the newest report as its source."""
    newest = say(
        "The newest: {outlet}, “{title}”",
        outlet=change.article.outlet,
        title=change.article.parsed.title,
    )
    match change.kind:
        case ChangeKind.CORROBORATED:
            return say(
                "{outlets} independent outlets report this by now. {newest}",
                outlets=change.outlets,
                newest=newest,
            )
        case ChangeKind.NEW_FACT:
            return say(
                "New in at least two reports: {names}. {newest}",
                names=", ".join(change.facts),
                newest=newest,
            )
        case ChangeKind.BURST:
            return say(
                "Many outlets at once: {outlets} report this by now. {newest}",
                outlets=change.outlets,
                newest=newest,
            )


def _watches(roster: Roster, one: Listening) -> list[Watch]:
    found = (roster.watch(subscription) for subscription in one.subscriptions)
    return [watch for watch in found if watch is not None]


async def _count_spent(connection: AsyncConnection, watches: Sequence[Watch], page: Page) -> None:
    """Have the page know what the budgets of these channels have spent."""
    unknown = {
        watch.channel.id
        for watch in watches
        if watch.channel.attention.budget and watch.channel.id not in page.spent
    }
    page.spent.update(
        await digests.cards_since(connection, sorted(unknown), page.now - BUDGET_SPAN, now=page.now)
    )
