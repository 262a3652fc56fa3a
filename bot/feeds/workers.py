"""Parses in worker processes that can be killed: a stranger's document may hang or swell, and a
thread would stall the event loop with it. Knows nothing of feeds but `parse`."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import resource
import signal
import sys
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from pebble import ProcessExpired, ProcessPool

from bot.errors import ParseError
from bot.feeds.parse import parse
from bot.model.article import ParsedFeed

_PR_SET_PDEATHSIG = 1  # prctl(2), Linux


def _prepare(memory_bytes: int) -> None:
    """In the worker: a ceiling on memory, no part in Ctrl-C, and no life after the parent."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _parse(body: bytes, url: str, content_type: str, now: datetime) -> ParsedFeed | ParseError:
    try:
        return parse(body, url=url, content_type=content_type, now=now)
    except ParseError as error:
        return error  # an exception with keyword arguments does not survive pickling
    except (MemoryError, RecursionError) as error:
        return ParseError(url, f"its document is too much to read ({type(error).__name__})")


class ParseWorkers:
    """A pool of such processes. One that hangs or grows too large is replaced."""

    def __init__(
        self,
        *,
        processes: int = 1,
        timeout_s: float = 10,
        memory_mb: int = 512,
        recycle_after: int = 500,
    ) -> None:
        self._timeout_s = timeout_s
        self._memory_mb = memory_mb
        self._pool: Any = ProcessPool(
            max_workers=processes,
            max_tasks=recycle_after,
            initializer=_prepare,
            initargs=[memory_mb * 1_000_000],
            context=multiprocessing.get_context("spawn"),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.stop()
        await asyncio.to_thread(self._pool.join, 5)

    async def parse(
        self, body: bytes, *, url: str, content_type: str = "", now: datetime
    ) -> ParsedFeed:
        """Raises ParseError, also for a document that took too long or too much memory."""
        future: Any = self._pool.schedule(
            _parse, args=[body, url, content_type, now], timeout=self._timeout_s
        )
        try:
            result: ParsedFeed | ParseError = await asyncio.wrap_future(future)
        except (FutureTimeoutError, TimeoutError) as error:
            raise ParseError(url, f"its document took longer than {self._timeout_s:g} s") from error
        except (ProcessExpired, MemoryError) as error:
            raise ParseError(
                url, f"its document needed more than {self._memory_mb} MB, or ended the parser"
            ) from error
        except CancelledError as error:
            raise asyncio.CancelledError from error
        if isinstance(result, ParseError):
            raise result
        return result
