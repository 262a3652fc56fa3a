"""The schema, once. Portable between SQLite and PostgreSQL; migrations/ builds exactly this."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An instant. Aware going in and coming out; SQLite has no zones, so there it is UTC text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time reached the database: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite only auto-numbers a column typed INTEGER; elsewhere row ids are 64 bits.
RowId = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", RowId, primary_key=True)


def _workspace() -> Column[str]:
    return Column("workspace_id", String, ForeignKey("workspace.id"), nullable=False)


def _revision() -> Column[int]:
    """The count of changes to the roster when this row last changed: see storage/roster.py."""
    return Column("revision", Integer, nullable=False, index=True)


installation = Table(
    "installation",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

workspace = Table(
    "workspace",
    metadata,
    Column("id", String, primary_key=True),
    Column("platform", String, nullable=False),
    Column("external_id", String, nullable=False),
    Column("name", String, nullable=False, server_default=""),
    Column("timezone", String, nullable=False, server_default="UTC"),
    Column("notices_to", Text, nullable=False, server_default=""),
    Column("language", String, nullable=False, server_default=""),  # "": nobody has said
    Column("created_at", UtcTime, nullable=False),
    Column("left_at", UtcTime),  # its platform said that we are not in it any more
)

feed = Table(
    "feed",
    metadata,
    _id(),
    Column("url", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False, server_default=""),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", String),
    Column("interval_s", Float, nullable=False),
    Column("next_poll_at", UtcTime, nullable=False, index=True),
    Column("first_polled_at", UtcTime),
    Column("last_success_at", UtcTime),
    Column("last_new_at", UtcTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("host", String, nullable=False, server_default=""),  # where it is fetched from
    Column("polled_at", UtcTime),
    Column("fetched_at", UtcTime),  # when it last sent a whole document
    Column("ttl_s", Float),
    Column("gap_s", Float),  # its rhythm: see feeds/rhythm.py
    Column("longest_gap_s", Float),
    Column("arrivals", Integer, nullable=False, server_default="0"),
    Column("failing_since", UtcTime),
    Column(
        "lives_at", Text, index=True
    ),  # its address now, if it moved for good; `url` stays its name
    Column("moved_to", Text),
    Column("moved_sightings", Integer, nullable=False, server_default="0"),
    Column("gone_sightings", Integer, nullable=False, server_default="0"),
    Column("gone_at", UtcTime),  # the publisher took it down: polled no more
    Column("told", String, nullable=False, server_default=""),  # the last notice: feeds/health.py
    Column("told_at", UtcTime),
)

follow = Table(
    "follow",
    metadata,
    _id(),
    _workspace(),
    Column("feed_id", RowId, ForeignKey("feed.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("from_file", Boolean, nullable=False, server_default=false()),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("removed", Boolean, nullable=False, server_default=false()),
    Column("full_text", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcTime, nullable=False),
    _revision(),
    UniqueConstraint("workspace_id", "feed_id"),
)

# What a feed has already told us. It must outlive `article` for as long as the feed still lists
# the item, or old news alerts again.
seen = Table(
    "seen",
    metadata,
    Column("feed_id", RowId, ForeignKey("feed.id"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("article_id", RowId, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("last_listed_at", UtcTime, nullable=False, index=True),
    # Several items of one document had this key: it tells none of them apart any more.
    Column("doubtful", Boolean, nullable=False, server_default=false()),
    Index(None, "feed_id", "article_id"),
)

# What a feed's last document listed: for each item the hash of its source and its article,
# packed as storage/listings.py says.
listing = Table(
    "listing",
    metadata,
    Column("feed_id", RowId, ForeignKey("feed.id"), primary_key=True),
    Column("items", LargeBinary, nullable=False),
)

# A change of a feed's health that a workspace is owed a word about. `told_at`: it was told.
feed_notice = Table(
    "feed_notice",
    metadata,
    _id(),
    _workspace(),
    Column("feed_id", RowId, ForeignKey("feed.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("told_at", UtcTime, index=True),
)

story = Table(
    "story",
    metadata,
    _id(),
    Column("opened_at", UtcTime, nullable=False),
    Column("last_article_at", UtcTime, nullable=False, index=True),
    Column("merged_into", RowId, index=True),  # the older story that its articles count for now
    Column("follows", RowId, index=True),  # the closed story that it goes on with
)

article = Table(
    "article",
    metadata,
    _id(),
    Column("feed_id", RowId, ForeignKey("feed.id"), nullable=False),
    Column("story_id", RowId, ForeignKey("story.id"), nullable=False, index=True),
    Column("uid", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("canonical_url", Text, nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("placed_url", Text, nullable=False),  # what its story was found by: edits leave it
    Column("placed_title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("published_at", UtcTime),
    Column("first_seen_at", UtcTime, nullable=False, index=True),
    Column("corrected_at", UtcTime),
    Column("listed_after", UtcTime),  # the poll that did not find it yet
    Column("authors", JSON, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("image_url", Text),
    Column("language", String, nullable=False),
    Column("outlet", Text, nullable=False),
)

# Of each archived article what a search is narrowed by: a row of `article` is a hundred times as
# wide, and a common word is in every fifth of a million.
shelved = Table(
    "shelved",
    metadata,
    Column("article_id", RowId, ForeignKey("article.id"), primary_key=True),
    Column("feed_id", RowId, nullable=False),
    Column("story_id", RowId, nullable=False),
)

# How many articles a feed brought on each (UTC) day: what a backtest can tell, without a count.
coverage = Table(
    "coverage",
    metadata,
    Column("feed_id", RowId, ForeignKey("feed.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("articles", Integer, nullable=False),
)

# Its words by weight when it came: the weights are of that moment and cannot be computed again.
article_terms = Table(
    "article_terms",
    metadata,
    Column("article_id", RowId, ForeignKey("article.id"), primary_key=True),
    Column("terms", Text, nullable=False),
    Column("opening", String, nullable=False),
    Column("meaning", LargeBinary),  # 256 signed bytes, where meanings are compared
)

# What the own pages of articles begin with, where a feed says little and somebody asked for more.
page_text = Table(
    "page_text",
    metadata,
    Column("article_id", RowId, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("opening", Text, nullable=False),
    Column("reason", Text, nullable=False),  # why there is none
    Column("tried_at", UtcTime, nullable=False),
)

topic = Table(
    "topic",
    metadata,
    _id(),
    _workspace(),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # casefolded: SQLite folds ASCII only
    Column("query", Text, nullable=False),
    Column("person", Text, nullable=False, server_default=""),  # who alone follows it; "": shared
    Column("story_id", RowId, index=True),  # it is this story, and has no query
    Column("from_file", Boolean, nullable=False, server_default=false()),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column("muted_until", UtcTime),
    Column("snoozed_until", UtcTime),
    Column("removed", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcTime, nullable=False),
    _revision(),
    UniqueConstraint("workspace_id", "name_key"),
)

channel = Table(
    "channel",
    metadata,
    _id(),
    _workspace(),
    Column("platform", String, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("attention", JSON, nullable=False, server_default="{}"),  # the wishes that are its own
    Column("muted_until", UtcTime),
    Column("snoozed_until", UtcTime),
    Column("disabled_reason", Text),
    Column("noticed_at", UtcTime),  # when somebody was last told that it is disabled
    Column("added_by", String, nullable=False, server_default=""),
    Column("created_at", UtcTime, nullable=False),
    _revision(),
    # One that two workspaces share, as Slack Connect has them, is a channel of each.
    UniqueConstraint("workspace_id", "platform", "external_id"),
)

subscription = Table(
    "subscription",
    metadata,
    _id(),
    Column("workspace_id", String, ForeignKey("workspace.id"), nullable=False, index=True),
    Column("channel_id", RowId, ForeignKey("channel.id"), nullable=False, index=True),
    Column("topic_id", RowId, ForeignKey("topic.id"), index=True),
    Column("feed_id", RowId, ForeignKey("feed.id"), index=True),
    Column("gate", Integer, nullable=False, server_default="1"),
    Column("mention", String),
    Column("mentioned_by", String, nullable=False, server_default=""),
    Column("updates", String, nullable=False, server_default="silent"),
    Column("template", String, nullable=False, server_default="standard"),  # or a layout
    Column("started_at", UtcTime),  # NULL: not yet told of what runs already
    Column("moved_at", UtcTime),  # when its topic was moved here from another channel
    Column("from_file", Boolean, nullable=False, server_default=false()),
    Column("removed", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcTime, nullable=False),
    _revision(),
    # Exactly one of the two is set, and each pair stands once: two partial indexes, because
    # NULLs are distinct in a plain unique constraint.
    CheckConstraint("(topic_id IS NULL) <> (feed_id IS NULL)", name="one_subject"),
)
for _subject in ("topic_id", "feed_id"):
    _where = subscription.c[_subject].is_not(None)
    Index(
        f"uq_subscription_channel_{_subject}",
        subscription.c.channel_id,
        subscription.c[_subject],
        unique=True,
        sqlite_where=_where,
        postgresql_where=_where,
    )

match = Table(
    "match",
    metadata,
    Column("article_id", RowId, ForeignKey("article.id"), primary_key=True),
    Column("topic_id", RowId, ForeignKey("topic.id"), primary_key=True),
    _workspace(),
    Column("hits", JSON, nullable=False),
)

decision = Table(
    "decision",
    metadata,
    Column("article_id", RowId, ForeignKey("article.id"), primary_key=True),
    Column("subscription_id", RowId, ForeignKey("subscription.id"), primary_key=True),
    _workspace(),
    Column("channel_id", RowId, ForeignKey("channel.id"), nullable=False),
    Column("story_id", RowId, ForeignKey("story.id"), nullable=False),
    Column("outcome", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("until", UtcTime),
    Column("decided_at", UtcTime, nullable=False),
    Index(None, "story_id", "channel_id"),
)

alert = Table(
    "alert",
    metadata,
    _id(),
    _workspace(),
    Column("story_id", RowId, ForeignKey("story.id"), nullable=False),
    Column("channel_id", RowId, ForeignKey("channel.id"), nullable=False),
    Column("state", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("held_until", UtcTime, index=True),  # NULL while held: to be decided again at once
    Column("held_why", String),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column("decided_at", UtcTime, nullable=False),
    Column("told", JSON),  # when and how often its thread was told of changes; NULL: never
    UniqueConstraint("story_id", "channel_id"),
)

# A digest's membership freezes when it is first tried; no alert is ever in two.
digest = Table(
    "digest",
    metadata,
    _id(),
    _workspace(),
    Column("channel_id", RowId, ForeignKey("channel.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
)

digest_line = Table(
    "digest_line",
    metadata,
    Column("digest_id", RowId, ForeignKey("digest.id"), primary_key=True),
    Column("alert_id", RowId, ForeignKey("alert.id"), primary_key=True, unique=True),
    _workspace(),
)

delivery = Table(
    "delivery",
    metadata,
    _id(),
    _workspace(),
    Column("channel_id", RowId, ForeignKey("channel.id"), nullable=False),
    Column("alert_id", RowId, ForeignKey("alert.id"), index=True),
    Column("digest_id", RowId, ForeignKey("digest.id"), unique=True),
    Column("body", JSON(none_as_null=True)),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False, unique=True),
    Column("wanted", Integer, nullable=False),
    Column("sent", Integer, nullable=False, server_default="0"),
    Column("status", String, nullable=False),
    Column("remote_id", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("lease_until", UtcTime),
    Column("next_attempt_at", UtcTime),
    Column("unsure_since", UtcTime),
    Column("attempted_at", UtcTime),
    Column("last_error", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("posted_at", UtcTime),  # once; `sent_at` moves with its edits
    Column("sent_at", UtcTime),
    Column("edit_after", UtcTime),  # alerts/pace.py; NULL: as soon as it is behind
    Column("publish_at", UtcTime, index=True),  # storage/publishing.py; NULL: never, or it is done
    Column("published_at", UtcTime),
    Index(None, "status", "channel_id", "id"),
    Index(None, "channel_id", "posted_at"),
    CheckConstraint("(kind IN ('card', 'reply')) = (alert_id IS NOT NULL)", name="of_an_alert"),
    CheckConstraint("(kind = 'digest') = (digest_id IS NOT NULL)", name="of_a_digest"),
    CheckConstraint("kind NOT IN ('reply', 'notice') OR body IS NOT NULL", name="has_a_body"),
)

# One row for each time a platform was asked to post or edit. No outcome: the process died first.
attempt = Table(
    "attempt",
    metadata,
    _id(),
    _workspace(),
    Column("delivery_id", RowId, ForeignKey("delivery.id"), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("action", String, nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("outcome", String),
    Column("detail", Text),
    Column("settled", String),  # how a doubt about it ended
)

# A workspace's own names that mean the same, on top of the built-in ones.
alias_group = Table(
    "alias_group",
    metadata,
    _id(),
    _workspace(),
    Column("names", JSON, nullable=False),
    Column("removed", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcTime, nullable=False),
    _revision(),
)

# An edit of a query that a person was offered and may still take up.
proposal = Table(
    "proposal",
    metadata,
    Column("token", String, primary_key=True),
    _workspace(),
    Column("topic_id", RowId, ForeignKey("topic.id"), nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

# A feed's subscription at a hub: see model/push.py.
push = Table(
    "push",
    metadata,
    Column("feed_id", RowId, ForeignKey("feed.id"), primary_key=True, autoincrement=False),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("token", String, nullable=False, unique=True),
    Column("secret", String, nullable=False),
    Column("asked", String, nullable=False, server_default=""),
    Column("lease_until", UtcTime),
    Column("next_try_at", UtcTime, nullable=False, index=True),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("pushed_at", UtcTime),
    Column("ignored", Integer, nullable=False, server_default="0"),
)

# A summary that a model wrote for an alert at so many outlets; "" where it was refused.
written_summary = Table(
    "written_summary",
    metadata,
    Column("alert_id", RowId, ForeignKey("alert.id"), primary_key=True),
    _workspace(),
    Column("step", Integer, nullable=False),
    Column("revision", Integer, nullable=False),  # of the alert, when it was last looked at
    Column("sources", String, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("refused", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

# What the model cost on each (UTC) day.
model_spending = Table(
    "model_spending",
    metadata,
    Column("day", Date, primary_key=True),
    Column("tokens", Integer, nullable=False),
)

# How much is usual, hour by hour, for a topic (outlets) or a feed (articles): stories/bursts.py.
usual = Table(
    "usual",
    metadata,
    Column("subject", String, primary_key=True),  # "topic" or "feed"
    Column("subject_id", RowId, primary_key=True),
    Column("workspace_id", String, ForeignKey("workspace.id")),  # NULL: a feed is everybody's
    Column("through", UtcTime, nullable=False),  # the end of the last hour that is learnt
    Column("profile", JSON, nullable=False),
)

# What people changed, by their own words for it: storage/audit.py.
audit = Table(
    "audit",
    metadata,
    _id(),
    _workspace(),
    Column("at", UtcTime, nullable=False),
    Column("who", String, nullable=False),  # the platform's id of a person; "": at a terminal
    Column("what", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("channel", Text, nullable=False),  # as it was called then
    Index(None, "workspace_id", "at"),
)

# The teams that installed the hosted Slack app. The token is a secret: it is in no export.
slack_team = Table(
    "slack_team",
    metadata,
    Column("workspace_id", String, ForeignKey("workspace.id"), primary_key=True),
    Column("bot_token", String, nullable=False),
    Column("installed_by", String, nullable=False, server_default=""),
    Column("installed_at", UtcTime, nullable=False),
)

duty = Table(
    "duty",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("term", Integer, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)

handed = Table(
    "handed",
    metadata,
    _id(),
    Column("feed_id", RowId, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("handed_at", UtcTime, nullable=False),
)

host_pause = Table(
    "host_pause",
    metadata,
    Column("host", String, primary_key=True),
    Column("until", UtcTime, nullable=False),
)
