"""The users.*, bots.*, team.* and auth.* methods: who is who."""

from bot.playground.slack import render
from bot.playground.slack.core import Call, cursor_metadata
from bot.playground.slack.models import User
from bot.playground.slack.wire import ApiRefusedError, JsonObject


def auth_test(call: Call) -> JsonObject:
    """auth.test: whose token this is."""
    team, app = call.workspace.team, call.workspace.app
    return {
        "url": f"{call.core.url}/",
        "team": team.name,
        "user": call.workspace.user(app.bot_user).name,
        "team_id": team.id,
        "user_id": app.bot_user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def auth_teams_list(call: Call) -> JsonObject:
    """auth.teams.list: the one workspace there is."""
    return {"teams": [{"id": call.workspace.team.id, "name": call.workspace.team.name}], **cursor_metadata("")}


def api_test(call: Call) -> JsonObject:
    """api.test: answers with what it was sent, or with the error it was asked for."""
    if call.text("error"):
        raise ApiRefusedError(call.text("error"))
    return {"args": call.args}


def user_info(call: Call) -> JsonObject:
    """users.info."""
    return {"user": _shown(call, call.workspace.user(call.needed("user")))}


def lookup_by_email(call: Call) -> JsonObject:
    """users.lookupByEmail: active people of this workspace."""
    email = call.needed("email").lower()
    for user in call.workspace.users.values():
        if user.email and user.email.lower() == email and not user.deleted and not user.is_stranger:
            return {"user": _shown(call, user)}
    raise ApiRefusedError("users_not_found")


def list_users(call: Call) -> JsonObject:
    """users.list: everybody in this workspace, the bot and guests included."""
    everyone = (_shown(call, user) for user in call.workspace.users.values() if not user.is_stranger)
    page, cursor = call.page(everyone)
    return {"members": page, "cache_ts": int(call.workspace.clock()), **cursor_metadata(cursor)}


def bot_info(call: Call) -> JsonObject:
    """bots.info."""
    app = call.workspace.app
    if call.text("bot", app.bot_id) != app.bot_id:
        raise ApiRefusedError("bot_not_found")
    return {"bot": render.bot_json(app, call.workspace.user(app.bot_user))}


def team_info(call: Call) -> JsonObject:
    """team.info."""
    team = call.workspace.team
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": {}}}


def _shown(call: Call, user: User) -> JsonObject:
    workspace = call.workspace
    with_email = "users:read.email" in workspace.app.scopes
    return render.user_json(user, workspace.app, workspace.clock(), with_email=with_email)
