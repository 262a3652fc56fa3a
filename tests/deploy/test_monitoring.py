"""The dashboard and the alerts that are shipped ask for metrics that /metrics really has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.pipeline.tally import Tally
from bot.storage.database import Database
from bot.storage.vitals import vitals
from bot.web.metrics import exposition, of_queues, of_tally, of_vitals
from tests.clock import Clock
from tests.deploy import plain_yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
_NAME = re.compile(r"\bwirewatch_\w+")


@pytest.fixture
async def served(database: Database, clock: Clock) -> set[str]:
    async with database.read() as connection:
        found = await vitals(connection, now=clock())
    metrics = [*of_vitals(found, now=clock()), *of_tally(Tally()), *of_queues({"desk": 0})]
    names = {f"{one.name}_bucket" if one.kind == "histogram" else one.name for one in metrics}
    page = exposition(metrics)
    for one in metrics:
        assert f"# TYPE {one.name} {one.kind}\n" in page
    return names | {"wirewatch_up"}


def test_every_panel_asks_for_what_there_is(served: set[str]) -> None:
    panels = json.loads((DEPLOY / "grafana" / "wirewatch.json").read_text())["panels"]
    asked: set[str] = set()
    for panel in panels:
        names = {name for one in panel["targets"] for name in _NAME.findall(one["expr"])}
        assert names, panel["title"]
        asked |= names
    assert asked == served, "and nothing that there is stays unseen"
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_every_alert_asks_for_what_there_is(served: set[str]) -> None:
    (group,) = plain_yaml.read((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert len(set(names)) == len(names) >= 5
    for rule in group["rules"]:
        asked = set(_NAME.findall(rule["expr"]))
        assert asked, rule["alert"]
        assert asked <= served, rule["alert"]
        assert rule["annotations"]["summary"].endswith((".", "?"))
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert re.fullmatch(r"\d+[mh]", rule["for"])


def test_every_alert_leads_to_its_remedy() -> None:
    (group,) = plain_yaml.read((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]
    led_to = set()
    for rule in group["rules"]:
        path, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        sections = _sections((DEPLOY.parent / path).read_text(encoding="utf-8"))
        assert anchor in sections, rule["alert"]
        assert f"`{rule['alert']}`" in sections[anchor], "the paragraph says whose it is"
        led_to.add(anchor)
    assert len(led_to) == len(group["rules"])


def _sections(page: str) -> dict[str, str]:
    """What stands under each heading, by the anchor that a reader of Markdown makes of it."""
    heads = re.split(r"^#+ (.+)$", page, flags=re.MULTILINE)[1:]
    anchors = [re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads[::2]]
    assert len(set(anchors)) == len(anchors)
    return dict(zip(anchors, heads[1::2], strict=True))


@pytest.mark.parametrize("text", ["a: {b: c}", "a: b: c", "a: 'b", "a: 1\na: 2", "a: |\n  b"])
def test_what_is_not_plain_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not plain YAML"):
        plain_yaml.read(text)
