"""Find an article by what a customer calls it: "blue shirt" is the "Men's Cotton T-Shirt - Blue"."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from pydantic import BaseModel, ConfigDict

from agents.backends.shop import Item, Order, Refused

_SIMILAR: Final = 0.75  # share of letters in common from which a word of four letters or more counts as misspelt
_MEANS: Final = {  # by words that customers use for the same thing, in the singular
    "shirt": "tshirt tee top polo blouse",
    "trouser": "pant jean chino slack",
    "short": "",
    "jumper": "sweater pullover hoodie sweatshirt cardigan knit",
    "jacket": "coat parka anorak blazer raincoat",
    "shoe": "sneaker trainer boot loafer sandal",
    "sock": "stocking",
    "hat": "cap beanie",
    "dress": "gown",
    "bag": "backpack rucksack tote",
    "scarf": "shawl",
    "glove": "mitten",
    "blue": "navy azure denim indigo",
    "red": "crimson burgundy maroon",
    "green": "olive khaki",
    "gray": "grey charcoal silver",
    "white": "ivory cream",
    "brown": "tan beige camel",
    "black": "",
    "yellow": "mustard",
    "pink": "rose",
    "purple": "violet",
    "orange": "",
}
_CANONICAL: Final = {word: name for name, others in _MEANS.items() for word in (name, *others.split())}
_EMPTY: Final = frozenset(
    re.findall(
        r"\w+",
        """a an and the my our this that these those one ones i it in of for from with to on size sized colour color
        coloured colored article item thing order parcel please some pair new""",
    )
)


class Match(BaseModel):
    """One article of one order."""

    model_config = ConfigDict(frozen=True)

    order: str
    article: str
    size: str
    state: str  # of the order
    returnable_until: date | None


class Matches(BaseModel):
    """What the words may mean. `only` repeats the one there is; if several fit, ask which is meant."""

    model_config = ConfigDict(frozen=True)

    found: tuple[Match, ...]
    only: Match | None = None
    near: tuple[Match, ...] = ()  # nothing fits all the words; these fit some of them


def find_articles(orders: Iterable[Order], words: str) -> Matches:
    """Return the articles in these orders that fit the words, in whatever order, number or spelling they come."""
    pairs = [(order, item) for order in orders for item in order.items]
    places, fitting = _best([item for _, item in pairs], words)
    matches = tuple(
        Match(
            order=order.number,
            article=item.article,
            size=item.size,
            state=order.state,
            returnable_until=order.returnable_until,
        )
        for order, item in (pairs[place] for place in places)
    )
    if not fitting:
        return Matches(found=(), near=matches)
    return Matches(found=matches, only=matches[0] if len(matches) == 1 else None)


def item_of(order: Order, words: str) -> Item:
    """Return the one article of an order that is meant; raise Refused with the articles that there are."""
    places, fitting = _best(order.items, words) if meant(words) else (list(range(len(order.items))), True)
    labels = {order.items[place].label for place in places}
    if fitting and len(labels) == 1:
        alike = [order.items[place] for place in places]
        return next((item for item in alike if item.sent_back is None), alike[0])
    there = "; ".join(sorted({item.label for item in order.items}))
    raise Refused(f"It is not clear which article of order {order.number} is meant. It has: {there}.")


def _best(items: Sequence[Item], words: str) -> tuple[list[int], bool]:
    """The places of the items that fit best, and whether nothing that was said speaks against them."""
    asked = meant(words)
    scores = [_score(asked, item) for item in items]
    most = max((count for count, _ in scores), default=0)
    best = [place for place, (count, _) in enumerate(scores) if count == most > 0]
    agreeing = [place for place in best if not scores[place][1]]
    return agreeing or best, bool(agreeing)


def _score(asked: frozenset[str], item: Item) -> tuple[int, bool]:
    """How many of the words fit this item, and whether one that names a garment or a colour does not."""
    has = meant(f"{item.article} {item.size}")
    fits = {word for word in asked if word in has or (word not in _MEANS and any(_alike(word, own) for own in has))}
    return len(fits), bool((asked - fits) & _MEANS.keys())


def _alike(word: str, other: str) -> bool:
    """Whether one may be a misspelling of the other."""
    return min(len(word), len(other)) >= 4 and SequenceMatcher(None, word, other).ratio() >= _SIMILAR


@lru_cache(maxsize=4096)
def meant(text: str) -> frozenset[str]:
    """The words that count, in the singular and without accents, each by one name for the same thing."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c)).replace("’", "'")
    plain = re.sub(r"\bt[\s-]*shirt", "tshirt", re.sub(r"'s?\b", "", plain))
    found = (_singular(word) for word in re.findall(r"[^\W_]+", plain) if word not in _EMPTY)
    return frozenset(_CANONICAL.get(word, word) for word in found)


def _singular(word: str) -> str:
    if word in _MEANS or len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "ches", "shes", "xes")) else word[:-1]
