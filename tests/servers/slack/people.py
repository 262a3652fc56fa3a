"""The people in the workspace: they type commands, press buttons, fill in modals, open Home.

It builds Slack's payloads; `courier.py` delivers them and `desk.py` collects the answers.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.servers.slack.account import shown as shown_user
from tests.servers.slack.courier import Courier
from tests.servers.slack.forms import Impossible, find, pressed, state
from tests.servers.slack.state import APP_ID, Channel, Message

if TYPE_CHECKING:
    from tests.servers.slack.desk import Contact, Desk, View
    from tests.servers.slack.records import Json


class People:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.courier = Courier(desk)

    async def slash(
        self, command: str, text: str, user: str, channel: str, via: Json | None
    ) -> Contact:
        place = self.desk.slack.channels[channel]
        contact = self.desk.begin("slash", team=place.team, user=user, channel=channel)
        payload = {
            "token": "verification",
            "team_id": place.team,
            "team_domain": "newsroom",
            "channel_id": channel,
            "channel_name": place.name or "directmessage",
            "user_id": user,
            "user_name": self.desk.slack.users[user].name,
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": self._response_url(contact),
            "trigger_id": self._trigger(contact),
        }
        await self.courier.deliver(contact, "slash_commands", payload, via)
        return contact

    async def press(
        self, action_id: str, target: str, user: str, value: object, via: Json | None
    ) -> Contact:
        """Press or choose in the message with that ts, or in the view with that id."""
        view = self.desk.views.get(target)
        if view is not None:
            return await self._press_in_view(action_id, view, user, value, via)
        channel, message = self.message(target)
        if message.ephemeral_to not in (None, user):
            raise Impossible(f"{user} does not see this message")
        blocks = message.content.get("blocks") or []
        block_id, element = find(blocks, action_id)
        contact = self._begin("block_actions", channel, user, message.ts)
        private = message.ephemeral_to is not None
        payload = {
            **self._common("block_actions", contact),
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": channel.id,
                "is_ephemeral": private,
            },
            "channel": {"id": channel.id, "name": channel.name},
            "state": state(blocks, {}, submitting=False),
            "response_url": self._response_url(contact),
            "actions": [pressed(block_id, element, value, self.desk.slack.next_ts())],
        }
        if not private:  # Slack leaves an ephemeral message out
            payload["message"] = message.public()
        await self.courier.deliver(contact, "interactive", payload, via)
        return contact

    async def _press_in_view(
        self, action_id: str, view: View, user: str, value: object, via: Json | None
    ) -> Contact:
        block_id, element = find(view.body["blocks"], action_id)
        contact = self.desk.begin("block_actions", team=view.team, user=user)
        contact.view = view.id
        payload = {
            **self._common("block_actions", contact),
            "container": {"type": "view", "view_id": view.id},
            "view": self._shown(view),
            "actions": [pressed(block_id, element, value, self.desk.slack.next_ts())],
        }
        await self.courier.deliver(contact, "interactive", payload, via)
        return contact

    async def submit(self, view_id: str, values: Json, user: str, via: Json | None) -> Contact:
        view = self.open_view(view_id)
        contact = self.desk.begin("view_submission", team=view.team, user=user or view.user)
        contact.view = view.id
        filled = {**self._shown(view), "state": state(view.body["blocks"], values)}
        common = self._common("view_submission", contact)
        payload = {**common, "view": filled, "response_urls": []}
        await self.courier.deliver(contact, "interactive", payload, via)
        return contact

    async def close_view(self, view_id: str, via: Json | None) -> Contact:
        view = self.open_view(view_id)
        view.closed = True
        contact = self.desk.begin("view_closed", team=view.team, user=view.user)
        if view.body.get("notify_on_close"):
            common = self._common("view_closed", contact)
            payload = {**common, "view": self._shown(view), "is_cleared": False}
            await self.courier.deliver(contact, "interactive", payload, via)
        return contact

    async def shortcut(
        self, callback_id: str, user: str, message_ts: str, via: Json | None
    ) -> Contact:
        """A message shortcut with a message, a global one without."""
        if not message_ts:
            contact = self.desk.begin("shortcut", team=self.desk.slack.users[user].team, user=user)
            payload = {**self._common("shortcut", contact), "callback_id": callback_id}
        else:
            channel, message = self.message(message_ts)
            contact = self._begin("message_action", channel, user, message.ts)
            payload = {
                **self._common("message_action", contact),
                "callback_id": callback_id,
                "message_ts": message.ts,
                "message": message.public(),
                "channel": {"id": channel.id, "name": channel.name},
                "response_url": self._response_url(contact),
            }
        await self.courier.deliver(contact, "interactive", payload, via)
        return contact

    async def open_home(self, user: str, via: Json | None) -> Contact:
        team = self.desk.slack.teams[self.desk.slack.users[user].team]
        channel = self.desk.slack.direct_channel(team, user)
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": channel.id,
            "tab": "home",
        }
        view = self.desk.views.get(self.desk.homes.get(user, ""))
        if view is not None:
            event["view"] = self._shown(view)
        return await self.event(team.id, event, via, user=user)

    async def event(self, team_id: str, event: Json, via: Json | None, user: str = "") -> Contact:
        """Any Events API event of that team."""
        contact = self.desk.begin("event", team=team_id, user=user)
        bot = self.desk.slack.teams[team_id].bot_user
        payload = {
            "token": "verification",
            "team_id": team_id,
            "api_app_id": APP_ID,
            "event": {"event_ts": self.desk.slack.next_ts(), **event},
            "type": "event_callback",
            "event_id": self.desk.slack.fresh("Ev"),
            "event_time": int(time.time()),
            "authorizations": [
                {"team_id": team_id, "user_id": bot, "is_bot": True, "is_enterprise_install": False}
            ],
        }
        await self.courier.deliver(contact, "events_api", payload, via)
        return contact

    async def verify_url(self, challenge: str, via: Json) -> Contact:
        """Slack's handshake with a new events URL; it must answer the challenge."""
        contact = self.desk.begin("event", team="", user="")
        payload = {"type": "url_verification", "token": "verification", "challenge": challenge}
        await self.courier.deliver(contact, "events_api", payload, via)
        return contact

    def message(self, ts: str) -> tuple[Channel, Message]:
        for channel in self.desk.slack.channels.values():
            message = channel.messages.get(ts)
            if message is not None and message.deleted_at is None:
                return channel, message
        raise Impossible(f"there is no message {ts}")

    def open_view(self, view_id: str) -> View:
        view = self.desk.views.get(view_id)
        if view is None or view.closed:
            raise Impossible(f"no open view {view_id}")
        return view

    def _begin(self, kind: str, channel: Channel, user: str, ts: str) -> Contact:
        return self.desk.begin(
            kind, team=channel.team, user=user, channel=channel.id, message_ts=ts
        )

    def _common(self, kind: str, contact: Contact) -> Json:
        user = shown_user(self.desk.slack.users[contact.user])
        name = user["name"]
        return {
            "type": kind,
            "token": "verification",
            "api_app_id": APP_ID,
            "team": {"id": contact.team, "domain": "newsroom"},
            "user": {"id": contact.user, "name": name, "username": name, "team_id": contact.team},
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": self._trigger(contact),
            "action_ts": self.desk.slack.next_ts(),
        }

    def _shown(self, view: View) -> Json:
        return view.shown(self.desk.slack.teams[view.team].bot_id)

    def _trigger(self, contact: Contact) -> str:
        return f"{contact.id}.trigger"

    def _response_url(self, contact: Contact) -> str:
        return f"{self.desk.base}/response/{contact.id}"
