"""Several requests in one mail: each with its own address, and outcomes told as ever."""

import re
from email.message import EmailMessage
from urllib.parse import unquote

from bot.ids import MailIds, RequestIds
from bot.places import Batch, Delivery
from channels.email.addresses import reply_address
from channels.email.render import kept, render
from tests.channels.email.cards import APPROVAL, APPROVED, REQUEST, ROB, THREAD, delivery
from tests.channels.email.mails import SECRET, SETTINGS

OTHER = RequestIds(SECRET).make(THREAD, 9)
SECOND = APPROVAL.model_copy(update={"request": OTHER, "title": "Restart service", "arguments": {"service": "shop"}})
BOTH = Batch(title="2 of 2 requests to be decided", items=(APPROVAL, SECOND), latest=OTHER)


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def page(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def address(request: str) -> str:
    """Where Rob's answer to this request goes."""
    token = MailIds(SECRET).reply_token(request, ROB.address)
    return reply_address(SETTINGS.addresses[0], token, SETTINGS.addresses)


def test_each_request_is_answered_at_an_address_of_its_own() -> None:
    mail = render(delivery(BOTH), None, SETTINGS)
    for request in (REQUEST, OTHER):
        assert f"Answers to this one go to {address(request)}" in text(mail)


def test_the_buttons_of_each_request_begin_a_mail_to_its_own_address() -> None:
    html = page(render(delivery(BOTH), None, SETTINGS))
    linked = re.findall(r'"mailto:([^?]+)[^"]*body=approve"', html)
    assert [unquote(found) for found in linked] == [address(REQUEST), address(OTHER)]


def test_a_plain_reply_goes_where_it_decides_nothing() -> None:
    mail = render(delivery(BOTH), None, SETTINGS)
    assert mail["Reply-To"].addresses[0].addr_spec == SETTINGS.addresses[0]
    assert "decides nothing" in text(mail)
    assert "decides nothing" in page(mail)


def test_every_call_is_shown_whole_in_both_forms() -> None:
    mail = render(delivery(BOTH), None, SETTINGS)
    for shown in (text(mail), page(mail)):
        assert all(word in shown for word in ("v1.4.0", "0f3c2d1", "shop", "2 of 2 requests to be decided"))


def test_it_follows_the_mail_that_asked_first() -> None:
    first = delivery(APPROVAL)
    above = str(kept(first, render(first, None, SETTINGS)))
    mail = render(delivery(BOTH, delivery_id="bbbbccccddddeeee"), above, SETTINGS)
    assert mail["In-Reply-To"] == above.split(" ", maxsplit=1)[0]
    assert str(mail["Subject"]).startswith("Re: Approval needed: Deploy service")


def test_what_is_said_below_it_later_is_about_the_request_that_it_brought() -> None:
    made = delivery(BOTH)
    assert kept(made, render(made, None, SETTINGS)).request == OTHER


def test_an_outcome_in_a_batch_is_the_same_mail_as_that_of_a_single_request() -> None:
    batch = Batch(title="1 of 2 requests to be decided", items=(APPROVED, SECOND), latest=REQUEST)
    assert without_boundary(delivery(batch)) == without_boundary(delivery(APPROVED))


def without_boundary(made: Delivery) -> list[str]:
    mail = render(made, None, SETTINGS)
    return [str(mail["Subject"]), str(mail["Reply-To"]), text(mail), page(mail)]


def test_a_batch_of_one_is_a_plain_request() -> None:
    batch = Batch(title="1 of 1 requests to be decided", items=(APPROVAL,), latest=REQUEST)
    assert without_boundary(delivery(batch)) == without_boundary(delivery(APPROVAL))


def test_earlier_outcomes_are_told_in_a_line_when_another_request_is_added() -> None:
    batch = Batch(title="1 of 2 requests to be decided", items=(APPROVED, SECOND), latest=OTHER)
    mail = render(delivery(batch), None, SETTINGS)
    assert "Approved by Rob Wills: Deploy service." in text(mail)
    assert text(mail).count("Answers to this one") == 1
