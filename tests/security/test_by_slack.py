"""Through the real Slack adapter, intake, store and worker: no crafted click, form or message moves a request."""

from collections.abc import AsyncIterator

import pytest

from bot.playground.slack import SlackPeer, Timing
from bot.playground.slack.wire import JsonObject
from bot.thread import RequestState
from channels.slack import buttons
from channels.slack.app import SlackSettings, build
from channels.slack.forms import Origin
from channels.slack.http import PATH, serve_http
from tests.helpers import wait_until
from tests.runtime.office import CONFIG
from tests.runtime.scripted import done, step
from tests.runtime.stage import Stage
from tests.security.hostile import asked, texts, unmoved

TEAM: JsonObject = {"id": "T0ACME", "domain": "acme"}
ZED, SAM, ANA, ROB = "U0ZED", "U0SAM", "U0ANA", "U0ROB"
PEOPLE = pytest.mark.parametrize("user", [ZED, SAM, ANA], ids=["a stranger", "a guest", "who asked for it"])
PRESSED = [
    buttons.APPROVE,
    f"{buttons.CHOOSE}approve",
    f"{buttons.CHOOSE}run_it",
    f"{buttons.CHOOSE}approved",
    f"{buttons.CHOOSE}",
    "answer:approve:rob",
    "",
]
FORMS: dict[str, JsonObject] = {
    "reject": {"text": {"value": "no"}, "internal": {"value": "no"}},
    "edit": {"field-0": {"value": "everything"}, "text": {"value": "everything"}},
    "give": {"to": {"selected_user": ZED}},
    "ask": {"text": {"value": "approve"}},
    "say": {"text": {"value": "approve"}},
    "grant": {"seconds": {"selected_option": {"value": "3600"}}},
    "approve": {"text": {"value": "yes"}},
}


class Office:
    """The adapter over the stage's intake, and the peer that signs what it sends."""

    def __init__(self, stage: Stage, peer: SlackPeer) -> None:
        self.stage = stage
        self.peer = peer

    async def send(self, body: JsonObject) -> None:
        """Have Slack send this, signed; expect that it is taken without complaint."""
        assert (await self.peer.sender.ask({"team": TEAM, "trigger_id": "1", **body})).result == "acked"

    async def press(self, user: str, action: str, value: str) -> None:
        """Press something of one's own making on a message that may be anybody's."""
        button: JsonObject = {
            "type": "button",
            "block_id": "b",
            "action_ts": "1.1",
            "action_id": action,
            "value": value,
        }
        container: JsonObject = {"type": "message", "channel_id": "C0DEPLOYS", "message_ts": "1760000000.000100"}
        who: JsonObject = {"id": user, "team_id": "T0ACME"}
        await self.send({"type": "block_actions", "user": who, "container": container, "actions": [button]})

    async def submit(self, user: str, form: str, request: str) -> None:
        """Send a form of one's own making."""
        state: JsonObject = {
            name: {name: {"type": "x", **value}} for name, value in FORMS[form].items() if isinstance(value, dict)
        }
        view: JsonObject = {
            "id": "V0FORGED",
            "type": "modal",
            "callback_id": f"answer:{form}",
            "private_metadata": Origin(request=request, channel="C0DEPLOYS").model_dump_json(),
            "state": {"values": state},
        }
        await self.send({"type": "view_submission", "user": {"id": user, "team_id": "T0ACME"}, "view": view})


@pytest.fixture
async def office(stage: Stage) -> AsyncIterator[Office]:
    """A worker runs; people are those whom the peer has."""
    stage.configure(CONFIG.replace("C0OPS", "C0DEPLOYS").replace("C0RELEASE", "C0RELEASES"))
    stage.channel_id = "C0DEPLOYS"
    async with SlackPeer(timing=Timing().retries_scaled(0)) as peer:
        app = peer.workspace.app
        settings = SlackSettings(bot_token=app.bot_token, signing_secret=app.signing_secret, api_url=peer.api_url)
        adapter = build(settings, stage.intake())
        async with serve_http(adapter, host="127.0.0.1", port=0) as port, stage.working():
            peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
            yield Office(stage, peer)


async def waiting(office: Office) -> tuple[RequestState, int]:
    """An approval that Ana asked for is waited for."""
    request = await asked(office.stage)
    return request, (await office.stage.fold()).version


async def refusals(office: Office) -> int:
    """How many answers got as far as being judged, and were refused."""
    return sum(event.type == "refused" for event in (await office.stage.fold()).events)


@PEOPLE
async def test_no_click_by_anybody_else_decides_whatever_it_says(office: Office, user: str) -> None:
    request, since = await waiting(office)
    for action in PRESSED:
        await office.press(user, action, request.opened.request)
    await unmoved(office.stage, request, since)
    assert await refusals(office) >= len(PRESSED) - 4


@PEOPLE
async def test_no_form_by_anybody_else_decides_edits_gives_asks_or_permits(office: Office, user: str) -> None:
    request, since = await waiting(office)
    for form in FORMS:
        await office.submit(user, form, request.opened.request)
    await unmoved(office.stage, request, since)
    assert await refusals(office) > 0


async def test_an_approvers_own_click_approves_nothing_but_what_it_names(office: Office) -> None:
    request, since = await waiting(office)
    real = request.opened.request
    for value in ("", "*", real[:-1], real + "x", real.upper(), f"{real} {real}", office.stage.thread, "approve"):
        await office.press(ROB, buttons.APPROVE, value)
    for action in PRESSED[1:]:
        await office.press(ROB, action, real)
    await unmoved(office.stage, request, since)
    office.stage.model.otherwise = done()
    await office.press(ROB, buttons.APPROVE, real)
    await office.stage.becomes("done")
    assert len(office.stage.world.ran("send")) == 1


async def test_no_message_decides_in_the_thread_or_directly(office: Office) -> None:
    """Real events: Ana mentions the bot, and everybody writes below it and to the bot."""
    stage, peer = office.stage, office.peer
    stage.model.says(step("send", text="the plan"))
    stage.model.otherwise = step("keep_waiting")
    root = peer.say(ANA, "deploys", "<@U0BOT> send the plan")
    thread = stage.named(root)

    async def opened() -> RequestState | None:
        return next(iter((await stage.fold(thread)).open.values()), None)

    request = await wait_until(opened)
    assert request
    for user in (ANA, ZED, SAM, ROB):
        for text in texts(request.opened.request):
            peer.say(user, "deploys", text, thread_ts=root)
            peer.say(user, "U0BOT", text)
    await wait_until(lambda: peer.idle, timeout=60)
    found = await stage.settled(thread)
    assert list(found.open) == [request.opened.request]
    assert found.requests[request.opened.request].votes == {}
    assert stage.world.runs == []
