"""Take an answer once: judged against a fold, then one durable append that fails if anything has changed since."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.approvals import approvers, cards, nobody
from bot.approvals.answers import Now, Refusal, Said, judge
from bot.config import OPERATORS
from bot.entries import Sealer
from bot.events import Granted, Refused, RequestAnswered
from bot.fold import fold
from bot.grants import copy_of, granted, spread
from bot.ids import RequestIds
from bot.people import Directory, Person
from bot.places import Delivery
from bot.port import Answered, AnswerInbound, Asked, Candidate
from bot.steps import Step
from bot.store import log, scripts
from bot.store.keys import ThreadKeys
from bot.store.scripts import Change
from bot.store.server import Client
from bot.thread import RequestState, Thread

REFUSALS_KEPT = 5  # of one person, for one request, that are kept
_TRIES = 20  # an answer is validated against a fold; as often it is tried again when something came in between


@dataclass(frozen=True, slots=True)
class Answering:
    """What becomes of answers, whichever channel they came by: the same checks and the same single outcome."""

    client: Client
    sealer: Sealer
    ids: RequestIds
    directory: Callable[[], Directory]
    form: Callable[[str, str], type[Step] | None]  # of an agent's step

    async def answer(self, inbound: AnswerInbound) -> Answered:
        """Take an answer from outside."""
        thread = self.ids.thread_of(inbound.request)
        if thread is None:
            return Answered(accepted=False, reason="unknown", text="There is no such request.")
        directory = self.directory()
        said = Said(
            person=directory.person(inbound.identity),
            proof=inbound.proof,
            answer=inbound.answer,
            option=inbound.option,
            text=inbound.text,
            internal=inbound.internal,
            edits=inbound.edits,
            to=_named(directory, inbound.to) if inbound.to else None,
            grant_us=inbound.grant_s * 1_000_000,
        )
        return await self.take(thread, inbound.request, said, [inbound.source])

    async def take(self, thread_name: str, request_id: str, said: Said, seen: list[str]) -> Answered:
        """Take what somebody said to a request of this thread."""
        for _ in range(_TRIES):
            thread = fold(thread_name, await log.load(self.client, thread_name), self.sealer)
            if thread.unreadable:
                return Answered(accepted=False, reason="changed", text=f"Thread {thread_name} cannot be read just now.")
            at, directory = time.time_ns() // 1000, self.directory()
            judged = judge(thread, request_id, said, Now(at, directory, self.form))
            if isinstance(judged, Refusal):
                await self._note_refusal(thread, request_id, said, judged)
                return Answered(accepted=False, reason=judged.reason, text=judged.text, problems=dict(judged.problems))
            request = thread.requests[request_id]
            grant = await self._granted(thread, judged, said)
            done = await scripts.answer(
                self.client,
                thread_name,
                request_id,
                self._change(thread, request, judged, grant, at),
                digest=request.opened.digest,
                version=thread.version,
                seen=seen,
                granted={grant.grant: copy_of(grant)} if grant is not None else None,
            )
            if done.ok:
                if grant is not None:
                    await spread(self.client, grant)
                text = _thanks(judged, request, directory)
                return Answered(accepted=True, text=text, pending=judged.outcome is None and judged.answer != "say")
            if done.verdict == "duplicate":
                return Answered(accepted=True, text="Your answer was taken already.")
            if done.verdict == "expired":
                late = Refusal("expired", "This request has expired. Nothing was run.")
                await self._note_refusal(thread, request_id, said, late)
                return Answered(accepted=False, reason=late.reason, text=late.text)
        return Answered(accepted=False, reason="changed", text="The thread is busy just now: please try once more.")

    async def asked(self, request_id: str) -> Asked | None:
        """Say what a request asks for; None if there is none of that id."""
        name = self.ids.thread_of(request_id)
        if name is None:
            return None
        thread, directory = fold(name, await log.load(self.client, name), self.sealer), self.directory()
        found = thread.requests.get(request_id)
        if found is None:
            return None
        opened = found.opened
        shown = cards.card(thread, opened, directory)
        able = approvers.receivers(directory, opened) if opened.kind != "stuck" else ()
        return Asked(
            thread=name,
            kind=opened.kind,
            format=opened.format,
            options=opened.options,
            is_open=request_id in thread.open and not thread.cancelled,
            title=shown.bare_title,
            reject_reasons=shown.reject_reasons,
            fields=shown.fields,
            may_grant_s=shown.may_grant_s,
            outside=shown.outside,
            mail_decides=shown.mail_decides,
            candidates=tuple(Candidate(person=person.id, name=person.name) for person in able),
        )

    async def _granted(self, thread: Thread, event: RequestAnswered, said: Said) -> Granted | None:
        """What is permitted with an approval, by the clock of the log that it goes into."""
        if event.outcome != "approved" or said.grant_us <= 0:
            return None
        now = await scripts.clock(self.client, ThreadKeys(thread.id).shard)
        return granted(thread, event, said.grant_us, now)

    def _change(
        self, thread: Thread, request: RequestState, event: RequestAnswered, grant: Granted | None, at: int
    ) -> Change:
        directory = self.directory()
        if event.outcome is None:
            out = cards.counted(thread, request, event, directory) if event.answer == "approve" else []
            return Change(entries=[self.sealer.entry(thread.id, event)], out=out)
        body = event.body
        end = cards.Closing(
            outcome=event.outcome,
            by=body.name if body else event.by or "",
            reason=_reason(event, directory),
            internal=body.internal if body else "",
            at=at,
        )
        out = cards.closing(thread, request.opened, end, directory)
        head = {} if thread.paused or thread.parked else {"status": "ready"}
        events = [event] if grant is None else [event, grant]
        entries = [self.sealer.entry(thread.id, one) for one in events]
        return Change(entries=entries, closed=[event.request], out=out, head=head)

    async def _note_refusal(self, thread: Thread, request_id: str, said: Said, refusal: Refusal) -> None:
        """Record it; and if it shows that nobody is left who could answer, say so where that matters, once."""
        request = thread.requests.get(request_id)
        if request is None:
            return
        refusals = [event for event in thread.events if isinstance(event, Refused) and event.by == said.person.id]
        if sum(event.request == request_id for event in refusals) >= REFUSALS_KEPT:
            return  # it is on record; who presses on and on does not fill the log
        directory = self.directory()
        events = [Refused(by=said.person.id, reason=refusal.reason, request=request_id)]
        out: list[Delivery] = []
        lost = request_id in thread.open and not approvers.enough_left(request, directory)
        if lost and not any(
            isinstance(event, Refused) and (event.reason, event.request) == (nobody.REASON, request_id)
            for event in thread.events
        ):
            events.append(Refused(by="bot", reason=nobody.REASON, request=request_id))
            out = nobody.told(thread, directory, request.opened.role or OPERATORS)
        entries = [self.sealer.entry(thread.id, event) for event in events]
        await scripts.note(self.client, thread.id, Change(entries=entries, out=out))


def _named(directory: Directory, name: str) -> Person | None:
    """Who is meant by an id, an address, a Slack account, or a name that only one of the listed people has."""
    wanted = name.strip().casefold()
    people = [directory.by_id(person) for person in directory.config.people]
    for person in people:
        keys = {identity.key.partition(":")[2].casefold() for identity in directory.identities(person.id)}
        if wanted in {person.id, *keys}:
            return person
    called = [
        person for person in people if wanted in {person.name.casefold(), person.name.partition(" ")[0].casefold()}
    ]
    return called[0] if len(called) == 1 else None


def _reason(event: RequestAnswered, directory: Directory) -> str:
    """What is shown with an outcome: the words, the option, or to whom it was given."""
    if event.outcome == "given":
        return f"Given to {', '.join(directory.by_id(person).name for person in event.to)}; it is asked again."
    if event.outcome == "edited":
        return f"Changed: {', '.join(event.body.changes if event.body else ())}; it is asked again."
    return (event.body.text if event.body else "") or (event.option or "")


def _thanks(event: RequestAnswered, request: RequestState, directory: Directory) -> str:
    match event.answer, event.outcome:
        case "say", None:
            return "I passed your question on; you get the answer here, and the request stays open."
        case _, None:
            return "Your approval counts; it needs another one."
        case _, "approved":
            return "You approved this."
        case _, "rejected":
            return "You rejected this."
        case _, "edited":
            return "You changed this. It is asked again as it is now, and somebody else has to approve it."
        case _, "given":
            return _reason(event, directory)
        case _:
            return f"Your answer was taken: {event.option or 'thank you'}." if request else ""
