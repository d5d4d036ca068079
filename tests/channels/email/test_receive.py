"""What becomes of a mail: who may decide, what is a message, and who is told what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from redis.exceptions import RedisError

from bot.ids import MailIds
from bot.port import Answered, Asked, Inbound, Verdict
from channels.email.receive import Receiver
from tests.channels.email.cards import REQUEST, THREAD
from tests.channels.email.intake import RecordingIntake
from tests.channels.email.mails import SECRET, SETTINGS, mail, multipart

IDS = MailIds(SECRET)
ROB, EVE = "rob@acme.test", "eve@acme.test"
TO_ROB = f"bot+r.{IDS.reply_token(REQUEST, ROB)}@acme.test"
FORGED = "mx.acme.test; dmarc=fail header.from=acme.test"


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


async def test_a_mail_to_an_agent_is_a_message_in_its_own_thread(receiver: Receiver, intake: RecordingIntake) -> None:
    assert await receiver.take(mail("Deploy the backend\n\n-- \nRob")) == "taken"
    (found,) = intake.messages
    assert (found.text, found.title, found.starts) == ("Deploy the backend", "A question", True)
    assert (found.identity.proven, found.identity.key) == (True, "email:rob@acme.test")
    assert found.root == ("email", "<first@acme.test>", ROB)
    assert found.route_address == "deploy@acme.test"
    place = found.place
    assert (place.address, place.thread, place.via, place.subject) == (
        ROB,
        "<first@acme.test>",
        "deploy@acme.test",
        "A question",
    )


async def test_a_second_mail_of_the_same_conversation_has_the_same_root(
    receiver: Receiver, intake: RecordingIntake
) -> None:
    await receiver.take(mail())
    more = {"Message-ID": "<second@acme.test>", "In-Reply-To": "<first@acme.test>", "References": "<first@acme.test>"}
    await receiver.take(mail("And now?", more=more))
    assert intake.messages[0].root == intake.messages[1].root


async def test_a_reply_to_a_mail_of_ours_names_its_thread(receiver: Receiver, intake: RecordingIntake) -> None:
    ours = IDS.message_id(THREAD, "aaaabbbbccccdddd", "acme.test")
    await receiver.take(mail(more={"In-Reply-To": ours}))
    assert intake.messages[0].thread == THREAD


async def test_an_id_that_only_looks_like_ours_names_no_thread(receiver: Receiver, intake: RecordingIntake) -> None:
    await receiver.take(mail(more={"In-Reply-To": f"<{THREAD}.aaaabbbbccccdddd.{'a' * 13}@acme.test>"}))
    assert intake.messages[0].thread is None


async def test_a_forged_mail_is_nobodys_and_gets_into_nobodys_thread(
    receiver: Receiver, intake: RecordingIntake
) -> None:
    await receiver.take(mail())
    await receiver.take(mail("forged", auth=FORGED, more={"References": "<first@acme.test>"}))
    real, forged = intake.messages
    assert not forged.identity.proven
    assert forged.root != real.root


async def test_the_same_mail_is_taken_once(receiver: Receiver, intake: RecordingIntake) -> None:
    await receiver.take(mail())
    assert await receiver.take(mail(top="Delivered-To: bot@acme.test\r\n")) == "duplicate"
    assert len(intake.messages) == 1


async def test_a_forged_message_id_does_not_keep_the_real_mail_out(receiver: Receiver, intake: RecordingIntake) -> None:
    await receiver.take(mail("forged", auth=FORGED))
    await receiver.take(mail(auth=FORGED))  # the very text of the real one
    assert await receiver.take(mail()) == "taken"


async def test_a_mail_without_a_message_id_is_known_by_its_content(receiver: Receiver, intake: RecordingIntake) -> None:
    raw = mail().replace(b"Message-ID: <first@acme.test>\r\n", b"")
    assert await receiver.take(raw) == "taken"
    assert await receiver.take(raw) == "duplicate"
    assert intake.messages[0].place.thread is None


async def test_what_came_along_is_named_to_the_agent(receiver: Receiver, intake: RecordingIntake) -> None:
    part = 'Content-Type: text/csv; name="a.csv"\nContent-Disposition: attachment\n\n1,2'
    body, more = multipart("mixed", "Content-Type: text/plain\n\nLook", part)
    await receiver.take(mail(body, more=more))
    assert intake.messages[0].text == "Look\n\n[file: a.csv, text/csv, 3 bytes]"


@pytest.mark.parametrize("text", ["approve", "Approved!\n\nOn Fri, 20 Nov 2026, Bot <b@acme.test> wrote:\n> reject"])
async def test_an_approval_by_its_addressee_counts(receiver: Receiver, intake: RecordingIntake, text: str) -> None:
    assert await receiver.take(mail(text, to=TO_ROB)) == "answered"
    (found,) = intake.answers
    assert (found.request, found.answer, found.proof) == (REQUEST, "approve", "email:authserv")
    assert (found.identity.key, found.identity.proven) == ("email:rob@acme.test", True)
    assert intake.told == []


async def test_a_rejection_carries_its_reason(receiver: Receiver, intake: RecordingIntake) -> None:
    await receiver.take(mail("reject because of Monday", to=TO_ROB))
    assert (intake.answers[0].answer, intake.answers[0].text) == ("reject", "because of Monday")


async def test_a_token_that_only_the_envelope_has_counts(receiver: Receiver, intake: RecordingIntake) -> None:
    await receiver.take(mail("approve", to="Countersign <bot@acme.test>", top=f"Delivered-To: {TO_ROB}\r\n"))
    assert len(intake.answers) == 1


async def test_a_token_in_upper_case_counts(receiver: Receiver, intake: RecordingIntake) -> None:
    await receiver.take(mail("approve", to=TO_ROB.upper()))
    assert len(intake.answers) == 1


async def test_a_forged_approval_decides_nothing_and_is_said_so(receiver: Receiver, intake: RecordingIntake) -> None:
    assert await receiver.take(mail("approve", to=TO_ROB, auth=FORGED)) == "unproven"
    assert (intake.answers, intake.messages) == ([], [])
    assert "Nothing was decided" in intake.told[0].text


async def test_without_mail_auth_nobody_decides(intake: RecordingIntake) -> None:
    await Receiver(replace(SETTINGS, mail_auth=None), intake).take(mail("approve", to=TO_ROB))
    assert (intake.answers, intake.reasons()) == ([], ["unproven"])


async def test_somebody_else_with_the_token_decides_nothing(receiver: Receiver, intake: RecordingIntake) -> None:
    assert await receiver.take(mail("approve", to=TO_ROB, sender=EVE)) == "wrong_sender"
    assert (intake.answers, intake.messages) == ([], [])


async def test_a_made_up_token_decides_nothing(receiver: Receiver, intake: RecordingIntake) -> None:
    await receiver.take(mail("approve", to=f"bot+r.{REQUEST}@acme.test"))
    assert (intake.answers, intake.reasons()) == ([], ["wrong_sender"])


async def test_approve_without_the_reply_address_is_a_message(receiver: Receiver, intake: RecordingIntake) -> None:
    ours = IDS.message_id(THREAD, "aaaabbbbccccdddd", "acme.test")
    await receiver.take(mail("approve", more={"In-Reply-To": ours}))
    assert (len(intake.answers), len(intake.messages)) == (0, 1)


async def test_a_late_answer_is_told_what_became_of_it(receiver: Receiver, intake: RecordingIntake) -> None:
    intake.replies.append(Answered(accepted=False, reason="decided", text="Mia approved this already."))
    assert await receiver.take(mail("approve", to=TO_ROB)) == "not_counted:decided"
    place = intake.told[0].place
    assert place
    assert (intake.told[0].text, place.thread) == ("Mia approved this already.", "<first@acme.test>")


async def test_one_of_several_votes_is_told_that_it_counts(receiver: Receiver, intake: RecordingIntake) -> None:
    intake.replies.append(Answered(accepted=True, text="It needs another one.", pending=True))
    await receiver.take(mail("approve", to=TO_ROB))
    assert intake.reasons() == ["counted"]


@pytest.mark.parametrize(
    ("asked", "text", "answer"),
    [
        (Asked(thread=THREAD, kind="question", format="free_text", is_open=True), "Blue, please", ("say", None)),
        (
            Asked(thread=THREAD, kind="question", format="yes_no", options=("yes", "no"), is_open=True),
            "OK",
            ("choose", "yes"),
        ),
        (
            Asked(thread=THREAD, kind="doubt", options=("it_did", "run_it", "stop"), is_open=True),
            "2",
            ("choose", "run_it"),
        ),
    ],
)
async def test_questions_are_answered_by_mail(
    receiver: Receiver, intake: RecordingIntake, asked: Asked, text: str, answer: tuple[str, str | None]
) -> None:
    intake.requests[REQUEST] = asked
    await receiver.take(mail(text, to=TO_ROB))
    assert (intake.answers[0].answer, intake.answers[0].option) == answer


@pytest.mark.parametrize(
    "more",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List-Id": "<x>"},
        {"X-Countersign": THREAD},
        {"X-Failed-Recipients": "a@x.test"},
        {"Return-Path": "<>"},
    ],
)
async def test_a_program_never_decides_and_is_listed_but_never_answered(
    receiver: Receiver, intake: RecordingIntake, more: dict[str, str]
) -> None:
    await receiver.take(mail("approve", to=TO_ROB, more=more))
    assert (intake.answers, intake.messages) == ([], [])
    assert [telling.place for telling in intake.told] == [None]
    assert receiver.counts.total() == 1


@pytest.mark.parametrize(
    ("raw", "reason", "heard"),
    [
        (mail(to="nobody@acme.test"), "no_such_agent", "rob@acme.test"),
        (mail(more={"Content-Type": "text/calendar; method=REQUEST"}), "calendar", "rob@acme.test"),
        (mail("-----BEGIN PGP MESSAGE-----\n"), "encrypted", "rob@acme.test"),
        (mail(more={"FROM": "eve@evil.test"}), "several_from", None),
        (mail(sender="boss@corp.test <eve@evil.test>"), "bad_from", None),
        (mail(sender=""), "bad_from", None),
        (b"", "no_from", None),
    ],
)
async def test_what_is_not_taken_is_listed_and_told_where_somebody_can_be_told(
    receiver: Receiver, intake: RecordingIntake, raw: bytes, reason: str, heard: str | None
) -> None:
    assert await receiver.take(raw) == reason
    assert intake.reasons() == [reason]
    place = intake.told[0].place
    assert (place.address if place else None) == heard
    assert receiver.counts[reason] == 1


async def test_a_mail_to_nobody_is_answered_with_the_addresses(receiver: Receiver, intake: RecordingIntake) -> None:
    await receiver.take(mail(to="nobody@acme.test"))
    assert all(address in intake.told[0].text for address in SETTINGS.addresses)
    assert intake.told[0].a_day == 1


async def test_an_old_mail_is_listed_and_never_run(receiver: Receiver, intake: RecordingIntake) -> None:
    arrived = datetime.now(UTC) - timedelta(days=3, minutes=1)
    assert await receiver.take(mail("approve", to=TO_ROB), int(arrived.timestamp() * 1e6)) == "too_old"
    assert (intake.answers, intake.told[0].place) == ([], None)


async def test_when_the_store_is_away_the_mail_is_not_taken(receiver: Receiver, intake: RecordingIntake) -> None:
    intake.away = 1
    with pytest.raises(RedisError):
        await receiver.take(mail())
    assert await receiver.take(mail()) == "taken"


class BrokenIntake(RecordingIntake):
    """Refuses what it is given, as a value that nobody foresaw would."""

    async def message(self, inbound: Inbound) -> Verdict:
        raise ValueError(inbound.source)


async def test_a_mail_that_cannot_be_coped_with_is_listed_and_keeps_nobody_waiting() -> None:
    intake = BrokenIntake()
    assert await Receiver(SETTINGS, intake).take(mail()) == "unreadable"
    assert intake.reasons() == ["unreadable"]
