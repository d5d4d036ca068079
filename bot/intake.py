"""What every channel calls: who is this, may they, which thread; then one durable append."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import takewhile

from bot import commands
from bot.answering import Answering
from bot.approvals.answers import Said
from bot.bodies import Birth, MessageBody
from bot.config import Route
from bot.entries import Sealer
from bot.events import MessageReceived
from bot.fold import fold
from bot.identity import EmailIdentity, Identity, SlackIdentity
from bot.ids import RequestIds, fresh_id, thread_id
from bot.people import Directory, Person
from bot.places import Delivery, Notice, Place, Text
from bot.port import Answered, AnswerInbound, Asked, Inbound, RefusalRecord, Verdict
from bot.steps import Step
from bot.store import log, scripts
from bot.store.scripts import Change
from bot.store.server import Client
from bot.thread import Thread

MOST_BOT_TURNS = 5  # of one bot in one thread, until a person writes there: two bots must not talk for ever
TOO_OLD_US = 30 * 86_400_000_000
_REFUSALS_A_DAY = 3
_TITLE = 80
_CANCELLED = "This thread was cancelled, so nothing more happens here. Start a new one to ask again."
_PAUSED = "This thread is paused. I noted your message and will read it when somebody resumes it."
_UNREADABLE = "This thread cannot go on, because its log cannot be read. The operators know; please start a new one."


@dataclass(frozen=True, slots=True)
class CoreIntake:
    """Implements `bot.port.Intake` over the store. `default_agent` takes what no route names."""

    client: Client
    sealer: Sealer
    ids: RequestIds
    directory: Callable[[], Directory]
    agents: Callable[[], Mapping[str, str]]  # name -> description
    default_agent: str = "triage"
    form: Callable[[str, str], type[Step] | None] = lambda _agent, _step: None  # of an agent's step, for edits

    async def message(self, inbound: Inbound) -> Verdict:
        """Take a message once: an answer to an open question, a turn in a thread, or a new thread."""
        directory = self.directory()
        person = directory.person(inbound.identity)
        thread = await self._continued(inbound, person) or thread_id(*inbound.root)
        head = await log.head(self.client, thread)
        if head is None and (joined := await self._copied(inbound, person)) is not None:
            thread, head = joined.thread, joined
        if head is None and not inbound.starts:
            return "ignored"
        if time.time_ns() // 1000 - inbound.sent_at > TOO_OLD_US:
            return await self._refuse(inbound, "too_old", "")
        if inbound.starts and inbound.agent is None and (answer := commands.answer(inbound, directory, self.agents())):
            return await self._tell(inbound, thread, answer)
        route = self._route(inbound, directory)
        if head is not None:
            its = self._route_of(head.agent, route, directory)
            admitted = directory.may_talk(its, inbound.identity, inbound.route_channel)
            mine = await self._question_for(head, person, inbound)
            if mine is not None:
                return mine
            if inbound.answers_only:
                return "ignored"
            if not admitted:
                return await self._refuse(inbound, "not_admitted", commands.refusal(directory, inbound.identity))
            if head.cancelled:
                return await self._tell(inbound, thread, _CANCELLED)
            if _is_bot(inbound.identity) and _turns(await self._fold(thread), person.id) >= MOST_BOT_TURNS:
                return await self._refuse(inbound, "bot_turns", "")
        elif not directory.may_talk(route, inbound.identity, inbound.route_channel):
            return await self._refuse(inbound, "not_admitted", commands.refusal(directory, inbound.identity))
        return await self._append(inbound, thread, person, route, resting=_resting(head))

    async def answer(self, inbound: AnswerInbound) -> Answered:
        """Take an answer once. The same checks and the same single outcome, whichever channel it came by."""
        return await self.answering.answer(inbound)

    async def asked(self, request: str) -> Asked | None:
        """Say what a request asks for; None if there is none of that id."""
        return await self.answering.asked(request)

    @property
    def answering(self) -> Answering:
        """What becomes of answers."""
        return Answering(self.client, self.sealer, self.ids, self.directory, self.form)

    async def _continued(self, inbound: Inbound, person: Person) -> str | None:
        """The thread that a mail names by an id of ours, if its sender takes part there: ids can be forwarded.

        People talk to whoever is in charge: a mail that follows one of a delegate goes to the thread that it works for.
        """
        if inbound.thread is None:
            return None
        thread = await self._fold(inbound.thread)
        asked = {name for request in thread.requests.values() for name in request.approvers}
        if person.id not in {*thread.names, thread.principal_id, *asked, *self._readers(thread)}:
            return None
        while thread.birth is not None and thread.birth.parent is not None:
            thread = await self._fold(thread.birth.parent)
        return thread.id

    def _readers(self, thread: Thread) -> set[str]:
        """Those who were copied on the mail that began it, and read its answers: they may write in it."""
        copied = thread.origin.cc if thread.birth is not None else ()
        directory = self.directory()
        return {directory.person(EmailIdentity(address=address, proven=True)).id for address in copied}

    async def _copied(self, inbound: Inbound, person: Person) -> log.Head | None:
        """The thread of somebody else on this mail who had its sender copied: it goes on there."""
        for root in inbound.beside:
            head = await log.head(self.client, thread_id(*root))
            if head is not None and person.id in self._readers(await self._fold(head.thread)):
                return head
        return None

    async def _fold(self, name: str) -> Thread:
        return fold(name, await log.load(self.client, name), self.sealer)

    async def _question_for(self, head: log.Head, person: Person, inbound: Inbound) -> Verdict | None:
        """A plain message answers the only open free-text question put to its author; it never decides an approval.

        A delegate of the thread may have put it: it asks where the thread's people are.
        """
        mine = [
            (thread.id, name)
            for thread in await self._family(head)
            for name, request in thread.open.items()
            if request.opened.format == "free_text" and person.id in request.approvers
            if not (thread.unreadable or thread.cancelled)
        ]
        if len(mine) != 1:
            return None
        said = Said(person=person, proof=inbound.identity.kind, answer="say", text=inbound.text)
        answered = await self.answering.take(*mine[0], said, [inbound.source, *inbound.also])
        return "answered" if answered.accepted else None

    async def _family(self, head: log.Head) -> list[Thread]:
        """A thread and those that work for it, as far as any of them may be asking something."""
        if not (head.delegates or await log.has_open_requests(self.client, head.thread)):
            return []
        thread = await self._fold(head.thread)
        found = [thread]
        for child in thread.live_children:
            below = await log.head(self.client, child.delegated.child)
            found += await self._family(below) if below is not None else []
        return found

    async def _append(
        self, inbound: Inbound, thread: str, person: Person, route: Route, *, resting: str | None
    ) -> Verdict:
        directory = self.directory()
        trust = str(directory.trust(inbound.identity))
        title = " ".join((inbound.title or inbound.text).split())[:_TITLE]
        body = MessageBody(text=inbound.text, name=person.name, earlier=inbound.earlier, files=inbound.files)
        place = inbound.place if route.reply_all else inbound.place.alone
        birth = Birth(agent=route.agent, principal=person.id, trust=trust, approvers=route.approvers, origin=place)
        said = MessageReceived(
            by=person.id,
            source=inbound.source,
            trust=trust,
            place=place,
            body=body,
        )
        first = said.model_copy(update={"birth": birth, "body": body.model_copy(update={"title": title})})
        origin = place.model_dump_json(exclude_none=True)
        head = {"status": "ready", "agent": route.agent, "title": title, "origin": origin}
        kinds = [first, said] if inbound.starts else [said]
        entries = [self.sealer.entry(thread, event) for event in kinds]
        out = self._line(inbound, thread, resting) if resting else []
        change = Change(entries=entries, head=head if inbound.starts else {}, out=out)
        seen = [inbound.source, *inbound.also]
        done = await scripts.ingest(self.client, thread, change, seen=seen, birth=inbound.starts, person=person.id)
        match done.verdict:
            case "duplicate":
                return "duplicate"
            case "absent":
                return "ignored"
            case _:
                return "taken"

    def _route(self, inbound: Inbound, directory: Directory) -> Route:
        """Where a message belongs by rule; what no rule names goes to triage."""
        if inbound.agent is not None:
            return self._route_to(inbound.agent, inbound.identity, inbound.route_channel, directory)
        found = directory.route_for(channel=inbound.route_channel, address=inbound.route_address, text=inbound.text)
        return found or Route(agent=self.default_agent)

    def _route_of(self, agent: str, otherwise: Route, directory: Directory) -> Route:
        """The route of the agent that has the thread by now, which decides who may write in it."""
        if otherwise.agent == agent:
            return otherwise
        return next((route for route in directory.config.routes if route.agent == agent), otherwise)

    def _route_to(self, agent: str, identity: Identity, channel: str | None, directory: Directory) -> Route:
        """The first of an agent's routes that listens to this person."""
        routes = [route for route in directory.config.routes if route.agent == agent]
        admitting = (route for route in routes if directory.may_talk(route, identity, channel))
        return next(admitting, routes[0] if routes else Route(agent=agent))

    async def _tell(self, inbound: Inbound, thread: str, text: str) -> Verdict:
        """Say something that needs neither agent nor thread."""
        delivery = Delivery(id=fresh_id(), thread=thread, place=inbound.place.alone, content=Text(markdown=text))
        seen = [inbound.source, *inbound.also]
        limit = 100 if _reaches(inbound.place) else 0
        told = await scripts.refuse(
            self.client, _record(inbound, "told"), delivery, f"told:{inbound.identity.key}", seen=seen, limit=limit
        )
        return "duplicate" if told == "duplicate" else "told"

    async def _refuse(self, inbound: Inbound, reason: str, text: str) -> Verdict:
        """Record a refusal, and answer it politely a few times a day, in however many threads."""
        content = self._private(inbound, text)
        counted = thread_id("refused", inbound.identity.key)  # a person's refusals are counted in one place
        delivery = Delivery(id=fresh_id(), thread=counted, place=inbound.place.alone, content=content)
        seen = [inbound.source, *inbound.also]
        limit = _REFUSALS_A_DAY if text and _reaches(inbound.place) else 0
        record = _record(inbound, reason)
        told = await scripts.refuse(self.client, record, delivery, inbound.identity.key, seen=seen, limit=limit)
        if told == "duplicate":
            return "duplicate"
        return "too_old" if reason == "too_old" else "refused"

    def _private(self, inbound: Inbound, text: str) -> Text | Notice:
        identity = inbound.identity
        if isinstance(identity, SlackIdentity) and not inbound.private:
            return Notice(markdown=text, to=identity.account)
        return Text(markdown=text)

    def _line(self, inbound: Inbound, thread: str, text: str) -> list[Delivery]:
        if not _reaches(inbound.place) or _is_bot(inbound.identity):
            return []
        return [Delivery(id=fresh_id(), thread=thread, place=inbound.place.alone, content=self._private(inbound, text))]


def _is_bot(identity: Identity) -> bool:
    return isinstance(identity, SlackIdentity) and identity.is_bot


def _turns(thread: Thread, bot: str) -> int:
    """How often this bot wrote in a thread since anybody else did."""
    authors = [event.by for event in reversed(thread.events) if isinstance(event, MessageReceived)]
    return sum(1 for _ in takewhile(lambda author: author == bot, authors))


def _resting(head: log.Head | None) -> str | None:
    """What to say to whoever writes in a thread that does not go on by itself."""
    if head is None:
        return None
    return _PAUSED if head.paused else _UNREADABLE if head.status == "unreadable" else None


def _reaches(place: Place) -> bool:
    """Whether something can be sent there: the command line reads the log instead."""
    return place.channel != "console"


def _record(inbound: Inbound, reason: str) -> str:
    """What is kept of a refusal: who, where and why; never the text."""
    record = RefusalRecord(reason=reason, who=inbound.identity.key, source=inbound.source, at=inbound.sent_at)
    return record.model_dump_json()
