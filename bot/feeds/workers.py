"""Parses in worker processes that can be killed: a stranger's document may hang or swell, and a
thread would stall the event loop with it. Knows nothing of feeds; worker.py is the other end.

Plain subprocesses over pipes rather than a pool library: they start without importing our
`__main__`, see none of our environment (it holds tokens), are killed at once instead of being
asked first, and answer in JSON, so that a parser taken over by its input has nothing to unpickle
here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Collection
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from bot.errors import ParseError
from bot.feeds.news import News
from bot.feeds.page import PageError
from bot.feeds.wire import HEADER, feed_from, pack
from bot.model.article import ParsedFeed

START_S = 60.0
"""A worker imports its modules in 0.2 s; a machine that swaps may take much longer."""
END_S = 2.0
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "PATH", "SYSTEMROOT")
_ENTRY = """\
import json, sys
sys.path[:] = json.loads(sys.argv[2])
from bot.feeds.worker import main
main()
"""


class TookTooLongError(ParseError):
    """The document was not read within its time; the worker was killed."""


class WorkerDiedError(Exception):
    """The worker ended before it answered."""


class ParseWorkers:
    """A few such processes, started when first needed. One that hangs, grows or dies is replaced.

    `timeout_s` is wall-clock time for one document; `memory_mb` (10^6 bytes) is what it may need
    on top of the idle worker; after `recycle_after` documents a worker is replaced, as feedparser
    and malloc keep what they once had. `niceness` is how far they stand back for other processes
    (nice(2)). An async context manager: leaving it kills the workers.
    """

    def __init__(
        self,
        *,
        processes: int = 1,
        timeout_s: float = 10,
        memory_mb: int = 512,
        recycle_after: int = 500,
        niceness: int = 0,
    ) -> None:
        self._timeout_s = timeout_s
        self._memory_mb = memory_mb
        limits = {
            "memory_bytes": memory_mb * 1_000_000,
            "cpu_s": timeout_s + 5,
            "niceness": niceness,
        }
        self._workers = tuple(_Worker(limits, recycle_after) for _ in range(processes))
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for worker in self._workers:
            self._idle.put_nowait(worker)
        self._replacing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self._replacing:
            task.cancel()
        await asyncio.gather(*self._replacing, return_exceptions=True)
        for worker in self._workers:
            await worker.stop()

    def pids(self) -> tuple[int, ...]:
        """The processes that have been started and not been replaced."""
        return tuple(worker.pid for worker in self._workers if worker.pid is not None)

    async def parse(
        self, body: bytes, *, url: str, content_type: str = "", now: datetime
    ) -> ParsedFeed:
        """`bot.feeds.parse.parse` in a worker. Waits for an idle one; time counts from then.

        Raises ParseError, also for a document that took too long or too much memory.
        """
        news = await self.parse_news(body, url=url, content_type=content_type, now=now, known=None)
        return news.feed

    async def parse_news(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str = "",
        now: datetime,
        known: Collection[str] | None,
    ) -> News:
        """`bot.feeds.parse.parse_news` in a worker, otherwise like `parse`."""
        task = {
            "url": url,
            "content_type": content_type,
            "now": now.isoformat(),
            "known": None if known is None else list(known),
        }
        answer = await self._answer(task, body, url)
        return News(
            feed=feed_from(answer["feed"]),
            hashes=tuple(answer["hashes"]),
            sources=tuple(answer["sources"]),
            read=answer["read"],
        )

    async def read_page(self, body: bytes, *, url: str) -> str:
        """`bot.feeds.page_text.opening_of` in a worker. Raises ParseError."""
        return str((await self._answer({"page": url}, body, url))["opening"])

    async def _answer(self, task: dict[str, Any], body: bytes, url: str) -> dict[str, Any]:
        worker = await self._idle.get()
        try:
            return await self._ask(worker, task, body, url)
        finally:
            self._put_back(worker)

    def _put_back(self, worker: _Worker) -> None:
        """Idle again; one that had to be killed only when its successor is ready, so that nobody
        waits for a process to start while another worker is idle."""
        if worker.done():
            task = asyncio.create_task(self._replace(worker))
            self._replacing.add(task)
            task.add_done_callback(self._replacing.discard)
        else:
            self._idle.put_nowait(worker)

    async def _replace(self, worker: _Worker) -> None:
        try:
            with contextlib.suppress(WorkerDiedError, OSError):  # whoever asks it next is told
                await worker.start()
        finally:
            self._idle.put_nowait(worker)

    async def _ask(
        self, worker: _Worker, task: dict[str, Any], body: bytes, url: str
    ) -> dict[str, Any]:
        try:
            await worker.start()
            async with asyncio.timeout(self._timeout_s):
                answer = await worker.ask(task, body)
        except TimeoutError as error:
            reason = f"its document took longer than {self._timeout_s:g} s"
            raise TookTooLongError(url, reason) from error
        except (WorkerDiedError, OSError) as error:
            raise ParseError(url, f"its document ended the parser ({error})") from error
        if "feed" in answer or "opening" in answer:
            return answer
        if answer.get("memory"):
            raise ParseError(url, f"its document needed more than {self._memory_mb} MB")
        if "offered" in answer:
            raise PageError(
                url,
                answer["reason"],
                offered=tuple(answer["offered"]),
                guesses=tuple(answer["guesses"]),
            )
        raise ParseError(url, str(answer.get("reason", "its document cannot be read")))


class _Worker:
    """One process at a time. Between `start` and `done` it belongs to one caller."""

    def __init__(self, limits: dict[str, float], recycle_after: int) -> None:
        self._limits = limits
        self._recycle_after = recycle_after
        self._process: Process | None = None
        self._asked = 0
        self._answered = 0
        self._killed = False

    @property
    def pid(self) -> int | None:
        """The process's id, or None before the first document."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Make sure that a process is ready. Raises WorkerDiedError if none can be had."""
        if self._process and self._process.returncode is None and not self._killed:
            return
        await self.stop()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            _ENTRY,
            json.dumps(self._limits),
            json.dumps(sys.path),
            stdin=PIPE,
            stdout=PIPE,
            env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
            start_new_session=True,  # Ctrl-C in the terminal is not for it
        )
        try:
            async with asyncio.timeout(START_S):
                await self._receive()
        except TimeoutError as error:
            self._kill()
            raise WorkerDiedError("it did not start") from error
        except BaseException:
            self._kill()  # cancelled: its first word would be taken for an answer
            raise

    async def ask(self, task: dict[str, Any], body: bytes) -> dict[str, Any]:
        """Hand a document over and wait for what it says. Raises WorkerDiedError."""
        process = self._process
        assert process is not None  # noqa: S101 - `start` came first
        assert process.stdin is not None  # noqa: S101
        self._asked += 1
        process.stdin.writelines((pack(task), HEADER.pack(len(body)), body))
        with contextlib.suppress(ConnectionError):  # it died; reading tells how
            await process.stdin.drain()
        answer = await self._receive()
        self._answered += 1
        if "memory" in answer:
            self._kill()  # it ends by itself, but is not to be asked again until it has
        return answer

    def done(self) -> bool:
        """Kill it if it is still busy with a question nobody waits for, or has served its time.
        Whether it has been killed."""
        if self._asked != self._answered or self._asked >= self._recycle_after:
            self._kill()
        return self._killed

    async def stop(self) -> None:
        """Kill it and wait until it is gone."""
        self._kill()
        if self._process is not None:
            assert self._process.stdin is not None  # noqa: S101
            self._process.stdin.close()
            # Not wait(): that hangs while an answer that nobody reads fills the pipe.
            await self._process.communicate()
        self._process, self._asked, self._answered, self._killed = None, 0, 0, False

    def _kill(self) -> None:
        self._killed = True
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _receive(self) -> dict[str, Any]:
        process = self._process
        assert process is not None  # noqa: S101 - as above
        assert process.stdout is not None  # noqa: S101
        try:
            (size,) = HEADER.unpack(await process.stdout.readexactly(HEADER.size))
            answer: dict[str, Any] = json.loads(await process.stdout.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise WorkerDiedError(_ending(await self._ended())) from error
        return answer

    async def _ended(self) -> int:
        """The exit code of a process that closed its output: its own, if it soon has one."""
        assert self._process is not None  # noqa: S101 - as above
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                return await self._process.wait()
        self._kill()
        return await self._process.wait()


def _ending(code: int) -> str:
    """An exit code as words: a negative one is a signal's number."""
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"signal {-code}"
