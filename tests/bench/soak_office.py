"""The installation that is soaked: two Socket Mode processes, one that takes the same by HTTP, and a worker."""

import time
from collections import defaultdict
from collections.abc import Callable

from tests.chaos.installation import FENCED, Installation, Process
from tests.chaos.stored import rest
from tests.helpers import wait_until

SOCKETS = 2  # processes, each with as many connections as an installation has


class SocketOffice(Installation):
    """`async with SocketOffice(folder) as it`: everything is up, and Slack uses Socket Mode."""

    slacks: list[Process]

    @property
    def processes(self) -> list[Process]:
        """All processes of the bot."""
        return [self.web, *self.slacks, *self.workers]

    def cpu_s(self) -> dict[str, float]:
        """The CPU time that each kind of process has used so far; `soak` is this program, with the local Slack."""
        used = defaultdict[str, float](float, {"soak": time.process_time()})
        for process in self.processes:
            used[process.role] += process.cpu_s
        return dict(used)

    async def comes_to_rest(self, busy: Callable[[], bool], timeout: float = 300) -> None:
        """Wait until nothing is due, leased, open, to be sent, or on its way to the bot."""
        moving = ""

        async def rested() -> bool:
            nonlocal moving
            left = await rest(await self.store())
            found = {"due": left.due, "leased": left.leased, "to be sent": left.outbox, "open": len(left.pending)}
            found |= {"events": not self.slack.idle, "people": busy()}
            moving = ", ".join(f"{name} {count}" for name, count in found.items() if count)
            return not moving

        try:
            await wait_until(rested, timeout=timeout)
        except AssertionError as error:
            raise AssertionError(f"not at rest: {moving}") from error

    def _start(self) -> None:
        self.slack.deliver_to(None)
        self.web = self._process("web", FENCED)
        self.slacks = [self._process("slack", FENCED) for _ in range(SOCKETS)]
        self.workers = [self._process("worker", self._worker)]
