"""Replies to a request that do more than approve or reject: who hears what of them."""

from typing import Literal

import pytest

from bot.ids import MailIds
from bot.port import Answered, Asked
from channels.email.receive import Receiver
from tests.channels.email.cards import FULL, REQUEST, THREAD
from tests.channels.email.intake import RecordingIntake
from tests.channels.email.mails import SECRET, SETTINGS, mail

TO_ROB = f"bot+r.{MailIds(SECRET).reply_token(REQUEST, 'rob@acme.test')}@acme.test"
ASKED = Asked(
    thread=THREAD,
    kind="approval",
    is_open=True,
    fields=FULL.fields,
    reject_reasons=FULL.reject_reasons,
    may_grant_s=FULL.may_grant_s,
    outside=True,
)


@pytest.fixture
def intake() -> RecordingIntake:
    """An intake that knows one open request for an approval."""
    intake = RecordingIntake()
    intake.requests[REQUEST] = Asked(thread=THREAD, kind="approval", is_open=True)
    return intake


@pytest.fixture
def receiver(intake: RecordingIntake) -> Receiver:
    """The receiver in front of it."""
    return Receiver(SETTINGS, intake)


async def test_anything_but_a_decision_is_a_question_to_the_agent_and_its_sender_hears_how_to_decide(
    receiver: Receiver, intake: RecordingIntake
) -> None:
    """It is no message: whoever waits in the thread would read the answer."""
    assert await receiver.take(mail("approve, but not before Monday", to=TO_ROB)) == "answered"
    assert [(found.answer, found.text) for found in intake.answers] == [("say", "approve, but not before Monday")]
    assert intake.messages == []
    assert intake.told[0].text.startswith("I passed your question to the agent; nothing was decided.")
    assert "nothing but the word approve" in intake.told[0].text


async def test_a_question_by_somebody_who_may_not_answer_is_told_so(
    receiver: Receiver, intake: RecordingIntake
) -> None:
    intake.replies.append(Answered(accepted=False, reason="not_allowed", text="This is for finance to answer."))
    assert await receiver.take(mail("Since when?", to=TO_ROB)) == "not_counted:not_allowed"
    assert (intake.messages, [told.text for told in intake.told]) == ([], ["This is for finance to answer."])


async def test_a_question_to_a_request_that_was_asked_anew_is_told_what_became_of_it(
    receiver: Receiver, intake: RecordingIntake
) -> None:
    intake.requests[REQUEST] = ASKED.model_copy(update={"is_open": False})
    intake.replies.append(Answered(accepted=False, reason="decided", text="Mia changed this; it is asked again."))
    await receiver.take(mail("Since when?", to=TO_ROB))
    assert (intake.messages, intake.told[0].text) == ([], "Mia changed this; it is asked again.")


@pytest.mark.parametrize("kind", ["doubt", "question"])
@pytest.mark.parametrize("text", ["Which one do you mean?", "yes, but first tell me"])
async def test_what_is_no_option_is_a_question_to_the_agent(
    receiver: Receiver, intake: RecordingIntake, kind: Literal["doubt", "question"], text: str
) -> None:
    intake.requests[REQUEST] = Asked(thread=THREAD, kind=kind, options=("yes", "no"), is_open=True)
    await receiver.take(mail(text, to=TO_ROB))
    assert (intake.answers[0].answer, intake.messages, intake.reasons()) == ("say", [], ["counted"])


async def test_a_closed_question_keeps_nobody_from_going_on_with_the_conversation(
    receiver: Receiver, intake: RecordingIntake
) -> None:
    intake.requests[REQUEST] = Asked(thread=THREAD, kind="question", options=("yes", "no"), is_open=False)
    assert await receiver.take(mail("And another thing", to=TO_ROB)) == "taken"
    assert (intake.answers, intake.told, intake.messages[0].thread) == ([], [], THREAD)


async def test_words_to_operators_about_a_stuck_thread_are_a_message(
    receiver: Receiver, intake: RecordingIntake
) -> None:
    intake.requests[REQUEST] = Asked(thread=THREAD, kind="stuck", options=("go_on", "stop"), is_open=True)
    await receiver.take(mail("Use the other shop", to=TO_ROB))
    assert (intake.answers, intake.messages[0].text) == ([], "Use the other shop")
    assert intake.reasons() == ["not_a_decision"]


@pytest.mark.parametrize("text", ["", "> approve", "---------- Forwarded message ---------\napprove"])
async def test_a_reply_without_new_text_decides_nothing_and_passes_nothing_on(
    receiver: Receiver, intake: RecordingIntake, text: str
) -> None:
    assert await receiver.take(mail(text, to=TO_ROB)) == "unclear"
    assert (intake.answers, intake.messages) == ([], [])
    assert intake.told[0].text.startswith("Nothing was decided. I found no new text")


async def test_an_edit_is_told_back_with_before_and_after(receiver: Receiver, intake: RecordingIntake) -> None:
    intake.requests[REQUEST] = ASKED
    intake.replies.append(Answered(accepted=True, text="It is asked again."))
    assert await receiver.take(mail("tag: v1.5.0\nnote: |\n| a\n| b", to=TO_ROB)) == "answered"
    assert (intake.answers[0].answer, intake.answers[0].edits) == ("edit", {"tag": "v1.5.0", "note": "a\nb"})
    (told,) = intake.told
    assert told.text == "It is asked again.\n\nI understood:\n\n- tag: v1.4.0 → v1.5.0\n- note: First line reject → a b"


async def test_an_edit_that_does_not_fit_is_told_why(receiver: Receiver, intake: RecordingIntake) -> None:
    intake.requests[REQUEST] = ASKED
    intake.replies.append(Answered(accepted=False, reason="unfit", text="Nothing was changed: tag: too long."))
    assert await receiver.take(mail("tag: v1", to=TO_ROB)) == "not_counted:unfit"
    assert intake.told[0].text == "Nothing was changed: tag: too long."


async def test_approve_among_changes_decides_nothing_and_is_told_how(
    receiver: Receiver, intake: RecordingIntake
) -> None:
    intake.requests[REQUEST] = ASKED
    assert await receiver.take(mail("approve\ntag: v1.5.0", to=TO_ROB)) == "unclear"
    assert (intake.answers, intake.messages) == ([], [])
    assert "somebody else approves it" in intake.told[0].text
    assert "`name: value` (service, tag, note, story)" in intake.told[0].text


async def test_an_approval_for_a_while_is_told_back(receiver: Receiver, intake: RecordingIntake) -> None:
    intake.requests[REQUEST] = ASKED
    await receiver.take(mail("approve for 30m", to=TO_ROB))
    assert (intake.answers[0].answer, intake.answers[0].grant_s) == ("approve", 1_800)
    assert "without asking for 30m" in intake.told[0].text


async def test_a_request_is_given_to_whoever_is_named(receiver: Receiver, intake: RecordingIntake) -> None:
    await receiver.take(mail("give to: Bo Berg", to=TO_ROB))
    assert (intake.answers[0].answer, intake.answers[0].to) == ("give", "Bo Berg")


async def test_the_internal_part_of_a_reason_is_apart(receiver: Receiver, intake: RecordingIntake) -> None:
    intake.requests[REQUEST] = ASKED
    await receiver.take(mail("reject 1\n\ninternal: a known fraud", to=TO_ROB))
    assert (intake.answers[0].text, intake.answers[0].internal) == ("Too early", "a known fraud")


async def test_what_is_marked_as_internal_is_never_passed_on_as_a_question(
    receiver: Receiver, intake: RecordingIntake
) -> None:
    intake.requests[REQUEST] = ASKED
    await receiver.take(mail("I do not like it\n\ninternal: a known fraud", to=TO_ROB))
    assert (intake.answers, intake.messages, intake.reasons()) == ([], [], ["unclear"])
