"""The commands as a user types them, in processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.forked import forking

PROJECT = Path(__file__).parents[1]
FEED = """<rss version="2.0"><channel><title>Meridian Wire</title>
<item><guid isPermaLink="false">urn:1</guid><link>https://meridian.example/1</link>
<title>Witkoff flies to Miami</title>
<description>The talks go on. Umerov is there.</description></item>
<item><guid isPermaLink="false">urn:2</guid><link>https://meridian.example/2</link>
<title>Rain in Kyiv</title></item>
</channel></rss>"""


Wirewatch = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wirewatch() -> Iterator[Wirewatch]:
    """Run a command in a folder."""
    with forking() as forked:
        yield forked.run


def by_itself(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a shell does."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.fixture(scope="module")
def feed_url() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = FEED.encode() if self.path == "/feed" else b"<html><body>a page</body></html>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/feed"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def home(bare: Path, blank: Path) -> Path:
    """A folder with a configuration, and a database that has its schema already."""
    shutil.copy(blank, bare / "wirewatch.db")
    return bare


@pytest.fixture
def bare(tmp_path: Path, feed_url: str) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "wirewatch.toml").write_text(
        f"""
        [polling]
        allow_private_addresses = true
        [[feed]]
        url = "{feed_url}"
        [[topic]]
        name = "Miami talks"
        query = "(Witkoff OR Umerov) Miami"
        """,
        encoding="utf-8",
    )
    return tmp_path


def test_the_main_job(bare: Path, wirewatch: Wirewatch) -> None:
    """run --once --backfill, twice; then alerts, topic test."""
    first = by_itself(bare, "run", "--once", "--backfill")
    assert first.returncode == 0, first.stderr
    assert "Witkoff flies to Miami" in first.stdout
    assert "Rain in Kyiv" not in first.stdout
    assert "WIREWATCH_DISCORD__TOKEN" in first.stderr
    second = wirewatch(bare, "run", "--once", "--backfill")
    assert (second.returncode, second.stdout) == (0, "")
    listed = wirewatch(bare, "alerts", "--json").stdout.splitlines()
    (alert,) = [json.loads(line) for line in listed]
    assert alert["state"] == "sent"
    assert alert["topics"] == ["Miami talks"]
    assert alert["outlets"] == ["Meridian Wire"]
    assert alert["why"] == "matched"
    tested = wirewatch(bare, "topic", "test", "Kyiv OR Miami", "--days", "3", "--json")
    result = json.loads(tested.stdout)
    assert result["stories"] == 2
    assert result["coverage"]["text"] == "1 of 1 feeds, 1 of 3 days"


def test_without_backfill_undated_old_news_stays_quiet(home: Path, wirewatch: Wirewatch) -> None:
    assert wirewatch(home, "run", "--once").stdout == ""
    (line,) = wirewatch(home, "alerts", "--json", "--suppressed").stdout.splitlines()
    assert json.loads(line)["why"] == "undated when the feed was first read"


def test_feed_check_reads_an_address_and_a_file(
    home: Path, feed_url: str, wirewatch: Wirewatch
) -> None:
    lines = wirewatch(home, "feed", "check", feed_url, "--json").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["urn:1", "urn:2"]
    assert set(json.loads(lines[0])) >= {
        "id", "url", "title", "summary", "published", "authors", "categories", "image",
    }  # fmt: skip
    (home / "saved.xml").write_text(FEED, encoding="utf-8")
    shown = wirewatch(home, "feed", "check", "saved.xml")
    assert "Rain in Kyiv" in shown.stdout
    assert "2 articles" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("feed", "check", "ftp://a.example/x"), "not http"),
        (("feed", "add", "not a url"), "is not a URL"),
        (("topic", "watch", "Miami AND ("), "^"),
        (("topic", "unwatch", "nothing"), "There is no topic"),
        (("feed", "remove", "nothing"), "There is no feed"),
        (("run", "--config", "missing.toml"), "no such file"),
        (("import", "missing.opml"), "cannot be read"),
    ],
)
def test_a_mistake_is_told_in_words(
    home: Path, arguments: tuple[str, ...], told: str, wirewatch: Wirewatch
) -> None:
    result = wirewatch(home, *arguments)
    assert result.returncode == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_feeds_go_out_and_in_as_opml(home: Path, tmp_path: Path, wirewatch: Wirewatch) -> None:
    wirewatch(home, "run", "--once")
    assert wirewatch(home, "export", "feeds.opml").returncode == 0
    other = tmp_path / "other"
    other.mkdir()
    (other / "feeds.opml").write_bytes((home / "feeds.opml").read_bytes())
    environment = {"WIREWATCH_POLLING__ALLOW_PRIVATE_ADDRESSES": "true"}
    imported = wirewatch(other, "import", "feeds.opml", environment=environment)
    assert "Following 1 more feed" in imported.stdout
    assert "Meridian Wire" in wirewatch(other, "feed", "list").stdout


def test_check_names_what_is_wrong(home: Path, feed_url: str, wirewatch: Wirewatch) -> None:
    assert wirewatch(home, "check").returncode == 0
    config = home / "config" / "wirewatch.toml"
    page = feed_url.replace("/feed", "/page")
    config.write_text(config.read_text() + f'\n[[feed]]\nurl = "{page}"\n', encoding="utf-8")
    result = wirewatch(home, "check")
    assert result.returncode == 1
    assert "web page" in result.stdout


def test_two_runs_on_one_database_are_refused(home: Path, wirewatch: Wirewatch) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stderr is not None
        assert "Posting to this terminal" in running.stderr.readline()
        second = wirewatch(home, "run", "--once")
        assert second.returncode == 2
        assert "another wirewatch" in second.stderr
    finally:
        running.terminate()
        _, errors = running.communicate(timeout=20)
    assert running.returncode == 0, errors
