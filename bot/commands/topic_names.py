"""What a topic is called, and when a name that is taken cannot be given again."""

from __future__ import annotations

from bot.errors import CommandError
from bot.model.topic import Topic
from bot.topics.query import Query
from bot.words import say

NAME_CHARACTERS = 80


def name_of(text: str) -> str:
    """The name that is kept. Raises CommandError for none at all."""
    name = " ".join(text.split())
    if len(name) > NAME_CHARACTERS:
        name = name[: NAME_CHARACTERS - 1].rstrip() + "…"
    if not name:
        raise CommandError(
            say("There is nothing to watch."), hint=say('Write e.g. `topic watch "Miami talks"`.')
        )
    return name


def refuse_clash(standing: Topic, parsed: Query) -> None:
    """Raises CommandError unless the topic that stands may be watched by this query as well."""
    if standing.from_file:
        raise CommandError(
            say("“{name}” belongs to the configuration file.", name=standing.name),
            hint=say("Choose another name, or add this channel to the file."),
        )
    if standing.query.strip() != parsed.source.strip():
        raise CommandError(
            say(
                "There is a topic “{name}” already, with the query {query}",
                name=standing.name,
                query=standing.query,
            ),
            hint=say("Choose another name, or unwatch that one first."),
        )
