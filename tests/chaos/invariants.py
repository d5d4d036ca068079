"""What holds for every thread at every moment, and what besides once nothing moves; a violation is one line."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from bot import events as e
from bot.entries import Sealer, Unreadable, decode
from bot.fold import extend
from bot.moves import Rest, Wait, next_move
from bot.thread import Thread
from tests.chaos.permitted import Walk, unanswered
from tests.chaos.stored import Stored

DECISIONS = (
    *(e.StepChosen, e.StepStarted, e.RequestOpened, e.RequestExpired, e.RequestReminded, e.RequestEscalated),
    *(e.Replied, e.HandedOff, e.Delegated),
)
RESULTS = (e.StepFinished, e.StepFailed)


def always(stored: Stored, sealer: Sealer) -> list[str]:
    """What is wrong with a thread, whatever goes on around it."""
    thread = Thread(stored.thread, sealer)
    found = [*_prefixes(thread, stored.entries)]
    events = [event for event in map(decode, stored.entries) if not isinstance(event, Unreadable)]
    if len(events) == len(stored.entries):
        found += [*_log(events), *_projection(stored, thread, events), *_scheduled(stored)]
    return [f"{stored.thread}: {what}" for what in found]


def quiet(stored: Stored, sealer: Sealer) -> list[str]:
    """What is wrong with a thread when nothing moves any more."""
    thread = Thread(stored.thread, sealer)
    extend(thread, stored.entries)
    found: list[str] = []
    if thread.status not in {"done", "waiting", "paused", "cancelled"}:  # nothing in these stories is worth parking
        found.append(f"is {thread.status} in a quiet system")
    if stored.head.get("status") != thread.status:
        found.append(f"its head says {stored.head.get('status')}, its log {thread.status}")
    if stored.nonce or stored.leased is not None:
        found.append("is leased in a quiet system")
    if not isinstance(move := next_move(thread, stored.now), Rest | Wait):
        found.append(f"rests although {move} is next")
    open_calls = [call.chosen.call for call in thread.calls.values() if call.progress in {"started", "in_doubt"}]
    if open_calls and thread.status == "done":
        found.append(f"is done, and nobody knows what came of {open_calls}")
    found += unanswered(thread.events)
    return [f"{stored.thread}: {what}" for what in found]


def families(stored: Sequence[Stored], sealer: Sealer) -> list[str]:
    """What is wrong between parents and children when nothing moves: each began once, and told of its end."""
    threads = {one.thread: Thread(one.thread, sealer) for one in stored}
    for one in stored:
        extend(threads[one.thread], one.entries)
    found: list[str] = []
    for name, thread in threads.items():
        found += [f"{name}: its child {child} never began" for child in thread.children if child not in threads]
        parent = threads.get(thread.birth.parent or "") if thread.birth is not None else None
        if thread.birth is None or thread.birth.parent is None:
            continue
        known = parent.children.get(name) if parent is not None else None
        if known is None:
            found.append(f"{name}: {thread.birth.parent} did not delegate it")
        elif thread.status in {"done", "cancelled", "parked"} and known.live:
            found.append(f"{name}: it is {thread.status}, and its parent was not told")
    return found


def appended_only(earlier: Sequence[bytes], later: Stored) -> list[str]:
    """What is wrong with a log, compared with an earlier copy of it."""
    if later.entries[: len(earlier)] == list(earlier):
        return []
    return [f"{later.thread}: its log does not begin with what it was at version {len(earlier)}"]


def shipped_once(stored: Stored, sealer: Sealer, shipped: Mapping[str, int]) -> list[str]:
    """What is wrong between the log and the world: one run an attempt that was allowed, and results that are true."""
    thread = Thread(stored.thread, sealer)
    extend(thread, stored.entries)
    found: list[str] = []
    for name, call in thread.calls.items():
        if call.chosen.kind != "action":
            continue
        runs = shipped.get(f"{thread.id}.{name}", 0)
        if runs > call.attempts:
            found.append(f"{thread.id}: {name} ran {runs} times for {call.attempts} attempts")
        if call.progress == "finished" and not runs:
            found.append(f"{thread.id}: {name} is said to have happened, and did not")
        looked = any(request.opened.kind == "doubt" for request in thread.requests.values())
        if call.progress == "failed" and runs and not looked:
            found.append(f"{thread.id}: {name} is said not to have happened, and did")
    return found


def _prefixes(thread: Thread, entries: Sequence[bytes]) -> Iterator[str]:
    """Every prefix folds to a legal state, in which it is known what to do next."""
    for number, entry in enumerate(entries, 1):
        extend(thread, [entry])
        if thread.unreadable:
            yield f"version {number}: {thread.unreadable}"
            return
        next_move(thread, thread.events[-1].at or 0)
        asked = Counter(request.opened.call for request in thread.open.values())
        if any(count > 1 for count in asked.values()):
            yield f"version {number}: two open requests about one call"
        if thread.active is not None and thread.active.chosen.call not in thread.calls:
            yield f"version {number}: works on a call that nobody chose"
        for call in (thread.active, thread.suspended):
            if call is not None and call.approved and call.over:
                yield f"version {number}: {call.chosen.call} is over and still approved"


def _log(events: Sequence[e.AnyEvent]) -> Iterator[str]:
    yield from _from_the_newest(events)
    yield from _once(events)
    yield from _allowed(events)
    yield from Walk(events).wrong
    times = [event.at or 0 for event in events]
    if times != sorted(times):
        yield "its times go backwards"


def _from_the_newest(events: Sequence[e.AnyEvent]) -> Iterator[str]:
    """No commit from a stale lease: between what it knew and where it stands no other worker wrote.

    No decision from a stale basis: no input either; a query or a reply may go through after two refusals.
    """
    for index, event in enumerate(events):
        if event.basis is None:
            continue
        if event.basis > index:
            yield f"entry {index} claims to know entry {event.basis}"
        between = events[event.basis : index]
        if any(other.basis is not None and (other.basis, other.now) != (event.basis, event.now) for other in between):
            yield f"entry {index} ({event.type}) was written by a worker that had lost the thread"
        harmless = any(
            isinstance(chosen, e.StepChosen) and (chosen.kind == "query" or chosen.step == "reply")
            for chosen in (event, *between)
        )
        if isinstance(event, DECISIONS) and not harmless and any(isinstance(other, e.INPUTS) for other in between):
            yield f"entry {index} ({event.type}) was decided without the newest input"


def _once(events: Sequence[e.AnyEvent]) -> Iterator[str]:
    """Each input once, one result a call, one outcome a request, ids used once."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for event in events:
        match event:
            case e.MessageReceived():
                counts["inputs"][event.source] += 1
            case e.StepChosen():
                counts["choices"][event.call] += 1
            case e.StepFinished() | e.StepFailed():
                counts["results"][event.call] += 1
            case e.StepStarted():
                counts["attempts"][f"{event.call}/{event.attempt}"] += 1
            case e.RequestOpened():
                counts["requests"][event.request] += 1
                counts["cards"].update(card.delivery for card in event.cards)
            case e.RequestReminded() | e.RequestEscalated():
                counts["rungs"][f"{event.request}/{event.rung}"] += 1
                counts["cards"].update(card.delivery for card in event.cards)
            case e.Granted():
                counts["grants"][event.grant] += 1
            case e.Delegated():
                counts["children"][event.child] += 1
            case e.RequestAnswered():
                counts["outcomes"][event.request] += event.outcome is not None
            case e.RequestExpired() | e.RequestWithdrawn():
                counts["outcomes"][event.request] += 1
            case e.Delivered() | e.DeliveryFailed():
                counts["deliveries"][event.delivery] += 1
            case _:
                pass
    for what, found in counts.items():
        for name, count in found.items():
            if count > 1:
                yield f"{what}: {name} {count} times"


def _allowed(events: Sequence[e.AnyEvent]) -> Iterator[str]:
    """An approval serves one attempt; another one needs a person who said that it may run again."""
    asks: set[str] = set()
    about: dict[str, str] = {}
    free: Counter[str] = Counter()
    for index, event in enumerate(events):
        match event:
            case e.StepChosen(kind="action", policy="ask"):
                asks.add(event.call)
            case e.RequestOpened(call=str(call)):
                about[event.request] = call
            case e.RequestAnswered() if event.outcome == "approved" or event.option == "run_it":
                free[about.get(event.request, "")] += 1
            case e.StepStarted(grant=None) if event.call in asks:
                free[event.call] -= 1
                if free[event.call] < 0:
                    yield f"entry {index}: {event.call} was started without an approval of its own"
            case _:
                pass


def _projection(stored: Stored, thread: Thread, events: Sequence[e.AnyEvent]) -> Iterator[str]:
    """The head is what the log says."""
    news = (*e.INPUTS, e.Granted)  # a permission comes with the approval before it, as one input
    inputs = [index + 1 for index, event in enumerate(events) if isinstance(event, news)]
    if stored.number("version") != len(events):
        yield f"its head knows {stored.number('version')} of {len(events)} entries"
    if inputs and stored.number("input_version") != inputs[-1]:
        yield f"its head puts the newest input at {stored.number('input_version')}, its log at {inputs[-1]}"
    ended = thread.cancelled_at or 0  # what was open then is closed beside the log at once, and in it a moment later
    still_open = {name for name, request in thread.open.items() if request.index >= ended}
    if stored.open != frozenset(still_open):
        yield f"open are {sorted(still_open)} by its log, {sorted(stored.open)} beside it"


def _scheduled(stored: Stored) -> Iterator[str]:
    """A thread that does not only wait is either due or leased, never both and never neither."""
    if (stored.nonce is not None) != (stored.leased is not None):
        yield "its lease and the list of leases disagree"
    if stored.due is not None and stored.leased is not None:
        yield "is due and leased at once"
    unseen = stored.number("input_version") > stored.number("seen")
    wants = stored.head.get("paused") != "1" and (unseen or bool(stored.head.get("timer")))
    if stored.leased is None and wants != (stored.due is not None):
        yield "is due without a reason" if stored.due is not None else "has unseen input and is neither due nor leased"
