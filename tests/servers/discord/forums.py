"""What a post in a forum must be, and how often a thread may be renamed.

https://discord.com/developers/docs/resources/channel#start-thread-in-forum-or-media-channel
"""

from __future__ import annotations

from tests.servers.discord.permissions import Permission
from tests.servers.discord.records import Form, Json, Refused, TooOften, missing_permissions
from tests.servers.discord.state import REQUIRE_TAG, Channel

MOST_NAME, MOST_TAGS = 100, 5
RENAMES, RENAMED_WITHIN_S = 2, 600.0
"""Not documented; what developers of bots have found, and its 429 says."""


def check_post(forum: Channel, body: Json, allowed: int) -> list[str]:
    """The ids of the post's tags. Raises what Discord would."""
    form = Form()
    form.too_long("name", body["name"], MOST_NAME)
    tags = [str(each) for each in body.get("applied_tags") or ()]
    if len(tags) > MOST_TAGS:
        form.add("applied_tags", "BASE_TYPE_BAD_LENGTH", "Must be between 0 and 5 in length.")
    known = {each["id"]: each for each in forum.tags}
    for index, tag in enumerate(tags):
        if tag not in known:
            form.add(f"applied_tags.{index}", "UNKNOWN_TAG", "Unknown tag")
    form.check()
    if any(known[tag]["moderated"] for tag in tags) and not allowed & Permission.MANAGE_THREADS:
        raise missing_permissions()
    if forum.flags & REQUIRE_TAG and not tags:
        raise Refused(400, 40067, "A tag is required to create a forum post in this channel")
    return tags


def rename(thread: Channel, *, at: float) -> None:
    """Count it. Raises TooOften, which says when it may be."""
    recent = [each for each in thread.renamed_at if at - each < RENAMED_WITHIN_S]
    if len(recent) >= RENAMES:
        raise TooOften(recent[0] + RENAMED_WITHIN_S - at)
    thread.renamed_at = [*recent, at]
