"""Whether one thread's stored entries are what this program wrote, and how much of that is proven. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot import events as e
from bot.audit.heads import Head
from bot.context import moment
from bot.entries import Sealer, Unreadable, decode
from bot.fold import append
from bot.sound import problem
from bot.thread import Thread


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store holds of one thread, at one moment."""

    thread: str
    entries: Sequence[bytes]
    version: int  # how many entries its head knows
    listed: bool  # whether the index of threads has it


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as this program wrote it."""

    thread: str
    what: str
    entry: int | None = None  # its number in the log; None: the thread as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What came of one thread."""

    thread: str
    version: int
    seal: str  # the chain's value at its end
    findings: tuple[Finding, ...]
    signed: int = 0  # entries after the last one that a seal or an exported head covers ...
    unsigned: int = 0  # ... and notes of the senders there
    noted: int = 0  # such notes before it
    erased: int = 0  # bodies


def examine(stored: Stored, sealer: Sealer, head: Head | None = None) -> Examined:
    """Check every entry by itself and against those before it, and the whole log against an exported head."""
    reader = _Reader(Thread(stored.thread, sealer))
    for entry in stored.entries:
        reader.take(entry)
    thread, proven = reader.thread, reader.sealed
    moved = list(_moved(thread, head)) if head is not None else []
    if head is not None and not moved:
        proven = max(proven, head.version)
    tail = reader.notes[proven:]
    return Examined(
        thread=thread.id,
        version=thread.version,
        seal=sealer.seal(thread.chains[-1]),
        findings=tuple(
            [Finding(thread.id, what, number) for number, what in sorted(reader.wrong.items())]
            + [Finding(thread.id, what, number) for number, what in reader.backwards(proven)]
            + [Finding(thread.id, what) for what in (*moved, *_beside(stored))]
        ),
        signed=tail.count(False),
        unsigned=tail.count(True),
        noted=reader.notes[:proven].count(True),
        erased=reader.erased,
    )


def _moved(thread: Thread, head: Head) -> Iterator[str]:
    """What an exported head says against this log."""
    then = moment(head.at)
    if thread.version < head.version:
        yield f"its end was cut off: it has {thread.version} entries, and had {head.version} when exported at {then}"
    elif thread.sealer.seal(thread.chains[head.version]) != head.seal:
        yield f"its first {head.version} entries are not those that were exported at {then}"


def _beside(stored: Stored) -> Iterator[str]:
    """What stands beside the log and says otherwise. It proves nothing, but whoever cuts a log may forget it."""
    count = len(stored.entries)
    if not count:
        yield f"its log is gone; its head still knows {stored.version} entries"
    elif stored.version > count:
        yield f"its end was cut off: it has {count} entries, and its head knows {stored.version}"
    elif stored.version < count:
        yield f"its head knows {stored.version} of {count} entries: the others were not appended by this program"
    if count and not stored.listed:
        yield "it was taken out of the index of threads, so `bot threads` does not show it"


@dataclass(slots=True)
class _Reader:
    """Reads a log once from its beginning."""

    thread: Thread
    wrong: dict[int, str] = field(default_factory=dict[int, str])
    notes: list[bool] = field(default_factory=list[bool])  # of each entry: whether it is an unsigned note
    times: list[int | None] = field(default_factory=list[int | None])
    sealed: int = 0  # so many entries are covered by a seal that matches
    broken: bool = False  # a seal did not match: the later ones cannot either
    foreign: set[int] = field(default_factory=set[int])  # altered, forged and copied entries: each breaks the next seal
    erased: int = 0
    _seen: dict[bytes, int] = field(default_factory=dict[bytes, int])  # whole entries
    _signed: dict[str, int] = field(default_factory=dict[str, int])  # signatures

    def take(self, entry: bytes) -> None:
        """Check one more entry. After something is wrong, what it is about is not known any more; the rest is."""
        thread, number = self.thread, self.thread.version
        event = decode(entry)
        note = isinstance(event, e.Delivered | e.DeliveryFailed)
        self.notes.append(note)
        self.times.append(None if isinstance(event, Unreadable) else event.at)
        genuine = note or thread.sealer.genuine(thread.id, entry)
        copied = None if isinstance(event, Unreadable) else self._copied(entry, event, number)
        wrong = _form(entry, event, genuine=genuine) or copied
        if copied or not genuine:
            self.foreign.add(number)
        if not isinstance(event, Unreadable):
            self.erased += event.body_hash is not None and getattr(event, "body", None) is None
            wrong = wrong or self._seal(event)
            if wrong is None and not self.wrong and not self.broken and (unsound := problem(thread, event)):
                wrong = f"this program does not write that here: {unsound}"
            if wrong is None and not self.wrong and not self.broken:
                append(thread, event, entry)
                return
        if wrong is not None:
            self.wrong[number] = wrong
        thread.chains.append(thread.sealer.link(thread.chains[-1], entry))

    def backwards(self, since: int) -> Iterator[tuple[int, str]]:
        """Entries that are older than the one before, where neither a seal nor a head says that this is their order."""
        for number in range(max(since, 1), len(self.times)):
            then, now = self.times[number - 1], self.times[number]
            if then is not None and now is not None and now < then and number not in self.wrong:
                yield (
                    number,
                    "it is older than the entry before it: they were reordered, or the server's clock set back",
                )

    def _copied(self, entry: bytes, event: e.AnyEvent, number: int) -> str | None:
        """A second copy of an entry: salts, seals and nonces make every signature unique."""
        first = self._seen.setdefault(entry, number)
        again = self._signed.setdefault(event.sig, number) if event.sig else number
        if first == number and again == number:
            return None
        return f"it is a copy of entry {min(first, again)}, stored a second time"

    def _seal(self, event: e.AnyEvent) -> str | None:
        """Whether the log before it is what its worker read. A foreign entry in it says already why it is not."""
        if event.basis is None or self.broken:
            return None
        thread, basis = self.thread, event.basis
        if 0 <= basis <= thread.version and event.seal == thread.sealer.seal(thread.chains[basis]):
            self.sealed = max(self.sealed, basis)
            return None
        self.broken = True
        if any(self.sealed <= number < basis for number in self.foreign):
            return None
        if basis > thread.version:
            there = f"its worker had read {basis} entries, and there are {thread.version} before it"
            return f"{there}: some were removed, or it was moved"
        span = f"entry {basis - 1} is" if self.sealed == basis - 1 else f"entries {self.sealed} to {basis - 1} are"
        return f"its seal does not match: {span} not what its worker had read (altered, removed, added or reordered)"


def _form(entry: bytes, event: e.AnyEvent | Unreadable, *, genuine: bool) -> str | None:
    """What is wrong with an entry by itself."""
    match event, genuine:
        case Unreadable(reason=reason), True:
            return f"it cannot be read, although its signature is ours: {reason}"
        case Unreadable(reason=reason), False:
            return f"it cannot be read, and its signature is not ours: {reason}"
        case _, False:
            return "its signature is not ours: it was altered, or written by somebody else or for another thread"
        case _ if b"\n" not in entry:
            return "the line break after its envelope is missing"
        case _:
            return None
