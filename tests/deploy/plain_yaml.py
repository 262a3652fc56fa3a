"""Reads the plain YAML that `deploy/` and compose.yaml are written in: block mappings and lists,
scalars on one line, flow lists as JSON. Refuses anything else rather than guess."""

from __future__ import annotations

import json
import re
from typing import Any

_KEY = re.compile(r"([A-Za-z_][\w.-]*):(?: +(.*))?$")


def read(text: str) -> Any:
    """The document as dictionaries, lists and strings."""
    lines = [
        (len(line) - len(line.lstrip(" ")), line.strip())
        for line in text.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    value, rest = _block(lines, 0)
    if rest != len(lines):
        raise ValueError(f"not plain YAML: {lines[rest][1]!r}")
    return value


def _block(lines: list[tuple[int, str]], at: int) -> tuple[Any, int]:
    indent, first = lines[at]
    return _list(lines, at, indent) if first.startswith("- ") else _mapping(lines, at, indent)


def _list(lines: list[tuple[int, str]], at: int, indent: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while at < len(lines) and lines[at][0] == indent and lines[at][1].startswith("- "):
        inside = lines[at][1][2:]
        if _KEY.match(inside):
            lines[at] = (indent + 2, inside)
            value, at = _mapping(lines, at, indent + 2)
        else:
            value, at = _scalar(inside), at + 1
        found.append(value)
    return found, at


def _mapping(lines: list[tuple[int, str]], at: int, indent: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while at < len(lines) and lines[at][0] == indent:
        match = _KEY.match(lines[at][1])
        if match is None or match[1] in found:
            raise ValueError(f"not plain YAML: {lines[at][1]!r}")
        at += 1
        if match[2]:
            found[match[1]] = _scalar(match[2])
        elif at < len(lines) and lines[at][0] > indent:
            found[match[1]], at = _block(lines, at)
        else:
            found[match[1]] = None
    return found, at


def _scalar(written: str) -> Any:
    if written[0] == "[":
        return json.loads(written)
    if written[0] in "'\"":
        if written[-1] != written[0] or len(written) < 2:
            raise ValueError(f"not plain YAML: {written!r}")
        return written[1:-1]
    if written[0] in "&*!|>{%@`" or " #" in written or ": " in written:
        raise ValueError(f"not plain YAML: {written!r}")
    return written
