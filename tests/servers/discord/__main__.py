"""`python -m tests.servers.discord`: the server in a process of its own, until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from aiohttp import web

from tests.servers.discord.app import build, newsroom


async def serve(port: int, state: Path | None, *, validate: bool) -> None:
    """Listen on 127.0.0.1, print `{"port": N}`, and end cleanly on SIGTERM or SIGINT."""
    world = newsroom(validate=validate)
    app, control = build(world)
    if validate and not control.document:
        print("no OpenAPI document: bodies are not checked", file=sys.stderr)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    actual = runner.addresses[0][1]
    world.base = f"http://127.0.0.1:{actual}"
    if state is not None:
        for verb, order in json.loads(state.read_text("utf-8")):
            await control.obey(verb, order)
    print(json.dumps({"port": actual}), flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.servers.discord", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--state",
        type=Path,
        help='control orders to begin with, a JSON list: [["add_guild", {"name": "Wire"}], ...]',
    )
    parser.add_argument(
        "--no-validation", action="store_true", help="do not check bodies against the document"
    )
    options = parser.parse_args()
    asyncio.run(serve(options.port, options.state, validate=not options.no_validation))


if __name__ == "__main__":
    main()
