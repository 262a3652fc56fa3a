"""`/_control/{verb}`: how a test arranges the world, reads the ledger and plays the people.

Every verb takes and gives JSON; `tests.servers.slack_client` is its typed side.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from aiohttp import web

from tests.servers.slack import files
from tests.servers.slack.faults import Fault
from tests.servers.slack.forms import Impossible
from tests.servers.slack.people import People
from tests.servers.slack.records import Json
from tests.servers.slack.state import Channel, SlackError, Token, UserGroup

if TYPE_CHECKING:
    from tests.servers.slack.desk import Contact, Desk

Verb = Callable[[Json], object | Awaitable[object]]


class Control:
    def __init__(self, desk: Desk) -> None:
        self.desk, self.slack = desk, desk.slack
        self.people = People(desk)
        self.verbs: dict[str, Verb] = {
            "info": self.info,
            "settings": self.settings,
            "add_team": self.add_team,
            "add_user": self.add_user,
            "add_group": self.add_group,
            "add_channel": self.add_channel,
            "change_channel": self.change_channel,
            "member": self.member,
            "token": self.token,
            "oauth_code": self.oauth_code,
            "give_file": self.give_file,
            "say": self.say,
            "delete_message": self.delete_message,
            "ledger": self.ledger,
            "requests": self.requests,
            "violations": self.violations,
            "forget": self.forget,
            "fault": self.fault,
            "clear_faults": self.clear_faults,
            "sockets": self.sockets,
            "exchange": self.exchange,
            "view": self.view,
            "slash": self.slash,
            "press": self.press,
            "submit": self.submit,
            "close_view": self.close_view,
            "shortcut": self.shortcut,
            "open_home": self.open_home,
            "event": self.event,
            "verify_url": self.verify_url,
        }

    async def handle(self, request: web.Request) -> web.Response:
        verb = self.verbs.get(request.match_info["verb"])
        order: Json = json.loads(await request.text() or "{}")
        if verb is None:
            return web.json_response({"error": "no such verb"}, status=404)
        try:
            result = verb(order)
            if isinstance(result, Awaitable):
                result = await result
        except (Impossible, SlackError, LookupError, ValueError, TypeError) as error:
            text = f"{type(error).__name__}: {error}"
            return web.json_response({"error": text}, status=400)
        return web.json_response({"result": result})

    # --- the world

    def info(self, _: Json) -> Json:
        slack = self.slack
        team = next(iter(slack.teams.values()))
        return {
            "app_token": slack.app_token,
            "signing_secret": slack.signing_secret,
            "client_id": slack.client_id,
            "client_secret": slack.client_secret,
            "team": asdict(team),
            "users": [asdict(user) for user in slack.users.values()],
            "channels": [self._channel(channel) for channel in slack.channels.values()],
        }

    def settings(self, order: Json) -> Json:
        self.slack.configure(order)
        return asdict(self.slack.settings)

    def add_team(self, order: Json) -> Json:
        return asdict(self.slack.add_team(order["name"]))

    def add_user(self, order: Json) -> str:
        user = self.slack.add_user(order["team"], order["name"], is_admin=order["is_admin"])
        user.is_restricted = order.get("is_restricted", False)
        return user.id

    def add_group(self, order: Json) -> str:
        """A user group; `is_disabled` as one that an administrator has switched off."""
        group = UserGroup(
            id=self.slack.fresh("S"),
            handle=order["handle"],
            team=order["team"],
            is_disabled=order["is_disabled"],
        )
        self.slack.groups[group.id] = group
        return group.id

    def add_channel(self, order: Json) -> Json:
        members = {user.id for user in self.slack.users.values() if user.team == order["team"]}
        bot = self.slack.teams[order["team"]].bot_user
        channel = self.slack.add_channel(
            order["team"],
            order["name"],
            is_private=order["is_private"],
            members=members if order["with_bot"] else members - {bot},
        )
        return self._channel(channel)

    def change_channel(self, order: Json) -> Json:
        channel = self.slack.channels[order["channel"]]
        channel.name = order.get("name", channel.name)
        channel.is_archived = order.get("is_archived", channel.is_archived)
        channel.deleted = order.get("deleted", channel.deleted)
        return self._channel(channel)

    def member(self, order: Json) -> Json:
        channel = self.slack.channels[order["channel"]]
        user = order["user"] or self.slack.teams[channel.team].bot_user
        (channel.members.add if order["inside"] else channel.members.discard)(user)
        return self._channel(channel)

    def token(self, order: Json) -> Json:
        """Add or remove a scope, revoke (`error`) or restore (an empty `error`)."""
        token: Token = self.slack.tokens[order["token"]]
        token.scopes |= set(order.get("add", []))
        token.scopes -= set(order.get("remove", []))
        token.error = order.get("error", token.error)
        return {"scopes": sorted(token.scopes), "error": token.error}

    def oauth_code(self, order: Json) -> str:
        code = secrets.token_hex(8)
        self.slack.codes[code] = (order["team"], order.get("scope", ""))
        return code

    def give_file(self, order: Json) -> Json:
        """A person uploads it into a form; what the form's submission says of it. `url` is where
        files.info says that it is, instead of here; `size`, how large."""
        upload = files.given(self.desk, order["name"], order["data"])
        upload.url, upload.length = order.get("url", ""), order.get("size", upload.length)
        return upload.shown("")

    def say(self, order: Json) -> str:
        channel = self.slack.channels[order["channel"]]
        message = self.slack.post(
            channel,
            order["user"],
            {"text": order["text"]},
            via="person",
            thread_ts=order.get("thread_ts"),
        )
        return message.ts

    def delete_message(self, order: Json) -> None:
        _, message = self.people.message(order["ts"])
        message.deleted_at = time.time()

    # --- the records

    def ledger(self, order: Json) -> list[Json]:
        channel = self.slack.channels[order["channel"]]
        return [asdict(message.posted()) for message in channel.messages.values()]

    def requests(self, order: Json) -> list[Json]:
        method = order.get("method", "")
        return [asdict(call) for call in self.slack.requests if method in ("", call.method)]

    def violations(self, _: Json) -> list[Json]:
        return [asdict(violation) for violation in self.slack.violations]

    def forget(self, _: Json) -> None:
        """Empty the request log and the violations; the messages stay."""
        self.slack.requests.clear()
        self.slack.violations.clear()

    def fault(self, order: Json) -> None:
        self.desk.faults.waiting.append(Fault(**order))

    def clear_faults(self, _: Json) -> None:
        self.desk.faults.forget()

    async def sockets(self, order: Json) -> Json:
        """Refresh, drop, or wait for links; then how many are open and were ever made."""
        if order.get("refresh"):
            await self.desk.sockets.refresh(order["refresh"])
        if order.get("drop"):
            self.desk.sockets.drop()
        ready = True
        if order.get("count"):
            ready = await self.desk.sockets.ready(order["count"], order["seconds"])
        sockets = self.desk.sockets
        return {"open": len(sockets.links), "ever": sockets.connections, "ready": ready}

    async def exchange(self, order: Json) -> Json:
        return await self._done(self.desk.contacts[order["id"]], order)

    def view(self, order: Json) -> Json | None:
        """A view by id, or the Home tab of a person."""
        view_id = order.get("id") or self.desk.homes.get(order.get("user", ""), "")
        view = self.desk.views.get(view_id)
        if view is None or view.closed:
            return None
        return view.shown(self.slack.teams[view.team].bot_id)

    # --- the people

    async def slash(self, order: Json) -> Json:
        contact = await self.people.slash(
            order["command"], order["text"], order["user"], order["channel"], order.get("via")
        )
        return await self._done(contact, order)

    async def press(self, order: Json) -> Json:
        contact = await self.people.press(
            order["action_id"], order["target"], order["user"], order["value"], order.get("via")
        )
        return await self._done(contact, order)

    async def submit(self, order: Json) -> Json:
        contact = await self.people.submit(
            order["view"], order["values"], order.get("user", ""), order.get("via")
        )
        return await self._done(contact, order)

    async def close_view(self, order: Json) -> Json:
        return await self._done(
            await self.people.close_view(order["view"], order.get("via")), order
        )

    async def shortcut(self, order: Json) -> Json:
        contact = await self.people.shortcut(
            order["callback_id"], order["user"], order["message"], order.get("via")
        )
        return await self._done(contact, order)

    async def open_home(self, order: Json) -> Json:
        return await self._done(await self.people.open_home(order["user"], order.get("via")), order)

    async def event(self, order: Json) -> Json:
        contact = await self.people.event(order["team"], order["event"], order.get("via"))
        return await self._done(contact, order)

    async def verify_url(self, order: Json) -> Json:
        return await self._done(
            await self.people.verify_url(order["challenge"], order["via"]), order
        )

    async def _done(self, contact: Contact, order: Json) -> Json:
        """The exchange so far, once `replies` have come or `seconds` are over."""
        if contact.acked:
            await contact.wait(order.get("replies", 0), order.get("seconds", 0.0))
        await asyncio.sleep(0)
        return asdict(contact.exchange())

    def _channel(self, channel: Channel) -> Json:
        shown = ("id", "name", "team", "is_private", "is_archived")
        return {key: getattr(channel, key) for key in shown}
