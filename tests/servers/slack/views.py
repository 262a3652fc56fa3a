"""views.*: modals behind a trigger, their updates, and the Home tab."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tests.servers.slack.blocks import check_view
from tests.servers.slack.desk import Contact, Desk, View
from tests.servers.slack.state import SlackError, found

if TYPE_CHECKING:
    from tests.servers.slack.call import Call
    from tests.servers.slack.records import Json

LARGEST = 250_000  # characters of JSON; view_too_large above


def open_view(call: Call) -> Json:
    body = checked_view(call.desk, call.args.get("view"), call.method, "modal")
    contact = call.desk.trigger(call.text("trigger_id", "invalid_trigger_id"))
    view = show(call.desk, contact, body)
    return {"view": view.shown(call.team.bot_id)}


def push(call: Call) -> Json:
    body = checked_view(call.desk, call.args.get("view"), call.method, "modal")
    contact = call.desk.trigger(call.text("trigger_id", "invalid_trigger_id"))
    view = show(call.desk, contact, body, above=call.desk.views.get(contact.view))
    return {"view": view.shown(call.team.bot_id)}


def update(call: Call) -> Json:
    body = checked_view(call.desk, call.args.get("view"), call.method, "modal")
    view = _named(call)
    _check_hash(call, view)
    replace_body(call.desk, view, body)
    return {"view": view.shown(call.team.bot_id)}


def publish(call: Call) -> Json:
    """The Home tab of one person; `hash` guards against overwriting a newer one."""
    body = checked_view(call.desk, call.args.get("view"), call.method, "home")
    user = found(call.slack.users, call.text("user_id", "user_not_found"), "user_not_found")
    desk = call.desk
    view = desk.views.get(desk.homes.get(user.id, ""))
    if view is None:
        identity = desk.slack.fresh("V")
        view = View(id=identity, team=user.team, user=user.id, body=body, root=identity)
        desk.views[view.id] = view
        desk.homes[user.id] = view.id
    else:
        _check_hash(call, view)
    replace_body(desk, view, body)
    for contact in reversed(desk.contacts.values()):
        if contact.user == user.id:
            desk.opened(contact, view)
            break
    return {"view": view.shown(call.team.bot_id)}


def checked_view(desk: Desk, view: object, method: str, kind: str) -> Json:
    """The view, or the error that Slack gives for it; a breach is on record."""
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", messages=["missing required field: view"])
    if not desk.slack.settings.validate:
        return view
    problems = check_view(view)
    if view.get("type") != kind:
        problems.append(f"must be a {kind} [json-pointer:/view/type]")
    if problems:
        desk.slack.violate(method, problems)
        raise SlackError("invalid_arguments", messages=problems)
    if len(json.dumps(view)) > LARGEST:
        desk.slack.violate(method, ["view_too_large"])
        raise SlackError("view_too_large")
    return view


def show(desk: Desk, contact: Contact, body: Json, above: View | None = None) -> View:
    """A new modal before the person's eyes, perhaps on top of another (three at most)."""
    external = body.get("external_id")
    taken = (v for v in desk.views.values() if not v.closed and v.team == contact.team)
    if external and any(view.body.get("external_id") == external for view in taken):
        raise SlackError("duplicate_external_id")
    identity = desk.slack.fresh("V")
    root, previous = (above.root, above.id) if above else (identity, None)
    stack = [v for v in desk.views.values() if v.root == root and not v.closed]
    if len(stack) >= 3:
        raise SlackError("push_limit_reached")
    view = View(
        id=identity, team=contact.team, user=contact.user, body=body, root=root, previous=previous
    )
    desk.views[view.id] = view
    replace_body(desk, view, body)
    desk.opened(contact, view)
    return view


def replace_body(desk: Desk, view: View, body: Json) -> None:
    view.body = desk.slack.with_ids(body)
    view.hash = f"{time.time():.6f}.{desk.slack.fresh('h')}"


def _named(call: Call) -> View:
    external = call.args.get("external_id")
    if external:
        for view in call.desk.views.values():
            if view.body.get("external_id") == external and not view.closed:
                return view
    view = found(call.desk.views, str(call.args.get("view_id", "")), "not_found")
    if view.closed:
        raise SlackError("not_found")
    return view


def _check_hash(call: Call, view: View) -> None:
    given = call.args.get("hash")
    if given and given != view.hash:
        raise SlackError("hash_conflict")
