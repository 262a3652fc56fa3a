"""What goes wrong in the chats during a siege: refusals, lost replies, late commits."""

from __future__ import annotations

import random
from typing import Any

from tests.servers.discord_client import LoopbackDiscord
from tests.servers.slack_client import LoopbackSlack

REFUSED, LOST, LATE = 0.05, 0.12, 0.04
"""Refused before the commit (429 or 500); committed, and the reply lost; the reply lost, and
committed only afterwards."""
LATE_S = (0.3, 2.0)


def faults(dice: random.Random, calls: int) -> list[tuple[int, str]]:
    """(how many calls pass unharmed first, what happens) for a server's queue of faults.

    The servers count a fault's `skip` down for each call that no earlier fault took.
    """
    planned: list[tuple[int, str]] = []
    for call in range(calls):
        chance = dice.random()
        for what, share in (("refuse", REFUSED), ("lose", LOST), ("late", LATE)):
            if chance < share:
                planned.append((call - len(planned), what))
                break
            chance -= share
    return planned


async def harm_discord(discord: LoopbackDiscord, dice: random.Random, calls: int) -> None:
    """Queue faults for so many posts, and as many edits; for forum posts and what is published,
    which are fewer, as well."""
    message = "/channels/{channel_id}/messages"
    routes = (
        ("POST", message),
        ("PATCH", f"{message}/{{message_id}}"),
        ("POST", "/channels/{channel_id}/threads"),
        ("POST", f"{message}/{{message_id}}/crosspost"),
    )
    for method, route in routes:
        for skip, what in faults(dice, calls):
            how: dict[str, Any] = {"answer": "drop", "commit": "yes"}
            if what == "late":
                how |= {"commit": "late", "late": dice.uniform(*LATE_S)}
            elif what == "refuse":
                # 31 s are more than discord.py is let wait: that 429 is the pipeline's.
                how = dice.choice((
                    {"answer": "ratelimited", "retry_after": 0.3},
                    {"answer": "ratelimited", "retry_after": 31},
                    {"answer": "status", "status": 500},
                    {"answer": "status", "status": 500},
                ))  # fmt: skip
            await discord.fault(method, route, skip=skip, **how)


async def harm_slack(slack: LoopbackSlack, dice: random.Random, calls: int) -> None:
    """Queue faults for so many posts, and as many edits."""
    for method in ("chat.postMessage", "chat.update"):
        for skip, what in faults(dice, calls):
            how: dict[str, Any] = {"answer": "drop", "commit": "yes"}
            if what == "late":
                how |= {"commit": "late", "late": dice.uniform(*LATE_S)}
            elif what == "refuse":
                limited = {"answer": "ratelimited", "retry_after": 1}
                how = limited if dice.random() < 0.5 else {"answer": "html", "status": 500}
            await slack.fault(method, skip=skip, **how)
