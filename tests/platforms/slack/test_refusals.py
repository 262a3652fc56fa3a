"""Each of Slack's refusals, as the loopback server gives it, by its class."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import Ambiguous, FailureClass, Permanent, Retryable
from bot.platforms.slack.adapter import SlackPlatform
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.samples import alert, notice, reply
from tests.platforms.slack.test_adapter import KEY, card, in_slack, refusal
from tests.servers.slack_client import LoopbackSlack

PERMANENT = {
    FailureClass.GONE: ("channel_not_found", "is_archived"),
    FailureClass.PERMISSION: (
        *("restricted_action", "restricted_action_thread_only_channel"),
        *("missing_scope", "no_permission"),
    ),
    FailureClass.CREDENTIAL: (
        *("token_revoked", "account_inactive", "invalid_auth", "not_authed"),
        *("app_uninstalled", "tokens_revoked"),
    ),
}
CODES = [(code, kind) for kind, codes in PERMANENT.items() for code in codes]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """No schema: nothing here asks the use cases."""
    opened = Database(f"sqlite:///{tmp_path / 'wirewatch.db'}")
    yield opened
    await opened.close()


@pytest.mark.parametrize(("code", "failure"), CODES)
async def test_a_refused_post(
    slack: LoopbackSlack, posts: SlackPlatform, code: str, failure: FailureClass
) -> None:
    await slack.api_error("chat.postMessage", code)
    error = await refusal(posts, slack.channel)
    assert isinstance(error, Permanent)
    assert error.failure is failure
    assert error.remedy
    assert len(await slack.requests("chat.postMessage")) == 1, "it is not tried again"


@pytest.mark.parametrize("code", ["ratelimited", "org_login_required", "team_added_to_org"])
async def test_what_passes(slack: LoopbackSlack, posts: SlackPlatform, code: str) -> None:
    await slack.api_error("chat.postMessage", code)
    assert isinstance(await refusal(posts, slack.channel), Retryable)


@pytest.mark.parametrize("code", ["internal_error", "fatal_error"])
async def test_what_leaves_it_open(slack: LoopbackSlack, posts: SlackPlatform, code: str) -> None:
    await slack.api_error("chat.postMessage", code, commit=True)
    assert isinstance(await refusal(posts, slack.channel), Ambiguous)
    assert len(await slack.messages()) == 1, "and is not sent again by itself"


@pytest.mark.parametrize(
    "code", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long", "no_text"]
)
async def test_our_bug_degrades(slack: LoopbackSlack, posts: SlackPlatform, code: str) -> None:
    await slack.api_error("chat.postMessage", code)
    payload = posts.render(notice(), key=KEY)
    await posts.send(in_slack(slack.channel), payload, key=KEY)
    (message,) = await slack.messages()
    assert [block["type"] for block in message.blocks] == ["section"]
    assert "14 stories wait" in message.blocks[0]["text"]["text"]


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_a_message_that_is_gone(
    slack: LoopbackSlack, posts: SlackPlatform, code: str
) -> None:
    here = in_slack(slack.channel)
    posted = await posts.send(here, card(posts), key=KEY)
    await slack.api_error("chat.update", code)
    with pytest.raises(Permanent) as caught:
        await posts.edit(here, posted.remote_id, card(posts, outlets=2))
    assert caught.value.failure is FailureClass.MESSAGE_GONE


async def test_a_deletion_that_is_forbidden(slack: LoopbackSlack, posts: SlackPlatform) -> None:
    here = in_slack(slack.channel)
    posted = await posts.send(here, card(posts), key=KEY)
    await slack.api_error("chat.delete", "compliance_exports_prevent_deletion")
    with pytest.raises(Permanent) as caught:
        await posts.delete(here, posted.remote_id)
    assert caught.value.failure is FailureClass.PERMISSION
    await slack.rate_limit("chat.delete", 9)
    with pytest.raises(Retryable) as patience:
        await posts.delete(here, posted.remote_id)
    assert patience.value.retry_after == 9


async def test_a_reply_stands_in_the_thread_alone(
    slack: LoopbackSlack, posts: SlackPlatform, clock: Clock
) -> None:
    here = in_slack(slack.channel)
    parent = await posts.send(here, card(posts), key=KEY)
    said = posts.render(reply(), key=KEY[::-1])
    posted = await posts.send(here, said, key=KEY[::-1], thread=parent.remote_id)
    message = (await slack.messages())[-1]
    assert (message.ts, message.thread_ts) == (posted.remote_id, parent.remote_id)
    found = await posts.reconcile(here, key=KEY[::-1], since=clock(), thread=parent.remote_id)
    assert found == posted
    assert len(await slack.requests("conversations.replies")) == 1
    assert await slack.requests("conversations.history") == []


async def test_direct_messages_that_the_app_may_not_open(
    slack: LoopbackSlack, posts: SlackPlatform
) -> None:
    person = replace(in_slack(f"user:{slack.member}"), name="")
    payload = posts.render(notice(), key=KEY)
    await slack.drop("conversations.open", commit=True)
    with pytest.raises(Retryable):  # nothing was posted, so nothing is in doubt
        await posts.send(person, payload, key=KEY)
    await slack.remove_scope("im:write")
    with pytest.raises(Permanent) as caught:
        await posts.send(person, payload, key=KEY)
    assert caught.value.failure is FailureClass.PERMISSION
    assert "im:write" in caught.value.remedy
    await slack.add_scope("im:write")
    for _ in range(2):
        await posts.send(person, payload, key=KEY)
    opened = [one for one in await slack.requests("conversations.open") if not one.error]
    assert len(opened) == 1, "a conversation is opened once"


async def test_an_edit_never_pings(slack: LoopbackSlack, posts: SlackPlatform) -> None:
    here = in_slack(slack.channel)
    posted = await posts.send(here, card(posts), key=KEY)
    hostile = posts.render(alert(headline="<@U1> <!channel>", outlets=2), key=KEY)
    await posts.edit(here, posted.remote_id, hostile)
    (message,) = await slack.messages()
    assert message.pings == []
