"""The bundled newsroom: what each feed says when, and that its stories can grow as promised."""

from __future__ import annotations

import calendar
import io
import json
import re
import tomllib
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import feedparser
import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.demo.newsroom import feed_at, load_newsroom, newsroom_app
from bot.demo.outlets import FeedFormat, Outlet, Report, listed_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STARTED = datetime(2025, 12, 4, 9, 30, 15, tzinfo=UTC)
OUTLETS = {outlet.slug: outlet for outlet in load_newsroom()}
REPORTS = tuple(report for outlet in OUTLETS.values() for report in outlet.reports)
MOMENTS = (0.0, 2.75, 5.0, 6.4, 9.1, 60.0)


def expected_at(outlet: Outlet, elapsed_s: float) -> dict[str, Report]:
    """By guid, what the outlet's feed should hold: written apart from `listed_at`."""
    published = [report for report in outlet.reports if report.at <= elapsed_s]
    gone = {report.replaces for report in published if report.replaces != report.guid}
    latest = {report.guid: report for report in sorted(published, key=lambda each: each.at)}
    return {guid: report for guid, report in latest.items() if guid not in gone}


def document_at(outlet: Outlet, elapsed_s: float) -> bytes:
    return feed_at(outlet, elapsed_s, STARTED + timedelta(seconds=elapsed_s))


def json_items(elapsed_s: float) -> dict[str, Any]:
    feed = json.loads(document_at(OUTLETS["open-bulletin"], elapsed_s))
    return {item["id"]: item for item in feed["items"]}


def xml_entries(slug: str, elapsed_s: float) -> dict[str, Any]:
    parsed = feedparser.parse(io.BytesIO(document_at(OUTLETS[slug], elapsed_s)))
    return {entry.id: entry for entry in parsed.entries}


@pytest.mark.parametrize("elapsed_s", MOMENTS)
@pytest.mark.parametrize(
    "outlet",
    [
        pytest.param(outlet, id=slug)
        for slug, outlet in OUTLETS.items()
        if outlet.format is not FeedFormat.JSON
    ],
)
def test_feedparser_reads_each_xml_feed_as_meant(outlet: Outlet, elapsed_s: float) -> None:
    parsed = feedparser.parse(io.BytesIO(document_at(outlet, elapsed_s)))
    expected = expected_at(outlet, elapsed_s)

    assert not parsed.bozo
    assert parsed.version == {"rss": "rss20", "atom": "atom10"}[outlet.format]
    assert parsed.feed.title == outlet.title
    assert {entry.id: entry.title for entry in parsed.entries} == {
        guid: report.title for guid, report in expected.items()
    }
    for entry in parsed.entries:
        report = expected[entry.id]
        assert entry.link.endswith(report.link)
        assert urlsplit(entry.link).scheme == "https"
        assert entry.summary
        assert tuple(tag.term for tag in entry.get("tags", ())) == report.categories
        assert ("published" in entry) == report.dated


@pytest.mark.parametrize("elapsed_s", MOMENTS)
def test_the_json_feed_is_version_1_1(elapsed_s: float) -> None:
    outlet = OUTLETS["open-bulletin"]
    feed = json.loads(document_at(outlet, elapsed_s))
    expected = expected_at(outlet, elapsed_s)

    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == outlet.title
    assert {item["id"]: item["title"] for item in feed["items"]} == {
        guid: report.title for guid, report in expected.items()
    }
    for item in feed["items"]:
        assert item["content_html"] == expected[item["id"]].summary
        assert item["url"].startswith("https://")
        assert datetime.fromisoformat(item["date_published"]).tzinfo is not None


@pytest.mark.parametrize("elapsed_s", MOMENTS)
def test_dates_are_believable_and_newest_first(elapsed_s: float) -> None:
    now = STARTED + timedelta(seconds=elapsed_s)
    for outlet in OUTLETS.values():
        listings = listed_at(outlet, elapsed_s)
        published = [STARTED + timedelta(seconds=entry.published_s) for entry in listings]
        assert published == sorted(published, reverse=True)
        assert all(moment <= now for moment in published)
    old = [report for report in REPORTS if report.age_min > 24 * 60]
    assert [report.story for report in old] == ["background"]


def test_dates_are_those_of_the_demo_s_clock() -> None:
    entry = xml_entries("meridian-wire", 0.0)["mw-20417"]

    published = datetime.fromtimestamp(calendar.timegm(entry.published_parsed), UTC)

    assert published == STARTED - timedelta(minutes=22)


def test_an_edit_keeps_its_place_and_date() -> None:
    before, after = xml_entries("meridian-wire", 6.9), xml_entries("meridian-wire", 7.0)

    assert before.keys() == after.keys()
    assert before["mw-20417"].title != after["mw-20417"].title
    assert before["mw-20417"].published == after["mw-20417"].published


def test_the_live_blog_stays_one_item() -> None:
    versions = [json_items(elapsed_s)["ob-live-ukraine"] for elapsed_s in (0.0, 6.0, 9.0)]

    assert len({item["title"] for item in versions}) == 3
    assert len({item["date_published"] for item in versions}) == 1
    modified = [item["date_modified"] for item in versions]
    assert modified == sorted(set(modified))


def test_an_item_comes_back_under_another_guid() -> None:
    first, second = (xml_entries("harbour-post", elapsed_s) for elapsed_s in (5.9, 6.0))

    (gone,) = first.keys() - second.keys()
    (come,) = second.keys() - first.keys()
    assert first[gone].link == second[come].link
    assert first[gone].title == second[come].title
    assert first[gone].published == second[come].published


def test_the_hostile_item_is_well_formed_and_whole() -> None:
    body = document_at(OUTLETS["backchannel"], 5.0)
    report = next(report for report in REPORTS if report.story == "hostile")

    titles = [element.text for element in ET.fromstring(body).iter("title")]  # noqa: S314
    summaries = [element.text for element in ET.fromstring(body).iter("description")]  # noqa: S314

    assert report.title in titles
    assert report.summary in summaries
    for trap in ("@everyone", "<!channel>", "[Reuters](https://evil.example/login)"):
        assert trap in report.title
    assert set("\u202e\u200b\u200d\ufeff") <= set(report.title)
    assert "javascript:" in report.summary
    assert "<script>" in report.summary


def test_half_of_it_is_there_at_the_first_poll() -> None:
    first = [report for report in REPORTS if report.at == 0.0]

    assert 40 <= len(REPORTS) <= 50
    assert len(first) in range(len(REPORTS) // 2 - 2, len(REPORTS) // 2 + 3)
    assert max(report.at for report in REPORTS) <= 12.0
    assert all(report.age_min == 0.0 for report in REPORTS if report.at > 0.0)
    assert len(OUTLETS) == 8
    assert {outlet.format for outlet in OUTLETS.values()} == set(FeedFormat)


def test_only_the_ledger_lists_more_recent_items_than_a_first_poll_alerts() -> None:
    """A first poll alerts at most 3 items of the last 24 hours; one feed should show that."""
    recent = {
        slug: sum(
            entry.report.dated and entry.published_s > -24 * 3600 for entry in listed_at(outlet, 0)
        )
        for slug, outlet in OUTLETS.items()
    }

    assert [slug for slug, count in recent.items() if count > 3] == ["dnipro-ledger"]


def test_a_replacement_follows_what_it_replaces() -> None:
    for report in REPORTS:
        if report.replaces is not None:
            earlier = [
                other.at
                for other in OUTLETS[report.outlet].reports
                if other.guid == report.replaces and other.at < report.at
            ]
            assert earlier


def free_gate(reports: list[Report]) -> list[set[str]]:
    """The outlets of each group that the same address or the same normalised title makes."""
    groups: list[tuple[set[str], set[str]]] = []
    for report in sorted(reports, key=lambda report: report.at):
        outlet = OUTLETS[report.outlet]
        title = re.sub(rf"\s*[-–|]\s*{re.escape(outlet.name)}$", "", report.title)
        address = report.link if "://" in report.link else outlet.home + report.link
        keys = {re.sub(r"\W+", " ", title).casefold(), re.sub(r"\?(utm|fbclid).*", "", address)}
        group = next((group for group in groups if group[0] & keys), None)
        if group is None:
            groups.append(group := (set(), set()))
        group[0].update(keys)
        group[1].add(outlet.slug)
    return [outlets for _, outlets in groups]


@pytest.mark.parametrize(
    ("story", "at_first", "sizes"),
    [
        ("miami", 2, [6, 1]),
        ("no-compromise", 2, [4, 1]),
        ("nato", 2, [4, 1]),
        ("territory", 1, [3, 1]),
        ("children", 2, [4]),
        ("gas", 3, [5]),
        ("live-blog", 1, [1]),
    ],
)
def test_stories_grow_by_address_and_title(story: str, at_first: int, sizes: list[int]) -> None:
    reports = [report for report in REPORTS if report.story == story]

    early = free_gate([report for report in reports if report.at == 0.0])

    assert len(early[0]) == at_first
    assert sorted(map(len, free_gate(reports)), reverse=True) == sizes


def test_the_channel_follows_all_six_topics() -> None:
    config = tomllib.loads(resources.files("bot.demo").joinpath("demo.toml").read_text("utf-8"))

    names = [topic["name"] for topic in config["topic"]]

    assert len(names) == 6
    assert config["channel"][0]["topics"] == names


class StoppedClock:
    """Tells the time it was set to."""

    def __init__(self) -> None:
        self.now = STARTED

    def __call__(self) -> datetime:
        return self.now

    def set(self, elapsed_s: float) -> None:
        self.now = STARTED + timedelta(seconds=elapsed_s)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def client(clock: StoppedClock) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(newsroom_app(clock))) as client:
        yield client


async def test_an_unchanged_feed_answers_304(
    client: TestClient[Any, Any], clock: StoppedClock
) -> None:
    path = OUTLETS["continental-courier"].path
    first = await client.get(path)
    seen = {"If-None-Match": first.headers["ETag"]}

    clock.set(4.9)
    unchanged = await client.get(path, headers=seen)
    clock.set(5.0)
    changed = await client.get(path, headers=seen)

    assert first.status == 200
    assert unchanged.status == 304
    assert unchanged.headers["ETag"] == first.headers["ETag"]
    assert await unchanged.read() == b""
    assert changed.status == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


async def test_every_etag_changes_exactly_when_the_reports_do(
    client: TestClient[Any, Any], clock: StoppedClock
) -> None:
    tags: dict[str, set[str]] = {slug: set() for slug in OUTLETS}
    for tenth in range(0, 125, 5):
        clock.set(tenth / 10)
        for slug, outlet in OUTLETS.items():
            response = await client.get(outlet.path)
            tags[slug].add(response.headers["ETag"])

    for slug, outlet in OUTLETS.items():
        assert len(tags[slug]) == len({report.at for report in outlet.reports})


async def test_the_demo_starts_with_the_first_request(
    client: TestClient[Any, Any], clock: StoppedClock
) -> None:
    clock.set(30.0)
    response = await client.get(OUTLETS["northgate-dispatch"].path)
    parsed = feedparser.parse(io.BytesIO(await response.read()))

    assert len(parsed.entries) == len(expected_at(OUTLETS["northgate-dispatch"], 0.0))


@pytest.mark.parametrize(
    ("slug", "content_type"),
    [
        ("meridian-wire", "application/rss+xml"),
        ("dnipro-ledger", "application/atom+xml"),
        ("open-bulletin", "application/feed+json"),
    ],
)
async def test_each_format_has_its_content_type(
    client: TestClient[Any, Any], slug: str, content_type: str
) -> None:
    response = await client.get(OUTLETS[slug].path)

    assert response.content_type == content_type
    assert response.charset == "utf-8"


async def test_there_is_no_other_outlet(client: TestClient[Any, Any]) -> None:
    response = await client.get("/evening-star/feed")

    assert response.status == 404
