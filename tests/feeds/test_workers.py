"""Real worker processes against hostile documents. Nothing here measures time."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from bot.errors import ParseError
from bot.feeds.parse import parse, parse_news
from bot.feeds.workers import ParseWorkers
from tests.feeds import documents
from tests.feeds.conftest import NOW
from tests.feeds.killers import KILLERS

URL = "https://harbour.example/feed"
HANGS = KILLERS["a long author"]
ROOT = Path(__file__).parents[2]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def gone(pid: int) -> None:
    while alive(pid):  # noqa: ASYNC110 - another process has no event to wait for
        await asyncio.sleep(0.01)


def pids(workers: ParseWorkers) -> list[int]:
    return [worker.pid for worker in workers._workers if worker.pid is not None]


@pytest.mark.parametrize(
    "body", [documents.RSS_20, documents.ATOM_10, documents.RDF_10, documents.JSON_11]
)
async def test_a_worker_says_what_the_parser_says(body: bytes) -> None:
    async with ParseWorkers() as workers:
        assert await workers.parse(body, url=URL, now=NOW) == parse(body, url=URL, now=NOW)


async def test_a_worker_trims() -> None:
    async with ParseWorkers() as workers:
        whole = await workers.parse_news(documents.RSS_20, url=URL, now=NOW, known=())
        assert len(whole.hashes) == 2
        news = await workers.parse_news(documents.RSS_20, url=URL, now=NOW, known=whole.hashes[:1])
        assert news == parse_news(documents.RSS_20, url=URL, now=NOW, known=whole.hashes[:1])
        assert news.feed.articles == whole.feed.articles[1:]


async def test_errors_come_back_as_they_are() -> None:
    async with ParseWorkers() as workers:
        with pytest.raises(ParseError) as caught:
            await workers.parse(documents.PAGE, url=URL, now=NOW)
        assert caught.value.reason.startswith("not a feed, but this page offers: https://harbour")
        assert caught.value.url == URL
        first = pids(workers)
        await workers.parse(documents.RSS_20, url=URL, now=NOW)
        assert pids(workers) == first


async def test_a_document_that_hangs_is_cut_short() -> None:
    async with ParseWorkers(timeout_s=0.3) as workers:
        with pytest.raises(ParseError, match=r"took longer than 0\.3 s"):
            await workers.parse(HANGS, url=URL, now=NOW)
        assert len((await workers.parse(documents.RSS_20, url=URL, now=NOW)).articles) == 2


async def test_a_document_that_swells_is_cut_short() -> None:
    async with ParseWorkers(timeout_s=30, memory_mb=30) as workers:
        with pytest.raises(ParseError, match="needed more than 30 MB"):
            await workers.parse(KILLERS["a long title"] * 2, url=URL, now=NOW)
        assert len((await workers.parse(documents.RSS_20, url=URL, now=NOW)).articles) == 2


async def test_a_worker_that_dies_is_replaced() -> None:
    async with ParseWorkers(timeout_s=30) as workers:
        await workers.parse(documents.RSS_20, url=URL, now=NOW)
        task = asyncio.create_task(workers.parse(HANGS, url=URL, now=NOW))
        await asyncio.sleep(0.05)
        (pid,) = pids(workers)
        os.kill(pid, signal.SIGSEGV)
        with pytest.raises(ParseError, match="ended the parser"):
            await task
        assert len((await workers.parse(documents.RSS_20, url=URL, now=NOW)).articles) == 2
        assert pids(workers) != [pid]


async def test_killers_harm_no_one_after_them() -> None:
    """Each ends in articles or in a reason; the good feed after each is read."""
    expected = parse(documents.RSS_20, url=URL, now=NOW)
    async with ParseWorkers(processes=2, timeout_s=0.25, memory_mb=256) as workers:

        async def attack(body: bytes) -> None:
            with suppress(ParseError):
                await workers.parse(body, url=URL, now=NOW)

        async def behave(name: str) -> None:
            for _ in range(20):  # on a busy machine anything may take too long at times
                with suppress(ParseError):
                    assert await workers.parse(documents.RSS_20, url=URL, now=NOW) == expected
                    return
            pytest.fail(f"no good feed was read after {name}")

        async def attack_then_behave(name: str, body: bytes) -> None:
            await attack(body)
            await behave(name)

        await asyncio.gather(*(attack_then_behave(*item) for item in KILLERS.items()))


async def test_workers_are_recycled() -> None:
    async with ParseWorkers(recycle_after=2) as workers:
        seen = []
        for _ in range(4):
            await workers.parse(documents.RSS_20, url=URL, now=NOW)
            seen += pids(workers)
    assert seen[0] == seen[1] != seen[2] == seen[3]


async def test_a_worker_that_nobody_waited_for_while_it_started_is_not_believed() -> None:
    async with ParseWorkers() as workers:
        task = asyncio.create_task(workers.parse(documents.RSS_20, url=URL, now=NOW))
        while not pids(workers):  # noqa: ASYNC110 - a process has no event to wait for
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        feed = await workers.parse(documents.RSS_20, url=URL, now=NOW)
        assert len(feed.articles) == 2


async def test_a_cancelled_parse_frees_its_worker() -> None:
    async with ParseWorkers(timeout_s=30) as workers:
        task = asyncio.create_task(workers.parse(HANGS, url=URL, now=NOW))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        feed = await workers.parse(documents.RSS_20, url=URL, now=NOW)
        assert len(feed.articles) == 2


async def test_no_process_is_left_behind() -> None:
    async with ParseWorkers(processes=2, timeout_s=30) as workers:
        tasks = [
            asyncio.create_task(workers.parse(body, url=URL, now=NOW))
            for body in (HANGS, documents.RSS_20)
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        left = pids(workers)
        tasks[0].cancel()
        await asyncio.wait(tasks)
    assert len(left) == 2
    assert not any(map(alive, left))


async def test_signals_to_the_group_do_not_reach_workers() -> None:
    async with ParseWorkers() as workers:
        await workers.parse(documents.RSS_20, url=URL, now=NOW)
        (pid,) = pids(workers)
        assert os.getpgid(pid) != os.getpgid(0)
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(pid, number)
        await workers.parse(documents.RSS_20, url=URL, now=NOW)
        assert pids(workers) == [pid]


async def test_workers_do_not_see_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIREWATCH_DISCORD__TOKEN", "canary-7281")
    async with ParseWorkers() as workers:
        await workers.parse(documents.RSS_20, url=URL, now=NOW)
        (pid,) = pids(workers)
        assert b"canary" not in Path(f"/proc/{pid}/environ").read_bytes()


PARENT = """
import asyncio, sys
from datetime import datetime, UTC
from bot.feeds.workers import ParseWorkers
from tests.feeds.killers import KILLERS

async def main():
    async with ParseWorkers(processes=2, timeout_s=600) as workers:
        now = datetime.now(UTC)
        empty = b"<rss version='2.0'/>"
        await asyncio.gather(*(workers.parse(empty, url="u", now=now) for _ in "ab"))
        hang = asyncio.create_task(workers.parse(KILLERS["a long author"], url="u", now=now))
        await asyncio.sleep(0.1)
        print(*(worker.pid for worker in workers._workers), flush=True)
        await hang

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel for it")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
async def test_workers_end_with_their_parent(number: signal.Signals) -> None:
    """The idle one and the busy one, however the parent ends."""
    parent = subprocess.Popen(  # noqa: ASYNC220 - started once, waited for in a thread
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with parent:
        assert parent.stdout is not None
        left = [int(pid) for pid in (await asyncio.to_thread(parent.stdout.readline)).split()]
        assert len(left) == 2
        assert all(map(alive, left))
        os.killpg(parent.pid, number)
        await asyncio.to_thread(parent.wait)
    for pid in left:
        await gone(pid)
