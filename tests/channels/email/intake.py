"""An intake that remembers what it was given, and can be told to be away."""

from collections import deque

from redis.exceptions import ConnectionError as StoreAwayError

from bot.port import Answered, AnswerInbound, Asked, Inbound, Returned, Telling, Verdict
from bot.store.cursors import Position


class RecordingIntake:
    """Takes each input once, as the real one does, and answers what the test has laid ready."""

    def __init__(self) -> None:
        self.messages: list[Inbound] = []  # each once
        self.answers: list[AnswerInbound] = []
        self.told: list[Telling] = []  # each once
        self.came_back: list[Returned] = []
        self.requests: dict[str, Asked] = {}
        self.replies: deque[Answered] = deque()
        self.away = 0  # this many calls fail

    async def message(self, inbound: Inbound) -> Verdict:
        self._available()
        if any(inbound.source == known.source for known in self.messages):
            return "duplicate"
        self.messages.append(inbound)
        return "taken"

    async def answer(self, inbound: AnswerInbound) -> Answered:
        self._available()
        self.answers.append(inbound)
        return self.replies.popleft() if self.replies else Answered(accepted=True, text="You approved this.")

    async def asked(self, request: str) -> Asked | None:
        self._available()
        return self.requests.get(request)

    async def tell(self, telling: Telling) -> Verdict:
        self._available()
        if any((telling.source, telling.reason) == (known.source, known.reason) for known in self.told):
            return "duplicate"
        self.told.append(telling)
        return "told" if telling.place else "refused"

    async def returned(self, report: Returned) -> Verdict:
        self._available()
        self.came_back.append(report)
        return "refused"

    def reasons(self) -> list[str]:
        """Why mails were not taken, or what their senders were told."""
        return [telling.reason for telling in self.told]

    def _available(self) -> None:
        if self.away:
            self.away -= 1
            raise StoreAwayError


class KeptCursor:
    """A cursor in memory."""

    def __init__(self) -> None:
        self.positions: dict[str, Position] = {}

    async def load(self, mailbox: str) -> Position | None:
        return self.positions.get(mailbox)

    async def save(self, mailbox: str, position: Position) -> None:
        self.positions[mailbox] = position
