"""What is delivered, as mails: text first, then HTML, with headers that keep threads together and loops apart. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import assert_never

from bot.ids import MailIds
from bot.places import Card, Decision, Delivery, Notice, StatusLine, Text
from bot.visible import line, readable
from channels.email.addresses import base_of, reply_address, split
from channels.email.cards import card_text, card_title, decision_text
from channels.email.kinds import LOOP
from channels.email.markers import OWN
from channels.email.page import card_page, decision_page, text_page
from channels.email.settings import EmailSettings

POLICY = SMTP.clone(max_line_length=998)
"""A shorter line would fold, and so corrupt, Message-IDs as long as Outlook's."""
_LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class _Texts:
    subject: str
    text: str
    html: str
    reply_to: str


def render(
    delivery: Delivery, previous: str | None, settings: EmailSettings, now: datetime | None = None
) -> EmailMessage:
    """Return the mail for a delivery; its Message-ID is the same at every try.

    With `previous` (the Message-ID of the mail that this one would replace), it follows that one in its thread: a
    mail cannot be changed any more. Raises AddressTooLongError, and ValueError if an address cannot stand in a mail.
    """
    place, content = delivery.place, delivery.content
    via = place.via or settings.addresses[0]
    to = content.to if isinstance(content, Notice) else place.address
    made = _texts(delivery, via, to, settings)
    mail = EmailMessage(policy=POLICY)
    mail["From"] = _address(settings.name, via)
    mail["To"] = _address("", to)
    mail["Subject"] = made.subject
    mail["Date"] = format_datetime(now or datetime.now(UTC))
    mail["Message-ID"] = MailIds(settings.secret).message_id(delivery.thread, delivery.id, split(via)[1])
    mail["Reply-To"] = _address("", made.reply_to)
    above = [found for found in (place.thread, previous) if found and _is_id(found)]
    if above:
        mail["In-Reply-To"] = above[-1]
        mail["References"] = " ".join(dict.fromkeys(above))
    mail["Thread-Topic"] = made.subject.removeprefix("Re: ")
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail[LOOP] = delivery.thread
    mail.set_content(made.text + "\n", cte="quoted-printable")
    mail.add_alternative(made.html, subtype="html", cte="quoted-printable")
    return mail


def _texts(delivery: Delivery, via: str, to: str, settings: EmailSettings) -> _Texts:
    place, content = delivery.place, delivery.content
    match content:
        case Card():
            token = MailIds(settings.secret).reply_token(content.request, to)
            address = reply_address(via, token, settings.addresses)
            subject = _subject(place.subject if place.thread else None, card_title(content))
            text = f"{OWN}\n\n{card_text(content)}"
            answer = subject if subject.startswith("Re: ") else f"Re: {subject}"
            return _Texts(subject, text, card_page(content, address, answer, OWN), address)
        case Decision():
            subject = _subject(place.subject if place.thread else card_title(content.card), "")
            return _Texts(subject, decision_text(content), decision_page(content), base_of(via))
        case Text() | Notice() | StatusLine():
            told = readable(content.markdown).strip()
            subject = _subject(place.subject, line(told.partition("\n")[0], 80) or "A message")
            marked = f"{OWN}\n\n{told}"
            return _Texts(subject, marked, text_page(content.markdown, OWN), via)
        case _:
            assert_never(content)


def _subject(thread: str | None, otherwise: str) -> str:
    """Return `Re: ` and the thread's subject, or a new one; on one line, whatever stands in it."""
    text = line(thread or otherwise, _LONGEST_SUBJECT)
    while thread and text[:3].lower() == "re:":
        text = text[3:].lstrip()
    return f"Re: {text}" if thread else text


def _address(name: str, address: str) -> Address:
    """Return a header value that cannot be two addresses. Raises ValueError for what is none."""
    local, domain = split(address)
    if not local or not domain or not address.isprintable():
        raise ValueError("that is no mail address")
    return Address(display_name=line(name, 80), username=local, domain=domain)


def _is_id(text: str) -> bool:
    return text.startswith("<") and text.endswith(">") and text.isprintable() and " " not in text
