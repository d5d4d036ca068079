"""The local Slack's agent sessions and suggested prompts: what they take, what they refuse, and the Stop button."""

import pytest

from bot.playground.slack import App, SlackPeer
from bot.playground.slack.inputs import ControlRefusedError
from bot.playground.slack.models import ALL_SCOPES
from tests.helpers import wait_until
from tests.playground.slack.bolt import BoltBot
from tests.playground.slack.client import Call, CallRefusedError

SET, RENAME = "agents.sessions.setStatus", "agents.sessions.rename"
SUGGEST = "assistant.threads.setSuggestedPrompts"
PROMPT = {"title": "Deploy", "message": "deploy backend"}


def root(peer: SlackPeer) -> str:
    return peer.say("U0ANA", "deploys", "hello")


async def test_the_first_status_begins_a_session_and_only_then_its_title_counts(peer: SlackPeer, call: Call) -> None:
    ts = root(peer)
    first = await call(SET, channel_id="C0DEPLOYS", thread_ts=ts, status="processing", title="one")
    second = await call(SET, channel_id="C0DEPLOYS", thread_ts=ts, status="active", title="two")
    assert (first["title"], second["title"]) == ("one", "one")
    shown = next(channel for channel in peer.snapshot("U0ANA").channels if channel.id == "C0DEPLOYS").sessions[ts]
    assert (shown.status, shown.title, shown.can_stop) == ("active", "one", False)


async def test_a_session_is_renamed_if_there_is_one(peer: SlackPeer, call: Call) -> None:
    ts = root(peer)
    with pytest.raises(CallRefusedError, match="session_not_found"):
        await call(RENAME, channel_id="C0DEPLOYS", thread_ts=ts, title="x")
    await call(SET, channel_id="C0DEPLOYS", thread_ts=ts, status="active")
    await call(RENAME, channel_id="C0DEPLOYS", thread_ts=ts, title="x")
    assert peer.workspace.sessions["C0DEPLOYS", ts].title == "x"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"status": "busy"}, "invalid_arguments"),
        ({"status": "active", "title": "x" * 201}, "invalid_arguments"),
        ({"status": "active", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"status": "active", "thread_ts": ""}, "invalid_arguments"),
        ({"status": "active", "channel_id": "C0NONE"}, "channel_not_found"),
    ],
)
async def test_what_is_wrong_is_refused(peer: SlackPeer, call: Call, arguments: dict[str, str], code: str) -> None:
    with pytest.raises(CallRefusedError, match=code):
        await call(SET, **{"channel_id": "C0DEPLOYS", "thread_ts": root(peer), **arguments})


async def test_an_app_that_is_no_agent_has_no_sessions() -> None:
    app = App(scopes=ALL_SCOPES - {"assistant:write"})
    async with SlackPeer(app=app) as peer:
        from slack_sdk.web.async_client import AsyncWebClient  # noqa: PLC0415

        call = Call(AsyncWebClient(token=app.bot_token, base_url=peer.api_url))
        with pytest.raises(CallRefusedError, match="missing_scope"):
            await call(SET, channel_id="C0DEPLOYS", thread_ts=root(peer), status="active")


async def test_stop_is_there_while_it_is_at_work_and_tells_the_app(peer: SlackPeer, bot: BoltBot, call: Call) -> None:
    ts = root(peer)
    await call(SET, channel_id="C0DEPLOYS", thread_ts=ts, status="processing")
    peer.press_stop("U0ANA", "C0DEPLOYS", ts)
    await wait_until(lambda: any(one.type == "agent_session_stopped" for one in peer.attempts))
    assert peer.workspace.sessions["C0DEPLOYS", ts].status == "processing", "the app has to change it"
    await call(SET, channel_id="C0DEPLOYS", thread_ts=ts, status="suspended")
    with pytest.raises(ControlRefusedError):
        peer.press_stop("U0ANA", "C0DEPLOYS", ts)


async def test_prompts_are_offered_in_a_direct_message(peer: SlackPeer, call: Call) -> None:
    channel = peer.open_app("U0ANA")
    await call(SUGGEST, channel_id=channel, title="You could ask", prompts=[PROMPT])
    assert peer.workspace.suggested[channel].prompts[0].message == "deploy backend"


async def test_prompts_with_a_thread_are_set_nowhere(peer: SlackPeer, call: Call) -> None:
    channel = peer.open_app("U0ANA")
    await call(SUGGEST, channel_id=channel, thread_ts="1.1", prompts=[PROMPT])
    assert channel not in peer.workspace.suggested


@pytest.mark.parametrize("prompts", [[], [PROMPT] * 5, [{"title": "x"}]])
async def test_prompts_that_slack_does_not_take_are_refused(
    peer: SlackPeer, call: Call, prompts: list[dict[str, str]]
) -> None:
    with pytest.raises(CallRefusedError, match="invalid_arguments"):
        await call(SUGGEST, channel_id=peer.open_app("U0ANA"), prompts=prompts)
