"""A sign of life to somebody outside: asks for one address while all is well, and else is silent.

Whoever waits for it raises the alarm when it does not come. It never stops or delays the bot: an
address that fails is logged when that begins, and asked for again a minute later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import aiohttp
import structlog

from bot.web.health import WELL

log = structlog.get_logger()

ANSWER_S = 10.0

Checks = Callable[[], Awaitable[Mapping[str, str]]]


class Heartbeat:
    """`checks`: as for /readyz. The address is the operator's own, so it may be a private one; it
    is a secret, and no log has it."""

    def __init__(self, *, url: str, checks: Checks, user_agent: str) -> None:
        self._url = url
        self._checks = checks
        self._user_agent = user_agent
        self._failing = False

    async def tick(self) -> bool:
        """One beat; whether it arrived."""
        checks = await self._checks()
        if any(said not in WELL for said in checks.values()):
            return False
        why = await self._ask()
        if why and not self._failing:
            log.warning("the heartbeat does not arrive", why=why)
        self._failing = bool(why)
        return not why

    async def _ask(self) -> str:
        """Why it did not arrive; "" if it did."""
        headers = {"User-Agent": self._user_agent}
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        try:
            async with (
                aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
                session.get(self._url, allow_redirects=False) as answer,
            ):
                return "" if answer.status < 300 else f"status {answer.status}"
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            return type(error).__name__  # its text may hold the address
