"""config/*.toml and WIREWATCH_* -> frozen Settings: what can be set, and what it may be.

Where the values come from is settings_source.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from bot.errors import CommandError, SettingsError
from bot.model.attention import (
    Attention,
    parse_all_quiet,
    parse_budget,
    parse_on_doubt,
    parse_quiet,
    parse_rhythm,
    parse_timezone,
)
from bot.model.channel import PlatformName
from bot.model.layout import template_named
from bot.model.template import Size
from bot.model.topic import Updates
from bot.settings_source import chosen_file, overlay, read_file

LEAST_KEPT_DAYS = 7
"""A story is closed by then, whatever waited for it, and the last week's lag is measured."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _long_enough(days: int) -> int:
    if 0 < days < LEAST_KEPT_DAYS:
        raise ValueError(f"write 0 (for ever) or at least {LEAST_KEPT_DAYS}, not {days}")
    return days


class StorageSettings(_Table):
    """Stories are deleted so many days after their last article; 0: never."""

    url: str = "sqlite:///wirewatch.db"
    keep_articles_days: Annotated[int, Field(ge=0, le=36_500), AfterValidator(_long_enough)] = 90

    @property
    def keep_for(self) -> timedelta | None:
        return timedelta(days=self.keep_articles_days) if self.keep_articles_days else None


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
    reply_interval_seconds: Annotated[float, Field(ge=0)] = 3600
    lanes: Annotated[int, Field(ge=1, le=1000)] = 50


class DiscordSettings(_Table):
    token: SecretStr = SecretStr("")
    api_url: str = ""
    gateway_url: str = ""


class SlackSettings(_Table):
    """One workspace's own app: `bot_token`, and `app_token` to listen by Socket Mode. Or a hosted
    one that many install: `client_id`, `client_secret` and `signing_secret`."""

    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    api_url: str = ""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if not self.client_id:
            return self
        if self.bot_token.get_secret_value() or self.app_token.get_secret_value():
            raise ValueError("client_id is for a hosted app: take bot_token and app_token out")
        for name in ("client_secret", "signing_secret"):
            if not getattr(self, name).get_secret_value():
                raise ValueError(f"client_id needs {name}: copy it from Basic Information")
        return self


class StorySettings(_Table):
    """`similar_words` off: only reports with one link or one headline are one story. `semantic`:
    reports are compared by meaning too. `bursts`: channels hear of unusually much or little."""

    similar_words: bool = True
    semantic: bool = False  # needs wirewatch[semantic]
    bursts: bool = True


class LlmSettings(_Table):
    """An OpenAI-compatible endpoint that writes summaries; `url` "" is off. `tokens_a_day` is the
    most it may cost on a (UTC) day."""

    url: str = ""
    model: str = ""
    key: SecretStr = SecretStr("")
    tokens_a_day: Annotated[int, Field(ge=0)] = 200_000
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 20

    @model_validator(mode="after")
    def _names_a_model(self) -> Self:
        if self.url and not self.url.startswith(("http://", "https://")):
            raise ValueError("url: write it with http:// or https://")
        if self.url and not self.model:
            raise ValueError("model: name the model that the endpoint shall use")
        return self


class LimitSettings(_Table):
    """What one chat's workspace may have; 0 is no limit. The workspace `local` has none."""

    feeds_per_workspace: Annotated[int, Field(ge=0)] = 500
    topics_per_workspace: Annotated[int, Field(ge=0)] = 500
    backtests_an_hour: Annotated[int, Field(ge=0)] = 120


class WebhookSettings(_Table):
    secret: SecretStr = SecretStr("")


class LogSettings(_Table):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


def _host_and_port(listen: str) -> str:
    if listen and not re.fullmatch(r"\[?[^\s/\]]+\]?:\d{1,5}", listen):
        raise ValueError(f"write host:port, e.g. 127.0.0.1:8080, not “{listen}”")
    return listen


def _http_address(url: str) -> str:
    if url and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
        raise ValueError(f"write an address like https://wire.example, not “{url}”")
    return url


STATUS_TOKEN_CHARACTERS = 16
"""Nobody counts wrong tokens: they must be too many to try."""


class WebSettings(_Table):
    """`listen` is host:port, e.g. 127.0.0.1:8080; empty: nothing is served. `public_url` is where
    others reach that, e.g. https://wire.example; empty: no hub is asked to push (WebSub).
    `status_token` opens the status page; empty: there is none. `heartbeat_url` is asked for each
    minute while all is well."""

    listen: Annotated[str, AfterValidator(_host_and_port)] = ""
    public_url: Annotated[str, AfterValidator(_http_address)] = ""
    status_token: SecretStr = SecretStr("")
    heartbeat_url: SecretStr = SecretStr("")  # whoever knows it can keep the alarm silent

    @model_validator(mode="after")
    def _listens_where_it_is_reached(self) -> Self:
        if self.public_url and not self.listen:
            raise ValueError("public_url needs listen as well: write e.g. 127.0.0.1:8080")
        token = self.status_token.get_secret_value()
        if token and not self.listen:
            raise ValueError("status_token needs listen as well: write e.g. 127.0.0.1:8080")
        if token and len(token) < STATUS_TOKEN_CHARACTERS:
            raise ValueError(
                f"status_token: write at least {STATUS_TOKEN_CHARACTERS} characters, for example"
                " what “openssl rand -hex 24” prints"
            )
        beat = self.heartbeat_url.get_secret_value()
        if beat and not beat.startswith(("http://", "https://")):
            raise ValueError("heartbeat_url: write it with http:// or https://")
        return self

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2] or 0)


class FeedEntry(_Table):
    """`[[feed]]`; with `full_text` the pages of its articles are read where it says little."""

    url: str
    name: str = ""
    full_text: bool = False


def _read_by(parse: Callable[[Any], object]) -> AfterValidator:
    """Accepts what `parse` reads, and says of anything else what `parse` says."""

    def check(value: Any) -> Any:
        try:
            parse(value)
        except CommandError as error:
            raise ValueError(f"{error.message} {error.hint}".rstrip()) from error
        return value

    return AfterValidator(check)


Zone = Annotated[str, _read_by(parse_timezone)]
MENTIONABLE = {PlatformName.DISCORD: ("role", "user"), PlatformName.SLACK: ("group", "user")}


class WorkspaceSettings(_Table):
    """`[workspace]`: what the channels of each workspace in the file share."""

    timezone: Zone | None = None


class TopicEntry(_Table):
    """`[[topic]]`"""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    query: str
    urgent: bool = False


class ChannelEntry(_Table):
    """`[[channel]]`: `topics` and `every_article_from` name topics and feeds (name or URL).

    Of a wish that is None, chat decides; bot/model/attention.py says what each takes. `mention`
    ("role:ID", "user:ID"; on Slack "group:ID"), `outlets_needed`, `updates`
    ("silent" or "replies") and `template` (bot/model/layout.py) are for every topic here.
    """

    platform: PlatformName
    id: str
    topics: tuple[str, ...] = ()
    every_article_from: tuple[str, ...] = ()
    digest: Annotated[str, _read_by(lambda text: parse_rhythm(text, Attention()))] | None = None
    quiet: Annotated[str, _read_by(parse_quiet)] | None = None
    timezone: Zone | None = None
    alerts_an_hour: Annotated[int | str, _read_by(parse_budget)] | None = None
    on_doubt: Annotated[str, _read_by(parse_on_doubt)] | None = None
    all_quiet: Annotated[str, _read_by(parse_all_quiet)] | None = None
    crosspost: bool | None = None
    tags: str | None = None
    outlets_needed: Annotated[int, Field(ge=1, le=20)] = 1
    updates: Updates = Updates.SILENT
    template: Annotated[str, _read_by(template_named)] = Size.STANDARD.value
    mention: str | None = None

    @model_validator(mode="after")
    def _can_be_mentioned(self) -> Self:
        kinds = MENTIONABLE.get(self.platform, ())
        kind, _, external_id = (self.mention or "").partition(":")
        if self.mention is None or (kind in kinds and external_id.isalnum()):
            return self
        if not kinds:
            raise ValueError(f"mention: there is nobody to mention on {self.platform}: take it out")
        able = " or ".join(f'"{kind}:ID"' for kind in kinds)
        raise ValueError(f"mention: write {able}, not “{self.mention}”")


class Settings(_Table):
    """Everything that can be set. `watchlists` are files beside this one with more of the three
    lists."""

    storage: StorageSettings = StorageSettings()
    polling: PollingSettings = PollingSettings()
    delivery: DeliverySettings = DeliverySettings()
    discord: DiscordSettings = DiscordSettings()
    slack: SlackSettings = SlackSettings()
    stories: StorySettings = StorySettings()
    llm: LlmSettings = LlmSettings()
    limits: LimitSettings = LimitSettings()
    webhook: WebhookSettings = WebhookSettings()
    log: LogSettings = LogSettings()
    web: WebSettings = WebSettings()
    workspace: WorkspaceSettings = WorkspaceSettings()
    watchlists: tuple[str, ...] = ()
    feed: tuple[FeedEntry, ...] = ()
    starter_feed: tuple[FeedEntry, ...] = ()
    topic: tuple[TopicEntry, ...] = ()
    channel: tuple[ChannelEntry, ...] = ()

    @model_validator(mode="after")
    def _hosted_apps_are_reached(self) -> Self:
        if self.slack.client_id and not self.web.public_url:
            raise ValueError("slack.client_id needs web.listen and web.public_url: Slack calls us")
        return self

    @property
    def chat_configured(self) -> bool:
        """Whether any chat can be spoken to."""
        slack = self.slack.client_id or self.slack.bot_token.get_secret_value()
        return bool(self.discord.token.get_secret_value() or slack)


_LISTS = {"watchlists", "feed", "starter_feed", "topic", "channel"}


def load_settings(file: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read `file`, else $WIREWATCH_CONFIG, else config/wirewatch.toml if there is one.

    Raises SettingsError, naming the setting and the place.
    """
    chosen = chosen_file(file, environ)
    values = read_file(chosen) if chosen else {}
    overlay(values, environ, tables=set(Settings.model_fields) - _LISTS)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_explain(error, chosen)) from error


def _explain(error: ValidationError, path: Path | None) -> str:
    """One line a mistake: `polling.interval_minutes: input should be ...`. Never the value of a
    secret: only what the checks of this file say repeats what was written."""
    lines = []
    for each in error.errors(include_input=False, include_url=False):
        said = each["msg"].removeprefix("Value error, ")
        lines.append(f"{_place(each['loc'])}: {said[0].lower()}{said[1:]}")
    return "\n".join([f"{path or 'settings'}: {len(lines)} to correct", *dict.fromkeys(lines)])


def _place(where: tuple[int | str, ...]) -> str:
    """`channel.0.quiet`, without what pydantic adds for one of several types."""
    return ".".join(str(part) for part in where if "[" not in str(part) and part not in _TYPES)


_TYPES = {"int", "str"}
