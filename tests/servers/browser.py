"""A headless Chromium, driven over its own protocol as a person would drive it: no JavaScript runs.

    async with chromium(tmp_path) as browser:
        await browser.open(url)
        await browser.type("#token", "secret")
        await browser.press_enter()
        assert "Feeds" in await browser.html()

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars")
START_S = 30.0


class NoChromium(Exception):
    """There is none on this machine."""


class Browser:
    """One page. `asked` are the addresses that it requested, `complaints` what its console said:
    a style that a policy forbids is one."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self._socket = socket
        self._number = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self._session: dict[str, str] = {}

    async def attach(self) -> None:
        """To a page of its own, in which no script runs."""
        page = await self._ask("Target.createTarget", url="about:blank")
        told = await self._ask("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = {"sessionId": told["sessionId"]}
        for domain in ("Page", "Network", "DOM", "CSS", "Log"):
            await self._ask(f"{domain}.enable")
        await self._ask("Emulation.setScriptExecutionDisabled", value=True)

    async def open(self, url: str) -> None:
        self._loaded.clear()
        await self._ask("Page.navigate", url=url)
        await self._loaded.wait()

    async def type(self, selector: str, text: str) -> None:
        await self._ask("DOM.focus", nodeId=await self._node(selector))
        await self._ask("Input.insertText", text=text)

    async def press_enter(self) -> None:
        """In the field that has the focus: it sends its form."""
        self._loaded.clear()
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        for kind in ("keyDown", "keyUp"):
            await self._ask("Input.dispatchKeyEvent", type=kind, **key)
        await self._loaded.wait()

    async def html(self) -> str:
        """The document as it stands."""
        told = await self._ask("DOM.getOuterHTML", nodeId=await self._node("html"))
        return str(told["outerHTML"])

    async def style(self, selector: str, name: str) -> str:
        """What a property of the first such element comes to."""
        told = await self._ask("CSS.getComputedStyleForNode", nodeId=await self._node(selector))
        return next(str(one["value"]) for one in told["computedStyle"] if one["name"] == name)

    async def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        await self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self._ask("Emulation.setEmulatedMedia", features=[scheme])

    async def width(self) -> float:
        """Of what is drawn: more than the window's means that one must scroll sideways."""
        return float((await self._ask("Page.getLayoutMetrics"))["cssContentSize"]["width"])

    async def picture(self) -> bytes:
        """The whole page as a PNG."""
        told = await self._ask("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(told["data"])

    async def listen(self) -> None:
        """Take in what Chromium says, until it ends."""
        async for message in self._socket:
            told = message.json()
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
                continue
            match told["method"]:
                case "Page.loadEventFired":
                    self._loaded.set()
                case "Network.requestWillBeSent":
                    self.asked.append(told["params"]["request"]["url"])
                case "Log.entryAdded":
                    self.complaints.append(told["params"]["entry"]["text"])

    async def _node(self, selector: str) -> int:
        root = (await self._ask("DOM.getDocument"))["root"]["nodeId"]
        found = await self._ask("DOM.querySelector", nodeId=root, selector=selector)
        return int(found["nodeId"])

    async def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        order = {"id": self._number, "method": method, "params": params, **self._session}
        await self._socket.send_json(order)
        told = await asyncio.wait_for(answer, START_S)
        if "error" in told:
            raise AssertionError(f"{method}: {told['error']['message']}")
        result: dict[str, Any] = told["result"]
        return result


@asynccontextmanager
async def chromium(home: Path) -> AsyncIterator[Browser]:
    """A browser with an empty profile in `home`. Raises NoChromium."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise NoChromium("no Chromium on this machine")
    flags = (*_FLAGS, f"--user-data-dir={home / 'profile'}", "--remote-debugging-port=0")
    process = await asyncio.create_subprocess_exec(
        program, *flags, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        address = await asyncio.wait_for(_address(process), START_S)
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(address, max_msg_size=0) as socket,
        ):
            browser = Browser(socket)
            listening = asyncio.create_task(browser.listen())
            try:
                await browser.attach()
                yield browser
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
    finally:
        process.kill()
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        _, listening, address = line.decode("utf-8", "replace").partition("DevTools listening on ")
        if listening:
            return address.strip()
    raise NoChromium("Chromium does not start here")
