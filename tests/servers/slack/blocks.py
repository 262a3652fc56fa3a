"""Block Kit's limits for layout blocks, messages and views.

https://docs.slack.dev/reference/block-kit/blocks. Blocks of other products (video, table, calls)
are refused as unsupported: this server cannot vouch for them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.servers.slack.elements import (
    CHOICES,
    FILE_INPUT,
    INPUTS,
    INTERACTIVE,
    PICKERS,
    SELECTS,
    Check,
    check_action_ids,
    check_element,
)
from tests.servers.slack.rich_text import check_rich_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.servers.slack.records import Json

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
# Undocumented, measured by users: https://github.com/slackapi/bolt-js/issues/2509 (13,172 to 13,297
# characters of text refused) and /2867 (15,561 of JSON taken, 17,694 refused with 11,341 of text).
TOTAL_TEXT, TOTAL_JSON = 13_200, 17_000


def check_message(blocks: list[Json], pointer: str = "") -> list[str]:
    """What Slack would put into `response_metadata.messages`; empty when it takes the blocks."""
    check = Check()
    _check_blocks(check, blocks, f"{pointer}/blocks", MESSAGE_BLOCKS, markdown=True)
    return check.problems


def too_long(blocks: list[Json]) -> bool:
    """Whether chat.postMessage answers msg_blocks_too_long (response_url does not)."""
    return _text_length(blocks) > TOTAL_TEXT or len(json.dumps(blocks)) > TOTAL_JSON


def check_view(view: Json) -> list[str]:
    """The same for a modal or a Home tab."""
    check = Check()
    kind, blocks = view.get("type"), view.get("blocks")
    if kind not in ("modal", "home"):
        check.add("/view/type", f"unsupported type: {kind}")
    if not isinstance(blocks, list):
        check.add("/view", "missing required field: blocks")
        return check.problems
    _check_blocks(check, blocks, "/view/blocks", VIEW_BLOCKS, markdown=False)
    check.string(view, "callback_id", "/view", 255)
    check.string(view, "external_id", "/view", 255)
    if len(str(view.get("private_metadata") or "")) > 3000:
        check.add("/view/private_metadata", "must be less than 3001 characters")
    if kind == "modal":
        check.text(view, "title", "/view", 24, required=True, plain=True)
        check.text(view, "close", "/view", 24, required=False, plain=True)
        has_input = any(_is(block, "input") for block in blocks)
        check.text(view, "submit", "/view", 24, required=has_input, plain=True)
    return check.problems


def _text_length(node: object) -> int:
    """The sum of every `text` string, nested ones too."""
    if isinstance(node, list):
        return sum(_text_length(child) for child in node)
    if not isinstance(node, dict):
        return 0
    own = node.get("text")
    length = len(own) if isinstance(own, str) else 0
    return length + sum(_text_length(child) for child in node.values())


def _check_blocks(
    check: Check, blocks: Sequence[object], pointer: str, most: int, *, markdown: bool
) -> None:
    if len(blocks) > most:
        check.add(pointer, f"no more than {most} items allowed")
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        inside = f"{pointer}/{number}"
        kind = block.get("type") if isinstance(block, dict) else None
        checker = _CHECKS.get(str(kind))
        forbidden = kind == "markdown" and not markdown
        if not isinstance(block, dict) or checker is None or forbidden:
            check.add(f"{inside}/type", f"unsupported type: {kind}")
            continue
        check.string(block, "block_id", inside, 255)
        block_id = block.get("block_id")
        if isinstance(block_id, str):
            if block_id in seen:
                check.add(inside, f"`block_id` {block_id!r} already exists")
            seen.add(block_id)
        checker(check, block, inside)
    together = sum(_text_length(block) for block in blocks if _is(block, "markdown"))
    if together > 12_000:
        check.add(pointer, "markdown must be less than 12001 characters together")


def _is(block: object, kind: str) -> bool:
    return isinstance(block, dict) and block.get("type") == kind


def _section(check: Check, block: Json, pointer: str) -> None:
    check.keys(block, pointer, {"type", "block_id", "text", "fields", "accessory", "expand"})
    fields = block.get("fields")
    check.text(block, "text", pointer, 3000, required=not fields, plain=False)
    if fields is not None:
        for number, _ in enumerate(check.count(block, "fields", pointer, 10)):
            check.text_object(fields[number], f"{pointer}/fields/{number}", 2000, plain=False)
    accessory = block.get("accessory")
    if accessory is not None:
        check_element(check, accessory, f"{pointer}/accessory", INTERACTIVE | {"image"})


def _header(check: Check, block: Json, pointer: str) -> None:
    check.keys(block, pointer, {"type", "block_id", "text", "level"})
    check.text(block, "text", pointer, 150, required=True, plain=True)


def _divider(check: Check, block: Json, pointer: str) -> None:
    check.keys(block, pointer, {"type", "block_id"})


def _image(check: Check, block: Json, pointer: str) -> None:
    check.keys(block, pointer, {"type", "block_id", "image_url", "alt_text", "title", "slack_file"})
    check.url(block, "image_url", pointer, web=True, required=not block.get("slack_file"))
    check.string(block, "alt_text", pointer, 2000, required=True)
    check.text(block, "title", pointer, 2000, required=False, plain=True)


def _context(check: Check, block: Json, pointer: str) -> None:
    check.keys(block, pointer, {"type", "block_id", "elements"})
    for number, element in enumerate(check.count(block, "elements", pointer, 10)):
        inside = f"{pointer}/elements/{number}"
        if element.get("type") == "image":
            check_element(check, element, inside, {"image"})
        else:
            check.text_object(element, inside, 3000, plain=False)


def _actions(check: Check, block: Json, pointer: str) -> None:
    check.keys(block, pointer, {"type", "block_id", "elements"})
    elements = check.count(block, "elements", pointer, 25)
    for number, element in enumerate(elements):
        check_element(check, element, f"{pointer}/elements/{number}", INTERACTIVE)
    check_action_ids(check, elements, f"{pointer}/elements")


def _input(check: Check, block: Json, pointer: str) -> None:
    known = {"type", "block_id", "label", "element", "hint", "optional", "dispatch_action"}
    check.keys(block, pointer, known)
    check.text(block, "label", pointer, 2000, required=True, plain=True)
    check.text(block, "hint", pointer, 2000, required=False, plain=True)
    element = block.get("element")
    if not isinstance(element, dict):
        check.add(pointer, "missing required field: element")
        return
    fields = INPUTS | SELECTS | CHOICES | PICKERS | {FILE_INPUT}
    check_element(check, element, f"{pointer}/element", fields)


def _markdown(check: Check, block: Json, pointer: str) -> None:
    check.keys(block, pointer, {"type", "block_id", "text"})
    check.string(block, "text", pointer, 12_000, required=True)


def _rich_text(check: Check, block: Json, pointer: str) -> None:
    check.keys(block, pointer, {"type", "block_id", "elements"})
    check_rich_text(check, check.count(block, "elements", pointer, 1000), f"{pointer}/elements")


_CHECKS: dict[str, Callable[[Check, Json, str], None]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "image": _image,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
}
