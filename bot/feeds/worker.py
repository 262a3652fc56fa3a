"""The worker's end of workers.py: reads documents from its standard input, answers with articles.
Started as a process of its own; limits itself before it reads anything."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from bot.errors import ParseError
from bot.feeds.page import PageError
from bot.feeds.page_text import opening_of
from bot.feeds.parse import parse_news
from bot.feeds.wire import HEADER, feed_to, pack

_PR_SET_PDEATHSIG = 1  # prctl(2), Linux
_SWOLLEN = pack({"memory": True})
_RECURSION = 2000
"""Deep enough for feedparser, shallow enough for the stack."""


def main() -> None:
    """Serve until standard input ends or a limit is hit. argv[1] holds the limits as JSON."""
    limits = json.loads(sys.argv[1])
    # Whatever prints must not end up among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _confine(int(limits["memory_bytes"]))
    os.nice(int(limits["niceness"]))
    _send(answers, {"ready": True})
    try:
        while _serve_one(answers, float(limits["cpu_s"])):
            pass
    except MemoryError:
        answers.write(_SWOLLEN)  # what is left of a heap that burst is not trusted: the end
        answers.flush()


def _serve_one(answers: BinaryIO, cpu_s: float) -> bool:
    message = _receive(sys.stdin.buffer)
    body = _receive(sys.stdin.buffer) if message is not None else None
    if message is None or body is None:
        return False
    _allow_cpu(cpu_s)
    _send(answers, _answer(json.loads(message), body))
    return True


def _confine(memory_bytes: int) -> None:
    """A ceiling on memory, no part in Ctrl-C or SIGTERM, no files, and no life after the parent.

    A parent that dies before the kernel is asked is noticed at the end of standard input.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    ceiling = _address_space() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    sys.setrecursionlimit(_RECURSION)
    gc.freeze()


def _address_space() -> int:
    """What the idle worker already maps, in bytes (about 100 MB, of which 35 MB are used)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _allow_cpu(seconds: float) -> None:
    """CPU time from now on. Ends a runaway even where no parent is left to kill it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def _answer(task: dict[str, Any], body: bytes) -> dict[str, Any]:
    try:
        if "page" in task:
            return {"opening": opening_of(body, url=task["page"])}
        known = task["known"]
        news = parse_news(
            body,
            url=task["url"],
            content_type=task["content_type"],
            now=datetime.fromisoformat(task["now"]),
            known=None if known is None else frozenset(known),
        )
        return {
            "feed": feed_to(news.feed),
            "hashes": news.hashes,
            "sources": news.sources,
            "read": news.read,
        }
    except PageError as error:
        return {"reason": error.reason, "offered": error.offered, "guesses": error.guesses}
    except ParseError as error:
        return {"reason": error.reason}
    except MemoryError:
        raise
    except RecursionError:
        return {"reason": "its document is nested too deep"}
    except Exception as error:  # noqa: BLE001 - the boundary of one feed; the parent reports it
        return {"reason": f"its document cannot be read ({type(error).__name__})"}


def _receive(source: BinaryIO) -> bytes | None:
    """One message, or None when there will be no more."""
    header = source.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (size,) = HEADER.unpack(header)
    return source.read(size)


def _send(sink: BinaryIO, message: dict[str, Any]) -> None:
    sink.write(pack(message))
    sink.flush()
