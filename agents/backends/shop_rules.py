"""What the embedded shop allows: pure checks, each refusal with a part that may be quoted and one for staff."""

from datetime import date
from decimal import Decimal

from agents.backends.shop import Item, Order, Refused


def check_hold(reason: str | None) -> None:
    """Nothing is changed for a customer whose account is flagged. Raises Refused."""
    if reason:
        raise Refused("I cannot change this order myself: a colleague has to look at it first.", reason)


def check_missing(order: Order) -> None:
    """A parcel can be missed once it is on its way. Raises Refused."""
    if order.state not in {"dispatched", "delivered"}:
        raise Refused(f"Order {order.number} is not on its way: it is {order.state}.")
    if order.missing:
        raise Refused(f"Order {order.number} has been reported as missing already, under {order.missing}.")


def check_return(order: Order, item: Item, today: date) -> None:
    """An article can be sent back once, after its delivery and within the period. Raises Refused."""
    if item.sent_back:
        raise Refused(f"A return of {item.label} is open already, under {item.sent_back}; it can become an exchange.")
    _check_paid(order, item)
    if order.state != "delivered" or order.returnable_until is None:
        raise Refused(f"Order {order.number} has not been delivered yet, so nothing can be sent back.")
    if today > order.returnable_until:
        late = (today - order.returnable_until).days
        quotable = f"The return period of order {order.number} ended on {order.returnable_until.isoformat()}."
        raise Refused(quotable, f"asked for a return {late} days late; goodwill is a decision of staff")


def check_exchange(order: Order, item: Item) -> None:
    """Only an open return can become an exchange, once. Raises Refused."""
    if item.exchanged_for:
        raise Refused(f"{item.article} is being exchanged for size {item.exchanged_for} already.")
    if order.state == "returned":
        raise Refused(f"The return of order {order.number} is completed, so it can no longer become an exchange.")
    if not item.sent_back:
        raise Refused(f"No return of {item.label} is open. Start the return first, then exchange it.")
    _check_paid(order, item)


def check_address(order: Order) -> None:
    """The address can change until the parcel has left. Raises Refused."""
    if order.state != "paid":
        raise Refused(f"Order {order.number} has left already, so its address can no longer be changed.")


def check_refund(order: Order, amount: Decimal) -> None:
    """No more can be paid back than was paid, less what was refunded or is being exchanged. Raises Refused."""
    if order.refundable == 0:
        internal = f"refund of {amount} asked for; refunded {order.refunded} of {order.paid}"
        raise Refused(f"Nothing of order {order.number} is left to be refunded.", internal)
    if not 0 < amount <= order.refundable or amount != round(amount, 2):
        raise Refused(f"At most {order.refundable} {order.currency} of order {order.number} can be refunded.")


def _check_paid(order: Order, item: Item) -> None:
    if item.price > order.refundable:
        internal = f"{item.label}: refunded {order.refunded} of {order.paid} already"
        raise Refused(f"{item.label} of order {order.number} has been refunded or exchanged already.", internal)
