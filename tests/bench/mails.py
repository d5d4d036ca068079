"""How fast mail is read: by the reader alone, and from a full mailbox into the store by one `bot email`."""

import time
from pathlib import Path

from bot.config import parse_config
from bot.entries import Sealer
from bot.ids import RequestIds
from bot.people import Directory
from bot.playground.mail import MailPeer, compose
from bot.reception import Reception
from bot.store.cursors import RedisCursor
from channels.email.parse import read_mail
from channels.email.receive import Receiver
from channels.email.settings import EmailSettings
from channels.email.watch import serve_email
from tests.bench.figures import Figure
from tests.bench.office import SECRET, office
from tests.helpers import wait_until

_SHOP = "support@acme.test"
_CONFIG = f"""
[people.ana]
os_user = "ana"
roles = ["operators"]
[roles.operators]
[[routes]]
agent = "clerk"
address = "{_SHOP}"
who = "anyone"
"""
_TEXT = "My parcel has not come, and the tracking page says nothing new.\n\nKim\n-- \nKim Doe, North Ltd\n"
_QUOTED = (
    "On Thu, 19 Nov 2026 at 10:00, Support <support@acme.test> wrote:\n> It was sent on Monday.\n> It will come.\n"
)


async def mails(folder: Path, count: int) -> list[Figure]:
    """Read so many mails with a quoted answer in each; then take as many from a mailbox, each a thread of its own."""
    async with MailPeer() as peer, office(folder) as made:
        raws = [_mail(number, peer.office.clock()) for number in range(count)]
        began = time.perf_counter()
        for raw in raws:
            read_mail(raw, peer.mail_auth)
        read_s = time.perf_counter() - began
        settings = EmailSettings(
            addresses=("bot@acme.test", _SHOP),
            imap_url=peer.imap_url,
            smtp_url=peer.smtp_url,
            mail_auth=peer.mail_auth,
            secret=SECRET,
        )
        directory = Directory(parse_config(_CONFIG))
        intake = Reception(made.client, Sealer(SECRET), RequestIds(SECRET), lambda: directory, lambda: {"clerk": ""})
        receiver, cursor = Receiver(settings, intake), RedisCursor(made.client)
        async with serve_email(settings.imap_url, receiver, cursor) as watch:  # the first contact, on an empty mailbox
            await wait_until(lambda: watch.status.last_idle)
        for raw in raws:
            peer.receive(raw, _SHOP)
        began = time.perf_counter()
        async with serve_email(settings.imap_url, receiver, cursor):
            await wait_until(lambda: receiver.counts["taken"] == count, timeout=300, what="all mails to be taken")
        taken_s = time.perf_counter() - began
    return [
        Figure("mails_read_per_s", count / read_s, "mails/s"),
        Figure("mails_taken_per_s", count / taken_s, "mails/s"),
    ]


def _mail(number: int, now: float) -> bytes:
    message = compose.new(
        from_=f"Kim <kim{number}@north.test>", to=[_SHOP], subject=f"Order {number}", text=_TEXT + _QUOTED, now=now
    )
    return message.as_bytes()
