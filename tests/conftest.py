"""Fixtures for everybody: a real database, a clock that stands, and no network but loopback."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import structlog

from bot.storage.database import Database
from bot.storage.installation import migrate
from tests.clock import Clock
from tests.servers.postgres import USER, NoPostgres, postgres
from tests.statements import compile_once

compile_once()
_LOOPBACK = ("127.", "::1", "localhost")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgresql", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.addoption("--slow", action="store_true", help="also run the deep checks")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--postgresql"):
        only = pytest.mark.skip(reason="of SQLite alone")
        for item in items:
            if "sqlite" in item.keywords:
                item.add_marker(only)
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


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The folder of a real PostgreSQL's socket, with a migrated database `blank`."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(postgres())
        except NoPostgres as none:
            pytest.skip(str(none))
        with psycopg.connect(_at(folder, "postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE blank")

        async def make() -> None:
            made = Database(_url(folder, "blank"))
            await migrate(made)
            await made.close()

        asyncio.run(make())
        yield folder


def _at(folder: str, database: str) -> str:
    return f"host={folder} user={USER} dbname={database}"


def _url(folder: str, database: str) -> str:
    return f"postgresql+psycopg://{USER}@/{database}?host={folder}"


@pytest.fixture
def postgresql_copy(postgresql: str) -> Iterator[str]:
    """A PostgreSQL database of this test's own, with the schema that the migrations make."""
    name = f"copy_{uuid4().hex}"
    with psycopg.connect(_at(postgresql, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE blank STRATEGY file_copy")
        yield _url(postgresql, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a database of this test's own is, with the schema that the migrations make."""
    if request.config.getoption("--postgresql"):
        return str(request.getfixturevalue("postgresql_copy"))
    path = tmp_path / "wirewatch.db"
    shutil.copy(request.getfixturevalue("blank"), path)
    return f"sqlite:///{path}"


@pytest.fixture
async def database(storage_url: str) -> AsyncIterator[Database]:
    """The store as it runs."""
    opened = Database(storage_url)
    yield opened
    await opened.close()
