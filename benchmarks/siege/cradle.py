"""Forks lives of `wirewatch` from one process that has imported everything already.

An import costs more than a short life. Reads one order a line, {folder, environment, arguments,
point, ahead_s}; answers with the process id, and when it has ended, with its exit code.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.siege.life import take_up
from bot.cli import main


def live(order: dict[str, Any]) -> None:
    """In the child: become that life. Does not return."""
    code = 70
    try:
        os.chdir(order["folder"])
        os.environ.update(order["environment"])
        log = os.open("lives.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        nothing = os.open(os.devnull, os.O_RDWR)
        for target, descriptor in ((0, nothing), (1, nothing), (2, log)):
            os.dup2(descriptor, target)
        sys.argv = ["wirewatch", *order["arguments"]]
        take_up(order["point"], ahead=timedelta(seconds=order["ahead_s"]))
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stderr.flush()
        os._exit(code)


def rock() -> None:
    """Serve orders until the input ends."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            live(order)
        print(json.dumps({"pid": child}), flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    rock()
