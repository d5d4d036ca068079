"""Clicks and forms into answers, over HTTP: what the intake gets, and what whoever clicked gets to see."""

import pytest

from bot.places import Card
from bot.playground.slack import Outcome, SlackPeer
from bot.playground.slack.wire import as_object
from bot.port import Answered
from channels.slack import buttons
from channels.slack.app import SlackApp
from channels.slack.interactions import NO_FORM, UNKNOWN
from channels.slack.sender import SlackChannel
from tests.channels.slack.cards import APPROVAL, DOUBT, OPEN_QUESTION, QUESTION, REQUEST, delivery
from tests.channels.slack.intake import RecordingIntake
from tests.helpers import wait_until

REFUSED = Answered(accepted=False, reason="not_allowed", text="This is for the role *release* to answer.")


async def posted(channel: SlackChannel, content: Card) -> str:
    """Post a card in #releases and return its ts."""
    return (await channel.deliver(delivery(content), None)).partition("/")[2]


def alone(peer: SlackPeer, user: str) -> list[str]:
    """What this person alone sees."""
    return [message.text for message in peer.workspace.ephemerals if message.ephemeral_to == user]


async def form(peer: SlackPeer, channel: SlackChannel, content: Card, action: str) -> str:
    """Post the card, open its form as Rob, and return the form's id."""
    outcome = await peer.click("U0ROB", "releases", await posted(channel, content), action)
    (view,) = outcome.modals
    return view


@pytest.mark.usefixtures("slack")
async def test_a_click_on_approve_is_an_answer_by_whoever_clicked(
    peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake
) -> None:
    outcome = await peer.click("U0ROB", "releases", await posted(channel, APPROVAL), buttons.APPROVE)
    assert outcome.acked
    (answer,) = intake.answers
    assert (answer.request, answer.answer, answer.option, answer.proof) == (REQUEST, "approve", None, "slack")
    assert answer.identity.key == "slack:T0ACME/U0ROB"


@pytest.mark.usefixtures("slack")
async def test_a_refused_click_is_told_to_that_person_alone(
    peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake
) -> None:
    intake.replies.append(REFUSED)
    await peer.click("U0ZED", "releases", await posted(channel, APPROVAL), buttons.APPROVE)
    await wait_until(lambda: alone(peer, "U0ZED"))
    assert "release" in alone(peer, "U0ZED")[0]
    assert len(peer.workspace.messages("C0RELEASES")) == 1, "nobody else sees anything new"


@pytest.mark.usefixtures("slack")
async def test_a_click_that_counts_is_confirmed_too_so_that_one_of_two_approvals_is_not_met_with_silence(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    await peer.click("U0ROB", "releases", await posted(channel, APPROVAL), buttons.APPROVE)
    assert await wait_until(lambda: alone(peer, "U0ROB")) == ["Your answer was taken."]


@pytest.mark.usefixtures("slack")
async def test_a_refusal_appears_in_the_thread_where_the_card_stands(
    peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake
) -> None:
    root = peer.say("U0ANA", "deploys", "@bot deploy")
    place = delivery(APPROVAL).place.model_copy(update={"address": "T0ACME/C0DEPLOYS", "thread": root})
    ts = (await channel.deliver(delivery(APPROVAL, place), None)).partition("/")[2]
    intake.replies.append(REFUSED)
    await peer.click("U0ZED", "deploys", ts, buttons.APPROVE)
    await wait_until(lambda: alone(peer, "U0ZED"))
    assert peer.workspace.ephemerals[0].thread_ts == root


@pytest.mark.usefixtures("slack")
async def test_a_refusal_reaches_someone_in_a_direct_message(
    peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake
) -> None:
    place = delivery(APPROVAL).place.model_copy(update={"address": "T0ACME/U0ROB"})
    direct, _, ts = (await channel.deliver(delivery(APPROVAL, place), None)).partition("/")
    intake.replies.append(REFUSED)
    await peer.click("U0ROB", direct, ts, buttons.APPROVE)
    assert await wait_until(lambda: alone(peer, "U0ROB"))


@pytest.mark.usefixtures("slack")
async def test_a_person_who_cannot_be_shown_anything_in_the_channel_gets_a_direct_message(
    peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake
) -> None:
    intake.replies.append(REFUSED)
    ts = await posted(channel, APPROVAL)
    peer.fail_next("chat.postEphemeral", error="user_not_in_channel")
    await peer.click("U0ZED", "releases", ts, buttons.APPROVE)
    direct = peer.workspace.dm("U0ZED").id
    assert await wait_until(lambda: peer.workspace.messages(direct))


async def test_a_click_that_cannot_be_stored_is_not_acknowledged_so_slack_says_to_try_again(
    peer: SlackPeer, slack: SlackApp, channel: SlackChannel, intake: RecordingIntake
) -> None:
    intake.away = 1
    ts = await posted(channel, APPROVAL)
    outcome: Outcome = await peer.click("U0ROB", "releases", ts, buttons.APPROVE)
    assert (outcome.acked, outcome.status) == (False, 500)
    assert outcome.notice
    assert slack.tally.counts["failed:AwayError"] == 1
    again = await peer.click("U0ROB", "releases", ts, buttons.APPROVE)
    assert again.acked


@pytest.mark.usefixtures("slack")
async def test_two_clicks_are_two_inputs_with_names_of_their_own(
    peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake
) -> None:
    ts = await posted(channel, APPROVAL)
    await peer.click("U0ROB", "releases", ts, buttons.APPROVE)
    await peer.click("U0ROB", "releases", ts, buttons.APPROVE)
    assert len({answer.source for answer in intake.answers}) == 2


@pytest.mark.usefixtures("slack")
@pytest.mark.parametrize(
    ("card", "option"), [(QUESTION, "frontend"), (DOUBT, "it_did"), (DOUBT, "run_it"), (DOUBT, "stop")]
)
async def test_a_choice_arrives_as_the_option_itself(
    peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake, card: Card, option: str
) -> None:
    await peer.click("U0ROB", "releases", await posted(channel, card), f"{buttons.CHOOSE}{option}")
    assert (intake.answers[0].answer, intake.answers[0].option) == ("choose", option)


@pytest.mark.usefixtures("slack")
async def test_reject_asks_for_a_reason_and_decides_nothing_before_it_is_sent(
    peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake
) -> None:
    view = await form(peer, channel, APPROVAL, buttons.REJECT)
    assert not intake.answers
    outcome = await peer.submit_view("U0ROB", view, {"text": "v1.4.0 broke staging"})
    assert (outcome.acked, outcome.modals) == (True, ())
    (answer,) = intake.answers
    assert (answer.request, answer.answer, answer.text) == (REQUEST, "reject", "v1.4.0 broke staging")


@pytest.mark.usefixtures("slack")
async def test_a_rejection_needs_no_reason(peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake) -> None:
    await peer.submit_view("U0ROB", await form(peer, channel, APPROVAL, buttons.REJECT), {})
    assert (intake.answers[0].answer, intake.answers[0].text) == ("reject", "")


@pytest.mark.usefixtures("slack")
async def test_a_refused_rejection_is_told_in_the_form(
    peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake
) -> None:
    view = await form(peer, channel, APPROVAL, buttons.REJECT)
    intake.replies.append(REFUSED)
    outcome = await peer.submit_view("U0ROB", view, {"text": "no"})
    assert outcome.modals == (view,)
    body = peer.snapshot("U0ROB").modals[0].body
    assert "This is for the role" in str(body["blocks"])
    assert body["submit"] is None


@pytest.mark.usefixtures("slack")
async def test_a_question_is_answered_in_words_by_a_form(
    peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake
) -> None:
    view = await form(peer, channel, OPEN_QUESTION, buttons.SAY)
    await peer.submit_view("U0ROB", view, {"text": "both, <please>"})
    assert (intake.answers[0].answer, intake.answers[0].text) == ("say", "both, <please>")


@pytest.mark.usefixtures("slack")
async def test_a_form_that_slack_does_not_open_is_told(peer: SlackPeer, channel: SlackChannel) -> None:
    ts = await posted(channel, APPROVAL)
    peer.fail_next("views.open", error="expired_trigger_id")
    outcome = await peer.click("U0ROB", "releases", ts, buttons.REJECT)
    assert outcome.acked
    assert await wait_until(lambda: alone(peer, "U0ROB")) == [NO_FORM]


@pytest.mark.usefixtures("slack")
async def test_a_button_of_an_older_version_is_said_to_be_unknown(
    peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake
) -> None:
    ts = await posted(channel, APPROVAL)
    message = peer.workspace.message("C0RELEASES", ts)
    renamed = [{**as_object(block)} for block in message.blocks]
    for block in renamed:
        if block["type"] == "actions":
            block["elements"] = [
                {"type": "button", "action_id": "old", "text": {"type": "plain_text", "text": "Old"}, "value": "1"}
            ]
    peer.workspace.edit(message.model_copy(update={"blocks": tuple(renamed)}), by="U0BOT")
    outcome = await peer.click("U0ROB", "releases", ts, "old")
    assert outcome.acked
    assert await wait_until(lambda: alone(peer, "U0ROB")) == [UNKNOWN]
    assert not intake.answers
