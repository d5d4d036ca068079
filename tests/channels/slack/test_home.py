"""The Home tab: what somebody finds there, that deciding there is deciding on the card, and that it always fits."""

from dataclasses import replace
from typing import Any

import pytest

from bot.places import Card
from bot.playground.slack import SlackPeer
from bot.port import Answered
from channels.slack import buttons
from channels.slack.app import SlackApp
from channels.slack.checks import view_faults
from channels.slack.desk_rows import NO_AGENTS, NO_THREADS, NOTHING_WAITS
from channels.slack.home import REFRESH, REVOKE, Shown, home_view
from channels.slack.wire import JsonObject, as_object, as_objects, as_text
from tests.channels.slack.cards import APPROVAL, DOUBT, OPEN_QUESTION, QUESTION, REQUEST, STUCK
from tests.channels.slack.desks import ALLOWED, DEPLOY, MINE, NOW, LaidDesk, LaidDesks, waiting
from tests.channels.slack.intake import RecordingIntake
from tests.channels.slack.surfaces import desk, desks, heard, links, said, ways
from tests.helpers import wait_until

__all__ = ["desk", "desks", "heard", "ways"]


def body(peer: SlackPeer, user: str = "U0ROB") -> JsonObject:
    """The Home tab as it stands; empty if there is none."""
    view = peer.core.surfaces.home(user)
    return view.body if view else {}


def words(peer: SlackPeer, user: str = "U0ROB") -> str:
    return said(as_objects(body(peer, user).get("blocks")))


def actions(view: JsonObject) -> list[str]:
    """The ids of the buttons."""
    rows = [block for block in as_objects(view.get("blocks")) if block["type"] == "actions"]
    return [as_text(element.get("action_id")) for row in rows for element in as_objects(row["elements"])]


def published(peer: SlackPeer, user: str) -> str:
    """What tells one Home tab from the one before it; empty if there is none."""
    view = peer.core.surfaces.home(user)
    return view.hash if view else ""


async def opened(peer: SlackPeer, user: str = "U0ROB") -> str:
    """Open the Home tab, and return the words of what is published then."""
    before = published(peer, user)
    peer.open_app(user, "home")
    await wait_until(lambda: published(peer, user) != before)
    return words(peer, user)


async def press(peer: SlackPeer, action: str, value: str) -> None:
    """Press a button in Rob's Home tab, and wait until it is published anew."""
    view = peer.core.surfaces.home("U0ROB")
    assert view
    assert (await peer.click_view("U0ROB", view.id, action, value)).acked
    await wait_until(lambda: published(peer, "U0ROB") != view.hash)


@pytest.mark.usefixtures("ways")
async def test_whoever_opens_it_finds_all_that_concerns_them(peer: SlackPeer, desk: LaidDesk) -> None:
    desk.requests, desk.mine, desk.known, desk.allowed = [waiting()], [MINE], [DEPLOY], [ALLOWED]
    told = await opened(peer)
    for part in ("Deploy service", "v1.4.0", "deploy backend v1.4.0", "deploys services", 'service = "backend"'):
        assert part in told
    assert links(body(peer).get("blocks"))[0] == f"{peer.url}/archives/C0RELEASES/p1760000001000200"


@pytest.mark.usefixtures("ways")
async def test_where_there_is_nothing_it_says_so(peer: SlackPeer) -> None:
    told = await opened(peer)
    assert all(part in told for part in (NOTHING_WAITS, NO_THREADS, NO_AGENTS))
    assert actions(body(peer)) == [REFRESH]


async def test_the_other_tab_publishes_nothing(peer: SlackPeer, heard: SlackApp) -> None:
    peer.open_app("U0ROB", "messages")
    await wait_until(lambda: peer.idle)
    await heard.close()
    assert "views.publish" not in peer.webapi.calls


@pytest.mark.usefixtures("ways")
async def test_whoever_has_no_desk_finds_the_usual_words(peer: SlackPeer, desks: LaidDesks, desk: LaidDesk) -> None:
    desks.refusal = "Sorry, I do not take requests from you here."
    desk.requests = [waiting()]
    assert await opened(peer, "U0SAM") == desks.refusal


@pytest.mark.usefixtures("ways")
async def test_approving_there_is_the_same_answer_as_on_the_card(
    peer: SlackPeer, desk: LaidDesk, intake: RecordingIntake
) -> None:
    desk.requests = [waiting()]
    await opened(peer)
    intake.replies.append(Answered(accepted=True, text="You approved this."))
    desk.requests = []
    await press(peer, buttons.APPROVE, REQUEST)
    (answer,) = intake.answers
    assert (answer.answer, answer.request, answer.proof) == ("approve", REQUEST, "slack")
    assert answer.identity.key == "slack:T0ACME/U0ROB"
    assert words(peer).startswith("You approved this.")
    assert NOTHING_WAITS in words(peer)
    assert peer.workspace.ephemerals == []


@pytest.mark.usefixtures("heard")
async def test_why_it_did_not_count_is_said_there(peer: SlackPeer, desk: LaidDesk, intake: RecordingIntake) -> None:
    desk.requests = [waiting()]
    await opened(peer)
    intake.replies.append(Answered(accepted=False, reason="decided", text="Mia approved this already."))
    await press(peer, buttons.APPROVE, REQUEST)
    assert words(peer).startswith("Mia approved this already.")


@pytest.mark.usefixtures("ways")
async def test_a_form_that_is_opened_there_is_answered_there(
    peer: SlackPeer, desk: LaidDesk, intake: RecordingIntake
) -> None:
    desk.requests = [waiting()]
    await opened(peer)
    view = peer.core.surfaces.home("U0ROB")
    assert view
    (modal,) = (await peer.click_view("U0ROB", view.id, buttons.REJECT, REQUEST)).modals
    intake.replies.append(Answered(accepted=True, text="You rejected this."))
    await peer.submit_view("U0ROB", modal, {"text": "not today"})
    await wait_until(lambda: words(peer).startswith("You rejected this."))
    assert [(answer.answer, answer.text) for answer in intake.answers] == [("reject", "not today")]
    assert peer.workspace.ephemerals == []


@pytest.mark.usefixtures("heard")
async def test_while_the_store_is_away_slack_says_to_try_again_and_the_buttons_stay(
    peer: SlackPeer, desk: LaidDesk, intake: RecordingIntake
) -> None:
    desk.requests = [waiting()]
    await opened(peer)
    view = peer.core.surfaces.home("U0ROB")
    assert view
    intake.away = 1
    assert not (await peer.click_view("U0ROB", view.id, buttons.APPROVE, REQUEST)).acked
    assert buttons.APPROVE in actions(body(peer))


@pytest.mark.usefixtures("ways")
async def test_a_permission_is_taken_back_once_that_is_confirmed(peer: SlackPeer, desk: LaidDesk) -> None:
    desk.allowed = [ALLOWED]
    await opened(peer)
    rows = [block for block in as_objects(body(peer)["blocks"]) if block["type"] == "actions"]
    (button,) = (one for row in rows for one in as_objects(row["elements"]) if one["action_id"] == REVOKE)
    assert as_object(button["confirm"])["title"]
    await press(peer, REVOKE, ALLOWED.grant)
    assert words(peer).startswith("Taken back: this call is asked again from now on.")
    assert REVOKE not in actions(body(peer))


@pytest.mark.usefixtures("heard")
async def test_nobody_takes_anything_back_who_has_no_desk(peer: SlackPeer, desks: LaidDesks, desk: LaidDesk) -> None:
    desk.allowed = [ALLOWED]
    await opened(peer)
    desks.refusal = "Sorry, I do not take requests from you here."
    await press(peer, REVOKE, ALLOWED.grant)
    assert desk.allowed == [ALLOWED]
    assert words(peer).startswith(desks.refusal)


@pytest.mark.usefixtures("ways")
async def test_refreshing_shows_what_is_so_by_now(peer: SlackPeer, desk: LaidDesk) -> None:
    await opened(peer)
    desk.requests = [waiting()]
    await press(peer, REFRESH, "refresh")
    assert "Deploy service" in words(peer)


async def test_a_home_tab_that_cannot_be_published_is_counted(peer: SlackPeer, heard: SlackApp) -> None:
    peer.fail_next("views.publish", error="fatal_error")
    peer.open_app("U0ROB", "home")
    await wait_until(lambda: heard.tally.counts["untold:fatal_error"] == 1)
    assert await opened(peer)


def shown(*cards: Card, **more: Any) -> JsonObject:  # noqa: ANN401  # further fields
    """The Home tab with these requests."""
    laid = [waiting(card) for card in cards]
    base = Shown(waiting=laid, account="T0ACME/U0ROB", home="https://acme.slack.com/", now=NOW)
    return home_view(replace(base, **more))


@pytest.mark.parametrize("card", [APPROVAL, QUESTION, OPEN_QUESTION, DOUBT, STUCK])
def test_each_kind_of_request_has_the_buttons_of_its_card(card: Card) -> None:
    own = [
        as_text(element.get("action_id"))
        for row in buttons.rows(card, whole=True)
        for element in as_objects(row["elements"])
    ]
    assert actions(shown(card)) == [REFRESH, *own]


def test_a_call_that_is_too_long_is_not_decided_there_but_leads_to_its_card() -> None:
    long = APPROVAL.model_copy(update={"arguments": {"sql": "x" * 20_000}})
    view = shown(long)
    assert actions(view) == [REFRESH]
    assert "open the card" in said(as_objects(view["blocks"]))
    assert links(view["blocks"]) == ["https://acme.slack.com/archives/C0RELEASES/p1760000001000200"]


def test_however_much_there_is_it_fits_and_says_what_is_not_shown() -> None:
    big = APPROVAL.model_copy(update={"arguments": {"sql": "x" * 3_500}, "why": "y" * 900})
    view = shown(
        *[big] * 40, threads=[MINE] * 60, agents=[DEPLOY] * 60, permissions=[ALLOWED] * 60, note="<!channel> " * 500
    )
    assert [*view_faults(view)] == []
    told = said(as_objects(view["blocks"]))
    assert "more. Decide some of these and refresh" in told
    assert "and 48 more" in told
    assert "and 52 more: bot grants lists them" in told.replace("`", "")


def test_nothing_that_others_wrote_is_markup() -> None:
    evil = "<!channel> <@U0ROB> *b* <https://evil.test|here>"
    view = shown(
        APPROVAL.model_copy(update={"title": evil, "why": evil, "asked_by": evil, "arguments": {"x": evil}}),
        threads=[MINE.model_copy(update={"title": evil, "agent": evil})],
        agents=[DEPLOY.model_copy(update={"name": evil, "description": evil})],
        permissions=[ALLOWED.model_copy(update={"step": evil, "arguments": {evil: evil}})],
        note=evil,
    )
    marked = [block for block in as_objects(view["blocks"]) if as_object(block.get("text")).get("type") == "mrkdwn"]
    assert all("<!channel>" not in str(block) and "<@U0ROB>" not in str(block) for block in marked)
    assert set(links(view["blocks"])) == {
        "https://acme.slack.com/archives/C0RELEASES/p1760000001000200",
        "https://acme.slack.com/archives/C0DEPLOYS/p1760000000000100",
    }
