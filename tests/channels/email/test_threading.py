"""What keeps conversations together in Gmail, Apple Mail and Outlook."""

from base64 import b64decode, b64encode

import pytest

from bot.places import Batch, Text
from channels.email.parse import read_mail
from channels.email.render import kept, render
from channels.email.sent import Sent
from channels.email.threading import MOST_REFERENCES, conversation, references
from tests.channels.email.arriving import sent
from tests.channels.email.cards import ANA, APPROVAL, APPROVED, ROB, delivery
from tests.channels.email.mails import SETTINGS, mail

THEIRS = b64encode(b"\x01" + bytes(range(21))).decode()
LATER = b64encode(b"\x01" + bytes(range(26))).decode()


def index_of(made: object) -> bytes:
    return b64decode(str(made))


def test_a_card_and_its_outcome_are_one_conversation_of_outlook() -> None:
    card = sent(APPROVAL)
    outcome = sent(APPROVED, previous=card["Message-ID"])
    first, second = index_of(card["Thread-Index"]), index_of(outcome["Thread-Index"])
    assert (len(first), len(second)) == (22, 27)
    assert second.startswith(first)
    assert card["Thread-Topic"] == outcome["Thread-Topic"]


def test_in_a_conversation_of_outlook_its_own_index_is_gone_on_with() -> None:
    made = sent(Text(markdown="x"), ANA.model_copy(update={"index": THEIRS}))
    assert index_of(made["Thread-Index"]).startswith(b64decode(THEIRS))
    assert len(index_of(made["Thread-Index"])) == 27


def test_a_conversation_without_one_gets_none() -> None:
    assert sent(Text(markdown="x"), ANA)["Thread-Index"] is None


def test_the_index_of_a_mail_is_read_without_its_answers() -> None:
    assert read_mail(mail(more={"Thread-Index": LATER})).index == THEIRS


@pytest.mark.parametrize("wrong", ["", "x", "====", b64encode(bytes(21)).decode(), b64encode(bytes(24)).decode()])
def test_what_is_none_is_not_gone_on_with(wrong: str) -> None:
    assert conversation(wrong) == ""


def test_a_mail_that_follows_two_others_names_both() -> None:
    first = delivery(APPROVAL)
    one = kept(first, render(first, None, SETTINGS))
    second = delivery(Batch(title="2 of 2", items=(APPROVAL, APPROVAL), latest="x"), ROB, "bbbbbbbbbbbbbbbb")
    two = kept(second, render(second, str(one), SETTINGS))
    third = render(delivery(APPROVED, ROB, "cccccccccccccccc"), str(two), SETTINGS)
    assert str(third["References"]).split() == [one.message_id, two.message_id]
    assert index_of(third["Thread-Index"])[:22] == index_of(render(first, None, SETTINGS)["Thread-Index"])


def test_what_is_kept_of_a_mail_is_read_as_it_was() -> None:
    for one in (Sent("<a@b>"), Sent("<a@b>", root="<c@d>"), Sent("<a@b>", "r", "A subject", "<c@d>")):
        assert Sent.read(str(one)) == one


def test_of_very_many_references_the_first_and_the_last_stay() -> None:
    found = references(f"<{n}@x>" for n in range(200))
    assert (len(found), found[0], found[-1]) == (MOST_REFERENCES, "<0@x>", "<199@x>")
