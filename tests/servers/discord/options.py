"""A command's options and a select's choices, as a person gives them and Discord sends them."""

from __future__ import annotations

import base64

from tests.servers.discord import shapes
from tests.servers.discord.permissions import in_channel
from tests.servers.discord.records import Impossible, Json
from tests.servers.discord.state import Channel, World

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN = 1, 2, 3, 4, 5
USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = 6, 7, 8, 9, 10, 11


class Options:
    """Fills in one interaction; `resolved` collects the objects that its ids stand for.

    A resolved channel says what the person `user_id`, who invokes, may do in it:
    https://discord.com/developers/docs/interactions/receiving-and-responding
    """

    def __init__(self, world: World, user_id: str, focused: str = "") -> None:
        self._world, self._user_id, self._focused = world, user_id, focused
        self.resolved: Json = {}

    def fill(self, command: Json, path: list[str], values: Json) -> list[Json]:
        """The nested options of `command` for the subcommand at `path`."""
        known = command.get("options") or []
        if path:
            inner = next((each for each in known if each["name"] == path[0]), None)
            if inner is None or inner["type"] not in (SUBCOMMAND, GROUP):
                raise Impossible(f"/{command['name']} has no subcommand {path[0]}")
            options = self.fill(inner, path[1:], values)
            return [{"name": inner["name"], "type": inner["type"], "options": options}]
        if any(each["type"] in (SUBCOMMAND, GROUP) for each in known):
            raise Impossible(f"/{command['name']} needs a subcommand")
        strange = set(values) - {each["name"] for each in known}
        if strange:
            raise Impossible(f"/{command['name']} has no option {sorted(strange)}")
        return [
            self._option(each, values[each["name"]])
            for each in known
            if _given(each, values, required=not self._focused)
        ]

    def _option(self, option: Json, value: object) -> Json:
        sent: Json = {"name": option["name"], "type": option["type"]}
        if option["name"] == self._focused:
            if not option.get("autocomplete"):
                raise Impossible(f"{option['name']} has no autocomplete")
            return sent | {"value": value, "focused": True}
        _check(option, value)
        return sent | {"value": self._resolve(option["type"], value)}

    def _resolve(self, kind: int, value: object) -> object:
        if kind == ATTACHMENT:
            return self._attach(value)
        if kind == CHANNEL:
            self._channel(str(value))
        elif kind == ROLE or (kind == MENTIONABLE and str(value) not in self._world.users):
            self._role(str(value))
        elif kind in (USER, MENTIONABLE):
            self._user(str(value))
        return value

    def _channel(self, channel_id: str) -> None:
        channel = self._world.channel(channel_id)
        shown = shapes.channel(self._world, channel)
        shown["permissions"] = str(in_channel(self._world, channel, self._user_id))
        self._put("channels", channel_id, shown)

    def _role(self, role_id: str) -> None:
        for guild in self._world.guilds.values():
            if role_id in guild.roles:
                self._put("roles", role_id, shapes.role(guild.roles[role_id]))
                return
        raise Impossible(f"there is no role {role_id}")

    def _user(self, user_id: str) -> None:
        self._put("users", user_id, shapes.user(self._world.users[user_id]))
        for guild in self._world.guilds.values():
            if user_id in guild.members:
                member = shapes.member(self._world, guild.members[user_id])
                del member["user"], member["mute"], member["deaf"]
                self._put("members", user_id, member | {"permissions": "0"})
                return

    def _attach(self, value: object) -> str:
        """A file is given as {"filename", "content" in base64, "content_type"}."""
        if not isinstance(value, dict):
            raise Impossible("an attachment is given with its filename and content")
        file_id = self._world.snowflakes.next()
        content = base64.b64decode(value["content"])
        kind = value.get("content_type") or "application/octet-stream"
        self._world.files[file_id] = (kind, content)
        url = f"{self._world.base}/attachments/0/{file_id}/{value['filename']}"
        shown: Json = {"id": file_id, "filename": value["filename"], "size": len(content)}
        shown |= {"url": url, "proxy_url": url, "content_type": kind, "ephemeral": True}
        self._put("attachments", file_id, shown)
        return file_id

    def _put(self, kind: str, key: str, shown: Json) -> None:
        self.resolved.setdefault(kind, {})[key] = shown

    def choose(self, select: Json, values: list[str], channel: Channel) -> list[str]:
        """What a person picks in a select of a message in `channel`."""
        least, most = select["min_values"], select["max_values"]
        if not least <= len(values) <= most:
            raise Impossible(f"{select['custom_id']} takes {least} to {most} values")
        if select["type"] == STRING:
            offered = {each["value"] for each in select["options"]}
            if not set(values) <= offered:
                raise Impossible(f"{select['custom_id']} offers only {sorted(offered)}")
            return values
        kind = {5: USER, 6: ROLE, 7: MENTIONABLE, 8: CHANNEL}[select["type"]]
        for value in values:
            self._resolve(kind, value)
        return values


def _given(option: Json, values: Json, *, required: bool) -> bool:
    if option["name"] in values:
        return True
    if required and option.get("required"):
        raise Impossible(f"the option {option['name']} is required")
    return False


def _check(option: Json, value: object) -> None:
    """What the client does not let a person enter."""
    kinds: dict[int, type | tuple[type, ...]] = {
        STRING: str,
        INTEGER: int,
        BOOLEAN: bool,
        NUMBER: (int, float),
    }
    if not isinstance(value, kinds.get(option["type"], object)):
        raise Impossible(f"{option['name']} does not take {value!r}")
    choices = option.get("choices")
    if choices and value not in [each["value"] for each in choices]:
        raise Impossible(f"{option['name']} is none of {[each['value'] for each in choices]}")
    size = len(value) if isinstance(value, str) else value
    least, most = (
        ("min_length", "max_length")
        if isinstance(value, str)
        else (
            "min_value",
            "max_value",
        )
    )
    if isinstance(size, int | float) and not (
        option.get(least, size) <= size <= option.get(most, size)
    ):
        raise Impossible(f"{option['name']}: {value!r} is too short, long, small or big")
