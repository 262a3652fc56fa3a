"""The endpoints that read the bot's account, its guilds, and its commands; and log it in."""

from __future__ import annotations

from tests.servers.discord import shapes
from tests.servers.discord.call import NOTHING, Call, Endpoint, Reply, ok
from tests.servers.discord.permissions import EVERYTHING, in_guild
from tests.servers.discord.records import Form, Json, missing_access, unknown
from tests.servers.discord.state import Channel, Guild, World

GUILD = "/guilds/{guild_id}"
COMMANDS = "/applications/{application_id}/commands"
GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"


class Accounts:
    def __init__(self, world: World) -> None:
        self._world = world

    def endpoints(self) -> list[Endpoint]:
        get = {
            "/users/@me": self.me,
            "/applications/@me": self.application,
            "/oauth2/applications/@me": self.application,
            "/gateway": self.gateway,
            "/gateway/bot": self.gateway_bot,
            "/users/@me/guilds": self.my_guilds,
            "/users/@me/guilds/{guild_id}/member": self.member,
            GUILD: self.guild,
            f"{GUILD}/channels": self.channels,
            f"{GUILD}/roles": self.roles,
            f"{GUILD}/members": self.members,
            f"{GUILD}/members/{{user_id}}": self.member,
            f"{GUILD}/threads/active": self.threads,
            COMMANDS: self.commands,
            GUILD_COMMANDS: self.commands,
        }
        return [
            *(Endpoint(method="GET", route=path, handler=each) for path, each in get.items()),
            Endpoint(method="PUT", route=COMMANDS, handler=self.overwrite),
            Endpoint(method="PUT", route=GUILD_COMMANDS, handler=self.overwrite),
            Endpoint(method="PATCH", route=f"{GUILD}/members/@me", handler=self.rename),
            Endpoint(method="DELETE", route="/users/@me/guilds/{guild_id}", handler=self.leave),
        ]

    def me(self, _: Call) -> Reply:
        return ok(shapes.me(self._world))

    def application(self, _: Call) -> Reply:
        return ok(shapes.application(self._world))

    def gateway(self, _: Call) -> Reply:
        return ok({"url": self._gateway_url()})

    def gateway_bot(self, _: Call) -> Reply:
        limit = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
        shards = self._world.settings.shards
        return ok({"url": self._gateway_url(), "shards": shards, "session_start_limit": limit})

    def _gateway_url(self) -> str:
        return self._world.base.replace("http://", "ws://") + "/gateway"

    def my_guilds(self, _: Call) -> Reply:
        return ok([shapes.my_guild(self._world, each) for each in self._world.bot_guilds()])

    def guild(self, call: Call) -> Reply:
        guild = self._guild(call)
        shown = shapes.guild(self._world, guild)
        if call.query.get("with_counts", "").lower() in {"1", "true"}:
            count = len(guild.members)
            shown |= {"approximate_member_count": count, "approximate_presence_count": 1}
        return ok(shown)

    def _guild(self, call: Call) -> Guild:
        return self._world.guild(call.path["guild_id"])

    def _channels(self, guild: Guild) -> list[Channel]:
        channels = [self._world.channels[each] for each in guild.channels]
        return [each for each in channels if not each.deleted]

    def channels(self, call: Call) -> Reply:
        channels = self._channels(self._guild(call))
        return ok([shapes.channel(self._world, each) for each in channels if not each.is_thread])

    def threads(self, call: Call) -> Reply:
        channels = self._channels(self._guild(call))
        threads = [each for each in channels if each.is_thread and not each.archived]
        return ok(
            {
                "threads": [shapes.channel(self._world, each) for each in threads],
                "members": [shapes.thread_member(self._world, each) for each in threads],
                "has_more": False,
            }
        )

    def roles(self, call: Call) -> Reply:
        return ok([shapes.role(each) for each in self._guild(call).roles.values()])

    def members(self, call: Call) -> Reply:
        guild = self._guild(call)
        if "members" not in self._world.settings.privileged:
            raise missing_access()  # listing needs the members intent to be switched on
        after, limit = int(call.query.get("after", "0")), int(call.query.get("limit", "1"))
        listed = sorted(guild.members.values(), key=lambda each: int(each.user_id))
        listed = [each for each in listed if int(each.user_id) > after][:limit]
        return ok([shapes.member(self._world, each) for each in listed])

    def member(self, call: Call) -> Reply:
        guild = self._guild(call)
        bot_id = self._world.application.bot_id
        member = guild.members.get(call.path.get("user_id", bot_id))
        if member is None:
            raise unknown("Member", 10007)
        shown = shapes.member(self._world, member)
        if "user_id" not in call.path:
            shown["permissions"] = str(in_guild(guild, member) & EVERYTHING)
        return ok(shown)

    def rename(self, call: Call) -> Reply:
        member = self._guild(call).members[self._world.application.bot_id]
        member.nick = call.body.get("nick", member.nick)
        return ok(shapes.member(self._world, member))

    def leave(self, call: Call) -> Reply:
        guild = self._guild(call)
        del guild.members[self._world.application.bot_id]
        self._world.emit("GUILD_DELETE", {"id": guild.id}, guild.id)
        return NOTHING

    def commands(self, call: Call) -> Reply:
        return ok(self._world.commands.get(self._scope(call), []))

    def overwrite(self, call: Call) -> Reply:
        """Replace every command of the scope; one that keeps its name keeps its id."""
        guild_id = self._scope(call)
        before = {each["name"]: each["id"] for each in self._world.commands.get(guild_id, [])}
        _check_commands(call.items)
        version = self._world.snowflakes.next()
        stored = [self._command(each, guild_id, before, version) for each in call.items]
        self._world.commands[guild_id] = stored
        self._world.command_writes.append(guild_id)
        return ok(stored)

    def _scope(self, call: Call) -> str | None:
        if call.path["application_id"] != self._world.application.id:
            raise unknown("Application", 10002)
        guild_id = call.path.get("guild_id")
        return None if guild_id is None else self._world.guild(guild_id).id

    def _command(
        self, sent: Json, guild_id: str | None, before: dict[str, str], version: str
    ) -> Json:
        needed = sent.get("default_member_permissions")
        stored: Json = {
            "id": before.get(sent["name"]) or self._world.snowflakes.next(),
            "application_id": self._world.application.id,
            "version": version,
            "type": sent.get("type") or 1,
            "name": sent["name"],
            "description": sent.get("description") or "",
            "default_member_permissions": None if needed is None else str(needed),
            "dm_permission": sent.get("dm_permission") is not False,
            "contexts": sent.get("contexts"),
            "integration_types": sent.get("integration_types") or [0],
            "nsfw": bool(sent.get("nsfw")),
        }
        for key in ("name_localizations", "description_localizations"):
            if sent.get(key):
                stored[key] = sent[key]
        if sent.get("options"):
            stored["options"] = [_option(each) for each in sent["options"]]
        if guild_id is not None:
            stored["guild_id"] = guild_id
        return stored


def _option(sent: Json) -> Json:
    stored = {key: value for key, value in sent.items() if value is not None}
    if "options" in stored:
        stored["options"] = [_option(each) for each in stored["options"]]
    return stored


def _check_commands(commands: list[Json]) -> None:
    """Discord's limits over whole commands: the document knows each field only."""
    form = Form()
    names = [(each.get("type") or 1, each["name"]) for each in commands]
    for index, command in enumerate(commands):
        if names.index(names[index]) != index:
            code = "APPLICATION_COMMANDS_DUPLICATE_NAME"
            form.add(f"{index}.name", code, "Application command names must be unique")
        if _size(command) > 8000:
            code = "APPLICATION_COMMAND_TOO_LARGE"
            form.add(str(index), code, "Command exceeds maximum size (8000)")
        _check_options(command.get("options") or [], f"{index}.options", form)
    form.check()


def _check_options(options: list[Json], path: str, form: Form) -> None:
    optional = False
    for index, option in enumerate(options):
        here = f"{path}.{index}"
        required = bool(option.get("required"))
        if required and optional:
            code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
            form.add(here, code, "Required options must be placed before non-required options")
        optional = optional or (option["type"] not in (1, 2) and not required)
        if option.get("autocomplete") and option.get("choices"):
            code = "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID"
            form.add(here, code, "Choices cannot be used with autocomplete")
        _check_options(option.get("options") or [], f"{here}.options", form)


def _size(command: Json) -> int:
    """ "8000 characters for combined name, description, and value properties" """
    own = len(command.get("name") or "") + len(command.get("description") or "")
    choices = command.get("choices") or []
    own += sum(len(each["name"]) + len(str(each["value"])) for each in choices)
    return own + sum(_size(each) for each in command.get("options") or [])
