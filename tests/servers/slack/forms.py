"""What a person can do with an element: press it, choose in it, type into it.

Pure: it builds the JSON that Slack sends for it, and refuses what Slack's client would not allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.servers.slack.elements import FILE_INPUT, INPUTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.slack.records import Json

_ONE_OPTION = {"static_select", "external_select", "radio_buttons", "overflow"}
_MANY_OPTIONS = {"multi_static_select", "multi_external_select", "checkboxes"}
# Element type -> (key of the person's choice, key of the preset one).
_PLAIN = {
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    **dict.fromkeys(INPUTS, ("value", "initial_value")),
}


class Impossible(Exception):
    """A person could not do that: no such button, a required field left empty, no such option."""


def elements(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """Every element with its block_id, in drawing order."""
    for block in blocks:
        inside = [*(block.get("elements") or []), block.get("accessory"), block.get("element")]
        for element in inside:
            if isinstance(element, dict) and "action_id" in element:
                yield block["block_id"], element


def find(blocks: list[Json], action_id: str) -> tuple[str, Json]:
    """The element that a person means; `Impossible` lists those that are there."""
    there = list(elements(blocks))
    for block_id, element in there:
        if element["action_id"] == action_id:
            return block_id, element
    names = ", ".join(element["action_id"] for _, element in there) or "none"
    raise Impossible(f"nothing here has the action_id {action_id!r}; there are: {names}")


def pressed(block_id: str, element: Json, value: object, ts: str) -> Json:
    """The entry of `actions` in a block_actions payload."""
    action: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block_id,
        "action_ts": ts,
    }
    if element["type"] != "button":
        return action | chosen(element, value)
    return action | {
        key: element[key] for key in ("text", "value", "url", "style") if key in element
    }


def chosen(element: Json, value: object) -> Json:
    """What the person chose or typed, as the element's state; none takes what was preset."""
    kind = element["type"]
    if kind in _ONE_OPTION:
        option = _option(element, value) if value is not None else element.get("initial_option")
        return {"selected_option": option}
    if kind in _MANY_OPTIONS:
        if value is None:
            return {"selected_options": element.get("initial_options") or []}
        wanted = value if isinstance(value, list) else [value]
        return {"selected_options": [_option(element, item) for item in wanted]}
    if kind == FILE_INPUT:
        return {"files": value or []}
    if kind not in _PLAIN:
        return {}
    key, preset = _PLAIN[kind]
    return {key: _typed(element, value) if value is not None else element.get(preset)}


def _option(element: Json, value: object) -> Json:
    """The option whose `value` or label it is; an external select takes the option itself."""
    if isinstance(value, dict):
        return value
    groups = element.get("option_groups") or [element]
    options: list[Json] = [option for group in groups for option in group.get("options") or []]
    for option in options:
        if value in (option.get("value"), option["text"]["text"]):
            return option
    values = ", ".join(str(option.get("value")) for option in options)
    raise Impossible(f"{element['action_id']} has no option {value!r}; it has: {values}")


def _typed(element: Json, value: object) -> object:
    if element["type"] != "plain_text_input":
        return value
    shortest, longest = element.get("min_length", 0), element.get("max_length", 3000)
    if not shortest <= len(str(value)) <= longest:
        raise Impossible(f"{element['action_id']} takes {shortest} to {longest} characters")
    return value


def state(blocks: list[Json], values: Json, *, submitting: bool = True) -> Json:
    """`state.values` of a view or message, from values by block_id or action_id."""
    filled: Json = {}
    used: set[str] = set()
    for block in blocks:
        for block_id, element in elements([block]):
            if element["type"] in ("button", "overflow"):
                continue
            names = [name for name in (block_id, element["action_id"]) if name in values]
            used.update(names)
            entry = chosen(element, values[names[0]] if names else None)
            required = block["type"] == "input" and not block.get("optional")
            if submitting and required and not any(entry.values()):
                raise Impossible(f"{element['action_id']} is required")
            inside = filled.setdefault(block_id, {})
            inside[element["action_id"]] = {"type": element["type"], **entry}
    if unknown := set(values) - used:
        raise Impossible(f"no such field: {', '.join(sorted(unknown))}")
    return {"values": filled}
