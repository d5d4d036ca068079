"""What follows a card: words under it, and what became of it."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from bot.places import Place, Text
from channels.email.render import kept, render
from tests.channels.email.arriving import html_of, sent, text_of
from tests.channels.email.cards import ANA, APPROVAL, APPROVED, ROB, delivery
from tests.channels.email.mails import SETTINGS


def below(markdown: str, previous: str | None, place: Place = ROB) -> EmailMessage:
    made = delivery(Text(markdown=markdown), place).model_copy(update={"under": "aaaabbbbccccdddd"})
    return message_from_bytes(render(made, previous, SETTINGS).as_bytes(), policy=default)


def test_what_belongs_under_a_card_is_a_mail_in_its_conversation_and_answers_to_it_decide() -> None:
    card = sent(APPROVAL)
    mail = below("Since Monday.", str(kept(delivery(APPROVAL), card)))
    assert (mail["In-Reply-To"], mail["References"]) == (card["Message-ID"], card["Message-ID"])
    assert mail["Subject"] == f"Re: {card['Subject']}"
    assert mail["Reply-To"] == card["Reply-To"]
    assert "You can answer by replying to this mail" in text_of(mail)
    assert mail["Auto-Submitted"] == "auto-generated"


def test_under_a_card_in_another_conversation_its_subject_stays() -> None:
    card = sent(APPROVAL, ANA)
    mail = below("Since Monday.", str(kept(delivery(APPROVAL, ANA), card)), ANA)
    assert mail["Subject"] == card["Subject"] == "Re: Please deploy"
    assert mail["References"] == f"<first@acme.test> {card['Message-ID']}"


def test_what_belongs_under_a_card_that_was_never_sent_is_said_all_the_same() -> None:
    mail = below("Since Monday.", None)
    assert (mail["Subject"], mail["In-Reply-To"]) == ("Since Monday.", None)


def test_of_a_mail_of_someone_elses_conversation_no_subject_is_kept() -> None:
    assert "Please deploy" not in str(kept(delivery(APPROVAL, ANA), sent(APPROVAL, ANA)))


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ("edited", "Changed, and asked again, by Rob Wills: Deploy service."),
        ("given", "Given to somebody else by Rob Wills: Deploy service."),
    ],
)
def test_what_was_changed_or_given_on_needs_no_answer(result: str, told: str) -> None:
    mail = sent(APPROVED.model_copy(update={"outcome": result, "reason": "Changed: tag; it is asked again."}))
    for shown in (text_of(mail), html_of(mail)):
        assert told in shown
        assert "Changed: tag; it is asked again." in shown
        assert "It needs no answer any more." in shown
