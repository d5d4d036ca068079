"""What was dropped, refused or could not be taken: a counter for each reason, and one log line a minute."""

import logging
import time
from collections import Counter
from collections.abc import Callable

_QUIET_S = 60.0


class Tally:
    """Counts by reason. `counts` is for `bot doctor` and for tests; no text of anyone's is ever logged."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start at zero."""
        self.counts: Counter[str] = Counter()
        self._clock = clock
        self._logger = logging.getLogger("channels.slack")
        self._said: dict[str, tuple[float, int]] = {}

    def ignored(self, reason: str, where: str) -> None:
        """Note an event that a rule drops; `where` is its channel and ts."""
        self.counts[f"ignored:{reason}"] += 1
        self._logger.debug("ignored %s: %s", where, reason)

    def broken(self, reason: str) -> None:
        """Note a payload that Slack signed and that cannot be read; `reason` names the field, not its value."""
        self._note("broken", reason, "Slack sent a payload that cannot be read")

    def failed(self, error: BaseException) -> None:
        """Note input that could not be stored, so that it was not acknowledged and will be sent again."""
        self._note("failed", type(error).__name__, "could not take an event, so Slack was not told that it arrived")

    def untold(self, reason: str) -> None:
        """Note an answer that could not be shown to the person who waits for it."""
        self._note("untold", reason, "could not tell a person what became of their click")

    def unshaped(self, fault: str) -> None:
        """Note a message or view that was said in plain words instead; `fault` names what is wrong with its shape."""
        self._note("unshaped", fault, "Slack would not take a message as it was made, so it was said in plain words")

    def _note(self, kind: str, reason: str, sentence: str) -> None:
        name = f"{kind}:{reason}"
        self.counts[name] += 1
        until, count = self._said.get(name, (0.0, 0))
        if self._clock() < until:
            return
        self._said[name] = (self._clock() + _QUIET_S, self.counts[name])
        self._logger.warning("%s: %s (%d since the last such line)", sentence, reason, self.counts[name] - count)
