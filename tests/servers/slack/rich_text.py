"""The structure of rich_text blocks. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers.slack.elements import Check
    from tests.servers.slack.records import Json

_CONTAINERS = {
    "rich_text_section": {"type", "elements"},
    "rich_text_list": {"type", "elements", "style", "indent", "offset", "border"},
    "rich_text_preformatted": {"type", "elements", "border", "language"},
    "rich_text_quote": {"type", "elements", "border"},
}
# Leaf type -> the string it needs.
_LEAVES = {
    "text": "text",
    "link": "url",
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "broadcast": "range",
    "emoji": "name",
    "color": "value",
    "date": "format",
    "team": "team_id",
}
_STYLES = {
    "bold",
    "italic",
    "strike",
    "code",
    "underline",
    "highlight",
    "client_highlight",
    "unlink",
}


def check_rich_text(check: Check, elements: list[Json], pointer: str) -> None:
    for number, element in enumerate(elements):
        _container(check, element, f"{pointer}/{number}")


def _container(check: Check, element: Json, pointer: str) -> None:
    kind = str(element.get("type"))
    known = _CONTAINERS.get(kind)
    if known is None:
        check.add(f"{pointer}/type", f"unsupported type: {kind}")
        return
    check.keys(element, pointer, known)
    children = element.get("elements")
    if not isinstance(children, list):
        check.add(pointer, "missing required field: elements")
        return
    if kind != "rich_text_list":
        for number, child in enumerate(children):
            _leaf(check, child, f"{pointer}/elements/{number}")
        return
    if element.get("style") not in ("bullet", "ordered"):
        check.add(f"{pointer}/style", "must be bullet or ordered")
    check.whole(element, "indent", pointer, 0, 8)
    for number, child in enumerate(children):
        inside = f"{pointer}/elements/{number}"
        if not isinstance(child, dict) or child.get("type") != "rich_text_section":
            check.add(f"{inside}/type", "must be rich_text_section")
        else:
            _container(check, child, inside)


def _leaf(check: Check, leaf: object, pointer: str) -> None:
    kind = leaf.get("type") if isinstance(leaf, dict) else None
    if not isinstance(leaf, dict) or kind not in _LEAVES:
        check.add(f"{pointer}/type", f"unsupported type: {kind}")
        return
    check.string(leaf, _LEAVES[kind], pointer, 40_000, required=True)
    if kind == "link":
        check.url(leaf, "url", pointer, web=False)
    if kind == "broadcast" and leaf.get("range") not in ("here", "channel", "everyone"):
        check.add(f"{pointer}/range", "must be here, channel or everyone")
    if kind == "date" and not isinstance(leaf.get("timestamp"), int):
        check.add(pointer, "missing required field: timestamp")
    for name, value in (leaf.get("style") or {}).items():
        if name not in _STYLES or not isinstance(value, bool):
            check.add(f"{pointer}/style", f"invalid style: {name}")
