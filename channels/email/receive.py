"""What becomes of a mail: an answer, a message, words back to its sender, or an entry in the list of refusals."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import assert_never

from bot.identity import EmailIdentity
from bot.ids import MailIds
from bot.places import Place
from bot.port import AnswerInbound, Asked, Inbound, Returned, Telling, TextIntake
from channels.email.addresses import addressed, split, token_in
from channels.email.answers import echo, how, is_question_back, understand
from channels.email.copies import copied
from channels.email.decision import Answer, Unclear
from channels.email.dkim import TxtLookup, dns_txt
from channels.email.mail import Mail, Sender
from channels.email.parse import BIGGEST, read_mail
from channels.email.refusals import TELLINGS, Refused
from channels.email.settings import EmailSettings

_log = logging.getLogger("channels.email")
TOO_OLD = timedelta(days=3)
_SILENT = frozenset({"own", "auto_reply", "bounce", "list"})  # listed, never answered, and they never decide


class Receiver:
    """Takes mails one by one. When `take` returns, what was to be kept of the mail is kept.

    `counts` has every mail by what became of it.
    """

    def __init__(
        self,
        settings: EmailSettings,
        intake: TextIntake,
        *,
        lookup: TxtLookup = dns_txt,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the intake, and how DKIM keys are looked up."""
        self._settings = settings
        self._intake = intake
        self._lookup = lookup
        self._clock = clock
        self._ids = MailIds(settings.secret)
        self.counts: Counter[str] = Counter()

    async def take(self, raw: bytes, arrived: int | None = None) -> str:
        """Take one mail, which arrived at this time (us); return what became of it, as it is counted.

        Raises redis errors if that could not be stored: then the mail must be taken again.
        """
        read = partial(read_mail, raw, self._settings.mail_auth, self._lookup)
        mail = await asyncio.to_thread(read)
        try:
            became = await self._judge(mail, arrived or self._now())
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            # One mail that we cannot cope with must not keep all those behind it waiting.
            said = "a mail could not be taken (%s); it is listed"
            _log.error(said, type(error).__name__)  # no traceback: it could show what is in it
            became = await self._refuse(mail, Refused.UNREADABLE)
        self.counts[became] += 1
        return became

    async def too_big(self, mailbox: str, name: str, size: int) -> None:
        """List a mail that was not even fetched."""
        source = f"email:{mailbox}:{name}:{size} bytes of at most {BIGGEST}"
        await self._intake.tell(Telling(reason=Refused.TOO_BIG, source=source, who=f"email:{mailbox}"))
        self.counts[Refused.TOO_BIG] += 1

    async def unreadable(self, mailbox: str, name: str) -> None:
        """List a mail that the server does not hand out."""
        telling = Telling(reason=Refused.UNREADABLE, source=f"email:{mailbox}:{name}", who=f"email:{mailbox}")
        await self._intake.tell(telling)
        self.counts[Refused.UNREADABLE] += 1

    async def _judge(self, mail: Mail, arrived: int) -> str:
        if mail.refusal is not None or mail.sender is None:
            return await self._refuse(mail, mail.refusal or Refused.NO_FROM)
        if mail.kind == "bounce":
            return await self._bounce(mail)
        if mail.kind in _SILENT:
            return await self._refuse(mail, Refused(mail.kind))
        if datetime.fromtimestamp(arrived / 1_000_000, UTC) < self._clock() - TOO_OLD:
            return await self._refuse(mail, Refused.TOO_OLD)
        token = token_in(mail.recipients, self._settings.addresses)
        via = addressed(mail.recipients, self._settings.addresses)
        if via is None:
            return await self._refuse(mail, Refused.NO_SUCH_AGENT, addresses=", ".join(self._settings.addresses))
        match mail.kind:
            case "calendar":
                return await self._refuse(mail, Refused.CALENDAR)
            case "encrypted":
                return await self._refuse(mail, Refused.ENCRYPTED)
            case _:
                pass
        if token is not None:
            return await self._reply(mail, mail.sender, token, via, arrived)
        return await self._message(mail, mail.sender, via, arrived)

    async def _bounce(self, mail: Mail) -> str:
        """A report about a mail of ours leads to what that was about; any other one is listed alone."""
        found, ours = mail.bounced, self._ids.delivery_of((mail.bounced and mail.bounced.message_id) or "")
        if found is None or ours is None:
            return await self._refuse(mail, Refused.BOUNCE)
        thread, delivery = ours
        for one in found.failed:
            await self._intake.returned(
                Returned(
                    thread=thread,
                    delivery=delivery,
                    channel="email",
                    recipient=one.recipient.casefold(),
                    status=one.status,
                    for_good=one.for_good,
                )
            )
        return await self._refuse(mail, Refused.BOUNCE, thread=thread)

    async def _reply(self, mail: Mail, sender: Sender, token: str, via: str, arrived: int) -> str:
        """A reply to a request: token, sender and proof must agree before its words are looked at."""
        request = self._ids.request_of(token, sender.address)
        asked = await self._intake.asked(request) if request else None
        if request is None or asked is None:
            return await self._refuse(mail, Refused.WRONG_SENDER)
        if not mail.proof.ok:
            return await self._refuse(mail, Refused.UNPROVEN, thread=asked.thread)
        said = understand(asked, mail, f"{sender.name} {split(sender.address)[0]}")
        match said:
            case Answer():
                return await self._answer(mail, sender, request, asked, said)
            case Unclear():
                return await self._refuse(mail, Refused.UNCLEAR, thread=asked.thread, why=said.why, how=how(asked))
            case None:
                became = await self._message(mail, sender, via, arrived, thread=asked.thread)
                if asked.is_open:
                    await self._refuse(mail, Refused.NOT_A_DECISION, thread=asked.thread, how=how(asked))
                return became
            case _:
                assert_never(said)

    async def _answer(self, mail: Mail, sender: Sender, request: str, asked: Asked, said: Answer) -> str:
        """Hand an answer to the core, and tell its sender what no mail about the outcome tells."""
        answered = await self._intake.answer(
            AnswerInbound(
                source=mail.source,
                request=request,
                identity=EmailIdentity(address=sender.address, name=sender.name, proven=True),
                proof=mail.proof.how,
                answer=said.answer,
                option=said.option,
                text=said.text,
                internal=said.internal,
                edits=dict(said.edits),
                to=said.to,
                grant_s=said.grant_s,
            )
        )
        if not answered.accepted:
            await self._refuse(mail, Refused.NOT_COUNTED, thread=asked.thread, answer=answered.text)
            return f"not_counted:{answered.reason}"
        if answered.pending or said.grant_s or said.answer == "edit" or is_question_back(asked, said):
            await self._refuse(mail, Refused.COUNTED, thread=asked.thread, answer=echo(asked, said, answered))
        return "answered"

    async def _message(self, mail: Mail, sender: Sender, via: str, arrived: int, thread: str | None = None) -> str:
        above = (*mail.references, *mail.in_reply_to)
        root = above[0] if above else mail.message_id or mail.digest
        ours = (found for name in reversed(above) if (found := self._ids.thread_of(name)))
        # Whoever is not proven has threads of their own: a forged mail gets into nobody's.
        doubt = () if mail.proof.ok else ("unproven",)
        others = copied(mail, sender, self._settings.addresses)
        inbound = Inbound(
            source=mail.source,
            identity=EmailIdentity(address=sender.address, name=sender.name, proven=mail.proof.ok),
            root=("email", root, sender.address, *doubt),
            thread=thread or next(ours, None),
            place=Place(
                channel="email",
                address=sender.address,
                thread=root if root.startswith("<") else None,
                via=via,
                subject=mail.subject or None,
                cc=others,
                index=mail.index or None,
            ),
            beside=tuple(("email", root, other) for other in others) if above else (),
            route_address=via,
            text=mail.whole,
            starts=True,
            sent_at=arrived,
            title=mail.subject or None,
            private=True,
        )
        return await self._intake.message(inbound)

    async def _refuse(self, mail: Mail, reason: Refused, thread: str | None = None, **words: str) -> str:
        """Keep why, and tell the sender if there is something to tell and somebody to tell it to."""
        telling = TELLINGS[reason]
        place = None
        if telling.text and mail.sender is not None:
            via = addressed(mail.recipients, self._settings.addresses) or self._settings.addresses[0]
            to, subject = mail.sender.address, mail.subject or None
            place = Place(channel="email", address=to, thread=mail.message_id, via=via, subject=subject)
        who = f"email:{mail.sender.address}" if mail.sender else f"email:{mail.digest[:16]}"
        said = Telling(
            reason=reason,
            source=mail.source,
            who=who,
            place=place,
            thread=thread,
            text=telling.text.format(**words),
            a_day=telling.a_day,
        )
        await self._intake.tell(said)
        return reason

    def _now(self) -> int:
        return int(self._clock().timestamp() * 1_000_000)
