"""Deliveries by SMTP: what is sent to whom, how often in an hour, and what each failure means for another try."""

from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTPUTF8

from bot.errors import CountersignError
from bot.places import ChannelName, Delivery
from bot.port import DeliveryFailed, Pace
from channels.email.addresses import AddressTooLongError, split
from channels.email.line import CopyLaterError, Envelope, Line
from channels.email.oauth import tokens
from channels.email.render import POLICY, kept, read_by, render
from channels.email.settings import EmailSettings, Server

_HOUR_S = 3_600.0
_TRIES_FOR_COPIES = 3


class EmailChannel:
    """The sender's end of email. A provider's id begins with the Message-ID, which is the same at every try."""

    name: ChannelName = "email"

    def __init__(self, settings: EmailSettings) -> None:
        """Take the settings; nothing is connected yet."""
        self._settings = settings
        self._waited: dict[str, int] = {}  # by delivery: how often a copy was put off
        self._server = Server.smtp(settings.smtp_url)
        self._line = Line(self._server, split(settings.addresses[0])[1], tokens(settings.oauth))

    def paces(self, delivery: Delivery) -> Sequence[Pace]:
        """Return the limit of the mailbox that we send from: a fourth of an hour's mails at once, then evenly.

        So at most MAIL_HOURLY_LIMIT recipients are written to in any hour, whichever processes send.
        """
        most = self._settings.hourly_limit
        if not most:
            return ()
        burst = max(1, most // 4)
        cost = min(1 + len(read_by(delivery)), burst)
        every_s = _HOUR_S / max(1, most - burst)
        return [Pace(key=f"email:{self._server.user}@{self._server.host}", every_s=every_s, burst=burst, cost=cost)]

    async def deliver(self, delivery: Delivery, previous: str | None) -> str:
        """Send it; with `previous`, as a new mail in that one's thread. See `bot.port.Channel`."""
        try:
            mail = render(delivery, previous, self._settings)
        except (AddressTooLongError, ValueError) as error:
            said = str(error) if isinstance(error, CountersignError) else "it cannot be written as a mail"
            raise DeliveryFailed(said, permanent=True) from error
        await self._send(delivery.id, mail)
        return str(kept(delivery, mail))

    async def _send(self, delivery: str, mail: EmailMessage) -> None:
        """Send it. A server that takes no copies just now gets a few tries: nobody has the mail until it takes all."""
        sender, to = mail["From"].addresses[0].addr_spec, mail["To"].addresses[0].addr_spec
        copies = [each.addr_spec for each in mail["Cc"].addresses] if "Cc" in mail else []
        plain = all(address.isascii() for address in (sender, to, *copies))
        raw = mail.as_bytes(policy=POLICY if plain else SMTPUTF8.clone(max_line_length=998))
        if self._settings.signing is not None:
            raw = self._settings.signing.sign(raw)
        waits = self._waited.get(delivery, 0) < _TRIES_FOR_COPIES
        try:
            await self._line.send(Envelope(sender, to, tuple(copies), plain=plain), raw, wait_for_copies=waits)
        except CopyLaterError as error:
            self._waited[delivery] = self._waited.get(delivery, 0) + 1
            raise DeliveryFailed(str(error), permanent=False) from error
        self._waited.pop(delivery, None)

    async def find(self, delivery: Delivery) -> str | None:
        """Return None: SMTP cannot be asked what it took. A repeat has the same Message-ID, so it is the same mail.

        Most mailboxes then show it once; where both copies are shown, they are alike to the letter, and an answer to
        either counts once.
        """
        return None

    async def close(self) -> None:
        """Say goodbye to the server."""
        await self._line.close()
