"""What must hold of deliveries whatever crashed, failed or came late. Reads; repairs nothing.

    assert await violations(newsdesk.database) == []

Knows the database and, where a test has them, what the channels really show. It does not know
what the feeds said: whether an article that should match did is for the caller to judge. The rules
are in tests/laws/.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

from bot.storage.database import Database
from tests.laws import attention, joined, outcomes, sending, tenancy
from tests.laws.facts import Facts, Ledger, Said, read

__all__ = ["RULES", "Ledger", "violations"]

RULES: tuple[Callable[[Facts], Iterator[str]], ...] = (
    *outcomes.RULES,
    *joined.RULES,
    *tenancy.RULES,
    *sending.RULES,
    *attention.RULES,
)


async def violations(
    database: Database | Path,
    *,
    ledgers: Mapping[str, Ledger] | None = None,
    deleted: Collection[str] = (),
    faults: int | None = None,
    drained: bool = False,
    backfilled: bool = False,
    now: datetime | None = None,
    patience: timedelta | None = None,
) -> list[str]:
    """Every broken rule in words; none if all is well.

    `ledgers` are by the channel's external id; a channel without one is judged by the database
    alone. `deleted` are remote ids that a moderator took away. `faults` is how many attempts were
    made to fail, deaths in the middle of one included; None: as many as did not succeed.
    `drained`: nothing may be pending any more, but in disabled channels. `backfilled`: budgets did
    not bind. With `now`, no hold may have outlived its end by more than one rhythm; with
    `patience`, no message may have come later than that after it was decided.

    A subscription that was removed and came back is taken for one that never went away, and a
    channel's wishes for what they always were.
    """
    said = Said(
        ledgers=ledgers or {},
        deleted=deleted,
        faults=faults,
        drained=drained,
        backfilled=backfilled,
        now=now,
        patience=patience,
    )
    async with AsyncExitStack() as stack:
        if isinstance(database, Path):
            database = Database(f"sqlite:///{database}")
            stack.push_async_callback(database.close)
        facts = await read(database, said)
    return [words for rule in RULES for words in rule(facts)]
