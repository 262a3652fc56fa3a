"""The world behind the loopback Slack: teams, people, channels, messages, tokens, the ledger.

It holds and finds things; what a method may do with them is decided in the method modules.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections import deque
from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

from tests.servers.slack.drawn import draw
from tests.servers.slack.records import Edit, Json, Posted, Request, Violation
from tests.servers.slack.settings import Settings

BOT_SCOPES = (
    "channels:history channels:join channels:read chat:write commands files:read files:write "
    "groups:history groups:read im:history im:read im:write team:read usergroups:read users:read"
)
APP_ID = "A00000001"
KEPT_REQUESTS = 50_000  # a long benchmark must not fill the memory


class SlackError(Exception):
    """An `ok: false` answer: the code, `[ERROR]` messages, and extra fields of the reply."""

    def __init__(self, error: str, *, messages: list[str] | None = None, **extra: str) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []
        self.extra = extra


@dataclass(slots=True, kw_only=True)
class User:
    id: str
    name: str
    team: str
    is_admin: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    tz: str = "Europe/London"


@dataclass(slots=True, kw_only=True)
class UserGroup:
    id: str
    handle: str
    team: str
    is_disabled: bool = False


@dataclass(slots=True, kw_only=True)
class Message:
    ts: str
    channel: str
    user: str
    content: Json
    first: Json
    posted_at: float
    via: str
    bot_id: str = ""
    thread_ts: str | None = None
    broadcast: bool = False
    ephemeral_to: str | None = None
    edits: list[Edit] = field(default_factory=list)
    deleted_at: float | None = None

    def public(self, *, metadata: bool = False) -> Json:
        """The message as the Web API shows it; metadata only when asked for."""
        shown = {key: value for key, value in self.content.items() if key != "metadata"}
        message: Json = {"type": "message", "user": self.user, "ts": self.ts, **shown}
        if self.bot_id:
            message |= {"bot_id": self.bot_id, "app_id": APP_ID}
        if self.thread_ts:
            message["thread_ts"] = self.thread_ts
        if self.broadcast:
            message["subtype"] = "thread_broadcast"
        if self.edits:
            message["edited"] = {"user": self.user, "ts": f"{self.edits[-1].at:.6f}"}
        if metadata and self.content.get("metadata"):
            message["metadata"] = self.content["metadata"]
        return message

    def posted(self) -> Posted:
        return Posted(
            ts=self.ts,
            channel=self.channel,
            user=self.user,
            via=self.via,
            posted_at=self.posted_at,
            content=self.first,
            current=self.content,
            edits=list(self.edits),
            drawn=draw(self.first, *(edit.content for edit in self.edits)),
            thread_ts=self.thread_ts,
            deleted_at=self.deleted_at,
            ephemeral_to=self.ephemeral_to,
        )


@dataclass(slots=True, kw_only=True)
class Channel:
    id: str
    name: str
    team: str
    is_private: bool = False
    im_with: str = ""
    is_archived: bool = False
    deleted: bool = False
    members: set[str] = field(default_factory=set)
    messages: dict[str, Message] = field(default_factory=dict)  # by ts, oldest first
    threads: dict[str, list[Message]] = field(default_factory=dict)  # parent's ts -> replies
    last_post: float = 0.0

    @property
    def family(self) -> str:
        """The scopes' prefix: `channels:read`, `groups:history`, `im:read`."""
        return "im" if self.im_with else "groups" if self.is_private else "channels"


@dataclass(slots=True, kw_only=True)
class Token:
    """`error` is what Slack answers once the token no longer counts, `token_revoked` for one."""

    value: str
    kind: str  # "bot" or "app"
    team: str
    scopes: set[str]
    error: str = ""


@dataclass(slots=True, kw_only=True)
class Team:
    id: str
    name: str
    bot_user: str
    bot_id: str
    bot_token: str


Held = TypeVar("Held")


class Slack:
    """Everything one loopback process knows. Not thread-safe: it lives in one event loop."""

    def __init__(self, settings: Settings) -> None:
        self.reset(settings)

    def reset(self, settings: Settings) -> None:
        """Forget everything: an empty Slack with new tokens."""
        self.settings = settings
        self.app_token = "xapp-1-" + secrets.token_hex(12)
        self.signing_secret = secrets.token_hex(16)
        self.client_id, self.client_secret = "1.1", secrets.token_hex(16)
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.groups: dict[str, UserGroup] = {}
        self.channels: dict[str, Channel] = {}
        self.codes: dict[str, tuple[str, str]] = {}  # OAuth code -> (team, scopes)
        self.requests: deque[Request] = deque(maxlen=KEPT_REQUESTS)
        self.violations: list[Violation] = []
        self._numbers = itertools.count(1)
        self._last_micros = 0
        self.tokens = {
            self.app_token: Token(
                value=self.app_token, kind="app", team="", scopes={"connections:write"}
            )
        }

    def fresh(self, prefix: str) -> str:
        """A new id in Slack's alphabet, unique in this process."""
        return f"{prefix}{next(self._numbers):08d}"

    def next_ts(self) -> str:
        """A message's `ts`: now, and later than every one before it."""
        self._last_micros = max(int(time.time() * 1_000_000), self._last_micros + 1)
        seconds, micros = divmod(self._last_micros, 1_000_000)
        return f"{seconds}.{micros:06d}"

    def add_team(self, name: str, scopes: str = BOT_SCOPES) -> Team:
        team_id = self.fresh("T")
        bot = self.add_user(team_id, "wirewatch", is_bot=True)
        token = "xoxb-" + secrets.token_hex(12)
        team = Team(id=team_id, name=name, bot_user=bot.id, bot_id=self.fresh("B"), bot_token=token)
        self.teams[team_id] = team
        granted = set(scopes.split())
        self.tokens[token] = Token(value=token, kind="bot", team=team_id, scopes=granted)
        return team

    def add_user(
        self, team: str, name: str, *, is_admin: bool = False, is_bot: bool = False
    ) -> User:
        user = User(id=self.fresh("U"), name=name, team=team, is_admin=is_admin, is_bot=is_bot)
        self.users[user.id] = user
        return user

    def add_channel(
        self, team: str, name: str, *, is_private: bool = False, members: set[str] | None = None
    ) -> Channel:
        channel = Channel(
            id=self.fresh("C"),
            name=name,
            team=team,
            is_private=is_private,
            members=members or set(),
        )
        self.channels[channel.id] = channel
        return channel

    def direct_channel(self, team: Team, user: str) -> Channel:
        """The bot's conversation with `user`, opened on first use."""
        for channel in self.channels.values():
            if channel.im_with == user and channel.team == team.id:
                return channel
        both = {user, team.bot_user}
        channel = Channel(id=self.fresh("D"), name="", team=team.id, im_with=user, members=both)
        self.channels[channel.id] = channel
        return channel

    def post(
        self,
        channel: Channel,
        user: str,
        content: Json,
        *,
        via: str,
        bot_id: str = "",
        thread_ts: str | None = None,
        broadcast: bool = False,
        ephemeral_to: str | None = None,
    ) -> Message:
        """Put a message into the channel: the commit that faults come before or after."""
        with_ids = self.with_ids(content)
        message = Message(
            ts=self.next_ts(),
            channel=channel.id,
            user=user,
            content=with_ids,
            first=with_ids,
            posted_at=time.time(),
            via=via,
            bot_id=bot_id,
            thread_ts=thread_ts,
            broadcast=broadcast,
            ephemeral_to=ephemeral_to,
        )
        channel.messages[message.ts] = message
        if thread_ts:
            channel.threads.setdefault(thread_ts, []).append(message)
        return message

    def edit(self, message: Message, content: Json) -> None:
        message.content = self.with_ids(content)
        message.edits.append(Edit(at=time.time(), content=message.content))

    def with_ids(self, content: Json) -> Json:
        """Blocks get the block_id and action_id that their author left out, as Slack does."""
        if not content.get("blocks"):
            return content
        blocks: list[Json] = []
        for block in content["blocks"]:
            named = {"block_id": self.fresh("b"), **block}
            if block.get("type") == "actions":
                named["elements"] = [
                    {"action_id": self.fresh("a"), **element}
                    for element in block.get("elements") or []
                ]
            for key in ("accessory", "element"):
                if isinstance(block.get(key), dict) and block[key].get("type") != "image":
                    named[key] = {"action_id": self.fresh("a"), **block[key]}
            blocks.append(named)
        return {**content, "blocks": blocks}

    def violate(self, method: str, problems: list[str], channel: str = "") -> None:
        now = time.time()
        self.violations += [
            Violation(method=method, problem=problem, at=now, channel=channel)
            for problem in problems
        ]

    def configure(self, changes: Json) -> None:
        """Change settings by name; an unknown name is a mistake in the test."""
        known = {item.name for item in fields(Settings)}
        if unknown := set(changes) - known:
            raise KeyError(f"no such setting: {', '.join(sorted(unknown))}")
        self.settings = replace(self.settings, **changes)


def found(table: dict[str, Held], key: str, error: str) -> Held:
    """The entry, or Slack's `error` for its absence."""
    held = table.get(key)
    if held is None:
        raise SlackError(error)
    return held
