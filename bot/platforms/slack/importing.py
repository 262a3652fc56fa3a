"""`feed import` without an address: a form that takes an OPML file, and what becomes of it.

https://docs.slack.dev/reference/block-kit/block-elements/file-input-element
"""

from __future__ import annotations

import asyncio
from functools import partial

from slack_bolt.app.async_app import AsyncApp

from bot.commands.caller import Destination, Reply
from bot.commands.desk import Commands
from bot.errors import CommandError
from bot.feeds.opml import MAX_BYTES
from bot.model.channel import PlatformName
from bot.platforms.slack.answers import Answers
from bot.platforms.slack.blocks import Json, section
from bot.platforms.slack.callers import Callers
from bot.platforms.slack.fields import form_field, plain_text
from bot.platforms.slack.files import GivenFiles
from bot.platforms.slack.forms import IMPORT, notice_view
from bot.platforms.slack.modals import SETTLE_S, AckView, Modals
from bot.platforms.slack.replies import render_reply
from bot.words import say

_FILE = "file"
_NOWHERE = Destination(platform=PlatformName.SLACK, external_id="")


def register(app: AsyncApp, answers: Answers, imports: FileImport) -> None:
    """Listen to the form being sent. Reading a file takes longer than Slack waits for an ack."""

    @app.view(IMPORT)
    async def sent(ack: AckView, view: Json, body: Json) -> None:
        with answers.working():
            reading = notice_view(IMPORT, [section(say("Reading the file …"))])
            await ack(response_action="update", view=reading)
            asked = partial(imports.read, body["user"]["id"], given(view))
            reply = await answers.outcome(asked, what=IMPORT)
            await asyncio.sleep(SETTLE_S)
            if reply is not None:
                drawn = list(render_reply(reply)["blocks"])
                await imports.modals.tell(view["id"], notice_view(IMPORT, drawn))


class FileImport:
    """Reads the file as the bot, and follows its feeds in the name of who gave it."""

    def __init__(
        self, files: GivenFiles, commands: Commands, callers: Callers, modals: Modals
    ) -> None:
        self._files = files
        self._commands = commands
        self._callers = callers
        self.modals = modals

    async def read(self, user: str, file: str) -> Reply:
        """As `/news feed import URL`. Who may is asked before a byte is read."""
        caller = await self._callers.member(user, _NOWHERE)
        if not file:
            raise CommandError(say("There is no file."), hint=say("Give one, or its address."))
        content = await self._files.read(file, most=MAX_BYTES)
        return await self._commands.transfer.import_file(caller, content)


def import_form() -> Json:
    """One file to give."""
    taken: Json = {"type": "file_input", "filetypes": ["opml", "xml"], "max_files": 1}
    asked = form_field(
        _FILE,
        say("An OPML file"),
        taken,
        hint=say("Feed readers export one. A feed that is followed already stays as it is."),
    )
    return {
        "type": "modal",
        "callback_id": IMPORT,
        "title": plain_text(say("Import feeds")),
        "submit": plain_text(say("Import")),
        "close": plain_text(say("Cancel")),
        "blocks": [asked],
    }


def given(view: Json) -> str:
    """The file's id; "" if there is none."""
    files = view["state"]["values"][_FILE][_FILE].get("files") or []
    return str(files[0]["id"]) if files else ""
