"""The embedded shop's tables, and how they are read: every query here is limited to what its principal may see."""

import sqlite3
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from agents.backends.shop import Item, Moment, NoSuchOrder, Order, Tracking, order_number, sees_all
from bot.steps import Principal

SCHEMA: Final = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL UNIQUE, hold TEXT);
CREATE TABLE identities (identity TEXT PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers);
CREATE TABLE orders (number TEXT PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers, state TEXT NOT NULL,
    ordered TEXT NOT NULL, delivered TEXT, ship_to TEXT NOT NULL, code TEXT, paid INTEGER NOT NULL,
    refunded INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND paid));
CREATE TABLE items (id INTEGER PRIMARY KEY, order_number TEXT NOT NULL REFERENCES orders, article TEXT NOT NULL,
    size TEXT NOT NULL, price INTEGER NOT NULL, sent_back TEXT, exchanged_for TEXT);
CREATE TABLE moments (order_number TEXT NOT NULL REFERENCES orders, at TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE stock (article TEXT NOT NULL, size TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (article, size));
CREATE TABLE cases (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, order_number TEXT NOT NULL REFERENCES orders,
    amount INTEGER, text TEXT NOT NULL, asked_for TEXT NOT NULL, at TEXT NOT NULL DEFAULT (datetime('now')));
CREATE TABLE notes (order_number TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL DEFAULT (datetime('now')));
CREATE TABLE keys (key TEXT PRIMARY KEY, request TEXT NOT NULL, receipt TEXT);
"""
"""Amounts are whole cents. A key without a receipt is closed: nothing happened under it, and nothing will.
`customers.hold` and `notes` are for staff who look into this file; nothing reads them into a thread."""

_NEWEST: Final = 30  # orders in a list

# Whatever reads orders begins with this, and so with the condition on who sees them. Nobody's identity in the table
# is `unproven:...`, so a sender that nobody vouches for finds nothing.
_SELECT: Final = """
SELECT o.*, c.name, c.address,
    (SELECT 'M-' || id FROM cases WHERE kind = 'missing' AND order_number = o.number) AS missing
FROM orders o JOIN customers c ON c.id = o.customer
WHERE (:all OR o.customer = (SELECT customer FROM identities WHERE identity = :who))
"""


def read_order(db: sqlite3.Connection, number: str, who: Principal, days: int, currency: str) -> Order:
    """Return one order of those that the principal sees; raise NoSuchOrder."""
    seen = {"all": sees_all(who), "who": who.id, "number": order_number(number)}
    row = db.execute(f"{_SELECT} AND o.number = :number", seen).fetchone()
    if row is None:
        raise NoSuchOrder(number)
    return _order(db, row, days, currency)


def read_orders(db: sqlite3.Connection, who: Principal, address: str | None, days: int, currency: str) -> list[Order]:
    """Return the newest of the orders that the principal sees; with an address, of that customer, for staff alone."""
    seen = {"all": sees_all(who), "who": who.id, "address": address, "newest": _NEWEST}
    theirs = "AND :all AND c.address = :address" if address is not None else ""
    rows = db.execute(f"{_SELECT} {theirs} ORDER BY o.ordered DESC, o.number DESC LIMIT :newest", seen).fetchall()
    return [_order(db, row, days, currency) for row in rows]


def read_tracking(db: sqlite3.Connection, order: Order) -> Tracking:
    """Return the way of an order that has been read for its principal."""
    rows = db.execute("SELECT at, text FROM moments WHERE order_number = ? ORDER BY at", (order.number,)).fetchall()
    (code,) = db.execute("SELECT code FROM orders WHERE number = ?", (order.number,)).fetchone()
    moments = tuple(Moment.model_validate(dict(row)) for row in rows)
    carrier = "Swift Parcel" if code else ""
    return Tracking(order=order.number, state=order.state, carrier=carrier, code=code or "", moments=moments)


def hold_on(db: sqlite3.Connection, order: Order) -> str | None:
    """Return why nothing is changed for this order's customer without a colleague; for staff, never to be quoted."""
    found = db.execute(
        "SELECT hold FROM customers WHERE id = (SELECT customer FROM orders WHERE number = ?)", (order.number,)
    ).fetchone()
    return found[0]


def cents(amount: Decimal) -> int:
    """An amount as it is stored."""
    return int(amount * 100)


def amount(cents: int) -> Decimal:
    """An amount as it is shown."""
    return Decimal(cents) / 100


def _order(db: sqlite3.Connection, row: sqlite3.Row, days: int, currency: str) -> Order:
    items = db.execute("SELECT * FROM items WHERE order_number = ? ORDER BY id", (row["number"],)).fetchall()
    exchanged = sum(item["price"] for item in items if item["exchanged_for"])
    delivered = date.fromisoformat(row["delivered"]) if row["delivered"] else None
    return Order(
        number=row["number"],
        customer=f"{row['name']} <{row['address']}>",
        state=row["state"],
        ordered=row["ordered"],
        delivered=delivered,
        returnable_until=delivered and delivered + timedelta(days=days),
        items=tuple(Item.model_validate({**dict(item), "price": amount(item["price"])}) for item in items),
        ship_to=row["ship_to"],
        paid=amount(row["paid"]),
        refunded=amount(row["refunded"]),
        refundable=amount(max(0, row["paid"] - row["refunded"] - exchanged)),
        currency=currency,
        missing=row["missing"],
    )
