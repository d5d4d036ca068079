"""Forms, over HTTP: what they offer, what the intake gets of them, and that a refusal loses nothing typed."""

from collections.abc import Mapping

import pytest

from bot.places import Card, EditField
from bot.playground.slack import Outcome, SlackPeer
from bot.playground.slack.inputs import Value
from bot.port import Answered, Asked, Candidate
from channels.slack import buttons
from channels.slack.forms import NO_GRANT, NOTHING_TO_EDIT, for_how_long
from channels.slack.sender import SlackChannel
from channels.slack.submissions import NOTHING_CHANGED
from channels.slack.wire import JsonObject, as_object, as_objects, as_text
from tests.channels.slack.cards import APPROVAL, REQUEST, TAG, THREAD, delivery
from tests.channels.slack.intake import RecordingIntake
from tests.helpers import wait_until

pytestmark = pytest.mark.usefixtures("slack")

FIELDS = (
    TAG,
    EditField(name="replicas", kind="whole", value=3),
    EditField(name="share", kind="number", value="12.50"),
    EditField(name="dry_run", kind="yes_no", value=False),
    EditField(name="region", kind="choice", value="eu", choices=("eu", "us")),
    EditField(name="labels", kind="json", value={"a": [1]}),
    EditField(name="note", kind="text", value=None, required=False),
)
ASKED = Asked(
    thread=THREAD,
    kind="approval",
    is_open=True,
    title="Deploy service",
    reject_reasons=("Too risky today", "Wrong version"),
    fields=FIELDS,
    may_grant_s=2 * 3600,
    candidates=(Candidate(person="bo", name="Bo Berg"), Candidate(person="mia", name="Mia Chen")),
)
CARD = APPROVAL.model_copy(update={"fields": FIELDS, "may_grant_s": 2 * 3600})


@pytest.fixture
def intake() -> RecordingIntake:
    made = RecordingIntake()
    made.request = ASKED
    return made


class Desk:
    """Rob, before a card."""

    def __init__(self, peer: SlackPeer, channel: SlackChannel) -> None:
        self.peer = peer
        self.channel = channel

    async def press(self, action: str, card: Card = CARD) -> Outcome:
        """Post the card and press a button of it; what is in the menu is pressed there."""
        ts = (await self.channel.deliver(delivery(card), None)).partition("/")[2]
        if card.may_grant_s and action in {buttons.GIVE, buttons.GRANT}:
            return await self.peer.click("U0ROB", "releases", ts, buttons.MORE, f"{action}|{REQUEST}")
        return await self.peer.click("U0ROB", "releases", ts, action)

    async def send(self, action: str, values: Mapping[str, Value]) -> Outcome:
        """Press, fill in the form that opens, and send it."""
        (view,) = (await self.press(action)).modals
        return await self.peer.submit_view("U0ROB", view, values)

    def modal(self) -> JsonObject:
        """The body of the open form."""
        (modal,) = self.peer.snapshot("U0ROB").modals
        return modal.body

    def inputs(self) -> dict[str, JsonObject]:
        """The inputs of the open form, by their labels."""
        blocks = [block for block in as_objects(self.modal()["blocks"]) if block["type"] == "input"]
        return {as_text(as_object(block["label"])["text"]): as_object(block["element"]) for block in blocks}

    def alone(self) -> list[str]:
        """What Rob alone sees."""
        return [message.text for message in self.peer.workspace.ephemerals if message.ephemeral_to == "U0ROB"]


@pytest.fixture
def rob(peer: SlackPeer, channel: SlackChannel) -> Desk:
    return Desk(peer, channel)


def labels(element: JsonObject) -> list[str]:
    """The labels of an input's options."""
    return [as_text(as_object(option["text"])["text"]) for option in as_objects(element["options"])]


async def test_a_rejection_offers_the_reasons_of_the_step_and_ones_own_words(
    rob: Desk, intake: RecordingIntake
) -> None:
    await rob.press(buttons.REJECT)
    assert labels(rob.inputs()["Why?"]) == ["Too risky today", "Wrong version"]
    await rob.send(buttons.REJECT, {"preset": "Wrong version", "text": "it is 1.4.1"})
    (answer,) = intake.answers
    assert (answer.answer, answer.text, answer.internal) == ("reject", "Wrong version: it is 1.4.1", "")


async def test_for_people_from_outside_a_reason_has_a_part_to_quote_and_one_that_stays(
    rob: Desk, intake: RecordingIntake
) -> None:
    intake.request = ASKED.model_copy(update={"outside": True, "reject_reasons": ()})
    await rob.press(buttons.REJECT)
    assert [*rob.inputs()] == ["What the customer may be told", "Internal, stays here"]
    await rob.send(buttons.REJECT, {"text": "We need a receipt.", "internal": "third time this week"})
    (answer,) = intake.answers
    assert (answer.text, answer.internal) == ("We need a receipt.", "third time this week")


async def test_the_form_for_an_edit_shows_each_field_as_it_is(rob: Desk) -> None:
    await rob.press(buttons.EDIT)
    shown = rob.inputs()
    assert {label: element["type"] for label, element in shown.items()} == {
        "tag": "plain_text_input",
        "replicas": "number_input",
        "share": "number_input",
        "dry_run": "radio_buttons",
        "region": "static_select",
        "labels": "plain_text_input",
        "note": "plain_text_input",
    }
    assert [shown[name]["initial_value"] for name in ("tag", "replicas", "share")] == ["v1.4.0", "3", "12.50"]
    assert as_object(shown["region"]["initial_option"])["text"] == {"type": "plain_text", "text": "eu", "emoji": False}
    assert "The version to deploy" in str(rob.modal())


async def test_an_edit_carries_only_what_was_changed_as_it_was_typed(rob: Desk, intake: RecordingIntake) -> None:
    typed: dict[str, Value] = {
        "field-0": "v1.4.1",
        "field-1": "3",
        "field-2": "12.5",
        "field-3": "yes",
        "field-4": "us",
        "field-5": '{"a":[1]}',
        "field-6": "after lunch",
    }
    await rob.send(buttons.EDIT, typed)
    (answer,) = intake.answers
    assert answer.answer == "edit"
    assert answer.edits == {"tag": "v1.4.1", "dry_run": True, "region": "us", "note": "after lunch"}


async def test_an_edit_that_changes_nothing_is_told_in_the_form(rob: Desk, intake: RecordingIntake) -> None:
    outcome = await rob.send(buttons.EDIT, {})
    assert outcome.errors == {"field-0": NOTHING_CHANGED}
    assert not intake.answers


async def test_what_is_wrong_with_an_edit_stands_beside_its_field_and_what_was_typed_stays(
    rob: Desk, intake: RecordingIntake
) -> None:
    problems = {"replicas": "Input should be less than 10"}
    text = "Nothing was changed: replicas: Input should be less than 10."
    intake.replies.append(Answered(accepted=False, reason="unfit", text=text, problems=problems))
    outcome = await rob.send(buttons.EDIT, {"field-1": "40"})
    assert outcome.errors == {"field-1": "Input should be less than 10"}
    again = await rob.peer.submit_view("U0ROB", outcome.modals[0], {"field-1": "4"})
    assert not again.modals
    assert [answer.edits for answer in intake.answers] == [{"replicas": "40"}, {"replicas": "4"}]


async def test_a_refusal_about_no_field_keeps_the_form_too(rob: Desk, intake: RecordingIntake) -> None:
    text = "The thread is busy just now: please try once more."
    intake.replies.append(Answered(accepted=False, reason="changed", text=text))
    assert (await rob.send(buttons.EDIT, {"field-0": "v2"})).errors == {"field-0": text}


async def test_words_that_come_too_late_are_shown_again_so_that_they_are_not_lost(
    rob: Desk, intake: RecordingIntake
) -> None:
    intake.replies.append(Answered(accepted=False, reason="decided", text="Mia approved this already."))
    await rob.send(buttons.ASK, {"text": "Is <this> the hotfix?"})
    assert "Mia approved this already." in str(rob.modal())
    assert "Is <this> the hotfix?" in str(rob.modal())
    assert rob.modal()["submit"] is None


async def test_a_value_too_long_for_a_form_is_named_and_never_cut(rob: Desk, intake: RecordingIntake) -> None:
    sql = EditField(name="sql", kind="text", value="x" * 5_000)
    intake.request = ASKED.model_copy(update={"fields": (TAG, sql)})
    await rob.press(buttons.EDIT)
    assert [*rob.inputs()] == ["tag"]
    assert "Too long to be changed in Slack: sql." in str(rob.modal())


async def test_a_call_without_fields_for_a_form_is_told_and_opens_none(rob: Desk, intake: RecordingIntake) -> None:
    intake.request = ASKED.model_copy(update={"fields": ()})
    assert not (await rob.press(buttons.EDIT)).modals
    assert await wait_until(rob.alone) == [NOTHING_TO_EDIT]


async def test_a_question_to_the_agent_is_said_and_confirmed(rob: Desk, intake: RecordingIntake) -> None:
    intake.replies.append(Answered(accepted=True, text="I passed your question on."))
    await rob.send(buttons.ASK, {"text": "Who tested it?"})
    (answer,) = intake.answers
    assert (answer.answer, answer.text) == ("say", "Who tested it?")
    assert await wait_until(rob.alone) == ["I passed your question on."]


async def test_it_is_given_to_one_of_those_who_may_have_it(rob: Desk, intake: RecordingIntake) -> None:
    await rob.press(buttons.GIVE)
    assert labels(rob.inputs()["To whom?"]) == ["Bo Berg", "Mia Chen"]
    await rob.send(buttons.GIVE, {"to": "Bo Berg"})
    (answer,) = intake.answers
    assert (answer.answer, answer.to) == ("give", "bo")


async def test_without_a_list_anybody_of_the_workspace_can_be_named(rob: Desk, intake: RecordingIntake) -> None:
    intake.request = ASKED.model_copy(update={"candidates": ()})
    await rob.send(buttons.GIVE, {"to": "U0MIA"})
    assert intake.answers[0].to == "T0ACME/U0MIA"


async def test_a_while_is_offered_up_to_what_is_allowed_with_a_warning_and_the_end(rob: Desk) -> None:
    await rob.press(buttons.GRANT)
    (element,) = rob.inputs().values()
    spans = [label.partition(" (until ")[0] for label in labels(element)]
    assert spans == ["15 minutes", "1 hour", "2 hours"]
    assert all(label.endswith(" UTC)") for label in labels(element))
    assert "without asking anybody" in str(rob.modal())


async def test_approving_for_a_while_is_an_approval_with_its_seconds(rob: Desk, intake: RecordingIntake) -> None:
    await rob.send(buttons.GRANT, {"seconds": "3600"})
    assert [(answer.answer, answer.grant_s) for answer in intake.answers] == [("approve", 3600)]


async def test_no_while_is_offered_where_none_is_allowed(rob: Desk, intake: RecordingIntake) -> None:
    intake.request = ASKED.model_copy(update={"may_grant_s": 0})
    assert not (await rob.press(buttons.GRANT)).modals
    assert await wait_until(rob.alone) == [NO_GRANT]


@pytest.mark.parametrize("action", [buttons.REJECT, buttons.EDIT, buttons.ASK, buttons.GIVE, buttons.GRANT])
async def test_no_form_opens_for_what_is_closed_and_that_is_told(
    rob: Desk, intake: RecordingIntake, action: str
) -> None:
    intake.request = ASKED.model_copy(update={"is_open": False})
    outcome = await rob.press(action)
    assert (outcome.acked, outcome.modals) == (True, ())
    assert "closed" in (await wait_until(rob.alone))[0]


async def test_while_the_store_is_away_no_form_opens_and_slack_says_to_try_again(
    rob: Desk, intake: RecordingIntake
) -> None:
    intake.away = 1
    outcome = await rob.press(buttons.EDIT)
    assert (outcome.acked, outcome.modals) == (False, ())


async def test_a_form_that_cannot_be_stored_stays_open_with_what_was_typed(rob: Desk, intake: RecordingIntake) -> None:
    (view,) = (await rob.press(buttons.ASK)).modals
    intake.away = 1
    outcome = await rob.peer.submit_view("U0ROB", view, {"text": "Who tested it?"})
    assert (outcome.acked, outcome.modals) == (False, (view,))


@pytest.mark.parametrize(
    ("seconds", "expected"), [(900, "15 minutes"), (5400, "1 hour 30 minutes"), (100_800, "1 day 4 hours")]
)
def test_a_span_is_said_in_words(seconds: int, expected: str) -> None:
    assert for_how_long(seconds) == expected
