"""`wirewatch purge` as it is typed: what it says first, and that it asks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from bot.cli import app
from bot.errors import CommandError
from bot.storage.database import Database
from bot.storage.tables import workspace as workspace_table
from tests.clock import Clock
from tests.newsdesk import LOCAL_WORKSPACE, Newsdesk, article, workspace

HARBOUR = workspace("8100")


@pytest.fixture
def home(tmp_path: Path, storage_url: str) -> Path:
    """A configuration for a database with two workspaces."""

    async def fill() -> None:
        database = Database(storage_url)
        newsdesk = await Newsdesk.open(database, Clock())
        for by in (HARBOUR, LOCAL_WORKSPACE):
            feed = await newsdesk.follow("https://a.example/feed", by=by)
            await newsdesk.watch("Miami", by=by, channel=by.external_id)
        await newsdesk.listed(feed, article("Talks in Miami", at=newsdesk.clock()))
        await newsdesk.delivered()
        await database.close()

    asyncio.run(fill())
    file = tmp_path / "wirewatch.toml"
    file.write_text(f'[storage]\nurl = "{storage_url}"\n', encoding="utf-8")
    return file


def typed(home: Path, *words: str, said: str = "") -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(app, ["purge", *words, "--config", str(home)], input=said)
    return result.exit_code, result.output, result.exception


def workspaces(storage_url: str) -> int:
    async def count() -> int:
        database = Database(storage_url)
        async with database.read() as connection:
            rows = await connection.execute(select(func.count()).select_from(workspace_table))
            found = int(rows.scalar_one())
        await database.close()
        return found

    return asyncio.run(count())


@pytest.mark.parametrize("said", ["\n", "yes\n", "local\n"])
def test_it_asks_first(home: Path, storage_url: str, said: str) -> None:
    code, _, error = typed(home, HARBOUR.id, said=said)
    assert code == 1
    assert isinstance(error, CommandError)
    assert error.message == "Nothing was deleted."
    assert workspaces(storage_url) == 2


@pytest.mark.parametrize(("words", "said"), [(("--yes",), ""), ((), f"{HARBOUR.id}\n")])
def test_it_deletes_what_it_counted(
    home: Path,
    storage_url: str,
    words: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, output, error = typed(home, HARBOUR.id, *words, said=said)
    assert (code, error) == (0, None)
    lines = [line.split() for line in output.splitlines()]
    assert ["subscription", "1"] in lines
    assert ["delivery", "1"] in lines
    assert output.endswith("✓ Deleted 10 rows of discord:8100.\n")
    assert workspaces(storage_url) == 1
    _, _, again = typed(home, HARBOUR.id, *words, said=said)
    assert isinstance(again, CommandError)
    assert again.hint == "There are: local."
