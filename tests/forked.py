"""`wirewatch` in processes forked from one that has imported it already: an import takes longer
than most commands.

A forked process runs the same `main` with its own arguments, folder, environment and output, and
ends as one by itself would; only its imports are shared. Orders and answers are lines of JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import Any

ROOT = Path(__file__).parents[1]


class Forked:
    """The process that is forked from. One command runs at a time."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self._server = server

    def run(
        self,
        folder: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        crash_at: str = "",
        kill_after_s: float | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """`wirewatch ARGUMENTS` in `folder`; it may die at a point of `tests.pipeline.crasher`, or
        be killed so many seconds after it began."""
        with tempfile.TemporaryDirectory() as kept:
            out, err = Path(kept, "out"), Path(kept, "err")
            order = {
                "folder": str(folder),
                "arguments": arguments,
                "environment": dict(environment or {}),
                "crash_at": crash_at,
                "out": str(out),
                "err": str(err),
            }
            pid = self._ask(order)["pid"]
            if kill_after_s is not None and not self._ends_within(kill_after_s):
                os.kill(pid, signal.SIGKILL)
            code = self._answer()["code"]
            return subprocess.CompletedProcess(
                arguments, code, out.read_text("utf-8"), err.read_text("utf-8")
            )

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        answer: dict[str, Any] = json.loads(self._server.stdout.readline())
        return answer

    def _ends_within(self, seconds: float) -> bool:
        assert self._server.stdout is not None
        return bool(select([self._server.stdout], [], [], seconds)[0])


@contextmanager
def forking() -> Iterator[Forked]:
    """A process to fork from, for as long as the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.forked"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        yield Forked(server)
        assert server.stdin is not None
        server.stdin.close()


def _serve() -> None:
    import bot.app  # noqa: F401 - so that the forked need not
    import tests.pipeline.crasher  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _live(json.loads(line))
        print(json.dumps({"pid": child}), flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)


def _live(order: dict[str, Any]) -> None:
    """In the child: be that command. Does not return."""
    from bot.cli import main
    from tests.pipeline.crasher import arrange

    code = 70
    try:
        os.chdir(order["folder"])
        os.environ.update(order["environment"])
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        for path, descriptor in ((order["out"], 1), (order["err"], 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
        sys.argv = ["wirewatch", *order["arguments"]]
        if order["crash_at"]:
            arrange(order["crash_at"])
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
