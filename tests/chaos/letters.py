"""The people who write letters: customers who order by mail, and colleagues who decide by answering one."""

import asyncio
import random
import re
from collections import Counter
from email.utils import parseaddr

from bot.ids import RequestIds
from bot.playground.mail import MailPeer, compose
from bot.playground.mail.models import Stored
from bot.playground.mail.reading import Mail

SHOP = "shop@acme.test"
COLLEAGUES = {"rob@acme.test": "U0ROB", "mia@acme.test": "U0MIA"}
TWICE = 0.3
_WORDS = {"approve": 60, "label: box {n}": 12, "Who ordered this?": 12, "reject\ntoo far": 6, "give to: zed": 10}
_TOKEN = re.compile(r"([0-9]{2}-[a-z2-7]{16})\.([0-9a-f]{1,8})\.[a-z2-7]{13}@")
_PROGRAMS = ("gmail", "outlook", "apple", "plain")


class Letters:
    """Everybody's hands at their mailboxes."""

    def __init__(self, mail: MailPeer, rng: random.Random) -> None:
        """Take the mail servers and the chance that decides."""
        self.mail = mail
        self.rng = rng
        self.written: dict[str, str] = {}  # Message-ID -> from whom
        self.replies: Counter[tuple[str, str]] = Counter()  # (person, request) -> answers by mail
        self.twice = 0
        self._seen: Counter[str] = Counter()  # mailbox -> the last UID that was looked at

    def order(self, number: int, text: str) -> None:
        """Somebody new orders by mail; some mails arrive twice, to the letter."""
        sender = f"kim{number}@north.test"
        message = compose.new(
            from_=f"Kim <{sender}>", to=[SHOP], subject=f"Order {number}", text=text, now=self.mail.office.clock()
        )
        again = self.rng.random() < TWICE
        self.twice += again
        for _ in range(1 + again):
            self.mail.receive(message.as_bytes(), SHOP)
        self.written[str(message["Message-ID"])] = sender

    async def watch(self, secret: bytes) -> None:
        """Answer some of the approvals that come by mail, as soon as they come. Runs until cancelled."""
        while True:
            for box, person in COLLEAGUES.items():
                for stored in self._news(box):
                    request = _request_in(stored, secret)
                    if request and "Approval needed" in Mail(stored.raw).header("subject") and self.rng.random() < 0.5:
                        self.replies[person, request] += 1
                        words = self.rng.choices([*_WORDS], [*_WORDS.values()])[0].format(n=self.rng.randrange(1_000))
                        self.mail.reply(box, stored.uid, words, client=self.rng.choice(_PROGRAMS))
            await asyncio.sleep(0.1)

    def received(self, address: str) -> list[Mail]:
        """What came for somebody, oldest first; what is the same to its Message-ID once."""
        uids = sorted(self.mail.office.store.flags(address, "INBOX"))
        found = (self.mail.office.store.read(address, "INBOX", uid) for uid in uids)
        mails = [Mail(stored.raw) for stored in found if stored]
        return list({mail.header("message-id"): mail for mail in reversed(mails)}.values())[::-1]

    def _news(self, box: str) -> list[Stored]:
        uids = sorted(uid for uid in self.mail.office.store.flags(box, "INBOX") if uid > self._seen[box])
        self._seen[box] = max([self._seen[box], *uids])
        found = (self.mail.office.store.read(box, "INBOX", uid) for uid in uids)
        return [stored for stored in found if stored]


def _request_in(stored: Stored, secret: bytes) -> str | None:
    """The request that an answer to this mail would be about."""
    token = _TOKEN.search(parseaddr(Mail(stored.raw).header("reply-to"))[1])
    return RequestIds(secret).make(token[1], int(token[2], 16)) if token else None
