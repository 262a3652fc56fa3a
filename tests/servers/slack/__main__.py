"""`python -m tests.servers.slack`: the server in a process of its own, until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal

from aiohttp import web

from tests.servers.slack.app import build


async def serve(port: int, *, validate: bool) -> None:
    """Listen on 127.0.0.1, print `{"port": N}`, and end cleanly on SIGTERM or SIGINT."""
    app, desk = build(validate=validate)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    actual = runner.addresses[0][1]
    desk.base = f"http://127.0.0.1:{actual}"
    print(json.dumps({"port": actual}), flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.servers.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--no-validation", action="store_true", help="check no blocks and log no requests"
    )
    options = parser.parse_args()
    asyncio.run(serve(options.port, validate=not options.no_validation))


if __name__ == "__main__":
    main()
