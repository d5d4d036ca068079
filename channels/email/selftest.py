"""A mail to ourselves through the real servers: what of that on which replies rely really holds there.

It proves plus-addressing, that Message-ID, References and Reply-To arrive as they were sent, and what the receiving
server says about the sender. The mails carry our loop header, so that no process of ours takes them, and are deleted.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from bot.port import DeliveryFailed
from channels.email.addresses import base_of, split
from channels.email.dkim import TxtLookup, dns_txt
from channels.email.finding import Finding
from channels.email.imap import Mailbox, open_mailbox
from channels.email.imap_words import MailboxAwayError, MailboxRefusedError
from channels.email.kinds import LOOP
from channels.email.line import Envelope, Line
from channels.email.oauth import TokenError, tokens
from channels.email.proven import FIRST, LONG, Probe, judge
from channels.email.render import POLICY
from channels.email.settings import EmailSettings, Server

WAIT_S = 120.0
_LOOK_S = 1.0  # between two looks into the mailbox
_TELL_S = 15.0  # between two words about the waiting
_TRY = "look at SMTP_URL and IMAP_URL, and try again"

Tell = Callable[[str], None]


@dataclass(slots=True)
class _Arrived:
    """What came so far, by kind: `plain`, `plus`, `bounce`; and where all of it lies."""

    raw: dict[str, bytes] = field(default_factory=dict[str, bytes])
    uids: list[int] = field(default_factory=list[int])


async def prove_mail(
    settings: EmailSettings, tell: Tell, *, wait_s: float = WAIT_S, lookup: TxtLookup = dns_txt
) -> list[Finding]:
    """Send the mails, wait for them, and say what they prove; `tell` hears of the progress."""
    probe = Probe(nonce=secrets.token_hex(13), address=base_of(settings.addresses[0]))
    oauth = tokens(settings.oauth)
    try:
        async with open_mailbox(settings.mailboxes[0], tokens=oauth) as mailbox:
            before = mailbox.uidnext - 1
            line = Line(Server.smtp(settings.smtp_url), split(probe.address)[1], oauth)
            try:
                await _send(settings, line, probe.address, _written(probe, probe.address, "plain"))
                refused = await _send_plus(settings, line, probe)
            finally:
                await line.close()
            tell(f"sent two mails to {probe.address}; they may take a while, at most {wait_s:.0f} s")
            arrived = await _wait(mailbox, before, probe, {"plain"} if refused else {"plain", "plus"}, tell, wait_s)
            for uid in arrived.uids:
                await mailbox.remove(uid)
    except (MailboxRefusedError, MailboxAwayError, DeliveryFailed, TokenError) as error:
        return [Finding(ok=False, what=f"no mail could be sent to ourselves and read again: {error}", mend=_TRY)]
    except (OSError, TimeoutError) as error:
        what = f"no mail could be sent to ourselves and read again ({type(error).__name__})"
        return [Finding(ok=False, what=what, mend=_TRY)]
    return await asyncio.to_thread(judge, settings.mail_auth, probe, arrived.raw, refused, lookup)


async def _send_plus(settings: EmailSettings, line: Line, probe: Probe) -> str:
    """Send the second mail; return what the server said if it does not take the address."""
    try:
        await _send(settings, line, probe.plus, _written(probe, probe.plus, "plus"))
    except DeliveryFailed as error:
        if not error.permanent:
            raise
        return str(error)
    return ""


async def _send(settings: EmailSettings, line: Line, to: str, mail: EmailMessage) -> None:
    raw = mail.as_bytes(policy=POLICY)
    if settings.signing is not None:
        raw = settings.signing.sign(raw)
    await line.send(Envelope(base_of(settings.addresses[0]), to), raw, wait_for_copies=False)


def _written(probe: Probe, to: str, kind: str) -> EmailMessage:
    made = EmailMessage(policy=POLICY)
    made["From"] = probe.address
    made["To"] = to
    made["Subject"] = probe.subject(kind)
    made["Date"] = format_datetime(datetime.now(UTC))
    made["Message-ID"] = probe.message_id(kind)
    made["Reply-To"] = probe.plus
    made["In-Reply-To"] = LONG
    made["References"] = f"{FIRST} {LONG}"
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    made[LOOP] = "doctor"
    made.set_content("`bot doctor` sent this to itself, and deletes it.\n", cte="quoted-printable")
    return made


async def _wait(mailbox: Mailbox, before: int, probe: Probe, wanted: set[str], tell: Tell, wait_s: float) -> _Arrived:
    """Look until all came, or the second one came back, or the time is over."""
    arrived, seen = _Arrived(), before
    began = told = time.monotonic()
    while time.monotonic() - began < wait_s:
        for uid in await mailbox.after(seen):
            seen = uid
            raw = await mailbox.fetch(uid)
            kind = probe.kind_of(raw) if raw is not None else ""
            if raw is not None and kind:
                arrived.raw.setdefault(kind, raw)
                arrived.uids.append(uid)
        if wanted <= arrived.raw.keys() or ("bounce" in arrived.raw and "plain" in arrived.raw):
            break
        if time.monotonic() - told > _TELL_S:
            told = time.monotonic()
            missing = ", ".join(sorted(wanted - arrived.raw.keys()))
            tell(f"still waiting after {told - began:.0f} s for: {missing}")
        await asyncio.sleep(_LOOK_S)
    return arrived
