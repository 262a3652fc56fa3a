"""The people: they type commands, press, choose, fill in forms, as the real client lets them.

What the client would not offer them is `Impossible`: an unknown command, a disabled button.
"""

from __future__ import annotations

import asyncio
import time

from tests.servers.discord.components import BUTTON, LINK, SELECTS, walk
from tests.servers.discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Interaction,
    Interactions,
)
from tests.servers.discord.options import Options
from tests.servers.discord.permissions import Permission, in_channel
from tests.servers.discord.records import Impossible, Json
from tests.servers.discord.state import Channel, Message, User, World

SLASH_COMMAND, MESSAGE_COMMAND = 1, 3


class People:
    def __init__(self, world: World, interactions: Interactions) -> None:
        self._world, self._interactions = world, interactions

    def _place(self, order: Json) -> tuple[User, Channel]:
        user, channel = self._world.users[order["user"]], self._world.channel(order["channel"])
        if not in_channel(self._world, channel, user.id) & Permission.VIEW_CHANNEL:
            raise Impossible(f"{user.name} cannot see channel {channel.id}")
        return user, channel

    def slash(self, order: Json) -> Interaction:
        """`command` is the whole path, "topic watch"; `options` are values by name."""
        return self._command(order, COMMAND, "")

    def autocomplete(self, order: Json) -> Interaction:
        """As slash, with the cursor in the option `focused`."""
        return self._command(order, AUTOCOMPLETE, order["focused"])

    def menu(self, order: Json) -> Interaction:
        """Right-click `message`, and choose the app command `command`, by its whole name."""
        message = self._world.find_message(order["message"])
        if message is None or message.deleted_at is not None:
            raise Impossible(f"there is no message {order['message']}")
        user, channel = self._place({"user": order["user"], "channel": message.channel_id})
        command = self._find(order["command"], channel, kind=MESSAGE_COMMAND)
        self._check_shown(command, user, channel)
        data: Json = {
            "id": command["id"],
            "name": command["name"],
            "type": MESSAGE_COMMAND,
            "target_id": message.wire["id"],
            "resolved": {"messages": {message.wire["id"]: message.wire}},
        }
        return self._interactions.begin(COMMAND, user, channel, data, {})

    def _check_shown(self, command: Json, user: User, channel: Channel) -> None:
        allowed = in_channel(self._world, channel, user.id)
        needed = int(command["default_member_permissions"] or 0)
        hidden = command["default_member_permissions"] == "0" or needed & ~allowed
        if hidden and not self._world.settings.shows_everything:
            raise Impossible(f"Discord does not show /{command['name']} to {user.name}")

    def _command(self, order: Json, kind: int, focused: str) -> Interaction:
        user, channel = self._place(order)
        name, *path = order["command"].removeprefix("/").split()
        command = self._find(name, channel)
        self._check_shown(command, user, channel)
        options = Options(self._world, user.id, focused)
        data: Json = {"id": command["id"], "name": name, "type": 1}
        data["options"] = options.fill(command, path, order.get("options") or {})
        if options.resolved:
            data["resolved"] = options.resolved
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        client = {"locale": order["locale"]} if order.get("locale") else {}
        return self._interactions.begin(kind, user, channel, data, client)

    def _find(self, name: str, channel: Channel, *, kind: int = SLASH_COMMAND) -> Json:
        scopes: list[str | None] = [channel.guild_id, None] if channel.guild_id else [None]
        for scope in scopes:
            for command in self._world.commands.get(scope, []):
                if command["name"] == name and command["type"] == kind:
                    _check_context(command, channel)
                    return command
        raise Impossible(f"there is no command /{name}; was the tree synced?")

    def press(self, order: Json) -> Interaction:
        """Press the button, or choose `values` of the select, with this `custom_id`."""
        message, component = self._component(order)
        channel = self._world.channel(message.channel_id)
        user, _ = self._place({"user": order["user"], "channel": channel.id})
        data: Json = {
            "custom_id": component["custom_id"],
            "component_type": component["type"],
            "id": component["id"],
        }
        if component["type"] in SELECTS:
            options = Options(self._world, user.id)
            data["values"] = options.choose(component, order.get("values") or [], channel)
            if options.resolved:
                data["resolved"] = options.resolved
        shown = {"message": message.wire}
        interaction = self._interactions.begin(COMPONENT, user, channel, data, shown)
        interaction.message = message
        return interaction

    def _component(self, order: Json) -> tuple[Message, Json]:
        message = self._world.find_message(order["message"])
        if message is None or message.deleted_at is not None:
            raise Impossible(f"there is no message {order['message']}")
        for _, each in walk(message.wire["components"]):
            if each.get("custom_id") != order["custom_id"]:
                continue
            if each.get("disabled") or (each["type"] == BUTTON and each["style"] == LINK):
                raise Impossible(f"{order['custom_id']} is disabled, or a link")
            return message, each
        here = [each.get("custom_id") for _, each in walk(message.wire["components"])]
        raise Impossible(f"no component {order['custom_id']}; there are {list(filter(None, here))}")

    def submit(self, order: Json) -> Interaction:
        """Fill in the modal that interaction `id` opened: `values` by custom_id."""
        opener = self._interactions.by_id[order["id"]]
        if opener.modal is None:
            raise Impossible(f"interaction {opener.id} opened no modal")
        filled = _fill_form(opener.modal["components"], dict(order["values"]))
        data: Json = {"custom_id": opener.modal["custom_id"], "components": filled}
        shown = {"message": opener.message.wire} if opener.message else {}
        channel, user = opener.channel, opener.user
        interaction = self._interactions.begin(MODAL_SUBMIT, user, channel, data, shown)
        interaction.message = opener.message
        return interaction


async def settle(interaction: Interaction, *, messages: int, seconds: float) -> None:
    """Wait until it is answered, no longer "thinking", and has `messages`; or for `seconds`."""
    until = time.monotonic() + seconds
    while not (
        interaction.acked_at is not None
        and not interaction.pending
        and len(interaction.posted) >= messages
    ):
        left = until - time.monotonic()
        if left <= 0:
            return
        interaction.changed.clear()
        try:
            await asyncio.wait_for(interaction.changed.wait(), left)
        except TimeoutError:
            return


def _check_context(command: Json, channel: Channel) -> None:
    in_guild = channel.guild_id is not None
    contexts = command.get("contexts")
    fits = (0 if in_guild else 1) in contexts if contexts else in_guild or command["dm_permission"]
    if not fits:
        raise Impossible(f"Discord does not offer /{command['name']} here")


def _fill_form(components: list[Json], values: Json) -> list[Json]:
    filled = [_fill_one(each, values) for each in components]
    if values:
        raise Impossible(f"the modal has no {sorted(values)}")
    return filled


def _fill_one(component: Json, values: Json) -> Json:
    """A row or label with its input inside; what is not filled in keeps its own value."""
    own: Json = {"type": component["type"], "id": component.get("id") or 0}
    if "components" in component:
        own["components"] = [_fill_one(each, values) for each in component["components"]]
    elif "component" in component:
        own["component"] = _fill_one(component["component"], values)
    elif "custom_id" in component:
        own["custom_id"] = component["custom_id"]
        given = values.pop(component["custom_id"], component.get("value") or "")
        if not given and component.get("required", True):
            raise Impossible(f"{component['custom_id']} must be filled in")
        if component["type"] in SELECTS:
            own["values"] = [given] if isinstance(given, str) else list(given)
        else:
            own["value"] = given
    return own
