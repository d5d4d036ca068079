"""What people saw and were told, held against the logs: nothing lost, nothing twice, and all of it in order."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bot import events as e
from bot.entries import Sealer
from bot.fold import fold
from bot.ids import shard_of
from bot.playground.slack import SlackPeer
from bot.playground.slack.models import Message
from bot.playground.slack.wire import as_object, as_text
from bot.thread import Thread
from channels.slack.sender import EVENT_TYPE
from tests.chaos.crowd import actions_of
from tests.chaos.installation import DEPLOYS, RELEASES
from tests.chaos.letters import Letters
from tests.chaos.stored import Stored

_BOT = "U0BOT"
_ASKED = {"approval": "Waiting for", "doubt": "It is not certain", "stuck": "This needs a look", "question": "Waiting"}
_OUTSIDE = {kind: "looking into" if kind in {"doubt", "stuck"} else "passed this on" for kind in _ASKED}
_CLOSED = {"approved": "approved.", "rejected": "rejected it.", "answered": "answered."}


class Outside:
    """The local Slack and the mailboxes after a run, beside the threads of the store."""

    def __init__(self, slack: SlackPeer, letters: Letters, stored: Iterable[Stored], sealer: Sealer) -> None:
        """Take the peers and the store's threads."""
        self.slack = slack
        self.letters = letters
        self.threads = [fold(one.thread, one.entries, sealer) for one in stored]
        self.duplicates = 0  # inputs that were acknowledged again and not taken again

    def violations(self, acked: Counter[tuple[str, str]]) -> list[str]:
        """Everything that does not fit; `acked`: clicks that Slack was told were taken, by person and request."""
        return [*self._inputs(), *self._clicks(acked), *self._cards(), *self._conversations()]

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
        yield from (f"{source} was acknowledged and is in no log" for source in acked if not taken[source])
        yield from (f"{source} is in the logs {count} times" for source, count in taken.items() if count > 1)
        said = {f"slack:T0ACME/{DEPLOYS}/{m.ts}" for m in self._messages(DEPLOYS) if m.user == "U0ANA"}
        yield from (f"{source} was said and is in no log" for source in said if not taken[source])
        mails = Counter(source.split(":")[1] for source in taken if source.startswith("email:"))
        yield from (
            f"the mail {name} is in the logs {mails[name]} times" for name in self.letters.written if mails[name] != 1
        )

    def _clicks(self, acked: Counter[tuple[str, str]]) -> Iterator[str]:
        """Each click that was acknowledged is an answer in a log, or a refusal in one."""
        known: Counter[tuple[str, str]] = Counter()
        for thread in self.threads:
            for event in thread.events:
                if isinstance(event, e.RequestAnswered | e.Refused) and event.request:
                    known[f"U0{(event.by or '').upper()}", event.request] += 1
        for (person, request), count in (acked + self.letters.replies).items():
            if known[person, request] < count:
                yield f"{count} clicks of {person} on {request} were taken, {known[person, request]} are on record"

    def _cards(self) -> Iterator[str]:
        """Each card once, in the order of its shard, and no button left on what is decided."""
        shown: defaultdict[str, list[Message]] = defaultdict(list)
        for message in self._messages(RELEASES):
            for name in self._deliveries(message):
                shown[name].append(message)
        opened = [request for thread in self.threads for request in thread.requests.values()]
        lanes: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
        for request in opened:
            for card in request.opened.cards:
                if card.place.channel == "email":
                    continue  # a mail stays as it was
                found = shown[card.delivery]
                if len(found) > 1:
                    yield f"the card of {request.opened.request} was posted {len(found)} times"
                if not found and request.outcome is None:
                    yield f"the card of {request.opened.request} was never posted"
                if request.outcome is not None and any(actions_of(message) for message in found):
                    yield f"{request.opened.request} is {request.outcome}, and its card still has buttons"
                if found:
                    lanes[shard_of(request.opened.request)].append((request.opened.at or 0, found[0].ts))
        for shard, lane in lanes.items():
            posted = [ts for _, ts in sorted(lane)]
            if posted != sorted(posted):
                yield f"the cards of shard {shard} were posted out of order"

    def _conversations(self) -> Iterator[str]:
        """In each conversation stands what its log says was said there: all of it, once, in that order."""
        for thread in self.threads:
            root = thread.origin.thread or ""
            if thread.origin.channel == "email":
                said = [mail.text for mail in self.letters.received(thread.origin.address)]
            else:
                said = [m.text for m in self._replies[root] if m.user == _BOT]
            expected = list(lines(thread))
            fits = len(said) == len(expected) and all(want in got for want, got in zip(expected, said, strict=True))
            if not fits and thread.status != "parked":
                yield f"{thread.id}: it should have said {expected}, and said {said}"

    @property
    def _replies(self) -> dict[str, list[Message]]:
        if not hasattr(self, "_by_root"):
            self._by_root: defaultdict[str, list[Message]] = defaultdict(list)
            for message in self._messages(DEPLOYS):
                if message.is_reply:
                    self._by_root[message.root].append(message)
        return self._by_root

    def _messages(self, channel: str) -> Sequence[Message]:
        return self.slack.workspace.messages(channel)

    def _deliveries(self, message: Message) -> list[str]:
        """The deliveries that made this message what it is, from its first version on."""
        versions = (*self.slack.workspace.earlier(message.channel, message.ts), message)
        found = [as_object(version.metadata) for version in versions]
        payloads = [as_object(one.get("event_payload")) for one in found if one.get("event_type") == EVENT_TYPE]
        return list(dict.fromkeys(as_text(payload.get("id")) for payload in payloads))


def lines(thread: Thread) -> Iterator[str]:
    """What its log says was said where the thread began: people from outside hear less, and not who decided."""
    outsider = thread.principal is not None and thread.principal.is_outsider
    for event in thread.events:
        match event:
            case e.RequestOpened():
                yield (_OUTSIDE if outsider else _ASKED)[event.kind]
            case e.Replied():
                yield event.body.text if event.body else ""
            case e.RequestAnswered() if event.outcome and not outsider:
                yield _CLOSED[event.outcome]
            case e.RequestExpired() if not outsider:
                yield "Nobody decided"
            case e.RequestWithdrawn() if not outsider:
                yield "The "  # it was taken back, or it no longer stands
            case _:
                pass
