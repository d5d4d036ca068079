"""What the support agent works with: a shop's orders, as the person whom a thread is for may see and change them."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.errors import CountersignError
from bot.steps import NotDone, Principal

_CENT: Final = Decimal("0.01")
_NUMBER: Final = re.compile(r"(?:order)?[\s:]*(?:number|no\.?|nr\.?)?[\s:]*#?\s*([a-z0-9][a-z0-9-]{0,31})[\s.,!?]*")
_LONGEST: Final = 40  # characters of an order number that is quoted in an error

Money = Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2), AfterValidator(lambda a: a.quantize(_CENT))]
"""An amount in the shop's currency, never a float."""


class Refused(NotDone):
    """The shop refused, and nothing was changed.

    Its message is what may be quoted to anyone, the model first of all. `internal` (a flag on the account, a count of
    earlier claims) is for staff: it never becomes part of the message; a shop writes it into its own notes.
    """

    def __init__(self, quotable: str, internal: str = "") -> None:
        """Keep the two apart."""
        super().__init__(quotable)
        self.internal = internal


class NoSuchOrder(Refused):
    """There is no such order, or it is someone else's: the answer is the same, so that nobody learns which."""

    def __init__(self, number: str) -> None:
        """Quote what was asked for, and nothing that the shop knows."""
        shown = "".join(c for c in number if c.isprintable())[:_LONGEST]
        super().__init__(f'No order "{shown}" was found for this customer. Ask for the number on the confirmation.')


class ShopUnclear(CountersignError):
    """The shop did not say what became of it: look the order up in the shop before trying again."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")  # what a shop says beyond this never reaches the model


class Item(_Value):
    """One article of an order."""

    article: str
    size: str = ""
    price: Money
    sent_back: str | None = None  # the reference of its return or exchange
    exchanged_for: str | None = None  # the size that it is exchanged for

    @property
    def label(self) -> str:
        """The article as people read it."""
        return f"{self.article}, size {self.size}" if self.size else self.article


class Order(_Value):
    """One order. `refundable` is what was paid, less what was refunded or is being exchanged."""

    number: str
    customer: str  # name and address, as the shop writes to them
    state: Literal["paid", "dispatched", "delivered", "returned"]
    ordered: date
    delivered: date | None = None  # by the carrier's word
    returnable_until: date | None = None
    items: tuple[Item, ...]
    ship_to: str
    paid: Money
    refunded: Money
    refundable: Money
    currency: str
    missing: str | None = None  # the reference of a report that the parcel is missing


class Brief(_Value):
    """An order in one line."""

    number: str
    state: str
    ordered: date
    articles: tuple[str, ...]


class Briefs(_Value):
    """A list for the model; `only` repeats the one order there is."""

    orders: tuple[Brief, ...]
    only: Brief | None = None


class Moment(_Value):
    """What the carrier noted."""

    at: datetime
    text: str


class Tracking(_Value):
    """Where a parcel is, by the carrier's word."""

    order: str
    state: str
    carrier: str = ""
    code: str = ""
    moments: tuple[Moment, ...] = ()  # oldest first


class ReturnPolicy(_Value):
    """What may be sent back, and for how long."""

    days: int  # after delivery
    text: str


class Receipt(_Value):
    """What the shop did. The same key brings the same receipt."""

    reference: str
    order: str
    article: str = ""
    amount: Money | None = None
    currency: str = ""
    says: str  # what happens next, in words for the customer


class Shop(Protocol):
    """A shop, seen by a principal: customers see their own orders and staff all; `unproven:` senders see none.

    Whoever implements this filters in its queries, not in what it got. Queries raise NoSuchOrder; changes raise
    Refused (a NotDone) if nothing was changed, and anything else if that is in doubt. `article` may be in the
    customer's words: "the blue shirt".
    """

    async def order(self, number: str, who: Principal) -> Order:
        """Return one order."""
        ...

    async def orders(self, who: Principal) -> list[Order]:
        """Return the newest orders that this principal sees."""
        ...

    async def orders_of(self, address: str, who: Principal) -> list[Order]:
        """Return the newest orders of a customer, by e-mail address. Nobody but staff finds any."""
        ...

    async def tracking(self, number: str, who: Principal) -> Tracking:
        """Return where the parcel is."""
        ...

    async def return_policy(self) -> ReturnPolicy:
        """Return what may be sent back."""
        ...

    async def report_missing(self, number: str, what_happened: str, who: Principal, *, key: str) -> Receipt:
        """Open a search for a parcel that did not arrive."""
        ...

    async def start_return(self, number: str, article: str, reason: str, who: Principal, *, key: str) -> Receipt:
        """Let an article be sent back, within the return period."""
        ...

    async def exchange_return(self, number: str, article: str, size: str, who: Principal, *, key: str) -> Receipt:
        """Turn an open return into an exchange for another size."""
        ...

    async def change_address(self, number: str, address: str, who: Principal, *, key: str) -> Receipt:
        """Send an order that was not dispatched yet to another address."""
        ...

    async def refund(self, number: str, amount: Decimal, reason: str, who: Principal, *, key: str) -> Receipt:
        """Pay back at most what is refundable."""
        ...

    async def happened(self, key: str) -> bool | None:
        """Return whether the change with this key was made. After False it never will be; None: it cannot be told."""
        ...


def order_number(text: str) -> str:
    """Return the number in `Order no. 1042` or `#1042`; raise NoSuchOrder if that is not all that the text says."""
    found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text).strip().lower())
    if found is None or not any(c.isdigit() for c in found[1]):
        raise NoSuchOrder(text)
    return found[1].upper()


def sees_all(who: Principal) -> bool:
    """Whether every order is this principal's to see."""
    return who.is_staff and not is_unproven(who)


def is_unproven(who: Principal) -> bool:
    """Whether nobody vouches that this is who they say they are."""
    return who.id.startswith("unproven:")


def in_brief(orders: list[Order]) -> Briefs:
    """Shorten a list of orders to what tells them apart."""
    briefs = tuple(
        Brief(number=o.number, state=o.state, ordered=o.ordered, articles=tuple(item.label for item in o.items))
        for o in orders
    )
    return Briefs(orders=briefs, only=briefs[0] if len(briefs) == 1 else None)
