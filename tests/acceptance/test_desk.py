"""The Home tab, the slash command and the shortcut, in separate processes: what is done there is done for everybody."""

from pathlib import Path

import pytest

from bot.playground.slack import SlackPeer
from bot.playground.slack.models import View
from tests.acceptance.hands import ASK, approve_for_a_while, done, happened, is_closed, request_at, tags_run
from tests.acceptance.people import asking
from tests.acceptance.stage import DEPLOYS, Stage
from tests.helpers import wait_until

WAYS = pytest.mark.parametrize("socket_mode", [False, True], ids=["http", "socket"])


async def home(slack: SlackPeer, user: str) -> View:
    """Open somebody's Home tab, and return what the bot publishes."""
    before = slack.core.surfaces.home(user)
    slack.open_app(user, "home")
    return await changed(slack, user, before)


async def changed(slack: SlackPeer, user: str, before: View | None) -> View:
    """Wait until somebody's Home tab is published anew."""

    def found() -> View | None:
        now = slack.core.surfaces.home(user)
        return now if now is not None and (before is None or now.hash != before.hash) else None

    view = await wait_until(found, timeout=15, what=f"a Home tab of {user}")
    assert view is not None
    return view


async def typed(slack: SlackPeer, user: str, text: str) -> str:
    """Type a command in #deploys, and return all that is answered to that person alone."""
    before = len(slack.workspace.ephemerals)
    outcome = await slack.command(user, "#deploys", text)
    assert outcome.acked, outcome.notice
    await wait_until(lambda: len(slack.workspace.ephemerals) > before, timeout=15)
    answer = slack.workspace.ephemerals[-1]
    assert answer.ephemeral_to == user
    return str(answer.blocks)


@WAYS
async def test_what_is_approved_in_the_home_tab_runs_once_and_closes_the_card(
    tmp_path: Path, *, socket_mode: bool
) -> None:
    """Rob decides at home; the card in the channel shows it; Mia, who still sees the button at hers, hears who did."""
    async with Stage(tmp_path, socket_mode=socket_mode) as stage:
        await stage.start("slack" if socket_mode else "web", "worker")
        stage.mention(ASK)
        card = await stage.card()
        request = request_at(stage, card)
        robs, mias = await home(stage.slack, "U0ROB"), await home(stage.slack, "U0MIA")
        assert request in str(robs.body)
        assert (await stage.slack.click_view("U0ROB", robs.id, "answer:approve", request)).acked
        assert "You approved this." in str((await changed(stage.slack, "U0ROB", robs)).body)
        await done(stage)
        await stage.slack.click_view("U0MIA", mias.id, "answer:approve", request)
        after = str((await changed(stage.slack, "U0MIA", mias)).body)
        assert "Rob Wills" in after
        assert request not in after
        await wait_until(lambda: is_closed(stage, card))
        assert "Approved by Rob Wills" in stage.shown(card)
        assert tags_run(stage) == ["v1.4.0"]


async def test_a_permission_is_found_and_taken_back_in_the_home_tab(tmp_path: Path) -> None:
    async with Stage(tmp_path, people=asking(release='grants = "4h"')) as stage:
        await stage.start("web", "worker")
        stage.mention(ASK)
        await approve_for_a_while(stage, "U0ROB", await stage.card(), 900)
        await done(stage)
        view = await home(stage.slack, "U0ROB")
        assert (await stage.slack.click_view("U0ROB", view.id, "home:revoke")).acked
        assert "Taken back" in str((await changed(stage.slack, "U0ROB", view)).body)
        assert (await stage.bot("grants", "--json")).out == ""
        stage.mention(ASK)
        await stage.card(2)


@WAYS
async def test_a_command_cancels_ones_own_thread_and_nobody_elses(tmp_path: Path, *, socket_mode: bool) -> None:
    async with Stage(tmp_path, socket_mode=socket_mode) as stage:
        await stage.start("slack" if socket_mode else "web", "worker")
        root = stage.mention(ASK)
        card = await stage.card()
        assert "waits for somebody" in await typed(stage.slack, "U0ANA", "/bot threads")
        link = f"{stage.slack.url}/archives/{DEPLOYS}/p{root.replace('.', '')}".replace("http:", "https:")
        assert "There is no thread" in await typed(stage.slack, "U0ZED", f"/bot cancel {link}")
        assert await stage.statuses() == ["waiting"]
        assert "cancelled; whoever was asked is told" in await typed(stage.slack, "U0ANA", f"/bot cancel {link}")
        await happened(stage, "cancelled")
        await wait_until(lambda: is_closed(stage, card))
        assert tags_run(stage) == []


async def test_a_guest_gets_nothing_and_that_is_on_record(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.start("web", "worker")
        stage.mention(ASK)
        await stage.card()
        for text in ("/bot", "/bot threads all", "/bot requests", "/bot status"):
            assert "Sorry, I do not take requests from you here." in await typed(stage.slack, "U0SAM", text)
        view = await home(stage.slack, "U0SAM")
        assert "Sorry, I do not take requests from you here." in str(view.body)
        assert "v1.4.0" not in str(view.body)
        assert "no_desk" in (await stage.bot("dead", "--json")).out


async def test_a_message_is_asked_about_and_answered_in_its_thread_for_whoever_asked(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.start("web", "worker")
        ts = stage.slack.say("U0ROB", "#deploys", "The frontend is odd. deploy frontend v1.4.0 to production")
        (view,) = (await stage.slack.shortcut("U0ANA", "#deploys", ts, "ask_about_message")).modals
        asked = {"question": "what is deployed?", "agent": "deploy"}
        assert (await stage.slack.submit_view("U0ANA", view, asked)).acked
        await done(stage)
        assert "Ana Lima asks about a message by Rob Wills" in stage.said(ts)[0]
        (thread,) = await stage.threads()
        assert thread.principal_id == "ana"
        assert not thread.requests
