"""Long work on the event loop gives others their turn: a chat waits three seconds for our word, and
people feel a tenth of one. Measures only what it gives away.
"""

from __future__ import annotations

import asyncio
import time

TURN_S = 0.02


class Turn:
    """One piece of work's time on the loop."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    async def give_way(self) -> None:
        """Between two items: lets whoever is ready run, if we have had TURN_S."""
        if time.monotonic() - self._began >= TURN_S:
            await asyncio.sleep(0)
            self._began = time.monotonic()
