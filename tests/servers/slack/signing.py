"""Slack's v0 request signature, good and bad. https://docs.slack.dev/authentication/verifying-requests-from-slack"""

from __future__ import annotations

import hashlib
import hmac


def sign(secret: str, timestamp: str, body: str) -> str:
    """The value of `X-Slack-Signature` for this body at this timestamp."""
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256)
    return "v0=" + digest.hexdigest()
