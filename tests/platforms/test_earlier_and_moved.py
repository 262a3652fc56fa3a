"""How a story that goes on with a closed one is drawn, and a card whose story another tells."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.alerts.example import example_alert
from bot.model.alert import Earlier, Moved
from bot.model.text import Span
from bot.platforms.discord.message import rendered as on_discord
from bot.platforms.slack.message import rendered as on_slack
from bot.platforms.webhook.render import alert_json
from tests.clock import START

KEY = "k" * 20
EARLIER = Earlier(headline="Envoys *leave* <Miami>", url="https://a.example/1")
MOVED = Moved(
    line=(Span(text="Now told with: "), Span(text="Envoys meet", url="https://c.example/9"))
)


def test_a_card_names_what_it_follows() -> None:
    alert = replace(example_alert(START, outlets=1), follows=EARLIER)
    discord = json.dumps(on_discord(alert, key=KEY).body, ensure_ascii=False)
    slack = json.dumps(on_slack(alert, key=KEY).body, ensure_ascii=False)
    assert "-# Follows: [Envoys \\\\*leave\\\\*" in discord
    assert "Follows: <https://a.example/1|Envoys" in slack
    assert "<Miami>" not in slack
    assert alert_json(alert, key=KEY)["data"]["follows"] == {
        "headline": EARLIER.headline,
        "url": EARLIER.url,
    }


def test_without_a_link_it_is_named_all_the_same() -> None:
    alert = replace(example_alert(START, outlets=1), follows=replace(EARLIER, url=""))
    for body in (on_discord(alert, key=KEY).body, on_slack(alert, key=KEY).body):
        assert "Follows: Envoys" in json.dumps(body)


def test_what_is_left_of_a_card_is_one_line_that_leads_to_the_other() -> None:
    [line] = on_discord(MOVED, key=KEY).body["components"]
    assert line["content"] == "-# Now told with: [Envoys meet](https://c.example/9)"
    [block] = on_slack(MOVED, key=KEY).body["blocks"]
    assert block["text"]["text"] == "Now told with: <https://c.example/9|Envoys meet>"
    assert KEY in block["block_id"]
