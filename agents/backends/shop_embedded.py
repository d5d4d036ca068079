"""A shop in one SQLite file, with sample orders: for the demo, for tests, and for whoever wants to try it."""

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

from agents.backends import shop_rules as rules
from agents.backends import shop_tables as tables
from agents.backends.shop import (
    Item,
    Order,
    Receipt,
    Refused,
    ReturnPolicy,
    Shop,
    Tracking,
    order_number,
)
from agents.backends.shop_samples import fill
from agents.backends.shop_settings import ShopSettings
from agents.backends.shop_words import item_of
from bot.steps import NotDone, Principal

_PATIENCE_S: Final = 10.0  # how long one change waits for another worker's
_LETTERS: Final = {"missing": "M", "return": "R", "exchange": "X", "address": "A", "refund": "P"}  # of references

T = TypeVar("T")
Work = Callable[[sqlite3.Connection, Order], Receipt]


class EmbeddedShop(Shop):
    """The shop in a file that several workers of one machine may share. A change and its key are one transaction."""

    def __init__(self, path: Path, settings: ShopSettings) -> None:
        """Open the file, or make it with the samples; raise OSError, sqlite3.Error."""
        self._path, self._settings = path, settings
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connected() as db:
            _write_ahead(db)
            with _transaction(db):
                if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                    for statement in tables.SCHEMA.split(";"):
                        db.execute(statement)
                    fill(db)

    async def order(self, number: str, who: Principal) -> Order:
        return await self._read(lambda db: self._order(db, number, who))

    async def orders(self, who: Principal) -> list[Order]:
        return await self._read(lambda db: tables.read_orders(db, who, None, *self._terms))

    async def orders_of(self, address: str, who: Principal) -> list[Order]:
        return await self._read(lambda db: tables.read_orders(db, who, address.strip().lower(), *self._terms))

    async def tracking(self, number: str, who: Principal) -> Tracking:
        return await self._read(lambda db: tables.read_tracking(db, self._order(db, number, who)))

    async def return_policy(self) -> ReturnPolicy:
        days = self._settings.return_days
        text = (
            f"Articles can be sent back for {days} days after delivery, unworn and with their labels, free of charge. "
            "An exchange for another size is possible as long as the return is open. A refund goes the way the order "
            "was paid, after it has been checked."
        )
        return ReturnPolicy(days=days, text=text)

    async def report_missing(self, number: str, what_happened: str, who: Principal, *, key: str) -> Receipt:
        def work(db: sqlite3.Connection, order: Order) -> Receipt:
            rules.check_missing(order)
            reference = _case(db, "missing", order, what_happened, who)
            says = "The carrier is asked to search for the parcel. We write as soon as we know more."
            return Receipt(reference=reference, order=order.number, says=says)

        return await self._change(work, number, who, key, "missing", what_happened)

    async def start_return(self, number: str, article: str, reason: str, who: Principal, *, key: str) -> Receipt:
        def work(db: sqlite3.Connection, order: Order) -> Receipt:
            item = item_of(order, article)
            rules.check_return(order, item, datetime.now(UTC).date())
            reference = _case(db, "return", order, reason, who)
            _mark(db, order, item, "sent_back", reference)
            says = "A label for sending it back goes to the customer's address by mail."
            return Receipt(reference=reference, order=order.number, article=item.label, says=says)

        return await self._change(work, number, who, key, "return", article, reason)

    async def exchange_return(self, number: str, article: str, size: str, who: Principal, *, key: str) -> Receipt:
        def work(db: sqlite3.Connection, order: Order) -> Receipt:
            item = item_of(order, article)
            rules.check_exchange(order, item)
            new = _from_stock(db, item, size)
            _mark(db, order, item, "exchanged_for", new)
            reference = item.sent_back or ""
            _case(db, "exchange", order, f"{reference}: size {new}", who)
            says = f"Size {new} is set aside, and goes out when the article that is sent back has arrived."
            label = f"{item.article}, size {new} in place of {item.size}"
            return Receipt(reference=reference, order=order.number, article=label, says=says)

        return await self._change(work, number, who, key, "exchange", article, size)

    async def change_address(self, number: str, address: str, who: Principal, *, key: str) -> Receipt:
        def work(db: sqlite3.Connection, order: Order) -> Receipt:
            rules.check_address(order)
            new = " ".join(address.split())
            db.execute("UPDATE orders SET ship_to = ? WHERE number = ? AND state = 'paid'", (new, order.number))
            reference = _case(db, "address", order, f"from {order.ship_to} to {new}", who)
            return Receipt(reference=reference, order=order.number, says=f"It will be sent to: {new}")

        return await self._change(work, number, who, key, "address", address)

    async def refund(self, number: str, amount: Decimal, reason: str, who: Principal, *, key: str) -> Receipt:
        def work(db: sqlite3.Connection, order: Order) -> Receipt:
            rules.check_refund(order, amount)
            db.execute(
                "UPDATE orders SET refunded = refunded + ? WHERE number = ?", (tables.cents(amount), order.number)
            )
            reference = _case(db, "refund", order, reason, who, tables.cents(amount))
            says = "It goes the way the order was paid, and takes three to five working days."
            money = {"amount": amount, "currency": order.currency}
            return Receipt.model_validate({"reference": reference, "order": order.number, "says": says, **money})

        return await self._change(work, number, who, key, "refund", str(amount), reason)

    async def happened(self, key: str) -> bool | None:
        """A key that was not used is closed first: a worker that was only stopped may not use it later."""

        def work(db: sqlite3.Connection) -> bool:
            with _transaction(db):
                db.execute("INSERT OR IGNORE INTO keys (key, request, receipt) VALUES (?, '', NULL)", (key,))
                (receipt,) = db.execute("SELECT receipt FROM keys WHERE key = ?", (key,)).fetchone()
            return receipt is not None

        return await self._read(work)

    @property
    def _terms(self) -> tuple[int, str]:
        return self._settings.return_days, self._settings.currency

    def _order(self, db: sqlite3.Connection, number: str, who: Principal) -> Order:
        return tables.read_order(db, number, who, *self._terms)

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def run() -> T:
            with self._connected() as db:
                return work(db)

        return await asyncio.to_thread(run)

    async def _change(self, work: Work, number: str, who: Principal, key: str, *request: str) -> Receipt:
        """Do it once: the same key brings the same receipt, and a refusal leaves nothing but a note for staff."""

        def run(db: sqlite3.Connection) -> Receipt:
            asked = json.dumps([who.id, number, *request])
            try:
                with _transaction(db):
                    if receipt := _seen(db, key, asked):
                        return receipt
                    order = self._order(db, number, who)
                    rules.check_hold(tables.hold_on(db, order))
                    receipt = work(db, order)
                    row = (key, asked, receipt.model_dump_json())
                    db.execute("INSERT INTO keys (key, request, receipt) VALUES (?, ?, ?)", row)
                    return receipt
            except Refused as refused:
                _note(db, number, refused, request[0], who)
                raise

        return await self._read(run)

    @contextlib.contextmanager
    def _connected(self) -> Generator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=_PATIENCE_S, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA foreign_keys = ON")
            yield db


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Generator[None]:
    """All or nothing, and nobody else's change in between. Raises NotDone if it cannot begin."""
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as busy:
        raise NotDone(f"The shop's file cannot be changed just now ({busy}); nothing was changed.") from busy
    try:
        yield
    except BaseException:
        if db.in_transaction:  # a full disk has rolled it back by itself
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _seen(db: sqlite3.Connection, key: str, asked: str) -> Receipt | None:
    """What was done under this key. Raises NotDone if it is closed, or was used for something else."""
    row = db.execute("SELECT request, receipt FROM keys WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    if row["receipt"] is None:
        raise NotDone("This call was given up before it was made; choose the step again.")
    if row["request"] != asked:
        raise NotDone("The key of this call was used for another one; every call needs its own.")
    return Receipt.model_validate_json(row["receipt"])


def _note(db: sqlite3.Connection, number: str, refused: Refused, what: str, who: Principal) -> None:
    """Write down for staff, once, what is not for the thread; in a transaction of its own."""
    if refused.internal:
        text = f"{what} refused for {who.id}: {refused.internal}"
        db.execute(
            "INSERT INTO notes (order_number, text) SELECT :number, :text"
            " WHERE NOT EXISTS (SELECT 1 FROM notes WHERE order_number = :number AND text = :text)",
            {"number": order_number(number), "text": text},
        )


def _case(db: sqlite3.Connection, kind: str, order: Order, text: str, who: Principal, amount: int | None = None) -> str:
    """Put a case on file; return its reference, such as R-7."""
    row = (kind, order.number, amount, text, who.id)
    made = db.execute("INSERT INTO cases (kind, order_number, amount, text, asked_for) VALUES (?, ?, ?, ?, ?)", row)
    return f"{_LETTERS[kind]}-{made.lastrowid}"


def _mark(db: sqlite3.Connection, order: Order, item: Item, column: str, value: str) -> None:
    """Note at one item what becomes of it."""
    alike = "SELECT id FROM items WHERE order_number = ? AND article = ? AND size = ? AND sent_back IS ? LIMIT 1"
    row = (value, order.number, item.article, item.size, item.sent_back)
    db.execute(f"UPDATE items SET {column} = ? WHERE id = ({alike})", row)  # noqa: S608  # two names, both from here


def _from_stock(db: sqlite3.Connection, item: Item, size: str) -> str:
    """Take one out of stock; return its size as the shop writes it. Raises Refused with the sizes there are."""
    rows = db.execute("SELECT size FROM stock WHERE article = ? AND count > 0", (item.article,)).fetchall()
    there = {row["size"].lower(): row["size"] for row in rows}
    found = there.get(size.strip().lower())
    if found is None:
        sizes = ", ".join(there.values()) or "none"
        raise Refused(f"{item.article} is not in stock in size {size[:20]}. Sizes in stock: {sizes}.")
    db.execute("UPDATE stock SET count = count - 1 WHERE article = ? AND size = ?", (item.article, found))
    return found


def _write_ahead(db: sqlite3.Connection) -> None:
    """Let readers and one writer work beside each other. SQLite waits for nobody at this one change, so this does."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return
