"""What the loopback Discord remembers: people, guilds, channels, messages, commands, logs.

Plain data and look-ups; what a request may do to it is decided elsewhere.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING

from tests.servers.discord.permissions import EVERYONE
from tests.servers.discord.records import Json, Snowflakes, iso_now, unknown

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT, DM, VOICE, CATEGORY, NEWS = 0, 1, 2, 4, 5
NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, STAGE, FORUM, MEDIA = 10, 11, 12, 13, 15, 16
FORUMS = frozenset({FORUM, MEDIA})
VOICES = frozenset({VOICE, STAGE})
REQUIRE_TAG = 1 << 4  # the flag of a forum whose posts must have a tag
THREADS = frozenset({NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD})
CHANNEL_TYPES = {
    "text": TEXT,
    "voice": VOICE,
    "category": CATEGORY,
    "news": NEWS,
    "public_thread": PUBLIC_THREAD,
    "private_thread": PRIVATE_THREAD,
    "forum": FORUM,
    "media": MEDIA,
    "stage": STAGE,
}


@dataclass(slots=True, kw_only=True)
class Settings:
    """What a test may turn. Times in seconds."""

    nonce_window: float = 180.0  # "unique to the past few minutes": Discord gives no number
    interaction_deadline: float = 3.0  # for the first answer; then 10062
    interaction_life: float = 900.0  # for follow-ups and edits; then 50027
    heartbeat_interval: float = 41.25
    shards: int = 1  # what /gateway/bot advises
    sharding_required: bool = False  # close 4011 for fewer shards than that
    privileged: list[str] = field(default_factory=list)  # members, presences, message_content
    validate: bool = True
    shows_everything: bool = False  # as if Server Settings → Integrations let all see all commands
    # "POST /channels/{channel_id}/messages": [5, 5.0] is 5 in 5 s for each major parameter
    limits: dict[str, list[float]] = field(default_factory=dict)
    global_limit: int = 0  # requests a second for the bot, 0 for no limit (Discord: 50)

    def change(self, order: Json) -> None:
        known = {each.name for each in fields(self)}
        for name, value in order.items():
            if name not in known:
                raise ValueError(f"no setting called {name}")
            setattr(self, name, value)


@dataclass(slots=True, kw_only=True)
class User:
    id: str
    name: str
    bot: bool = False
    dms_open: bool = True


@dataclass(slots=True, kw_only=True)
class Application:
    id: str
    bot_id: str
    token: str
    owner_id: str
    name: str = "Wirewatch"


@dataclass(slots=True, kw_only=True)
class Role:
    id: str
    name: str
    permissions: int
    position: int = 0
    mentionable: bool = False
    managed: bool = False


@dataclass(slots=True, kw_only=True)
class Member:
    user_id: str
    roles: list[str] = field(default_factory=list)
    granted: int | None = None  # permissions given to this person without naming a role
    joined_at: str = field(default_factory=iso_now)
    nick: str | None = None


@dataclass(slots=True, kw_only=True)
class Guild:
    id: str
    name: str
    owner_id: str
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    channels: list[str] = field(default_factory=list)
    available: bool = True
    locale: str = "en-US"


@dataclass(slots=True, kw_only=True)
class Overwrite:
    id: str
    type: int  # 0 a role, 1 a member
    allow: int = 0
    deny: int = 0


@dataclass(slots=True, kw_only=True)
class Edit:
    payload: Json
    at: float


@dataclass(slots=True, kw_only=True)
class Message:
    id: str
    channel_id: str
    author_id: str
    wire: Json  # as REST shows it: never with the nonce, which only create's own reply carries
    payload: Json  # as it was posted
    via: str  # bot, interaction or person
    nonce: str | None = None
    pings: list[str] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    posted_at: float = field(default_factory=time.monotonic)
    deleted_at: float | None = None
    repeats: int = 0  # later posts with the same nonce, which posted nothing
    ephemeral: bool = False

    def entry(self) -> Json:
        entry = asdict(self)
        entry["wire"] = self.wire
        return entry


@dataclass(slots=True, kw_only=True)
class Channel:
    id: str
    type: int
    name: str = ""
    guild_id: str | None = None
    parent_id: str | None = None
    topic: str | None = None
    position: int = 0
    overwrites: dict[str, Overwrite] = field(default_factory=dict)
    recipients: list[str] = field(default_factory=list)  # of a DM, the bot included
    messages: dict[str, Message] = field(default_factory=dict)  # oldest first, deleted ones too
    owner_id: str = ""  # of a thread
    created_at: str = field(default_factory=iso_now)
    archived: bool = False
    locked: bool = False
    auto_archive: int = 1440  # minutes
    deleted: bool = False
    last_message_id: str | None = None
    flags: int = 0
    tags: list[Json] = field(default_factory=list)  # of a forum
    applied_tags: list[str] = field(default_factory=list)  # of a post in one
    archived_at: str = field(default_factory=iso_now)
    renamed_at: list[float] = field(default_factory=list)  # monotonic

    @property
    def is_thread(self) -> bool:
        return self.type in THREADS


@dataclass(slots=True, kw_only=True)
class RequestEntry:
    method: str
    path: str
    route: str
    status: int  # 0: the connection was dropped
    code: int
    at: float  # monotonic, when the request had come
    seconds: float
    fault: str = ""


@dataclass(slots=True, kw_only=True)
class Violation:
    """A body that the OpenAPI document does not allow; `side` is request, reply or server."""

    side: str
    method: str
    route: str
    where: str
    message: str


class World:
    """Everything, in memory. `emit` is where changes are announced: the gateway sets it."""

    def __init__(self, token: str, settings: Settings) -> None:
        self.base = ""  # http://127.0.0.1:port
        self.emit: Callable[[str, Json, str | None], None] = lambda *_: None
        self.wants: Callable[[str, str | None], bool] = lambda *_: False
        self.reset(token, settings)

    def reset(self, token: str, settings: Settings) -> None:
        """As new; only the port and the gateway stay."""
        self.settings = settings
        self.snowflakes = Snowflakes()
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.nonces: OrderedDict[tuple[str, str], tuple[float, Message]] = OrderedDict()
        self.commands: dict[str | None, list[Json]] = {}  # by guild; None holds the global ones
        self.command_writes: list[str | None] = []  # the guild of each bulk overwrite
        self.requests: list[RequestEntry] = []
        self.violations: list[Violation] = []
        self.files: dict[str, tuple[str, bytes]] = {}
        owner = self.add_user("ada")
        bot = self.add_user("Wirewatch", bot=True)
        # Discord gives new applications and their bot users one id.
        self.application = Application(id=bot.id, bot_id=bot.id, token=token, owner_id=owner.id)

    def add_user(self, name: str, *, bot: bool = False, user_id: str = "") -> User:
        user = User(id=user_id or self.snowflakes.next(), name=name, bot=bot)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, owner_id: str, guild_id: str = "") -> Guild:
        guild = Guild(id=guild_id or self.snowflakes.next(), name=name, owner_id=owner_id)
        guild.roles[guild.id] = Role(id=guild.id, name="@everyone", permissions=EVERYONE)
        for user_id in (owner_id, self.application.bot_id):
            guild.members[user_id] = Member(user_id=user_id)
        self.guilds[guild.id] = guild
        return guild

    def add_channel(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        if channel.guild_id is not None:
            guild = self.guilds[channel.guild_id]
            channel.position = len(guild.channels)
            guild.channels.append(channel.id)
        return channel

    def channel(self, channel_id: str) -> Channel:
        channel = self.channels.get(channel_id)
        if channel is None or channel.deleted:
            raise unknown("Channel", 10003)
        return channel

    def guild(self, guild_id: str) -> Guild:
        """A guild that the bot is in."""
        guild = self.guilds.get(guild_id)
        if guild is None or self.application.bot_id not in guild.members:
            raise unknown("Guild", 10004)
        return guild

    def message(self, channel: Channel, message_id: str) -> Message:
        message = channel.messages.get(message_id)
        if message is None or message.deleted_at is not None or message.ephemeral:
            raise unknown("Message", 10008)
        return message

    def find_message(self, message_id: str) -> Message | None:
        for channel in self.channels.values():
            if message_id in channel.messages:
                return channel.messages[message_id]
        return None

    def bot_guilds(self) -> list[Guild]:
        bot_id = self.application.bot_id
        return [guild for guild in self.guilds.values() if bot_id in guild.members]
