"""The identifiers. A workspace's is readable ("local", "discord:81…", "slack:T0…"); rows count."""

from __future__ import annotations

from typing import NewType

WorkspaceId = NewType("WorkspaceId", str)
FeedId = NewType("FeedId", int)
FollowId = NewType("FollowId", int)
ArticleId = NewType("ArticleId", int)
StoryId = NewType("StoryId", int)
TopicId = NewType("TopicId", int)
SubscriptionId = NewType("SubscriptionId", int)
ChannelId = NewType("ChannelId", int)
AlertId = NewType("AlertId", int)
DeliveryId = NewType("DeliveryId", int)
DigestId = NewType("DigestId", int)

LOCAL = WorkspaceId("local")
"""The workspace of this installation itself: consoles, webhooks and the configuration file."""
