"""A test's levers on the loopback Slack's machinery: faults of calls, and the Socket Mode links."""

from __future__ import annotations

from typing import Any

from tests.servers.process import Process


class Levers(Process):
    """`LoopbackSlack` inherits them: they need nothing of the world behind the server."""

    module = "tests.servers.slack"

    # --- faults: the next `count` calls of `method`, after `skip` unharmed ones

    async def drop(
        self, method: str, *, commit: bool, count: int = 1, skip: int = 0, delay: float = 0.0
    ) -> None:
        """Close the connection without an answer, before or after the work is done."""
        done = "yes" if commit else "no"
        await self.fault(method, answer="drop", commit=done, count=count, skip=skip, delay=delay)

    async def late_commit(self, method: str, seconds: float, *, count: int = 1) -> None:
        """Close the connection, and do the work only `seconds` later."""
        await self.fault(method, answer="drop", commit="late", late=seconds, count=count)

    async def html_error(
        self,
        method: str,
        *,
        status: int = 503,
        commit: bool = False,
        count: int = 1,
        content_type: str = "text/html",
    ) -> None:
        """An HTML page, even under another content type, as gateways send it."""
        orders = {"status": status, "commit": "yes" if commit else "no", "count": count}
        await self.fault(method, answer="html", content_type=content_type, **orders)

    async def api_error(
        self, method: str, error: str, *, commit: bool = False, count: int = 1
    ) -> None:
        """`ok: false` with this code, `internal_error` for one, committed or not."""
        done = "yes" if commit else "no"
        await self.fault(method, answer="error", error=error, commit=done, count=count)

    async def rate_limit(self, method: str, retry_after: int = 1, *, count: int = 1) -> None:
        await self.fault(method, answer="ratelimited", retry_after=retry_after, count=count)

    async def delay(self, method: str, seconds: float, *, count: int = 1) -> None:
        await self.fault(method, delay=seconds, count=count)

    async def fault(self, method: str, **fields: Any) -> None:
        """Any `tests.servers.slack.faults.Fault`."""
        await self.ask("fault", method=method, **fields)

    async def clear_faults(self) -> None:
        """Late commits that are still to come are cancelled too."""
        await self.ask("clear_faults")

    # --- Socket Mode

    async def connected(self, count: int = 1, seconds: float = 5.0) -> None:
        """Wait until the app has `count` links open that were not asked to reconnect."""
        state = await self.ask("sockets", count=count, seconds=seconds)
        if not state["ready"]:
            raise TimeoutError(f"{state['open']} of {count} Socket Mode links after {seconds} s")

    async def connections(self) -> tuple[int, int]:
        """Links open now, and links ever made."""
        state = await self.ask("sockets")
        return state["open"], state["ever"]

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Send `disconnect` on every link."""
        await self.ask("sockets", refresh=reason)

    async def drop_links(self) -> None:
        """Cut every link without a closing handshake."""
        await self.ask("sockets", drop=True)
