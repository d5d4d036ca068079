"""Several requests in one mail, each with an address of its own: what is answered there is about that one alone."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.places import Batch, Card, Content, Decision
from channels.email.cards import card_text, outcome
from channels.email.long import shown
from channels.email.page import Answering, batch_page, card_part, outcome_part

_HOW = (
    "Each of these is decided by itself: by its buttons, or by writing to its address. "
    "A plain reply to this mail says not which is meant, and decides nothing."
)
_RULE = "-" * 60


@dataclass(frozen=True, slots=True)
class BatchTexts:
    """A batch as text and as a page."""

    text: str
    html: str


def news(content: Content) -> Content:
    """What a mail is about: a mail cannot be changed, so the outcome of one of several is told as that of one alone."""
    if not isinstance(content, Batch):
        return content
    latest = next((item for item in content.items if _request(item) == content.latest), None)
    return latest if latest is not None and (isinstance(latest, Decision) or len(content.items) == 1) else content


def batch_texts(batch: Batch, address_of: Callable[[str], str], subject: str, marker: str) -> BatchTexts:
    """Write it; `address_of` names where answers to a request go."""
    texts, parts = list[str](), list[str]()
    for item in batch.items:
        if isinstance(item, Decision):
            texts.append(outcome(item))
            parts.append(outcome_part(item))
            continue
        call, address = shown(item), address_of(item.request)
        told = f"Answers to this one go to {address}"
        texts.append(f"{told}\n\n{card_text(item, call.sections, call.warning)}")
        parts.append(card_part(item, call.sections, Answering(address, subject, marker), call.warning, told))
    text = f"\n\n{_RULE}\n\n".join([f"{marker}\n\n{batch.title}\n\n{_HOW}", *texts])
    return BatchTexts(text, batch_page(batch.title, _HOW, parts, marker))


def _request(item: Card | Decision) -> str:
    return item.request if isinstance(item, Card) else item.card.request
