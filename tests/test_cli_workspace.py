"""`wirewatch workspace export` as it is typed: a file or a folder, whole or not at all."""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.errors import CommandError
from tests.test_cli_purge import HARBOUR, home

__all__ = ["home"]


def typed(home: Path, *words: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(app, ["workspace", "export", *words, "--config", str(home)])
    return result.exit_code, result.output, result.exception


def test_it_writes_a_file_or_a_folder(home: Path, tmp_path: Path) -> None:
    packed, folder = tmp_path / "ours.zip", tmp_path / "ours"
    code, output, error = typed(home, HARBOUR.id, "--to", str(packed))
    assert (code, error) == (0, None)
    assert ["topic", "1"] in [line.split() for line in output.splitlines()]
    assert "rows of discord:8100 in" in output
    assert typed(home, HARBOUR.id, "--to", str(folder))[2] is None
    with zipfile.ZipFile(packed) as made:
        assert {one.name for one in folder.iterdir()} == set(made.namelist())
        for one in folder.iterdir():
            if one.name != "about.json":
                assert made.read(one.name) == one.read_bytes()
    [topic] = map(json.loads, (folder / "topic.jsonl").read_text(encoding="utf-8").splitlines())
    assert (topic["name"], topic["workspace_id"]) == ("Miami", HARBOUR.id)
    assert stat.S_IMODE(packed.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not [one for one in tmp_path.iterdir() if one.name.endswith(".half")]


def test_it_overwrites_nothing_and_names_the_workspaces(home: Path, tmp_path: Path) -> None:
    to = tmp_path / "ours.zip"
    _, _, error = typed(home, "discord:1", "--to", str(to))
    assert isinstance(error, CommandError)
    assert error.hint == "There are: discord:8100, local."
    assert not to.exists()
    to.write_text("mine", encoding="utf-8")
    _, _, error = typed(home, HARBOUR.id, "--to", str(to))
    assert isinstance(error, CommandError)
    assert to.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["ours.zip", "ours"])
def test_what_was_interrupted_is_done_again(home: Path, tmp_path: Path, name: str) -> None:
    half = tmp_path / f".{name}.half"
    if name == "ours":
        half.mkdir()
        (half / "topic.jsonl").write_text("half", encoding="utf-8")
    else:
        half.write_text("half", encoding="utf-8")
    assert typed(home, HARBOUR.id, "--to", str(tmp_path / name))[2] is None
    assert not half.exists()
