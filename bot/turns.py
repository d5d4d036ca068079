"""Turns, from outside: people rate an answer, stop a turn, and see how to begin one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot import events as e
from bot.bodies import TextBody
from bot.control import control, may_order
from bot.entries import Sealer
from bot.events import Feedback
from bot.fold import fold
from bot.identity import Identity, SlackIdentity
from bot.ids import SHARDS, fresh_id, is_thread_id, shard_of, thread_id
from bot.people import Directory, Person
from bot.places import Delivery, StatusLine
from bot.port_turns import Rating, Stopped, Stopping, Suggestion
from bot.store import log, scripts
from bot.store.scripts import Change
from bot.store.server import Client
from bot.thread import Thread

MOST_RATINGS = 10  # entries by one person about one answer: who presses on and on does not fill the log
MOST_SUGGESTIONS = 4  # Slack shows no more
_NOT_YOURS = "Only those who asked for something in this thread, and operators, can stop it. It goes on."
_NOTHING = "Nothing of mine is running here."


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreTurns:
    """Implements `bot.port_turns.Turns` over the store. `prompts`: agent -> what people may ask it."""

    client: Client
    sealer: Sealer
    directory: Callable[[], Directory]
    prompts: Mapping[str, Sequence[str]]

    async def rate(self, rating: Rating) -> bool:
        """Record what somebody thinks of an answer; the same once more adds nothing."""
        if not is_thread_id(rating.thread) or shard_of(rating.thread) >= SHARDS or _is_bot(rating.identity):
            return False
        thread, person = await self._fold(rating.thread), self.directory().person(rating.identity)
        if not _is_answer(thread, rating.call):
            return False
        before = thread.feedback.get((rating.call, person.id))
        known = before is not None and before.value == rating.value and not rating.text
        if known or _count(thread, rating.call, person) >= MOST_RATINGS:
            return True
        body = TextBody(text=rating.text) if rating.text else None
        event = Feedback(by=person.id, call=rating.call, value=rating.value, body=body)
        entry = self.sealer.entry(thread.id, event)
        return (await scripts.note(self.client, thread.id, Change(entries=[entry]))).ok

    async def stop(self, stopping: Stopping) -> Stopped:
        """Pause the thread, if this person may; everybody in it reads who did, and how it goes on."""
        name = thread_id(*stopping.root)
        head = await log.head(self.client, name)
        if head is None:
            return Stopped(text=_NOTHING)
        thread, person = await self._fold(name), self.directory().person(stopping.identity)
        if _is_bot(stopping.identity) or not (may_order(person, thread) or person.id in thread.names):
            return Stopped(text=_NOT_YOURS, is_running=True)
        if thread.status in {"done", "cancelled", "parked", "unreadable"}:
            return Stopped(text=_NOTHING)
        if not head.paused:
            await control(self.client, self.sealer, head, "pause", person.id)
            await self._tell(thread, person)
        return Stopped(text="It is paused.", thread=name)

    def suggestions(self, identity: Identity) -> tuple[Suggestion, ...]:
        """Say what this person may ask of the agents that listen to them: of each agent the first, then the others."""
        directory = self.directory()
        routes = directory.config.routes
        admitting = [route.agent for route in routes if directory.may_talk(route, identity)]
        lists = [self.prompts.get(agent, ()) for agent in dict.fromkeys(admitting)]
        longest = max(map(len, lists), default=0)
        found = [each[turn] for turn in range(longest) for each in lists if turn < len(each)]
        return tuple(Suggestion(title=text, message=text) for text in dict.fromkeys(found))[:MOST_SUGGESTIONS]

    async def _tell(self, thread: Thread, person: Person) -> None:
        name = person.name if person.listed else thread.names.get(person.id, person.name)
        said = StatusLine(
            markdown=f"Paused by {name}. Nothing runs until somebody resumes it: `bot resume {thread.id}`, or the "
            "same by the slash command of this bot."
        )
        line = Delivery(id=fresh_id(), thread=thread.id, place=thread.origin, content=said)
        await scripts.note(self.client, thread.id, Change(out=[line]))

    async def _fold(self, name: str) -> Thread:
        return fold(name, await log.load(self.client, name), self.sealer)


def _is_bot(identity: Identity) -> bool:
    return not identity.proven or (isinstance(identity, SlackIdentity) and identity.is_bot)


def _is_answer(thread: Thread, call: str) -> bool:
    said = (event for event in reversed(thread.events) if isinstance(event, e.Replied) and event.final)
    return thread.unreadable is None and any(event.call == call for event in said)


def _count(thread: Thread, call: str, person: Person) -> int:
    made = (event for event in thread.events if isinstance(event, Feedback))
    return sum(event.call == call and event.by == person.id for event in made)
