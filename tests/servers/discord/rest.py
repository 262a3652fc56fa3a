"""REST: what happens to every request between the socket and its endpoint.

Token, fault, rate limit, body, document, endpoint (the commit), document again, log.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web

from tests.servers.discord import limits
from tests.servers.discord.call import Call, Endpoint, Reply, Upload
from tests.servers.discord.faults import Fault, Faults
from tests.servers.discord.records import Form, Refused, unauthorized
from tests.servers.discord.state import RequestEntry, Violation, World

if TYPE_CHECKING:
    from tests.servers.discord.spec import Spec

Handle: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
PREFIX = "/api/v10"
NO_FAULT = Fault()


class Rest:
    def __init__(self, world: World, faults: Faults, spec: Spec | None) -> None:
        self._world, self._faults, self._spec = world, faults, spec
        self._limits = limits.Limits(world)
        self._later: set[asyncio.TimerHandle] = set()

    def routes(self, endpoints: list[Endpoint]) -> list[web.RouteDef]:
        known = [
            web.route(each.method, PREFIX + each.route, self._handler(each)) for each in endpoints
        ]
        return [*known, web.route("*", PREFIX + "/{tail:.*}", self._unknown)]

    def _handler(self, endpoint: Endpoint) -> Handle:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, endpoint)

        return handle

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        """Something this server lacks: noted, so that no test passes over it unseen."""
        path = request.path.removeprefix(PREFIX)
        self._note("server", request.method, path, "", "the loopback Discord has no such route")
        self._log(request, "?", 404, 0, time.monotonic(), "")
        return _json(404, {"message": "404: Not Found", "code": 0}, {})

    async def _serve(self, request: web.Request, endpoint: Endpoint) -> web.StreamResponse:
        began = time.monotonic()
        path = request.path.removeprefix(PREFIX)
        fault = self._faults.take(endpoint.method, endpoint.route, path) or NO_FAULT
        try:
            call = await self._read(request, endpoint)
        except (Refused, ValueError) as error:
            refused = error if isinstance(error, Refused) else _bad_json()
            bucket = self._limits.bucket(endpoint.method, endpoint.route, dict(request.match_info))
            reply = Reply(status=refused.status, body=refused.body())
            return self._finish(request, endpoint, reply, limits.headers(bucket), began, fault)
        bucket = self._limits.bucket(endpoint.method, endpoint.route, call.path)
        if fault.answer == "ratelimited":
            wait, scope = (fault.retry_after, fault.is_global), "shared"
            return self._limited(request, endpoint, bucket, wait, scope, began, fault)
        waiting = self._limits.spend(bucket) if endpoint.bot else None
        if waiting is not None:
            return self._limited(request, endpoint, bucket, waiting, "user", began, fault)
        if fault.delay:
            await asyncio.sleep(fault.delay)
        reply = self._commit(endpoint, call, fault)
        if fault.hold:
            await asyncio.sleep(fault.hold)
        if fault.answer == "status":
            body = {"message": fault.message or f"{fault.status}: Fault", "code": fault.code}
            reply = Reply(status=fault.status, body=body)
        own = isinstance(reply.body, dict) and "retry_after" in reply.body  # a route's own limit
        headers = limits.headers(bucket) | ({"Via": "1.1 loopback"} if own else {})
        return self._finish(request, endpoint, reply, headers, began, fault)

    def _commit(self, endpoint: Endpoint, call: Call, fault: Fault) -> Reply:
        """Run the endpoint now, later or never, as the fault says."""
        if fault.commit == "yes":
            return self._run(endpoint, call)
        if fault.commit == "late":
            loop = asyncio.get_running_loop()

            def late() -> None:
                self._later.discard(timer)
                self._run(endpoint, call)

            timer = loop.call_later(fault.late, late)
            self._later.add(timer)
        return Reply(status=204)

    def _run(self, endpoint: Endpoint, call: Call) -> Reply:
        try:
            reply = endpoint.handler(call)
        except Refused as refused:
            reply = Reply(status=refused.status, body=refused.body())
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # With the document's checks off a malformed body gets this far: Discord answers 400.
            text = f"{type(error).__name__}: {error}"
            self._note("server", endpoint.method, endpoint.route, "", text)
            reply = Reply(
                status=400, body={"message": f"Invalid Form Body ({text})", "code": 50035}
            )
        self._check_reply(endpoint, reply)
        return reply

    async def _read(self, request: web.Request, endpoint: Endpoint) -> Call:
        if endpoint.bot and request.headers.get("Authorization") != self._token():
            raise unauthorized()
        files: dict[str, Upload] = {}
        body: object = None
        if request.content_type.startswith("multipart/"):
            body, files = await _read_multipart(request)
        elif request.body_exists:
            text = await request.read()
            body = json.loads(text) if text else None
        self._check_request(endpoint, body)
        call = Call(path=dict(request.match_info), query=dict(request.query), body={}, files=files)
        if isinstance(body, dict):
            call.body = body
        elif isinstance(body, list):
            call.items = body
        return call

    def _token(self) -> str:
        return f"Bot {self._world.application.token}"

    def _check_request(self, endpoint: Endpoint, body: object) -> None:
        if self._spec is None or not self._world.settings.validate:
            return
        wrong = self._spec.request(endpoint.method, endpoint.route, body)
        if wrong is None:
            return
        where, message = wrong
        self._note("request", endpoint.method, endpoint.route, where, message)
        form = Form()
        form.add(where or "body", "DOCUMENT", message)
        form.check()

    def _check_reply(self, endpoint: Endpoint, reply: Reply) -> None:
        if self._spec is None or not self._world.settings.validate:
            return
        wrong = self._spec.reply(endpoint.method, endpoint.route, reply.status, reply.body)
        if wrong is not None:
            self._note("reply", endpoint.method, endpoint.route, *wrong)

    def _note(self, side: str, method: str, route: str, where: str, message: str) -> None:
        self._world.violations.append(
            Violation(side=side, method=method, route=route, where=where, message=message)
        )

    def _limited(
        self,
        request: web.Request,
        endpoint: Endpoint,
        bucket: limits.Bucket,
        waiting: tuple[float, bool],
        scope: str,
        began: float,
        fault: Fault,
    ) -> web.StreamResponse:
        retry_after, is_global = waiting
        body, more = limits.refusal(retry_after, is_global=is_global, scope=scope)
        body["code"] = fault.code
        if not fault.via:
            del more["Via"]
        reply = Reply(status=429, body=body)
        self._check_reply(endpoint, reply)
        headers = limits.headers(bucket) | more
        return self._finish(request, endpoint, reply, headers, began, fault)

    def _finish(
        self,
        request: web.Request,
        endpoint: Endpoint,
        reply: Reply,
        headers: dict[str, str],
        began: float,
        fault: Fault,
    ) -> web.StreamResponse:
        code = reply.body.get("code", 0) if isinstance(reply.body, dict) else 0
        name = "" if fault is NO_FAULT else fault.name()
        dropped = fault.answer in ("drop", "reset")
        status = 0 if dropped else reply.status
        code = code if reply.status >= 400 and not dropped else 0
        self._log(request, endpoint.route, status, code, began, name)
        if dropped:
            _drop(request, reset=fault.answer == "reset")
            return web.Response(status=500)  # goes nowhere: the transport is closed
        if reply.status == 204:
            return web.Response(status=204, headers=headers)
        return _json(reply.status, reply.body, headers)

    def _log(
        self, request: web.Request, route: str, status: int, code: int, began: float, fault: str
    ) -> None:
        self._world.requests.append(
            RequestEntry(
                method=request.method,
                path=request.path.removeprefix(PREFIX),
                route=route,
                status=status,
                code=code,
                at=began,
                seconds=time.monotonic() - began,
                fault=fault,
            )
        )

    def reset(self) -> None:
        """Forget buckets, and commits that are still to come."""
        for timer in self._later:
            timer.cancel()
        self._later.clear()
        self._limits.reset()


def _json(status: int, body: object, headers: dict[str, str]) -> web.Response:
    """Discord's type is exactly this: with a charset behind it, discord.py reads no JSON."""
    text = json.dumps(body, separators=(",", ":")).encode()
    return web.Response(status=status, body=text, content_type="application/json", headers=headers)


def _bad_json() -> Refused:
    return Refused(400, 50109, "The request body contains invalid JSON.")


def _drop(request: web.Request, *, reset: bool) -> None:
    """Close the connection without a word: politely (FIN), or with a reset (RST)."""
    transport = request.transport
    if transport is None:
        return
    if reset:
        raw: socket.socket = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _read_multipart(request: web.Request) -> tuple[object, dict[str, Upload]]:
    """`payload_json` and `files[n]`, keyed by n: https://discord.com/developers/docs/reference#uploading-files"""
    body: object = {}
    files: dict[str, Upload] = {}
    form = await request.post()
    for name, value in form.items():
        if name == "payload_json":
            text = value.file.read() if isinstance(value, web.FileField) else value
            body = json.loads(text)
        elif isinstance(value, web.FileField):
            key = name.removeprefix("files[").removesuffix("]")
            files[key] = Upload(
                filename=value.filename,
                content=value.file.read(),
                content_type=value.content_type,
            )
    return body, files
