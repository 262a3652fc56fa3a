"""The preview shows what the payloads say, and nothing in a payload becomes a part of the page."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.alerts.example import OUTLETS, example_alert
from bot.model.text import plain
from bot.preview.answers import answers
from bot.preview.discord import ago, discord_html, markdown
from bot.preview.forms import discord_modal_html, slack_view_html
from bot.preview.page import Shown, page
from bot.preview.samples import samples
from bot.preview.slack import mrkdwn, slack_html
from tests.clock import START
from tests.platforms.discord import nasty

NOW = START
TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "span", "small",
    "strong", "em", "s", "a", "br", "hr", "code", "pre",
}  # fmt: skip


class Reader(HTMLParser):
    """What a browser would make of a page: its elements, their attributes and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.said: list[str] = []
        self.feed(source)

    @property
    def text(self) -> str:
        return "".join(self.said)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def test_every_sample_says_on_both_platforms_what_it_says() -> None:
    read = Reader(page(samples(NOW), now=NOW))
    assert read.text.count("Envoys to meet in Miami for a new round of talks") == 2 * 11
    for outlet in OUTLETS[:6]:  # the others are counted
        assert read.text.count(outlet) >= 2
    for said in ("and 12 more", "A channel gets no news any more", "2 hours ago", "Less like this"):
        assert said in read.text
    assert "not drawn" not in read.text


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    source = page(samples(NOW), now=NOW)
    read = Reader(source)
    assert read.tags <= TAGS
    assert "default-src 'none'" in source
    assert "url(" not in source
    assert "@import" not in source


def test_nothing_that_a_feed_says_becomes_a_part_of_the_page() -> None:
    calm = Reader(page([Shown(title="calm", message=example_alert(NOW, outlets=2))], now=NOW))
    shown = [
        Shown(
            title=text,
            message=replace(
                example_alert(NOW, outlets=2),
                headline=plain(text),
                summary=plain(text),
                outlet=text,
                topics=(text,),
                words=(text,),
            ),
        )
        for text in nasty.TEXTS
    ]
    read = Reader(page(shown, now=NOW))
    assert read.tags <= TAGS
    assert read.attributes == calm.attributes
    assert {address.partition(":")[0].lower() for address in read.addresses} <= {"http", "https"}
    assert "<script>alert(1)</script>" in read.text


@pytest.mark.parametrize("url", nasty.URLS)
def test_only_web_addresses_are_linked(url: str) -> None:
    buttons = {"components": [{"type": 2, "style": 5, "label": "Open", "url": url}]}
    element = {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": url}
    blocks = {"blocks": [{"type": "actions", "elements": [element]}]}
    for source in (discord_html(buttons, now=NOW), slack_html(blocks, now=NOW)):
        read = Reader(source)
        linked = url.lower().startswith(("http://", "https://"))
        assert read.addresses == ([url] if linked else [])
        assert read.tags <= {"div", "a", "span"}


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("**bold \\* still**", "<strong>bold * still</strong>"),
        ("`a<b`", "<code>a&lt;b</code>"),
        ("\\<@123\\>", "&lt;@123&gt;"),
        ("<@&123>", '<span class="mention">@123</span>'),
        (
            "[a \\* b](https://x.example/?q=1&r=2)",
            '<a href="https://x.example/?q=1&amp;r=2" rel="noopener noreferrer">a * b</a>',
        ),
        ("[a](javascript:alert)", "[a](javascript:alert)"),
    ],
)
def test_discords_markdown(written: str, html: str) -> None:
    assert markdown(written, now=NOW) == f'<div class="d-line">{html}</div>'


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("*bold* and 5*3*2", "<strong>bold</strong> and 5*3*2"),
        ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
        ("<!here>", '<span class="mention">@here</span>'),
        (
            "<https://x.example/?a&amp;b|A &amp; B>",
            '<a href="https://x.example/?a&amp;b" rel="noopener noreferrer">A &amp; B</a>',
        ),
        (
            f"<!date^{int(START.timestamp())}^{{date_short_pretty}} {{time}}|then>",
            f"Today {START:%H:%M}",
        ),
    ],
)
def test_slacks_mrkdwn(written: str, html: str) -> None:
    assert mrkdwn(written, now=NOW) == html


def test_times_are_told_from_now() -> None:
    at = int(NOW.timestamp())
    assert ago(at - 86_400 * 3, NOW) == "3 days ago"
    assert ago(at + 60, NOW) == "in 1 minute"
    assert ago(at, NOW + timedelta(seconds=9)) == "a few seconds ago"


async def test_answers_are_drawn_with_what_is_typed_on_each_platform() -> None:
    read = Reader(page(await answers(NOW), now=NOW))
    for said in ("Watching “Miami talks” in #desk", "Would have fired on 44 stories", "Story 12"):
        assert read.text.count(said) == 2
    assert "/feed add URL" in read.text
    assert "/news feed add URL" in read.text
    assert "not drawn" not in read.text
    assert read.text.count("Hello! I watch the news for you.") == 2
    for said in ("7 feeds read · all well", "#markets", "☑ Urgent", "Upload a file", "# desk"):
        assert read.text.count(said) == 1
    assert read.text.count("Which words shall I look for?") == 2
    assert read.tags <= TAGS


def test_nothing_in_a_form_becomes_a_part_of_the_page() -> None:
    evil = '<script>alert("1")</script>'
    field = {"type": "plain_text_input", "initial_value": evil}
    view = {
        "type": "modal",
        "title": {"text": evil},
        "submit": {"text": evil},
        "blocks": [{"type": "input", "label": {"text": evil}, "element": field}],
    }
    line = {"type": 4, "placeholder": evil}
    modal = {"title": evil, "components": [{"type": 18, "label": evil, "component": line}]}
    for source in (slack_view_html(view, now=NOW), discord_modal_html(modal)):
        read = Reader(source)
        assert read.tags <= {"div", "span"}
        assert read.text.count(evil) >= 3
    view["blocks"] = [{"type": "input", "label": {"text": ""}, "element": {"type": "slider"}}]
    assert "not drawn: field slider" in slack_view_html(view, now=NOW)


def test_what_is_not_drawn_is_named() -> None:
    assert "not drawn: component 99" in discord_html({"components": [{"type": 99}]}, now=NOW)
    assert "not drawn: block poll" in slack_html({"blocks": [{"type": "poll"}]}, now=NOW)


def test_a_browser_draws_it(tmp_path: Path) -> None:
    """The pictures for review: docs/images/preview.png was made like this."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine: the page was read, not drawn")
    source = tmp_path / "page.html"
    source.write_text(page(samples(NOW)[:1], now=NOW), encoding="utf-8")
    picture = tmp_path / "page.png"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'home'}"]
    asked = [*flags, "--window-size=1240,480", f"--screenshot={picture}", source.as_uri()]
    subprocess.run([browser, *asked], check=True, capture_output=True, timeout=60)
    drawn = picture.read_bytes()
    assert drawn[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(drawn[16:20]) == 1240
    blank = 6_000  # bytes of an empty page of this size; text takes several times as much
    assert len(drawn) > 3 * blank
