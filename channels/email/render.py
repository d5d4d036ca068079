"""What is delivered, as mails: text first, then HTML, with headers that keep threads together and loops apart. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import assert_never

from bot.ids import MailIds
from bot.places import Batch, Card, Decision, Delivery, Notice, Place, Progress, StatusLine, Text
from bot.visible import line, readable
from channels.email.addresses import base_of, reply_address, split
from channels.email.batch import batch_texts, news
from channels.email.cards import card_subject, card_text, decision_text
from channels.email.headers import message_ids
from channels.email.kinds import LOOP
from channels.email.long import Shown, shown
from channels.email.markers import OWN
from channels.email.page import Answering, card_page, decision_page, text_page
from channels.email.sent import Sent
from channels.email.settings import EmailSettings
from channels.email.threading import answer_index, begun, conversation, references

POLICY = SMTP.clone(max_line_length=998)
"""A shorter line would fold, and so corrupt, Message-IDs as long as Outlook's."""
_LONGEST_SUBJECT = 200


_BELOW = "You can answer by replying to this mail, as to the one that it follows."


@dataclass(frozen=True, slots=True)
class _Texts:
    subject: str
    text: str
    html: str
    reply_to: str
    call: Shown | None = None
    urgent: bool = False


def render(
    delivery: Delivery, previous: str | None, settings: EmailSettings, now: datetime | None = None
) -> EmailMessage:
    """Return the mail for a delivery; its Message-ID is the same at every try.

    With `previous` (what was kept of the mail that this one would replace, or belongs under), it follows that one in
    its thread: a mail cannot be changed any more. Raises AddressTooLongError, and ValueError if an address cannot
    stand in a mail.
    """
    delivery = delivery.model_copy(update={"content": news(delivery.content)})
    place, content = delivery.place, delivery.content
    via = place.via or settings.addresses[0]
    to = content.to if isinstance(content, Notice) else place.address
    before = Sent.read(previous) if previous else None
    made = _texts(delivery, before, via, settings)
    mail = EmailMessage(policy=POLICY)
    mail["From"] = _address(settings.name, via)
    mail["To"] = _address("", to)
    if copies := [address for address in read_by(delivery) if address != to]:
        mail["Cc"] = [_address("", address) for address in copies]
    mail["Subject"] = made.subject
    mail["Date"] = format_datetime(now or datetime.now(UTC))
    mail["Message-ID"] = MailIds(settings.secret).message_id(delivery.thread, delivery.id, split(via)[1])
    mail["Reply-To"] = _address("", made.reply_to)
    above = _above(place, before)
    if above:
        mail["In-Reply-To"] = above[-1]
        mail["References"] = " ".join(references(above))
    mail["Thread-Topic"] = made.subject.removeprefix("Re: ")
    if index := _index(place, above, str(mail["Message-ID"])):
        mail["Thread-Index"] = index
    if made.urgent:
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail[LOOP] = delivery.thread
    mail.set_content(made.text + "\n", cte="quoted-printable")
    mail.add_alternative(made.html, subtype="html", cte="quoted-printable")
    if made.call is not None and made.call.whole:
        mail.add_attachment(made.call.whole, filename=made.call.file, cte="quoted-printable")
    return mail


def read_by(delivery: Delivery) -> tuple[str, ...]:
    """Name those who are copied: they read answers, and nothing that asks somebody or belongs to a request."""
    is_answer = isinstance(delivery.content, Text) and not (delivery.under or delivery.valid_while)
    return delivery.place.cc if is_answer and delivery.place.thread else ()


def kept(delivery: Delivery, mail: EmailMessage) -> Sent:
    """Return what to keep of a mail that was sent, for those that are to follow it."""
    message_id = str(mail["Message-ID"])
    above = message_ids(str(mail["References"] or ""))
    root = "" if _within(delivery.place) or not above else above[0]
    # The subject of a conversation of someone else's is kept with its place.
    own = "" if _within(delivery.place) else str(mail["Subject"])
    match content := news(delivery.content):
        case Card():
            return Sent(message_id, content.request, own, root)
        case Batch():
            return Sent(message_id, content.latest or "", own, root)
        case Decision() | Text() | Notice() | StatusLine() | Progress():
            return Sent(message_id, root=root)
        case _:
            assert_never(content)


def _texts(delivery: Delivery, before: Sent | None, via: str, settings: EmailSettings) -> _Texts:
    place, content = delivery.place, delivery.content
    match content:
        case Card():
            call = shown(content)
            address = _answers_to(content.request, place.address, via, settings)
            subject = _subject(_within(place), card_subject(content))
            text = f"{OWN}\n\n{card_text(content, call.sections, call.warning)}"
            answering = Answering(address, subject if subject.startswith("Re: ") else f"Re: {subject}", OWN)
            page = card_page(content, call.sections, answering, call.warning)
            return _Texts(subject, text, page, address, call, content.urgency == "high")
        case Batch():
            subject = _subject(_within(place) or (before.subject if before else None), content.title)
            again = subject if subject.startswith("Re: ") else f"Re: {subject}"
            made = batch_texts(content, lambda request: _answers_to(request, place.address, via, settings), again, OWN)
            return _Texts(subject, made.text, made.html, base_of(via))
        case Decision():
            call = shown(content.card)
            subject = _subject(_within(place) or card_subject(content.card), "")
            text = decision_text(content, call.sections, call.warning)
            return _Texts(subject, text, decision_page(content, call.sections, call.warning), base_of(via), call)
        case Text() | Notice() | StatusLine() | Progress():
            told = readable(content.markdown).strip()
            request = _request_above(delivery, before)
            address = _answers_to(request, place.address, via, settings) if request else via
            below = f"\n\n{_BELOW}" if request else ""
            above = _within(place) or (before.subject if before and delivery.under else "")
            subject = _subject(above or place.subject, line(told.partition("\n")[0], 80) or "A message")
            return _Texts(subject, f"{OWN}\n\n{told}{below}", text_page(content.markdown + below, OWN), address)
        case _:
            assert_never(content)


def _request_above(delivery: Delivery, before: Sent | None) -> str:
    """Name the request under whose card something is said: an answer to it answers that request."""
    if delivery.under is None or not isinstance(delivery.content, Text):
        return ""
    return (before.request if before else "") or delivery.valid_while or ""


def _answers_to(request: str, to: str, via: str, settings: EmailSettings) -> str:
    """Return the address to which this person's answer to this request goes."""
    return reply_address(via, MailIds(settings.secret).reply_token(request, to), settings.addresses)


def _within(place: Place) -> str | None:
    """Return the subject of the conversation that a place is in, if it is in one."""
    return place.subject if place.thread else None


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


def _above(place: Place, before: Sent | None) -> list[str]:
    """The mails that this one follows, the first of the conversation first."""
    known = (place.thread, before.root if before else None, before.message_id if before else None)
    return [found for found in known if found and _is_id(found)]


def _index(place: Place, above: Sequence[str], message_id: str) -> str:
    """The Thread-Index; none in somebody else's conversation that has none: Outlook goes by References there."""
    if place.thread:
        return answer_index(place.index, message_id) if place.index and conversation(place.index) else ""
    return answer_index(begun(above[0]), message_id) if above else begun(message_id)


def _is_id(text: str) -> bool:
    return text.startswith("<") and text.endswith(">") and text.isprintable() and " " not in text
