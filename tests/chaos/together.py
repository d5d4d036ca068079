"""What holds between threads and the world: permissions given in one and used in another, parcels, roles in time."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from bot import events as e
from bot.entries import Unreadable, decode
from bot.events import AnyEvent
from bot.steps import hash_of
from tests.chaos.meddling import Lost
from tests.chaos.permitted import Start, Walk
from tests.chaos.stored import Stored
from tests.chaos.warehouse import Parcel

_LOOK_US = 1_500_000  # after so long at most, every process goes by the bot.toml that is on the disk


class Together:
    """All threads of a run beside each other."""

    def __init__(self, stored: Iterable[Stored]) -> None:
        """Read them; what cannot be read is complained of elsewhere."""
        self.logs: dict[str, Sequence[AnyEvent]] = {}
        for one in stored:
            events = [event for event in map(decode, one.entries) if not isinstance(event, Unreadable)]
            self.logs[one.thread] = events
        self.walks = {name: Walk(events) for name, events in self.logs.items()}
        self._grants: dict[str, e.Granted] = {}
        self._revoked: dict[str, int] = {}
        for events in self.logs.values():
            for event in events:
                if isinstance(event, e.Granted):
                    self._grants[event.grant] = event
                elif isinstance(event, e.GrantRevoked):
                    self._revoked[event.grant] = min(event.at or 0, self._revoked.get(event.grant, event.at or 0))

    def always(self, parcels: Iterable[Parcel], lost: Iterable[Lost]) -> list[str]:
        """What is wrong, whatever goes on."""
        return [*self._permissions(), *self._parcels(parcels), *self._roles([*lost])]

    def _starts(self) -> Iterator[tuple[str, Start]]:
        for name, walk in self.walks.items():
            yield from ((name, start) for start in walk.starts)

    def _permissions(self) -> Iterator[str]:
        """Each start without asking had a permission that stood at that moment, for exactly that."""
        for name, start in self._starts():
            if start.event.grant is not None:
                problems = [*self._unpermitted(name, start, self._grants.get(start.event.grant))]
                yield from (f"{name}: {start.event.call} ran under a permission {what}" for what in problems)

    def _unpermitted(self, name: str, start: Start, grant: e.Granted | None) -> Iterator[str]:
        if grant is None:
            yield "that nobody gave"
            return
        at, chosen = start.event.at or 0, start.made.chosen
        first = self.logs[name][0]
        if (grant.agent, grant.step, grant.call_hash) != (chosen.agent, chosen.step, start.hash):
            yield "for another call"
        if grant.role != chosen.role or chosen.quorum > 1:
            yield "of people that it does not ask"
        if at >= grant.until or at < (grant.at or 0):
            yield "that was not in force"
        if at > self._revoked.get(grant.grant, at):
            yield "that had been taken back"
        if grant.by in start.requesters:
            yield "by somebody who asked for it"
        if isinstance(first, e.MessageReceived) and first.birth and first.birth.trust in {"guest", "outsider"}:
            yield "although it is for somebody from outside"

    def _parcels(self, parcels: Iterable[Parcel]) -> Iterator[str]:
        """What went out was started, once each time, and is what was approved: the arguments, and the facts."""
        allowed = Counter(self._allowed())
        for parcel in parcels:
            what = (parcel.key, hash_of(dict(parcel.arguments)), hash_of(dict(parcel.facts)))
            allowed[what] -= 1
            if allowed[what] < 0:
                yield f"{parcel.key} went out as {dict(parcel.arguments)} by {dict(parcel.facts)}: nobody approved that"

    def _allowed(self) -> Iterator[tuple[str, str, str]]:
        """For every start what may go out by it: key, hash of the arguments, hash of the facts."""
        for name, start in self._starts():
            key = f"{name}.{start.event.call}"
            grant = self._grants.get(start.event.grant or "")
            if start.approval is not None and (body := start.approval.opened.body) is not None:
                yield key, hash_of(body.arguments), hash_of(body.snapshot)
            elif grant is not None and start.made.chosen.body is not None:
                yield key, hash_of(start.made.chosen.body.arguments), grant.facts

    def _roles(self, lost: Sequence[Lost]) -> Iterator[str]:
        """Nothing starts by the approval of somebody who has lost the role meanwhile."""
        for name, start in self._starts():
            asked = start.approval
            if asked is None:
                continue
            gone = {person for person in asked.opened.approvers if self._had_lost(person, start, lost)}
            left = {*asked.approve} - gone | {*asked.approve} & {*asked.opened.delegates}
            if len(left) < asked.opened.quorum:
                yield f"{name}: {start.event.call} was started by the approval of {sorted(gone)}, without the role"

    def _had_lost(self, person: str, start: Start, lost: Iterable[Lost]) -> bool:
        """Whether they surely had not the role from when the worker looked at the thread until it had committed."""
        looked, done = start.event.now or 0, start.event.at or 0
        return any(one.person == person and one.since + _LOOK_US < looked and done < one.until for one in lost)

    def quiet(self) -> Iterator[str]:
        """What is wrong once nothing moves: whatever was open in a thread when it was cancelled is closed by then."""
        for name, events in self.logs.items():
            ended = next((index for index, event in enumerate(events) if isinstance(event, e.Cancelled)), None)
            before = Walk(events[:ended]).requests if ended is not None else {}
            left = [request for request in before if self.walks[name].requests[request].outcome == "open"]
            yield from (f"{name}: {request} is open, and the thread was cancelled" for request in left)
