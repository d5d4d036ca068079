"""What stands behind the demo's page: threads from the store, what really ran, and trouble on request."""

import asyncio
from contextlib import suppress
from subprocess import CalledProcessError
from typing import assert_never

from redis.exceptions import RedisError

from bot.bodies import CardAt
from bot.cli.demo_child import WorkerChild
from bot.cli.demo_files import DemoFiles
from bot.cli.demo_people import BOT_MAIL, CHANNELS, FINN, FORGED, KIM, TEAM
from bot.cli.demo_ran import deploys, refunds, refusals
from bot.cli.demo_rows import rows
from bot.entries import Sealer
from bot.errors import CountersignError
from bot.fold import fold
from bot.ids import MailIds
from bot.people import Directory
from bot.places import Place
from bot.playground.mail import MailPeer
from bot.playground.page.models import (
    About,
    Around,
    Begun,
    OpenRequest,
    Person,
    Refusal,
    ThreadLine,
    ThreadView,
    Trouble,
    Way,
)
from bot.playground.repository import DemoRepository, commit_of, move_tag
from bot.store import log
from bot.store.server import Client
from bot.thread import RequestState, Thread

TAG = "v1.4.0"
_READ_AGAIN_S = 1.1  # by then every process has noticed another bot.toml: they look once a second
_THREADS = 50
_MEMBERS = {channel.id: channel.members for channel in CHANNELS}


class CannotMoveTagError(CountersignError):
    """git could not move the tag: look into the demo's folder."""


class NothingToForgeError(CountersignError):
    """No refund waits for Finn's approval: ask for one as Kim, and forge the approval then."""


class Backstage:
    """Implements bot.playground.page.models.Backstage."""

    def __init__(
        self,
        *,
        about: About,
        files: DemoFiles,
        shop: DemoRepository,
        worker: WorkerChild,
        mail: MailPeer,
        client: Client,
        secret: bytes,
        directory: Directory,
    ) -> None:
        """Take the parts."""
        self.about = about
        self._files = files
        self._shop = shop
        self._worker = worker
        self._mail = mail
        self._client = client
        self._sealer = Sealer(secret)
        self._ids = MailIds(secret)
        self._directory = directory
        self._threads: tuple[ThreadLine, ...] = ()
        self._refused: tuple[Refusal, ...] = ()
        self._moved = self._is_moved()
        self._impatient = False

    async def around(self) -> Around:
        """Return what is so at this moment; while the store is away, its threads as they were."""
        with suppress(RedisError, OSError):  # it starts again by itself, and the next look finds it
            self._threads = tuple(map(_line, await log.recent(self._client, _THREADS)))
            self._refused = tuple(await refusals(self._client, self._name))
        ran = [*deploys(self._shop), *refunds(self._files.orders)]
        return Around(
            threads=self._threads,
            ran=tuple(sorted(ran, key=lambda one: one.at)),
            refused=self._refused,
            worker=self._worker.state,
            slow=self._files.slow,
            moved=self._moved,
            impatient=self._impatient,
        )

    async def thread(self, thread: str) -> ThreadView | None:
        """Return a thread's log; None if there is none, or the store is away."""
        try:
            head = await log.head(self._client, thread)
            entries = await log.load(self._client, thread)
        except (RedisError, OSError, ValueError):
            return None
        if head is None:
            return None
        folded = fold(thread, entries, self._sealer)
        line = _line(head).model_copy(update={"status": folded.status, "version": len(entries)})
        asked = tuple(self._open(folded, request) for request in folded.open.values())
        return ThreadView(line=line, open=asked, rows=tuple(rows(entries, self._name)))

    async def make(self, trouble: Trouble) -> Begun | None:
        """Make trouble, or end it. Raises NoWorkerError, CannotMoveTagError, NothingToForgeError."""
        match trouble:
            case "kill_worker":
                self._worker.kill()
            case "slow":
                self._files.set_slow(slow=not self._files.slow)
            case "impatient":
                self._files.set_impatient(impatient=not self._impatient)
                await asyncio.sleep(_READ_AGAIN_S)
                self._impatient = not self._impatient
            case "move_tag":
                self._move_tag()
            case "forge_request":
                sender = f"{KIM.name} <{KIM.mail}>"
                posted = self._mail.write(sender, FORGED.to, FORGED.subject, FORGED.text, authentic=False)
                return Begun(channel=KIM.mail, ts=posted.message_id)
            case "forge_approval":
                self._forge_approval()
            case _:
                assert_never(trouble)
        return None

    def _move_tag(self) -> None:
        """Put the tag on the newest commit, or back on the one before, which is the real release."""
        try:
            move_tag(self._shop.repository, TAG, "main~1" if self._moved else "main")
        except (CalledProcessError, OSError):
            raise CannotMoveTagError from None
        self._moved = self._is_moved()

    def _is_moved(self) -> bool:
        return commit_of(self._shop.repository, TAG) == commit_of(self._shop.repository, "main")

    def _forge_approval(self) -> None:
        """Answer the newest card in Finn's mailbox as somebody who has seen it and only claims to be Finn."""
        answers = [mail for mail in self._mail.messages(FINN.mail) if '"approve"' in mail.text]
        if not answers:
            raise NothingToForgeError
        card = answers[-1]
        self._mail.write(
            f"{FINN.name} <{FINN.mail}>",
            card.reply_to,
            f"Re: {card.subject}",
            "approve",
            in_reply_to=card.message_id,
            authentic=False,
        )

    def thread_of(self, message_id: str) -> str:
        """Return the thread that a mail of the bot's belongs to."""
        return self._ids.thread_of(message_id) or ""

    def _open(self, thread: Thread, request: RequestState) -> OpenRequest:
        opened = request.opened
        left = [approver for approver in request.approvers if approver not in request.votes]
        return OpenRequest(
            id=opened.request,
            kind=opened.kind,
            title=opened.body.title if opened.body else "",
            names=tuple(map(self._name, left)),
            needs=opened.quorum - len(request.votes),
            ways=tuple(
                way
                for approver in left
                if (person := self._player(approver))
                for card in request.cards
                if (way := self._way(thread, card, person))
            ),
        )

    def _way(self, thread: Thread, card: CardAt, person: Person) -> Way | None:
        """How this person answers this card; None if it is not put to them."""
        place, name = card.place, person.name
        at = _slack_id(place)
        if place.channel == "slack" and person.slack and (at == person.slack or person.slack in _MEMBERS.get(at, ())):
            return Way(person=person.id, name=name, pane="slack", at=at)
        if place.channel == "email" and place.address == person.mail:
            domain = (place.via or BOT_MAIL).rpartition("@")[2]
            return Way(
                person=person.id, name=name, pane="mail", at=self._ids.message_id(thread.id, card.delivery, domain)
            )
        return None

    def _player(self, person: str) -> Person | None:
        """Whom one acts as to be this person of the bot's."""
        known = {identity.key for identity in self._directory.identities(person)}
        for one in self.about.people:
            if known & {f"slack:{TEAM}/{one.slack}", f"email:{one.mail}"}:
                return one
        return None

    def _name(self, person: str) -> str:
        """The name of a person whom bot.toml lists, or else of one whom one can act as, if that is proven."""
        player = None if person.startswith("unproven:") else self._player(person)
        return player.name if player else self._directory.by_id(person).name


def _line(head: log.Head) -> ThreadLine:
    origin = Place.model_validate_json(head.origin) if head.origin else None
    return ThreadLine(
        id=head.thread,
        title=head.title,
        status="paused" if head.paused else "cancelled" if head.cancelled else head.status,
        agent=head.agent,
        version=head.version,
        pane="mail" if origin and origin.channel == "email" else "slack",
        channel=_slack_id(origin) if origin else "",
        ts=(origin.thread or "") if origin else "",
    )


def _slack_id(place: Place) -> str:
    return place.address.rpartition("/")[2]
