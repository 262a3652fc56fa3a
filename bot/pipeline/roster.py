"""Who follows which feed and watches which topic: the desk's cache of those rows.

Changed only by `apply`, with rows that are committed; decides nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from bot.errors import QueryError
from bot.model.channel import Channel
from bot.model.feed import Follow
from bot.model.ids import ChannelId, FeedId, StoryId, SubscriptionId, TopicId, WorkspaceId
from bot.model.topic import Subscription, Topic
from bot.storage.aliases import AliasGroup, merged
from bot.storage.roster import RosterChanges
from bot.topics.aliases import BUILT_IN, AliasSet
from bot.topics.document import Document
from bot.topics.index import TopicIndex
from bot.topics.query import Query, parse
from bot.topics.reader import Reader
from bot.topics.reason import Hit, reasons_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One subscription that an article concerns: by a topic, with the hits, or by its feed."""

    subscription: Subscription
    channel: Channel
    topic: Topic | None
    hits: tuple[Hit, ...] = ()

    @property
    def only_joins(self) -> bool:
        """Whether it is somebody's own in a channel of others: it opens nothing there."""
        return self.topic is not None and bool(self.topic.person) and not self.channel.person


class Roster:
    """Follows, topics, channels and subscriptions that stand, as of one revision."""

    def __init__(self) -> None:
        self.revision = 0
        self.purges = 0
        self._index: TopicIndex[TopicId] = TopicIndex()
        self._queries: dict[TopicId, Query] = {}
        self._topics: dict[TopicId, Topic] = {}
        self._channels: dict[ChannelId, Channel] = {}
        self._subscriptions: dict[SubscriptionId, Subscription] = {}
        self._by_topic: defaultdict[TopicId, set[SubscriptionId]] = defaultdict(set)
        self._by_story: defaultdict[StoryId, set[TopicId]] = defaultdict(set)
        self._by_feed: defaultdict[FeedId, set[SubscriptionId]] = defaultdict(set)
        self._follows: defaultdict[FeedId, dict[WorkspaceId, Follow]] = defaultdict(dict)
        self._groups: defaultdict[WorkspaceId, dict[int, AliasGroup]] = defaultdict(dict)
        self._aliases: dict[WorkspaceId, AliasSet] = {}  # of those that have their own

    def apply(self, changes: RosterChanges) -> None:
        """Take over changed rows; those marked removed are forgotten."""
        for follow in changes.follows:
            if follow.removed or follow.paused:
                self._follows[follow.feed].pop(follow.workspace, None)
            else:
                self._follows[follow.feed][follow.workspace] = follow
        for channel in changes.channels:
            self._channels[channel.id] = channel
        self._apply_aliases(changes.aliases)
        for topic in changes.topics:
            self._apply_topic(topic)
        for subscription in changes.subscriptions:
            self._apply_subscription(subscription)
        self.revision, self.purges = changes.revision, changes.purges

    def _apply_aliases(self, changed: Sequence[AliasGroup]) -> None:
        """Read the queries of the workspaces concerned again, with the names they have now."""
        for group in changed:
            if group.removed:
                self._groups[group.workspace].pop(group.id, None)
            else:
                self._groups[group.workspace][group.id] = group
        workspaces = {group.workspace for group in changed}
        for workspace in workspaces:
            own = [group for _, group in sorted(self._groups[workspace].items())]
            self._aliases[workspace] = merged(own)
            if not own:
                del self._aliases[workspace]
        for topic in [
            one
            for one in self._topics.values()
            if one.workspace in workspaces and one.id in self._queries
        ]:
            self._index.add(topic.id, self._queries[topic.id], self._aliases_of(topic.workspace))

    def _aliases_of(self, workspace: WorkspaceId) -> AliasSet:
        return self._aliases.get(workspace, BUILT_IN)

    def _apply_topic(self, topic: Topic) -> None:
        self._index.remove(topic.id)
        before = self._topics.pop(topic.id, None)
        self._queries.pop(topic.id, None)
        if before is not None and before.story is not None:
            self._by_story[before.story].discard(topic.id)
        if topic.removed:
            return
        if topic.story is not None:
            self._topics[topic.id] = topic
            self._by_story[topic.story].add(topic.id)
            return
        try:
            query = parse(topic.query)
        except QueryError:
            # Commands refuse such a query, so an older version stored it: the topic is silent,
            # `check` names it, and the others go on.
            return
        self._topics[topic.id] = topic
        self._queries[topic.id] = query
        self._index.add(topic.id, query, self._aliases_of(topic.workspace))

    def _apply_subscription(self, subscription: Subscription) -> None:
        self._subscriptions[subscription.id] = subscription
        holders = (
            self._by_topic[subscription.topic]
            if subscription.topic is not None
            else self._by_feed[subscription.feed or FeedId(0)]
        )
        if subscription.removed:
            holders.discard(subscription.id)
        else:
            holders.add(subscription.id)

    def watch(self, subscription_id: SubscriptionId) -> Watch | None:
        """The subscription as it stands, without hits; None if it stands no more."""
        subscription = self._subscriptions.get(subscription_id)
        if subscription is None or subscription.removed:
            return None
        topic = self._topics.get(subscription.topic) if subscription.topic else None
        if subscription.topic is not None and topic is None:
            return None
        channel = self._channels[subscription.channel]
        return Watch(subscription=subscription, channel=channel, topic=topic)

    def is_read(self, feed: FeedId) -> bool:
        """Whether anybody follows the feed now; one that was dropped meanwhile learns nothing."""
        return bool(self._follows.get(feed))

    def is_followed(self, feed: FeedId, workspace: WorkspaceId) -> bool:
        """Whether the workspace may see what the feed says."""
        return workspace in self._follows.get(feed, {})

    def watching(
        self, feed: FeedId, document: Document, stories: Collection[StoryId] = ()
    ) -> Iterator[Watch]:
        """Every subscription that an article of `feed` concerns, in the order of their ids.

        A topic hears only of feeds that its own workspace follows. `stories` are the article's, by
        each number that it had.
        """
        followers = self._follows.get(feed)
        if not followers:
            return
        found: dict[SubscriptionId, tuple[Hit, ...]] = {}
        readers: dict[WorkspaceId | None, Reader] = {}  # one a set of aliases
        for topic_id in self._index.match(document):
            workspace = self._topics[topic_id].workspace
            if workspace in followers:
                names = workspace if workspace in self._aliases else None
                if names not in readers:
                    readers[names] = Reader(document, self._aliases_of(workspace))
                hits = reasons_of(self._queries[topic_id], readers[names])
                found.update((each, hits) for each in self._by_topic.get(topic_id, ()))
        found.update((each, ()) for each in self._by_feed.get(feed, ()))
        for story in stories:
            for topic_id in self._by_story.get(story, ()):
                found.update((each, ()) for each in self._by_topic.get(topic_id, ()))
        for subscription_id in sorted(found):
            subscription = self._subscriptions[subscription_id]
            channel = self._channels[subscription.channel]
            if subscription.workspace in followers:
                yield Watch(
                    subscription=subscription,
                    channel=channel,
                    topic=self._topics[subscription.topic] if subscription.topic else None,
                    hits=found[subscription_id],
                )
