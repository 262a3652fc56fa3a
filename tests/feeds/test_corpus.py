"""Real feeds, where they are at hand: every entry that feedparser finds is found."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import feedparser
import pytest

from bot.errors import ParseError
from bot.feeds.parse import parse
from tests.feeds.conftest import NOW

CORPUS = Path(__file__).parents[3] / "shared" / "data" / "feeds" / "feeds-dev.tar.xz"
URL = "https://example.org/feed"
SAMPLE = 200
MAX_BYTES = 100_000


def sample() -> list[tuple[str, bytes]]:
    """Evenly spread over the archive, which has one folder for each project."""
    with tarfile.open(CORPUS) as archive:
        files = [one for one in archive if one.isfile() and 200 < one.size < MAX_BYTES]
        step = max(1, len(files) // SAMPLE)
        found = []
        for one in files[::step]:
            content = archive.extractfile(one)
            assert content is not None
            found.append((one.name, content.read()))
    return found


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real feeds is not at hand")
def test_as_many_articles_as_feedparser_finds() -> None:
    fewer = []
    for name, body in sample():
        try:
            document = feedparser.parse(
                io.BytesIO(body), response_headers={"content-location": URL}
            )
            entries = len(document.entries)
        except Exception:  # noqa: BLE001
            entries = 0  # it raises where we do not
        try:
            articles = len(parse(body, url=URL, now=NOW).articles)
        except ParseError:
            articles = 0
        if articles < entries:
            fewer.append((name, entries, articles))
    assert fewer == []
