"""auth.test, apps.connections.open, oauth.v2.access, team.info, users.info, usergroups.list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.servers.slack.state import APP_ID, SlackError, User, found

if TYPE_CHECKING:
    from tests.servers.slack.call import Call
    from tests.servers.slack.records import Json


def open_connection(call: Call) -> Json:
    call.need("connections:write")
    ticket = call.desk.sockets.ticket()
    base = call.base.replace("http", "ws", 1)
    return {"url": f"{base}/link/?ticket={ticket}&app_id={APP_ID}"}


def auth_test(call: Call) -> Json:
    team = call.team
    return {
        "url": f"{call.base}/",
        "team": team.name,
        "user": "wirewatch",
        "team_id": team.id,
        "user_id": team.bot_user,
        "bot_id": team.bot_id,
        "is_enterprise_install": False,
    }


def oauth_access(call: Call) -> Json:
    """https://docs.slack.dev/authentication/installing-with-oauth: a code is good once."""
    slack = call.slack
    if call.args.get("client_id") != slack.client_id:
        raise SlackError("invalid_client_id")
    if call.args.get("client_secret") != slack.client_secret:
        raise SlackError("bad_client_secret")
    granted = slack.codes.pop(str(call.args.get("code", "")), None)
    if granted is None:
        raise SlackError("invalid_code")
    team = slack.teams[granted[0]]
    token = slack.tokens[team.bot_token]
    token.error = ""
    token.scopes = set(granted[1].replace(",", " ").split()) or token.scopes
    return {
        "app_id": APP_ID,
        "authed_user": {"id": next(u.id for u in slack.users.values() if u.team == team.id)},
        "scope": ",".join(sorted(token.scopes)),
        "token_type": "bot",
        "access_token": team.bot_token,
        "bot_user_id": team.bot_user,
        "team": {"id": team.id, "name": team.name},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def team_info(call: Call) -> Json:
    call.need("team:read")
    team = call.team
    domain = team.name.lower().replace(" ", "-")
    return {"team": {"id": team.id, "name": team.name, "domain": domain, "email_domain": ""}}


def user_info(call: Call) -> Json:
    call.need("users:read")
    user = found(call.slack.users, call.text("user", "user_not_found"), "user_not_found")
    if user.team != call.token.team and not call.slack.settings.shares_channels:
        raise SlackError("user_not_found")
    return {"user": shown(user)}


def user_groups(call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/usergroups.list"""
    call.need("usergroups:read")
    disabled_too = call.flag("include_disabled")
    return {
        "usergroups": [
            {
                "id": group.id,
                "team_id": group.team,
                "is_usergroup": True,
                "name": group.handle.title(),
                "handle": group.handle,
                "date_delete": int(group.is_disabled),
            }
            for group in call.slack.groups.values()
            if group.team == call.token.team and (disabled_too or not group.is_disabled)
        ]
    }


def shown(user: User) -> Json:
    return {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "real_name": user.name.title(),
        "deleted": False,
        "tz": user.tz,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_bot": user.is_bot,
        "is_restricted": user.is_restricted,
        "profile": {"real_name": user.name.title(), "display_name": user.name},
    }
