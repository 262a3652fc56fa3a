"""`LoopbackSlack`: starts the loopback Slack in its own process and plays the people in it.

The bot under test uses only `api_url` and the tokens; everything else here is the test's side.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass
from typing import Any

from tests.servers.process import ControlError
from tests.servers.slack.levers import Levers
from tests.servers.slack.records import Exchange, Json, Posted, Request, Violation
from tests.servers.slack.signing import sign

__all__ = ["ControlError", "LoopbackSlack", "SignedHttp", "Team", "shared_server", "sign"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHttp:
    """Deliver by signed POST to `url` instead of Socket Mode. The other fields forge.

    `offset` shifts the timestamp by seconds; `timestamp` and `signature` replace it verbatim;
    `secret` signs with another secret.
    """

    url: str
    offset: float = 0.0
    timestamp: str | None = None
    signature: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    id: str
    name: str
    bot_user: str
    bot_id: str
    bot_token: str


class LoopbackSlack(Levers):
    """An async context manager. It starts with one team: `admin`, `member`, `channel` (#news)."""

    app_token: str
    signing_secret: str
    client_id: str
    client_secret: str
    team: Team
    admin: str
    member: str
    channel: str

    def __init__(self, *, validate: bool = True, port: int = 0) -> None:
        super().__init__(validate=validate, port=port)
        self.command = "/news"
        self.via: SignedHttp | None = None  # how people's doings reach the app; None: Socket Mode
        self.seconds = 5.0  # the longest wait for replies

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/"

    @property
    def bot_token(self) -> str:
        return self.team.bot_token

    @property
    def bot_user(self) -> str:
        return self.team.bot_user

    async def started(self) -> None:
        info = await self.ask("info")
        self.app_token, self.signing_secret = info["app_token"], info["signing_secret"]
        self.client_id, self.client_secret = info["client_id"], info["client_secret"]
        self.team = Team(**info["team"])
        names = {user["name"]: user["id"] for user in info["users"]}
        self.admin, self.member = names["ada"], names["ben"]
        self.channel = info["channels"][0]["id"]

    # --- the world

    async def settings(self, **changes: Any) -> None:
        """Change fields of `tests.servers.slack.settings.Settings`."""
        await self.ask("settings", **changes)

    async def add_team(self, name: str) -> Team:
        return Team(**await self.ask("add_team", name=name))

    async def add_user(
        self, name: str, *, is_admin: bool = False, is_restricted: bool = False, team: str = ""
    ) -> str:
        """A person, in no channel yet; `is_restricted` is a guest."""
        return str(
            await self.ask(
                "add_user",
                name=name,
                is_admin=is_admin,
                is_restricted=is_restricted,
                team=team or self.team.id,
            )
        )

    async def add_group(self, handle: str, *, is_disabled: bool = False) -> str:
        """A user group; its id."""
        return str(
            await self.ask("add_group", handle=handle, is_disabled=is_disabled, team=self.team.id)
        )

    async def add_channel(
        self, name: str, *, is_private: bool = False, with_bot: bool = True, team: str = ""
    ) -> str:
        """A channel with everybody of the team in it; its id."""
        created = await self.ask(
            "add_channel",
            name=name,
            is_private=is_private,
            with_bot=with_bot,
            team=team or self.team.id,
        )
        return str(created["id"])

    # With `notify`, the app also gets the event that Slack sends for the change.

    async def archive(self, channel: str, *, archived: bool = True, notify: bool = False) -> None:
        await self.ask("change_channel", channel=channel, is_archived=archived)
        if notify:
            await self.event(
                {"type": f"channel_{'' if archived else 'un'}archive", "channel": channel}
            )

    async def delete_channel(self, channel: str, *, notify: bool = False) -> None:
        await self.ask("change_channel", channel=channel, deleted=True)
        if notify:
            await self.event({"type": "channel_deleted", "channel": channel})

    async def rename(self, channel: str, name: str, *, notify: bool = False) -> None:
        await self.ask("change_channel", channel=channel, name=name)
        if notify:
            renamed = {"id": channel, "name": name}
            await self.event({"type": "channel_rename", "channel": renamed})

    async def kick_bot(self, channel: str, *, notify: bool = False) -> None:
        await self.ask("member", channel=channel, user="", inside=False)
        if notify:
            await self.event({"type": "channel_left", "channel": channel})

    async def invite_bot(self, channel: str) -> None:
        await self.ask("member", channel=channel, user="", inside=True)

    async def revoke(self, error: str = "token_revoked", *, token: str = "") -> None:
        """Every call with the token now answers `error`: account_inactive, invalid_auth, ..."""
        await self.ask("token", token=token or self.bot_token, error=error)

    async def uninstall(self) -> None:
        """The team's owner removes the app: the token is dead, and Slack says so in two events."""
        await self.revoke("account_inactive")
        tokens = {"oauth": [], "bot": [self.bot_user]}
        await self.event({"type": "tokens_revoked", "tokens": tokens})
        await self.event({"type": "app_uninstalled"})

    async def restore(self, *, token: str = "") -> None:
        await self.ask("token", token=token or self.bot_token, error="")

    async def remove_scope(self, *scopes: str, token: str = "") -> None:
        await self.ask("token", token=token or self.bot_token, remove=list(scopes))

    async def add_scope(self, *scopes: str, token: str = "") -> None:
        await self.ask("token", token=token or self.bot_token, add=list(scopes))

    async def oauth_code(self, *, team: str = "", scope: str = "") -> str:
        """A code for oauth.v2.access, as if a person had installed the app in `team`."""
        return str(await self.ask("oauth_code", team=team or self.team.id, scope=scope))

    async def say(self, channel: str, text: str, *, user: str = "", thread_ts: str = "") -> str:
        """A person's message; its ts."""
        order = {"channel": channel, "user": user or self.member, "text": text}
        return str(await self.ask("say", **order, thread_ts=thread_ts or None))

    async def delete_message(self, ts: str) -> None:
        """A moderator deletes it."""
        await self.ask("delete_message", ts=ts)

    # --- the records

    async def ledger(self, channel: str = "") -> list[Posted]:
        """Everything ever posted there, oldest first: deleted and ephemeral messages too."""
        return [Posted.of(raw) for raw in await self.ask("ledger", channel=channel or self.channel)]

    async def messages(self, channel: str = "") -> list[Posted]:
        """What stands in the channel for all to see, from the bot."""
        return [
            posted
            for posted in await self.ledger(channel)
            if posted.deleted_at is None and not posted.ephemeral_to and posted.via != "person"
        ]

    async def requests(self, method: str = "") -> list[Request]:
        return [Request(**raw) for raw in await self.ask("requests", method=method)]

    async def settled(self, method: str, count: int = 1) -> list[Request]:
        """Wait until `method` was called `count` times: what a lazy listener does comes later."""
        deadline = time.monotonic() + self.seconds
        while len(calls := await self.requests(method)) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(calls)} of {count} calls of {method}")
            await asyncio.sleep(0.01)
        return calls

    async def violations(self) -> list[Violation]:
        return [Violation(**raw) for raw in await self.ask("violations")]

    async def forget(self) -> None:
        """Empty the request log and the violations."""
        await self.ask("forget")

    # --- the people: `replies` is how many answers to wait for, the ack's body among them

    async def slash(
        self,
        text: str,
        *,
        user: str = "",
        channel: str = "",
        replies: int = 1,
        via: SignedHttp | None = None,
    ) -> Exchange:
        order = {"command": self.command, "text": text, "user": user or self.member}
        order["channel"] = channel or self.channel
        return await self._play("slash", replies, via, **order)

    async def press(
        self,
        action_id: str,
        target: str,
        *,
        user: str = "",
        value: object = None,
        replies: int = 0,
        via: SignedHttp | None = None,
    ) -> Exchange:
        """Press (or choose `value` in) an element of the message `target` (ts) or view (id)."""
        order = {"action_id": action_id, "target": target, "user": user or self.member}
        return await self._play("press", replies, via, **order, value=value)

    async def submit_view(
        self,
        view: str,
        values: Json,
        *,
        user: str = "",
        replies: int = 0,
        via: SignedHttp | None = None,
    ) -> Exchange:
        """Fill in a modal; `values` by block_id or action_id: text, an option's value, ids.

        Errors of the app's come back as a reply of kind `errors`.
        """
        return await self._play("submit", replies, via, view=view, values=values, user=user)

    async def close_view(self, view: str, *, via: SignedHttp | None = None) -> Exchange:
        return await self._play("close_view", 0, via, view=view)

    async def shortcut(
        self,
        callback_id: str,
        *,
        message: str = "",
        user: str = "",
        replies: int = 0,
        via: SignedHttp | None = None,
    ) -> Exchange:
        """The message shortcut on the message with that ts; a global one without."""
        order = {"callback_id": callback_id, "message": message, "user": user or self.member}
        return await self._play("shortcut", replies, via, **order)

    async def open_home(
        self, *, user: str = "", replies: int = 1, via: SignedHttp | None = None
    ) -> Exchange:
        return await self._play("open_home", replies, via, user=user or self.member)

    async def event(
        self, event: Json, *, team: str = "", replies: int = 0, via: SignedHttp | None = None
    ) -> Exchange:
        """Any Events API event, `{"type": "channel_archive", "channel": ...}` for one."""
        return await self._play("event", replies, via, event=event, team=team or self.team.id)

    async def verify_url(self, via: SignedHttp, challenge: str = "a challenge") -> Exchange:
        return await self._play("verify_url", 0, via, challenge=challenge)

    async def exchange(self, earlier: Exchange, *, replies: int = 0) -> Exchange:
        """The same exchange now, or once it has so many replies."""
        return Exchange.of(
            await self.ask("exchange", id=earlier.id, replies=replies, seconds=self.seconds)
        )

    async def view(self, view: str) -> Json | None:
        """An open view as it is now; none once it is closed."""
        shown: Json | None = await self.ask("view", id=view)
        return shown

    async def home(self, user: str = "") -> Json | None:
        """The person's Home tab as last published."""
        shown: Json | None = await self.ask("view", user=user or self.member)
        return shown

    async def _play(
        self, verb: str, replies: int, via: SignedHttp | None, **order: Any
    ) -> Exchange:
        orders = via or self.via
        carried = asdict(orders) if orders else None
        wait = {"replies": replies, "seconds": self.seconds}
        return Exchange.of(await self.ask(verb, **order, **wait, via=carried))


shared_server = LoopbackSlack.shared
