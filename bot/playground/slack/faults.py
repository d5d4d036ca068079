"""Failures on demand: the next call of a method is answered with an error, a 500, a 429, or not at all."""

from collections import defaultdict

from bot.playground.slack.models import Frozen


class Fault(Frozen):
    """What goes wrong once. Without any field set, the call goes well."""

    error: str | None = None  # an `ok: false` answer with this code; nothing is done
    status: int | None = None  # an HTTP status with a body that is no JSON; nothing is done
    retry_after_s: int | None = None  # 429 `ratelimited`; nothing is done
    drop_reply: bool = False  # the call is carried out, and the connection closed without an answer


class Faults:
    """The faults that wait for their call, first in, first out."""

    def __init__(self) -> None:
        """Start with none."""
        self._waiting: defaultdict[str, list[Fault]] = defaultdict(list)

    def add(self, method: str, fault: Fault, times: int) -> None:
        """Let the next `times` calls of the method fail so."""
        self._waiting[method] += [fault] * times

    def take(self, method: str) -> Fault:
        """Return what shall happen to this call."""
        return self._waiting[method].pop(0) if self._waiting[method] else Fault()
