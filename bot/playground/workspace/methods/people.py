"""Who is who: auth.test, users.*, usergroups.*, bots.info, apps.connections.open."""

from typing import Final

from bot.playground.workspace import limits
from bot.playground.workspace.call import Call, Method, page
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.model import App, Json, User, UserGroup, UserKind


def auth_test(call: Call) -> Json:
    team, app = call.hub.state.team, call.app
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": app.name,
        "team_id": team.id,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def api_test(call: Call) -> Json:
    if call.text("error"):
        raise SlackError(call.text("error"), args=call.params)
    return {"args": call.params}


def open_connection(call: Call) -> Json:
    if not call.app.socket_mode:
        raise SlackError("forbidden_for_app")
    ticket = call.hub.state.new_secret()
    call.hub.state.tickets[ticket] = call.app.id
    address = call.hub.state.url.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/?ticket={ticket}&app_id={call.app.id}"}


def user_info(call: Call) -> Json:
    return {"user": user_object(call, call.hub.state.user(call.need("user", "user_not_found")))}


def user_list(call: Call) -> Json:
    found, following = page([user_object(call, one) for one in call.hub.state.users.values()], call)
    return {
        "members": found,
        "cache_ts": int(call.hub.state.now),
        "response_metadata": {"next_cursor": following},
    }


def user_object(call: Call, user: User) -> Json:
    profile: Json = {
        "real_name": user.real_name or user.name,
        "display_name": user.name,
        "team": user.team_id,
    }
    if user.email and "users:read.email" in call.app.scopes:
        profile["email"] = user.email
    body: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.kind is UserKind.DELETED,
        "profile": profile,
        "is_bot": user.kind is UserKind.BOT,
        "updated": 0,
    }
    return body if user.kind is UserKind.DELETED else {**body, **living(user)}


def living(user: User) -> Json:
    """What Slack leaves out for deactivated people."""
    return {
        "real_name": user.real_name or user.name,
        "tz": user.tz,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.kind in {UserKind.GUEST, UserKind.SINGLE_CHANNEL_GUEST},
        "is_ultra_restricted": user.kind is UserKind.SINGLE_CHANNEL_GUEST,
        "is_stranger": user.kind is UserKind.STRANGER,
        "is_app_user": False,
        "is_email_confirmed": True,
    }


def group_list(call: Call) -> Json:
    require_paid(call)
    shown = [
        group_object(call, group)
        for group in call.hub.state.groups.values()
        if group.is_enabled or call.flag("include_disabled")
    ]
    return {"usergroups": shown}


def group_users(call: Call) -> Json:
    require_paid(call)
    group = call.hub.state.groups.get(call.need("usergroup", "no_such_subteam"))
    if group is None or not (group.is_enabled or call.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


def require_paid(call: Call) -> None:
    # [ref] user groups exist on paid plans only
    if not call.hub.state.team.paid:
        raise SlackError("plan_upgrade_required")


def group_object(call: Call, group: UserGroup) -> Json:
    body: Json = {
        "id": group.id,
        "team_id": call.hub.state.team.id,
        "is_usergroup": True,
        "handle": group.handle,
        "name": group.name,
        "description": "",
        "is_external": False,
        "date_delete": 0 if group.is_enabled else 1,
        "user_count": len(group.users),
    }
    return {**body, "users": list(group.users)} if call.flag("include_users") else body


def bot_info(call: Call) -> Json:
    wanted = call.text("bot", call.app.bot_id)
    for app in call.hub.state.apps.values():
        if app.bot_id == wanted:
            return {"bot": bot_object(app)}
    for hook in call.hub.state.webhooks.values():
        if hook.bot_id == wanted:
            return {"bot": {"id": hook.bot_id, "app_id": hook.app_id, "name": hook.name, "deleted": False}}
    raise SlackError("bot_not_found")


def bot_object(app: App) -> Json:
    identity: Json = {"id": app.bot_id, "app_id": app.id, "user_id": app.bot_user_id, "name": app.name}
    return {**identity, "deleted": False, "updated": 0, "icons": {}}


METHODS: Final = {
    "auth.test": Method(auth_test, (), limits.SPECIAL),
    "api.test": Method(api_test, (), limits.TIER_4),
    "apps.connections.open": Method(open_connection, (), limits.TIER_1 * 20, takes_app_token=True),
    "users.info": Method(user_info, ("users:read",), limits.TIER_4),
    "users.list": Method(user_list, ("users:read",), limits.TIER_2),
    "usergroups.list": Method(group_list, ("usergroups:read",), limits.TIER_2),
    "usergroups.users.list": Method(group_users, ("usergroups:read",), limits.TIER_2),
    "bots.info": Method(bot_info, ("users:read",), limits.TIER_3),
}
