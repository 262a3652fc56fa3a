"""One POST to an OpenAI-compatible endpoint. Knows no story; keeps its key out of every message."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.errors import WirewatchError

MOST_BYTES = 64_000


class EndpointError(WirewatchError):
    """No answer. `retry_after_s` is what the endpoint asked for, None if it did not say."""

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model said, and the tokens that it cost; None if the endpoint does not count."""

    content: str
    tokens: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`url` is the base, as in http://127.0.0.1:11434/v1; `/chat/completions` is appended."""

    url: str
    model: str
    key: str = field(repr=False)
    timeout_s: float

    async def ask(self, body: dict[str, Any]) -> Answer:
        """Raises EndpointError whatever goes wrong: refused, too late, too long, not its shape."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(total=self.timeout_s), auto_decompress=False
                ) as session,
                session.post(
                    f"{self.url.rstrip('/')}/chat/completions",
                    json=body,
                    headers={**headers, "Accept-Encoding": "identity"},
                    allow_redirects=False,  # the key goes to nobody else
                ) as response,
            ):
                if response.status != 200:
                    raise EndpointError(
                        f"it answered {response.status}",
                        retry_after_s=_seconds(response.headers.get("Retry-After")),
                    )
                raw = bytearray()
                async for part in response.content.iter_chunked(8192):
                    raw += part
                    if len(raw) > MOST_BYTES:
                        raise EndpointError(f"its answer is longer than {MOST_BYTES} bytes")
        except TimeoutError as error:
            raise EndpointError(f"no answer within {self.timeout_s:g} s") from error
        except aiohttp.ClientError as error:
            raise EndpointError(f"it could not be asked ({type(error).__name__})") from error
        return _read(bytes(raw))


def _read(raw: bytes) -> Answer:
    try:
        told = json.loads(raw)
        content = told["choices"][0]["message"]["content"]
        tokens = (told.get("usage") or {}).get("total_tokens")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise EndpointError("its answer is not a chat completion") from error
    if not isinstance(content, str):
        raise EndpointError("its answer is not a chat completion")
    return Answer(content=content, tokens=tokens if isinstance(tokens, int) else None)


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdigit() else None
