"""Helps a shop's customers with their orders; whatever changes one waits for a colleague."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field, JsonValue, WithJsonSchema

from agents.backends.shop import Money, Shop, in_brief
from agents.backends.shop_open import open_shop
from agents.backends.shop_words import find_articles
from bot.agent import Agent
from bot.steps import Action, Ask, Call, Facts, Policy, Principal, Query

Number = Annotated[str, Field(min_length=1, max_length=64, description="order number, such as 1042")]
Words = Annotated[str, Field(min_length=1, max_length=200, description="what the customer calls it: the blue shirt")]
Told = Annotated[str, Field(min_length=1, max_length=1000, description="in the customer's words, briefly")]


TWO_DECIDE = Decimal(100)  # from this amount on a refund needs two people


class LookUpOrder(Query):
    """Look up one order by its number: its articles, state, dates, and what of it can still be refunded."""

    order: Number


class FindArticle(Query):
    """Find an article among the customer's orders by what she calls it, when she gives no order number."""

    words: Words


class ListOrders(Query):
    """List the customer's orders, newest first, when neither a number nor an article is named."""


class OrdersOfCustomer(Query):
    """For staff: list a customer's orders by e-mail address. For a customer this finds nothing."""

    address: str = Field(max_length=254)


class TrackParcel(Query):
    """Say where a parcel is that is still expected. If tracking says delivered and it is not there: report_missing."""

    order: Number


class ReturnPolicy(Query):
    """Say what can be sent back, and for how long."""


class _Change(Action):
    asks: ClassVar = {"support"}
    reversibility: ClassVar = "reversible"  # as long as the parcel has not left
    order: Number

    def policy(self, facts: Facts) -> Policy:
        return Ask(min(self.asks))

    async def happened(self, deps: Shop, key: str) -> bool | None:
        return await deps.happened(key)

    async def snapshot(self, deps: Shop, principal: Principal) -> Mapping[str, JsonValue]:
        order = await deps.order(self.order, principal)
        money = {"paid": f"{order.paid} {order.currency}", "refunded": f"{order.refunded} {order.currency}"}
        return {"customer": order.customer, "articles": [item.label for item in order.items], **money}


class ReportMissing(_Change):
    """Report a parcel as missing. "It says delivered but I don't have it" is this problem, not a tracking question."""

    what_happened: Told


class StartReturn(_Change):
    """Start to send an article back. If it is meant to be replaced by another size, exchange_return comes after it."""

    article: Words
    reason: Told


class ExchangeReturn(_Change):
    """Turn a return that was started, even much earlier in this conversation, into an exchange for another size."""

    article: Words
    size: str = Field(min_length=1, max_length=20, description="the new size, such as L")


class ChangeAddress(_Change):
    """Change where an order goes that has not been dispatched yet (its state is paid)."""

    editable: ClassVar = {"address"}
    address: str = Field(min_length=10, max_length=300, description="the whole new address on one line, with the name")


class IssueRefund(_Change):
    """Pay money of an order back, at most what is refundable by look_up_order."""

    asks: ClassVar = {"finance"}
    reversibility: ClassVar = "compensable"  # the money is gone, but can be asked back
    limits: ClassVar = {"staff": "staff_refund_limit"}
    editable: ClassVar = {"amount"}
    reject_reasons: ClassVar = (
        "It is too late to send this back",
        "Please send us a photo first",
        "This was paid back",
    )
    amount: Annotated[Money, WithJsonSchema({"type": "string"})] = Field(gt=0, description="such as 19.00")
    reason: Told

    def policy(self, facts: Facts) -> Policy:
        return Ask("finance", quorum=1 if self.amount < TWO_DECIDE else 2)

    def measured(self) -> Decimal:
        """What counts towards the limit."""
        return self.amount


Looking = LookUpOrder | FindArticle | ListOrders | OrdersOfCustomer | TrackParcel | ReturnPolicy
Changing = ReportMissing | StartReturn | ExchangeReturn | ChangeAddress | IssueRefund


async def switch(step: Looking | Changing, shop: Shop, call: Call) -> object:
    """Run one step, for the person whom the thread is for and nobody else."""
    who, key = call.principal, call.key
    match step:
        case LookUpOrder(order=number):
            return await shop.order(number, who)
        case FindArticle(words=words):
            return find_articles(await shop.orders(who), words)
        case ListOrders():
            return in_brief(await shop.orders(who))
        case OrdersOfCustomer(address=address):
            return in_brief(await shop.orders_of(address, who))
        case TrackParcel(order=number):
            return await shop.tracking(number, who)
        case ReturnPolicy():
            return await shop.return_policy()
        case ReportMissing(order=number, what_happened=what):
            return await shop.report_missing(number, what, who, key=key)
        case StartReturn(order=number, article=article, reason=reason):
            return await shop.start_return(number, article, reason, who, key=key)
        case ExchangeReturn(order=number, article=article, size=size):
            return await shop.exchange_return(number, article, size, who, key=key)
        case ChangeAddress(order=number, address=address):
            return await shop.change_address(number, address, who, key=key)
        case IssueRefund(order=number, amount=amount, reason=reason):
            return await shop.refund(number, amount, reason, who, key=key)


agent = Agent(switch, deps=open_shop)
