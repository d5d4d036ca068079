"""Mails as they arrive: written, and parsed again."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from bot.places import Content, Place
from channels.email.render import render
from tests.channels.email.cards import delivery
from tests.channels.email.mails import SETTINGS


def sent(content: Content, place: Place | None = None, previous: str | None = None) -> EmailMessage:
    """The mail as it arrives: written, and parsed again."""
    made = delivery(content, place) if place else delivery(content)
    raw = render(made, previous, SETTINGS).as_bytes()
    return message_from_bytes(raw, policy=default)


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part
    return str(part.get_content())
