"""Failures on demand: the next use of a protocol step is refused, delayed, cut off or never answered."""

from dataclasses import dataclass

from bot.playground.mail.models import Fault, FaultPoint

FINE = Fault()


@dataclass(kw_only=True)
class _Planned:
    point: FaultPoint
    about: str | None  # a recipient, or an IMAP user; None: whoever
    fault: Fault
    left: int | None  # None: until healed


class Faults:
    """The faults that wait for their step, first in, first out."""

    def __init__(self) -> None:
        """Start with none."""
        self._planned: list[_Planned] = []

    def add(self, point: FaultPoint, fault: Fault, *, about: str | None = None, times: int | None = 1) -> None:
        """Let the next `times` uses of the step fail so; None: all of them, until `heal`."""
        about = about.lower() if about else None
        self._planned.append(_Planned(point=point, about=about, fault=fault, left=times))

    def take(self, point: str, about: str = "") -> Fault:
        """Return what shall happen to this use of the step."""
        for planned in self._planned:
            if planned.point == point and planned.about in {None, about.lower()}:
                if planned.left is not None:
                    planned.left -= 1
                    if planned.left <= 0:
                        self._planned.remove(planned)
                return planned.fault
        return FINE

    @property
    def waiting(self) -> int:
        """How many faults have not happened, or not for the last time."""
        return len(self._planned)

    def heal(self) -> None:
        """Forget every fault that still waits."""
        self._planned.clear()
