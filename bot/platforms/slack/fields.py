"""Fields of modals: how one is drawn, what was filled in, and why it does not read. Pure."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import CommandError
from bot.platforms.slack.blocks import Json
from bot.platforms.slack.text import cut

_ERROR = 300


def form_field(name: str, label: str, element: Json, *, hint: str = "") -> Json:
    block: Json = {
        "type": "input",
        "block_id": name,
        "label": plain_text(label),
        "element": {**element, "action_id": name},
    }
    return block | ({"hint": plain_text(hint)} if hint else {})


def text_field(initial: str) -> Json:
    return {"type": "plain_text_input", "initial_value": initial}


def select(options: dict[str, str], initial: str) -> Json:
    drawn = {value: {"text": plain_text(label), "value": value} for value, label in options.items()}
    return {
        "type": "static_select",
        "options": list(drawn.values()),
        "initial_option": drawn[initial],
    }


def plain_text(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def filled_in(view: Json) -> dict[str, str]:
    """Each field's value; of boxes, those that are ticked, joined."""
    found = {}
    for name, inside in view["state"]["values"].items():
        state = inside[name]
        if (option := state.get("selected_option")) is not None:
            found[name] = option["value"]
        elif "selected_options" in state:
            found[name] = " ".join(one["value"] for one in state["selected_options"] or ())
        else:
            found[name] = next(filter(None, map(state.get, _PLAIN_VALUES)), "")
    return found


_PLAIN_VALUES = ("value", "selected_time", "selected_conversation")


def refused(read: Callable[[str], object], typed: str) -> str:
    """Why it does not read, as one line beneath its field; "" if it does."""
    try:
        read(typed)
    except CommandError as error:
        return cut(f"{error.message} {error.hint or ''}".replace("`", ""), _ERROR)
    return ""


def one_line(query: str) -> str:
    """The field takes line breaks; a query is one line wherever it is shown."""
    return " ".join(query.split())
