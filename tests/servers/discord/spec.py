"""Checks bodies against Discord's OpenAPI document, when there is one; otherwise says so.

Each operation is compiled when it is first used. The document is OpenAPI 3.1, so its schemas are
JSON Schema 2020-12 as they stand, and `$ref` is resolved inside the document.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema_rs

from tests.servers.discord.records import Json

REQUESTS, REPLIES = "urn:requests", "urn:replies"


def find() -> Path | None:
    """`DISCORD_OPENAPI`, or the copy beside the project, or none."""
    named = os.environ.get("DISCORD_OPENAPI")
    root = Path(__file__).resolve().parents[3]
    path = Path(named) if named else root.parent / "shared" / "specs" / "discord-openapi.json"
    return path if path.is_file() else None


class Spec:
    def __init__(self, path: Path) -> None:
        self._document: Json = json.loads(path.read_text("utf-8"))
        self._registries = {
            REQUESTS: jsonschema_rs.Registry([(REQUESTS, _lenient(self._document))]),
            REPLIES: jsonschema_rs.Registry([(REPLIES, self._document)]),
        }
        self._compiled: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def request(self, method: str, route: str, body: object) -> tuple[str, str] | None:
        """Where and why `body` is not what the operation takes; None if it is."""
        operation = self._operation(method, route)
        wanted = operation.get("requestBody") if operation else None
        if wanted is None:
            return None  # Discord ignores a body where none is asked for
        if body is None:
            return ("", "a body is required") if wanted.get("required") else None
        pointer = _pointer(
            "paths", route, method.lower(), "requestBody", "content", "application/json", "schema"
        )
        return self._check(REQUESTS, pointer, body)

    def reply(self, method: str, route: str, status: int, body: object) -> tuple[str, str] | None:
        if status >= 400:
            return self._error(status, body)
        operation = self._operation(method, route)
        if operation is None:
            return "", "no such operation in the document"
        answer = operation["responses"].get(str(status))
        if answer is None:
            return "", f"status {status} is not in the document"
        content = answer.get("content")
        if content is None or body is None:
            fits = content is None and body is None
            return None if fits else ("", "a body where none is, or none where one is")
        pointer = _pointer(
            "paths",
            route,
            method.lower(),
            "responses",
            str(status),
            "content",
            "application/json",
            "schema",
        )
        return self._check(REPLIES, pointer, body)

    def _operation(self, method: str, route: str) -> Json | None:
        operation: Json | None = self._document["paths"].get(route, {}).get(method.lower())
        return operation

    def _error(self, status: int, body: object) -> tuple[str, str] | None:
        """`errors` is left out: the document has integer codes in it, Discord sends words.

        https://discord.com/developers/docs/reference#error-messages shows the words.
        """
        if isinstance(body, dict) and "errors" in body:
            body = {key: value for key, value in body.items() if key != "errors"}
        name = "RatelimitedResponse" if status == 429 else "ErrorResponse"
        return self._check(REPLIES, _pointer("components", "schemas", name), body)

    def _check(self, document: str, pointer: str, body: object) -> tuple[str, str] | None:
        address = f"{document}#{pointer}"
        validator = self._compiled.get(address)
        if validator is None:
            registry = self._registries[document]
            validator = jsonschema_rs.Draft202012Validator({"$ref": address}, registry=registry)
            self._compiled[address] = validator
        if validator.is_valid(body):
            return None
        error = _deepest(next(validator.iter_errors(body)))
        return ".".join(str(each) for each in error.instance_path), error.message[:1000]


def _lenient(document: Json) -> Json:
    """Requests may have integers for ids, as discord.py sends them in attachments and replies."""
    schemas = dict(document["components"]["schemas"])
    schemas["SnowflakeType"] = schemas["SnowflakeType"] | {"type": ["string", "integer"]}
    return document | {"components": document["components"] | {"schemas": schemas}}


def _pointer(*parts: str) -> str:
    """A JSON pointer in a URI fragment: `{` and `}` of route templates must be escaped."""
    escaped = (part.replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join(f"/{part.replace('{', '%7B').replace('}', '%7D')}" for part in escaped)


def _deepest(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Inside a oneOf, go on with the branch of the right `type`: its error is the telling one."""
    branches: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", None) or []
    type_path = [*error.instance_path, "type"]
    for branch in branches:
        if branch and all(list(each.instance_path) != type_path for each in branch):
            return _deepest(branch[0])
    return error
