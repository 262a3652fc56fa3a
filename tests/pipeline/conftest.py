"""After every pipeline test the database is judged by all the laws: see tests/invariants.py.

@pytest.mark.laws(drained=True)    also: what `violations` takes
@pytest.mark.lawless               the test breaks a law on purpose, and says why
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.storage.database import Database
from tests.invariants import violations


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "laws(**said): what the law check after the test is told")
    config.addinivalue_line("markers", "lawless(why): no law check after the test")


@pytest.fixture
async def database(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """The real one, judged when the test is over."""
    yield database
    if request.node.get_closest_marker("lawless") is None:
        told = request.node.get_closest_marker("laws")
        assert await violations(database, **({} if told is None else told.kwargs)) == []
