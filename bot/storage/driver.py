"""aiosqlite whose operations are not abandoned half way. Knows nothing of SQLAlchemy.

A task that is cancelled while SQLite works for it would leave a connection in an unknown state,
and its clean-up can wait for ever (github.com/omnilib/aiosqlite/issues/259, wapiti-scanner/wapiti
issue 802). So a cancellation that arrives inside a transaction is kept until the transaction has
ended: that is milliseconds, and then nobody has to wonder what was written.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any

import aiosqlite
from aiosqlite.core import _STOP_RUNNING_SENTINEL

_kept: ContextVar[list[asyncio.CancelledError] | None] = ContextVar("kept", default=None)


@contextmanager
def cancelled_at_the_end() -> Iterator[None]:
    """Inside, operations run to their end; a cancellation that came meanwhile is raised after."""
    kept: list[asyncio.CancelledError] = []
    token = _kept.set(kept)
    try:
        yield
    except Exception as error:
        if kept:
            raise kept[0] from error
        raise
    finally:
        _kept.reset(token)
    if kept:
        raise kept[0]


async def to_the_end(future: asyncio.Future[Any]) -> Any:
    """Wait for what a thread does. A cancellation is kept if somebody asked for that, else raised
    when the thread is done."""
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError as error:
            cancelled = error
        except Exception:  # noqa: BLE001 - it is the future's own, and raised below
            break
    kept = _kept.get()
    if cancelled is not None:
        if kept is None:
            raise cancelled
        kept.append(cancelled)
    return future.result()


def _settle(future: asyncio.Future[Any], problem: BaseException | None) -> None:
    if future.done():
        return
    if problem is None:
        future.set_result(None)
    else:
        future.set_exception(problem)


class Connection(aiosqlite.Connection):
    """aiosqlite's connection with `to_the_end` in its two places that wait for the thread."""

    def stop(self) -> asyncio.Future[Any] | None:
        """As aiosqlite's, which SQLAlchemy calls without waiting when a connection is given up. Its
        thread would answer a loop that has ended by then, and print a traceback for it."""
        self._running = False
        try:
            future = asyncio.get_running_loop().create_future()
        except RuntimeError:
            future = None

        def close() -> object:
            problem: BaseException | None = None
            try:
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
            except sqlite3.Error as error:
                problem = error
            if future is not None:
                with suppress(RuntimeError):  # the loop has ended: nobody waits
                    future.get_loop().call_soon_threadsafe(_settle, future, problem)
            return _STOP_RUNNING_SENTINEL

        self._tx.put_nowait((None, close))
        return future

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._running or not self._connection:
            raise ValueError("Connection closed")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((future, partial(fn, *args, **kwargs)))
        return await to_the_end(future)

    async def _connect(self) -> Connection:
        if self._connection is None:
            future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._tx.put_nowait((future, self._connector))
            try:
                self._connection = await to_the_end(future)
            except BaseException:
                self.stop()
                raise
        return self


async def connect(path: str) -> Connection:
    """Open a database file for SQLAlchemy's `async_creator`."""
    made = Connection(partial(sqlite3.connect, path, check_same_thread=False), 64)
    made._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy's own creator does
    await made
    return made
