"""config/*.toml and WIREWATCH_* -> frozen Settings. The only place that reads the environment.

The environment wins over the file. `WIREWATCH_DISCORD__TOKEN` is `[discord] token`; with `_FILE`
appended it names a file that holds the value, as container secrets do.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from bot.errors import SettingsError
from bot.model.channel import PlatformName

PREFIX = "WIREWATCH_"
DEFAULT_FILE = Path("config/wirewatch.toml")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StorageSettings(_Table):
    url: str = "sqlite:///wirewatch.db"


class PollingSettings(_Table):
    interval_minutes: Annotated[float, Field(ge=5, le=1440)] = 10
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 50
    per_host: Annotated[int, Field(ge=1, le=20)] = 4
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 20
    max_megabytes: Annotated[float, Field(gt=0, le=100)] = 10
    allow_private_addresses: bool = False
    contact: str = ""  # an address that a publisher can complain to; part of the User-Agent
    parse_processes: Annotated[int, Field(ge=1, le=64)] = 1
    parse_timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10
    parse_megabytes: Annotated[int, Field(ge=64)] = 512


class DeliverySettings(_Table):
    edit_interval_seconds: Annotated[float, Field(ge=0)] = 60
    lanes: Annotated[int, Field(ge=1, le=1000)] = 50


class DiscordSettings(_Table):
    token: SecretStr = SecretStr("")
    api_url: str = ""
    gateway_url: str = ""


class SlackSettings(_Table):
    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")
    api_url: str = ""


class WebhookSettings(_Table):
    secret: SecretStr = SecretStr("")


class LogSettings(_Table):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class FeedEntry(_Table):
    """`[[feed]]`"""

    url: str
    name: str = ""


class TopicEntry(_Table):
    """`[[topic]]`"""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    query: str


class ChannelEntry(_Table):
    """`[[channel]]`: `topics` and `every_article_from` name topics and feeds (name or URL)."""

    platform: PlatformName
    id: str
    topics: tuple[str, ...] = ()
    every_article_from: tuple[str, ...] = ()


class Settings(_Table):
    """Everything that can be set. `watchlists` are files beside this one with more of the three
    lists."""

    storage: StorageSettings = StorageSettings()
    polling: PollingSettings = PollingSettings()
    delivery: DeliverySettings = DeliverySettings()
    discord: DiscordSettings = DiscordSettings()
    slack: SlackSettings = SlackSettings()
    webhook: WebhookSettings = WebhookSettings()
    log: LogSettings = LogSettings()
    watchlists: tuple[str, ...] = ()
    feed: tuple[FeedEntry, ...] = ()
    topic: tuple[TopicEntry, ...] = ()
    channel: tuple[ChannelEntry, ...] = ()

    @property
    def chat_configured(self) -> bool:
        """Whether a token for any chat is set."""
        return bool(
            self.discord.token.get_secret_value() or self.slack.bot_token.get_secret_value()
        )


def load_settings(file: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read `file`, else $WIREWATCH_CONFIG, else config/wirewatch.toml if there is one.

    Raises SettingsError, naming the setting and the place.
    """
    chosen = file or (Path(environ[PREFIX + "CONFIG"]) if environ.get(PREFIX + "CONFIG") else None)
    if chosen is None and DEFAULT_FILE.exists():
        chosen = DEFAULT_FILE
    values = _read(chosen) if chosen else {}
    if chosen:
        for name in values.get("watchlists", ()):
            listed = _read(chosen.parent / str(name))
            for table in ("feed", "topic", "channel"):
                values[table] = [*values.get(table, ()), *listed.pop(table, ())]
            if listed:
                raise SettingsError(
                    f"{chosen.parent / str(name)}: a watchlist holds [[feed]], [[topic]] and"
                    f" [[channel]] only, not {', '.join(sorted(listed))}"
                )
    _overlay(values, environ)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_explain(error, chosen)) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: there is no such file") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def _overlay(values: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Lay WIREWATCH_TABLE__KEY over the file's values; unknown names are refused like typos."""
    tables = set(Settings.model_fields) - {"watchlists", "feed", "topic", "channel"}
    for name, text in environ.items():
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


def _explain(error: ValidationError, path: Path | None) -> str:
    """One line a mistake: `polling.interval_minutes: input should be ...`. Never the value."""
    lines = [
        f"{'.'.join(str(part) for part in each['loc'])}: {each['msg'][0].lower()}{each['msg'][1:]}"
        for each in error.errors(include_input=False, include_url=False)
    ]
    return "\n".join([f"{path or 'settings'}: {len(lines)} to correct", *lines])
