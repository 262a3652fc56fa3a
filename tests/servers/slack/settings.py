"""What a test may switch in the loopback Slack. It holds values and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Settings:
    """Times in seconds; the defaults are Slack's, except that rate limits are off."""

    validate: bool = True
    shares_channels: bool = False  # with the other teams, whose people are seen therefore
    trigger_seconds: float = 3.0
    ack_seconds: float = 3.0
    response_url_seconds: float = 1800.0
    response_url_uses: int = 5
    post_interval: float = 0.0  # between two posts in one channel; Slack's is about 1
    history_tier: str = "off"  # "internal": 50 a minute; "unlisted": 1 a minute, 15 messages
    redeliver: list[str] = field(default_factory=lambda: ["events_api"])
    redelivery_seconds: float = 0.05  # Slack waits up to 5 minutes
    redeliveries: int = 3
    max_connections: int = 10
    refresh_seconds: float = 10.0  # from `refresh_requested` to the server closing the socket
