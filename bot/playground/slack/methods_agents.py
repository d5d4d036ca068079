"""The methods of an app that is an agent: the sessions of its conversations, and prompts to begin one with.

https://docs.slack.dev/ai/agent-sessions. Of the refusals, the documentation names few; the others are likely words.
"""

from bot.playground.slack import happenings
from bot.playground.slack.core import Call
from bot.playground.slack.inputs import ControlRefusedError
from bot.playground.slack.models import Channel, Prompt, Session
from bot.playground.slack.wire import ApiRefusedError, JsonObject, as_objects, as_text
from bot.playground.slack.workspace import Workspace

STATUSES = frozenset({"processing", "active", "suspended", "closed"})
TITLE_MAX = 200
PROMPTS_MAX = 4
STOPPED = "agent_session_stopped"


def set_status(call: Call) -> JsonObject:
    """agents.sessions.setStatus: the session begins with the first status that it is given, and only then its title."""
    channel, thread = _spot(call)
    status = call.needed("status")
    if status not in STATUSES:
        raise ApiRefusedError("invalid_arguments", "must be a valid enum value [json-pointer:/status]")
    known = call.workspace.sessions.get((channel.id, thread))
    title = known.title if known else call.text("title")
    _check(title)
    call.workspace.keep_session(Session(channel=channel.id, thread_ts=thread, status=status, title=title))
    told: JsonObject = {"status": status, "title": title}
    events = call.workspace.app.events
    if status == "processing" and events is not None and STOPPED not in events:
        told["warning"] = f"missing_{STOPPED}_event_subscription"
    return told


def rename(call: Call) -> JsonObject:
    """agents.sessions.rename: another title for a session that there is."""
    channel, thread = _spot(call)
    title = call.needed("title")
    _check(title)
    known = call.workspace.sessions.get((channel.id, thread))
    if known is None:
        raise ApiRefusedError("session_not_found")
    call.workspace.keep_session(known.model_copy(update={"title": title}))
    return {"title": title}


def suggest(call: Call) -> JsonObject:
    """assistant.threads.setSuggestedPrompts: in a direct message; with a thread_ts, an agent's are set nowhere."""
    channel = call.workspace.channel(call.needed("channel_id"))
    prompts = call.json("prompts")
    if channel.kind != "im":
        raise ApiRefusedError("channel_not_found")
    if not isinstance(prompts, list) or not 0 < len(prompts) <= PROMPTS_MAX:
        raise ApiRefusedError("invalid_arguments", f"1 to {PROMPTS_MAX} items [json-pointer:/prompts]")
    found = [(as_text(one.get("title")), as_text(one.get("message"))) for one in as_objects(prompts)]
    if len(found) != len(prompts) or not all(title and message for title, message in found):
        raise ApiRefusedError("invalid_arguments", "missing title or message [json-pointer:/prompts]")
    if not call.text("thread_ts"):
        made = tuple(Prompt(title=title, message=message) for title, message in found)
        call.workspace.suggest(channel.id, call.text("title"), made)
    return {}


def can_stop(workspace: Workspace, channel: str, thread: str) -> bool:
    """Whether people see the Stop button: the agent is at work, and hears of it."""
    session, events = workspace.sessions.get((channel, thread)), workspace.app.events
    return session is not None and session.status == "processing" and (events is None or STOPPED in events)


def pressed(workspace: Workspace, user: str, channel: str, thread: str) -> JsonObject:
    """Return the event of a press on Stop, or refuse: there is no such button."""
    if not can_stop(workspace, channel, thread):
        raise ControlRefusedError(f"there is no Stop button in the thread {thread}")
    return happenings.session_stopped(user, channel, thread, workspace.next_ts())


def _spot(call: Call) -> tuple[Channel, str]:
    """Return the conversation: only an agent has sessions, and in a channel only by thread."""
    call.need_scope("assistant:write")
    channel = call.workspace.channel(call.needed("channel_id"))
    if call.workspace.app.bot_user not in channel.members:
        raise ApiRefusedError("channel_not_found")
    thread = call.needed("thread_ts")
    if call.workspace.find(channel.id, thread) is None:
        raise ApiRefusedError("thread_not_found")
    return channel, thread


def _check(title: str) -> None:
    if len(title) > TITLE_MAX:
        raise ApiRefusedError("invalid_arguments", f"must be at most {TITLE_MAX} characters [json-pointer:/title]")
