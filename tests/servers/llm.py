"""A loopback endpoint as OpenAI's: answers what a test tells it to, remembers who asked.

async with llm_server() as server:
server.says("Envoys met in Miami.")
await Endpoint(url=server.url, ...).ask(body)
assert server.asked[-1].authorization == "Bearer secret"
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request."""

    path: str
    authorization: str
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the next request gets; `body` as it stands, after `delay_s`."""

    body: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


@dataclass(slots=True)
class LlmServer:
    """Its base URL, and what came. Without a reply left it answers 500."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    replies: deque[Reply] = field(default_factory=deque)

    def says(self, summary: str, *, tokens: int | None = 100) -> None:
        """The next answer is this summary, in the shape that was asked for."""
        self.completes(json.dumps({"summary": summary}), tokens=tokens)

    def completes(self, content: str, *, tokens: int | None = 100) -> None:
        """The next answer's message has this content."""
        told: dict[str, Any] = {"choices": [{"message": {"role": "assistant", "content": content}}]}
        if tokens is not None:
            told["usage"] = {"total_tokens": tokens}
        self.replies.append(Reply(body=json.dumps(told)))

    async def answer(self, request: web.Request) -> web.Response:
        """As an endpoint would."""
        self.asked.append(
            Asked(
                path=request.path,
                authorization=request.headers.get("Authorization", ""),
                body=await request.json(),
            )
        )
        reply = self.replies.popleft() if self.replies else Reply(body="{}", status=500)
        await asyncio.sleep(reply.delay_s)
        return web.Response(text=reply.body, status=reply.status, headers=reply.headers)


@asynccontextmanager
async def llm_server() -> AsyncIterator[LlmServer]:
    """Listens on a free port of loopback until the block ends."""
    server = LlmServer()
    app = web.Application()
    app.router.add_post("/{path:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    server.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()
