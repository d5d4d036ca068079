"""An intake that remembers what it was given, and can be told to be away."""

import asyncio
from collections import deque

from bot.port import Answered, AnswerInbound, Asked, Inbound, Verdict
from tests.channels.slack.cards import REQUEST, THREAD


class AwayError(Exception):
    """What a store that cannot be reached raises."""


class RecordingIntake:
    """Takes each message once, as the real one does, and answers what the test has laid ready."""

    def __init__(self) -> None:
        self.messages: list[Inbound] = []  # each once
        self.seen: list[Inbound] = []  # every call that reached it
        self.answers: list[AnswerInbound] = []
        self.replies: deque[Answered] = deque()
        self.request: Asked | None = Asked(thread=THREAD, kind="approval", is_open=True, title="Deploy service")
        self.away = 0  # this many calls fail
        self.hang = asyncio.Event()  # unset: calls wait
        self.hang.set()

    async def message(self, inbound: Inbound) -> Verdict:
        await self._available()
        self.seen.append(inbound)
        if any(inbound.source == known.source for known in self.messages):
            return "duplicate"
        self.messages.append(inbound)
        return "taken"

    async def answer(self, inbound: AnswerInbound) -> Answered:
        await self._available()
        self.answers.append(inbound)
        return self.replies.popleft() if self.replies else Answered(accepted=True, text="Your answer was taken.")

    async def asked(self, request: str) -> Asked | None:
        await self._available()
        return self.request if request == REQUEST else None

    async def _available(self) -> None:
        await self.hang.wait()
        if self.away:
            self.away -= 1
            raise AwayError
