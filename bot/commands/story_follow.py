"""Watch this story: a person is told in direct messages how one story goes on.

A topic of their own that is the story instead of a query, heard by the channel that leads to them:
its card comes at once, changes of weight are told in its thread, and when nobody has reported the
story for three days it ends by itself. Nobody else is shown it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.lead import by_centrality
from bot.commands.caller import Caller, Reply
from bot.commands.follows import MOST, direct_channel, person_of
from bot.commands.story import story_of_link
from bot.commands.typed import with_commands
from bot.errors import CommandError
from bot.model.ids import StoryId
from bot.model.text import Mark, Span, plain
from bot.model.topic import Updates
from bot.storage import channels, deliveries, story_views, topics
from bot.storage.database import Database
from bot.storage.revisions import next_revision
from bot.storage.stories import articles_of_story
from bot.storage.watched_stories import find_watched
from bot.words import say

NAME_CHARACTERS = 80


class StoryFollowCommands:
    """What can be chosen at a message: asked for once more, it ends."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def of_alert(self, caller: Caller, key: str) -> Reply:
        """Watch the story of an alert, or stop. `key` is the delivery's, as hidden in the message.

        Raises CommandError if the alert is unknown in the caller's workspace, and beyond `MOST`.
        """
        async with self._database.write() as connection:
            delivery = await deliveries.find_by_key(connection, key)
            alert = delivery.alert if delivery else None
            if delivery is None or alert is None or delivery.workspace != caller.workspace.id:
                raise CommandError(
                    say("This alert is not known here any more."),
                    hint=say("Paste the link of an article: `story LINK` shows what is known."),
                )
            view = await story_views.view(connection, alert)
            return await self._toggle(connection, caller, view.story)

    async def of_link(self, caller: Caller, url: str) -> Reply:
        """The same by the link of an article that a followed feed has listed."""
        async with self._database.write() as connection:
            story = await story_of_link(connection, caller, url)
            return await self._toggle(connection, caller, story)

    async def _toggle(self, connection: AsyncConnection, caller: Caller, asked: StoryId) -> Reply:
        person, workspace = person_of(caller), caller.workspace.id
        articles = await articles_of_story(connection, asked, workspace)
        if not articles:
            raise CommandError(
                say("No feed that is followed here has this story any more."),
                hint=say("`latest` lists the stories that were told here."),
            )
        story = articles[0].story
        watched = await find_watched(connection, workspace, person, story)
        if watched is not None:
            revision = await next_revision(connection)
            await topics.remove_topic(connection, watched.id, revision=revision)
            return Reply(title=say("You no longer watch “{name}”", name=watched.name))
        headline = by_centrality(articles, articles)[0].parsed.title
        name = await self._begin(connection, caller, story, headline)
        return Reply(
            title=say("You watch this story"),
            lines=(
                (Span(text=name, mark=Mark.STRONG),),
                plain(say("Its card comes to your direct messages, and what changes under it.")),
                with_commands(
                    say("It ends when nobody reports it for three days, or by `unfollow {name}`.",
                        name=name)
                ),
            ),
        )  # fmt: skip

    async def _begin(
        self, connection: AsyncConnection, caller: Caller, story: StoryId, headline: str
    ) -> str:
        """The topic with its subscription. Returns what it is called."""
        person, now = person_of(caller), self._now()
        await channels.ensure_workspace(connection, caller.workspace, now=now)
        own = await topics.list_topics(connection, caller.workspace.id, persons=(person,))
        if len(own) >= MOST:
            raise CommandError(
                say("You follow {count} topics here already; {most} is the most.",
                    count=len(own), most=MOST),
                hint=say("End one first: `unfollow {name}`.", name=own[0].name),
            )  # fmt: skip
        name = _name_of(headline, story)
        if name.casefold() in {one.name.casefold() for one in own}:
            name = f"{name} ({story})"
        revision = await next_revision(connection)
        topic_id = await topics.put_topic(
            connection,
            workspace=caller.workspace.id,
            name=name,
            person=person,
            query="",
            story=story,
            from_file=False,
            now=now,
            revision=revision,
        )
        await topics.put_subscription(
            connection,
            workspace=caller.workspace.id,
            channel=await direct_channel(connection, caller, now=now, revision=revision),
            topic_id=topic_id,
            from_file=False,
            now=now,
            revision=revision,
            updates=Updates.REPLIES,
        )
        return name


def _name_of(headline: str, story: StoryId) -> str:
    """A headline on one line, without what would make the command to end it hard to type."""
    words = " ".join(headline.replace("`", "'").split())
    if len(words) > NAME_CHARACTERS:
        words = words[:NAME_CHARACTERS].rsplit(" ", 1)[0] + "…"
    return words or say("story {story}", story=story)
