"""Fixtures for everybody: a real database, a clock that stands, and no network but loopback."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.storage.database import Database
from bot.storage.installation import migrate
from tests.clock import Clock

_LOOPBACK = ("127.", "::1", "localhost")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the deep checks")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="a deep check: run with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail any test that would dial out."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            raise AssertionError(f"a test tried to dial {address!r}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """A command line configures logging for its process; the next test has another stderr."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the schema that the migrations make: to be copied, as making one takes
    longer than most tests."""
    path = tmp_path_factory.mktemp("blank") / "blank.db"

    async def make() -> None:
        made = Database(f"sqlite:///{path}")
        await migrate(made)
        await made.close()

    asyncio.run(make())
    return path


@pytest.fixture
async def database(tmp_path: Path, blank: Path) -> AsyncIterator[Database]:
    """SQLite as it runs, in a file, with the schema that the migrations make."""
    path = tmp_path / "wirewatch.db"
    shutil.copy(blank, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    await opened.close()
