"""`wirewatch preview`: messages of the database by their keys, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from bot.cli import app
from bot.cli_preview import stored
from bot.errors import CommandError
from bot.preview.page import page
from bot.settings import Settings, StorageSettings
from bot.storage.database import Database
from bot.storage.tables import delivery
from tests.clock import START, Clock
from tests.newsdesk import Newsdesk, article


async def test_a_message_of_the_database_is_shown_as_it_stands(
    database: Database, clock: Clock
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    await newsdesk.watch("Miami")
    feed = await newsdesk.follow("https://a.example/feed", name="Meridian")
    await newsdesk.listed(feed, article("Talks in Miami", at=START))
    await newsdesk.delivered()
    async with database.read() as connection:
        key = str((await connection.execute(select(delivery.c.key))).scalar_one())
    settings = Settings(storage=StorageSettings(url=f"sqlite:///{database.path}"))
    [shown] = await stored(settings, [key])
    assert shown.title == f"Card {key} in desk"
    source = page([shown], now=clock())
    assert source.count("Talks in") == 2
    assert source.count("Meridian") >= 2
    with pytest.raises(CommandError, match="no message with the key abc"):
        await stored(settings, [key, "abc"])


def test_the_samples_need_no_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["preview", "--sample", "--out", "page.html"])
    assert result.exit_code == 0
    assert "28 shown in page.html" in result.output
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert not (tmp_path / "wirewatch.db").exists()


def test_without_anything_to_show_it_says_what_to_type() -> None:
    result = CliRunner().invoke(app, ["preview"])
    assert isinstance(result.exception, CommandError)
    assert "--sample" in result.exception.hint
