"""Where settings come from: a TOML file with its watchlists, and the environment, which wins.

`WIREWATCH_DISCORD__TOKEN` is `[discord] token`; with `_FILE` appended it names a file that has the
value, as container secrets do. What may be set, and to what, is settings.py.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from bot.errors import SettingsError

PREFIX = "WIREWATCH_"
DEFAULT_FILE = Path("config/wirewatch.toml")


def chosen_file(file: Path | None, environ: Mapping[str, str]) -> Path | None:
    """`file`, else $WIREWATCH_CONFIG, else config/wirewatch.toml if there is one."""
    named = environ.get(PREFIX + "CONFIG")
    chosen = file or (Path(named) if named else None)
    if chosen is None and DEFAULT_FILE.exists():
        return DEFAULT_FILE
    return chosen


def read_file(path: Path) -> dict[str, Any]:
    """The file's values, with those of its watchlists. Raises SettingsError."""
    values = _read(path)
    for name in values.get("watchlists", ()):
        listed = _read(path.parent / str(name))
        for table in ("feed", "topic", "channel"):
            values[table] = [*values.get(table, ()), *listed.pop(table, ())]
        if listed:
            raise SettingsError(
                f"{path.parent / str(name)}: a watchlist holds [[feed]], [[topic]] and"
                f" [[channel]] only, not {', '.join(sorted(listed))}"
            )
    return values


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: there is no such file") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def overlay(values: dict[str, Any], environ: Mapping[str, str], *, tables: Collection[str]) -> None:
    """Lay WIREWATCH_TABLE__KEY over the file's values; unknown names are refused like typos. A
    `_FILE` wins over the plain name, which an image may have set."""
    for name in sorted(environ, key=lambda name: name.lower().endswith("_file")):
        text = environ[name]
        if not name.startswith(PREFIX) or "__" not in name:
            continue
        table, key = name.removeprefix(PREFIX).lower().split("__", 1)
        if table not in tables:
            raise SettingsError(f"{name}: there is no table [{table}]")
        if key.endswith("_file"):
            key = key.removesuffix("_file")
            try:
                text = Path(text).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise SettingsError(f"{name}: {error}") from error
        if not isinstance(values.setdefault(table, {}), dict):
            raise SettingsError(f"[{table}] must be a table, not a value")
        values[table][key] = text
