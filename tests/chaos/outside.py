"""What people saw and were told, held against the logs: nothing lost, nothing twice, and all of it in order."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from bot import events as e
from bot.answering import REFUSALS_KEPT
from bot.bodies import CardAt
from bot.entries import Sealer
from bot.fold import fold
from bot.ids import shard_of
from bot.playground.slack import SlackPeer
from bot.playground.slack.models import Message
from bot.playground.slack.wire import as_object, as_text
from bot.thread import RequestState, Thread
from channels.slack.sender import EVENT_TYPE
from tests.chaos.hands import actions_of
from tests.chaos.letters import Letters
from tests.chaos.said import lines_in_order
from tests.chaos.staff import DEPLOYS
from tests.chaos.stored import Stored

_BOT = "U0BOT"
_NOT_ANY_MORE = "This thread was cancelled, so nothing more happens here."  # to whoever goes on writing there


class Outside:
    """The local Slack and the mailboxes after a run, beside the threads of the store."""

    def __init__(self, slack: SlackPeer, letters: Letters, stored: Iterable[Stored], sealer: Sealer) -> None:
        """Take the peers and the store's threads."""
        self.slack = slack
        self.letters = letters
        self.threads = [fold(one.thread, one.entries, sealer) for one in stored]
        self.duplicates = 0  # inputs that were acknowledged again and not taken again
        self.batches = 0  # messages that showed several requests

    def violations(self, acked: Counter[tuple[str, str]], taken: Counter[tuple[str, str, str]]) -> list[str]:
        """Everything that does not fit.

        `acked`: clicks that Slack was told were taken, by person and request; `taken`: forms that were, by what too.
        """
        return [
            *self._inputs(),
            *self._clicks(acked),
            *self._forms(taken),
            *self._cards(),
            *self._conversations(),
        ]

    def _inputs(self) -> Iterator[str]:
        """Each message that was acknowledged stands in one log, once."""
        taken: Counter[str] = Counter()
        for thread in self.threads:
            taken.update(event.source for event in thread.events if isinstance(event, e.MessageReceived))
        acked: Counter[str] = Counter()
        for attempt in self.slack.attempts:
            event = as_object(attempt.payload.get("event"))
            if attempt.kind == "events_api" and attempt.result == "acked" and event.get("user") == "U0ANA":
                acked[f"slack:T0ACME/{as_text(event.get('channel'))}/{as_text(event.get('ts'))}"] += 1
        self.duplicates = sum(acked.values()) - len(acked)
        lost = [source for source in acked if not taken[source] and not self._is_cancelled(source)]
        yield from (f"{source} was acknowledged and is in no log" for source in lost)
        yield from (f"{source} is in the logs {count} times" for source, count in taken.items() if count > 1)
        said = {f"slack:T0ACME/{DEPLOYS}/{m.ts}" for m in self._messages(DEPLOYS) if m.user == "U0ANA"}
        unheard = [source for source in said if not taken[source] and not self._is_cancelled(source)]
        yield from (f"{source} was said and is in no log" for source in unheard)
        mails = Counter(source.split(":")[1] for source in taken if source.startswith("email:"))
        yield from (
            f"the mail {name} is in the logs {mails[name]} times" for name in self.letters.written if mails[name] != 1
        )

    def _clicks(self, acked: Counter[tuple[str, str]]) -> Iterator[str]:
        """Each click that was acknowledged is an answer in a log, or a refusal in one, as far as those are kept."""
        known: Counter[tuple[str, str]] = Counter()
        for thread in self.threads:
            for event in thread.events:
                if isinstance(event, e.RequestAnswered | e.Refused) and event.request:
                    known[f"U0{(event.by or '').upper()}", event.request] += 1
        for (person, request), count in (acked + self.letters.replies).items():
            if known[person, request] < min(count, REFUSALS_KEPT):
                yield f"{count} clicks of {person} on {request} were taken, {known[person, request]} are on record"

    def _is_cancelled(self, source: str) -> bool:
        """Whether this was written in a thread that was cancelled: the writer was told that nothing happens there."""
        message = self.slack.workspace.find(DEPLOYS, source.rpartition("/")[2])
        return message is not None and message.root in self._ended

    @cached_property
    def _ended(self) -> set[str]:
        return {thread.origin.thread or "" for thread in self.threads if thread.cancelled}

    def _forms(self, taken: Counter[tuple[str, str, str]]) -> Iterator[str]:
        """Each form that was taken is an answer in a log, of that kind and by that person."""
        known = {
            (f"U0{(event.by or '').upper()}", event.request, event.answer)
            for thread in self.threads
            for event in thread.events
            if isinstance(event, e.RequestAnswered)
        }
        kinds = {"ask": "say", "grant": "approve"}
        for person, request, form in taken:
            if (person, request, kinds.get(form, form)) not in known:
                yield f"the form {form} of {person} about {request} was taken, and is in no log"

    def _cards(self) -> Iterator[str]:
        """Each card once, in the order of its lane or below an earlier one; no button left on what is decided."""
        shown: defaultdict[str, list[Message]] = defaultdict(list)
        cards = {card.delivery for _, _, card in self._all_cards()}
        for channel in self.slack.workspace.channels:
            for message in self._messages(channel):
                names = self._deliveries(message)
                self.batches += len(cards.intersection(names)) > 1
                for name in names:
                    shown[name].append(message)
        lanes: defaultdict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)
        for request, at, card in self._all_cards():
            found, name = shown[card.delivery], request.opened.request
            if len(found) > 1:
                yield f"a card of {name} was posted {len(found)} times"
            if not found and request.outcome is None:
                yield f"a card of {name} was never posted"
            if request.outcome is not None and any(actions_of(message, name) for message in found):
                yield f"{name} is {request.outcome}, and its card still has buttons"
            if found and self._deliveries(found[0])[0] == card.delivery:  # what began this message
                lanes[shard_of(name), card.place.lane()].append((at, found[0].ts))
        for (shard, place), lane in lanes.items():
            posted = [ts for _, ts in sorted(lane)]
            if posted != sorted(posted):
                yield f"the cards of shard {shard} were posted out of order in {place}"

    def _all_cards(self) -> Iterator[tuple[RequestState, int, CardAt]]:
        """The cards in Slack, with when they were made; a mail stays as it was."""
        for thread in self.threads:
            for event in thread.events:
                if isinstance(event, e.RequestOpened | e.RequestReminded | e.RequestEscalated | e.RequestShown):
                    for card in event.cards:
                        if card.place.channel == "slack":
                            yield thread.requests[event.request], event.at or 0, card

    def _conversations(self) -> Iterator[str]:
        """In each conversation stands what the logs say was said there: all of it, once, in that order."""
        places: defaultdict[tuple[str, str], list[Thread]] = defaultdict(list)
        for thread in self.threads:
            places[thread.origin.address, thread.origin.thread or ""].append(thread)
        for (address, root), threads in places.items():
            if threads[0].origin.channel == "email":
                said = [mail.text for mail in self.letters.received(address)]
            else:
                said = [m.text for m in self._replies[root] if m.user == _BOT and not _is_beside(m)]
            expected = lines_in_order(threads)
            fits = len(said) == len(expected) and all(want in got for want, got in zip(expected, said, strict=True))
            if not fits and not any(thread.parked for thread in threads):
                yield f"{threads[0].id}: it should have said {expected}, and said {said}"

    @cached_property
    def _replies(self) -> dict[str, list[Message]]:
        found: defaultdict[str, list[Message]] = defaultdict(list)
        for message in self._messages(DEPLOYS):
            if message.is_reply:
                found[message.root].append(message)
        return found

    def _messages(self, channel: str) -> Sequence[Message]:
        return self.slack.workspace.messages(channel)

    def _deliveries(self, message: Message) -> list[str]:
        """The deliveries that made this message what it is, from its first version on."""
        versions = (*self.slack.workspace.earlier(message.channel, message.ts), message)
        found = [as_object(version.metadata) for version in versions]
        payloads = [as_object(one.get("event_payload")) for one in found if one.get("event_type") == EVENT_TYPE]
        return list(dict.fromkeys(as_text(payload.get("id")) for payload in payloads))


def _is_beside(message: Message) -> bool:
    """Whether it is nothing that a log says was said: how far a turn got, or that a thread is cancelled."""
    return _NOT_ANY_MORE in message.text or any(block.get("type") == "plan" for block in message.blocks)
