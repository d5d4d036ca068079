"""Long calls: the head of each value in the mail, and the whole call, exactly, in a file beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.ids import display_id
from bot.places import Card
from channels.email.cards import Section, card_title, listed, sections

LONGEST_CALL = 12_000  # characters that a mail shows: programs cut longer mails, without saying where
LONGEST_VALUE = 1_500  # characters of each value, if the call is longer than that


@dataclass(frozen=True, slots=True)
class Shown:
    """A call as a mail shows it; `whole` is the text of the file that has all of it, if the mail has not."""

    sections: Sequence[Section]
    file: str = ""
    whole: str = ""

    @property
    def warning(self) -> str:
        """What the mail says first, if it does not show all."""
        return f"This call is too long for a mail. All of it is in the attached file {self.file}." if self.whole else ""


def shown(card: Card) -> Shown:
    """Return the call as the mail shows it. Nothing is cut without saying so, and where the rest is."""
    full = list(sections(card))
    if sum(len(name) + len(text) for section in full for name, text in section.pairs) <= LONGEST_CALL:
        return Shown(full)
    file = f"call-{card.digest8 or display_id(card.request)}.txt"
    return Shown(list(_heads(full, file)), file, _whole(card, full))


def _heads(full: Iterable[Section], file: str) -> Iterable[Section]:
    room = LONGEST_CALL
    for section in full:
        pairs: list[tuple[str, str]] = []
        for name, text in section.pairs:
            head = text[:LONGEST_VALUE]
            told = name if head == text else f"{name} (the first {len(head):,} of {len(text):,} characters; see {file})"
            room -= len(told) + len(head)
            if room < 0:
                left = len(section.pairs) - len(pairs)
                pairs.append((f"and {left} more", f"see {file}"))
                break
            pairs.append((told, head))
        yield Section(section.heading, pairs)


def _whole(card: Card, full: Iterable[Section]) -> str:
    about = f"Request {display_id(card.request)}" + (f", digest {card.digest8}" if card.digest8 else "")
    return "\n\n".join([card_title(card), about, *map(listed, full)]) + "\n"
