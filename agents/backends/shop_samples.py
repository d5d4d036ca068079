"""A made-up shop to try things with: five customers and their orders, dated from the day the file is made."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

_CUSTOMERS: Final = [  # id, name, address, why nothing is changed for them without a colleague
    (1, "Kim North", "kim@example.test", None),
    (2, "Lee Santos", "lee@example.test", None),
    (
        3,
        "Noor Haddad",
        "noor@example.test",
        "account flagged: four parcels reported missing in 60 days, two of them found",
    ),
    (4, "Sam Okafor", "sam@example.test", None),
    (5, "Ida Berg", "ida@example.test", None),
]
_IDENTITIES: Final = [*((f"email:{address}", row) for row, _, address, _ in _CUSTOMERS), ("slack:T0NORTH/U0KIM", 1)]
_HOMES: Final = {
    1: "Kim North, 4 Harbour Lane, 1010 Northtown",
    2: "Lee Santos, 27 Mill Street, 2020 Westbridge",
    3: "Noor Haddad, 9 Garden Row, 3030 Eastfield",
    4: "Sam Okafor, 112 Station Road, 4040 Southgate",
    5: "Ida Berg, 1 Chapel Hill, 5050 Midvale",
}
_TEE: Final = "Men's Cotton T-Shirt - Blue"
_ORDERS: Final = [  # number, customer, state, days since it was ordered, days since delivered, articles (size, cents)
    ("1040", 5, "returned", 31, 24, [("Canvas Backpack - Olive", "", 5900)]),
    ("1041", 4, "delivered", 52, 45, [("Waxed Jacket - Brown", "L", 12900)]),
    ("1042", 1, "delivered", 9, 5, [(_TEE, "M", 1900)]),
    ("1043", 2, "delivered", 6, 2, [("Linen Shirt - White", "S", 4500), ("Leather Belt - Tan", "90", 2900)]),
    ("1044", 3, "delivered", 8, 3, [("Running Shoes - Black", "39", 8900)]),
    ("1045", 1, "dispatched", 4, None, [("Wool Socks - Grey, 3 pairs", "40-43", 1500)]),
    ("1046", 4, "dispatched", 12, None, [("Desk Lamp - Brass", "", 6400)]),
    ("1047", 1, "paid", 1, None, [("Women's Rain Jacket - Green", "M", 8900), ("Merino Beanie - Red", "", 2400)]),
    ("1048", 5, "paid", 0, None, [("Fleece Hoodie - Charcoal", "L", 5400)]),
    ("1049", 3, "delivered", 40, 36, [("Silk Scarf - Navy", "", 3900)]),
    ("1050", 4, "delivered", 7, 4, [(_TEE, "L", 1900), ("Oxford Shirt - Navy", "M", 5500)]),
    ("1051", 5, "delivered", 15, 11, [("Ceramic Mug - White", "", 1400), ("Tea Towel Set - Striped", "", 2200)]),
]
_REFUNDED: Final = {"1040": 5900, "1051": 1400}
_STOCK: Final = [
    *((_TEE, size, count) for size, count in (("S", 12), ("M", 3), ("L", 7), ("XL", 0))),
    *(("Linen Shirt - White", size, 2) for size in "SML"),
    ("Oxford Shirt - Navy", "L", 1),
    ("Running Shoes - Black", "40", 4),
    ("Women's Rain Jacket - Green", "L", 5),
]
_AT_THE_DOOR: Final = {"1043": "Delivered: left at the door", "1042": "Delivered: handed to a neighbour"}


def fill(db: sqlite3.Connection) -> None:
    """Put the samples into an empty shop."""
    today = datetime.now(UTC).date()
    db.executemany("INSERT INTO customers (id, name, address, hold) VALUES (?, ?, ?, ?)", _CUSTOMERS)
    db.executemany("INSERT INTO identities (identity, customer) VALUES (?, ?)", _IDENTITIES)
    db.executemany("INSERT INTO stock (article, size, count) VALUES (?, ?, ?)", _STOCK)
    for number, customer, state, ordered, delivered, items in _ORDERS:
        code = None if state == "paid" else f"SP{number}7731"
        row = (
            *(number, customer, state, _back(today, ordered), _back(today, delivered), _HOMES[customer], code),
            *(sum(cents for _, _, cents in items), _REFUNDED.get(number, 0)),
        )
        db.execute(f"INSERT INTO orders VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608  # question marks only
        added = [(number, article, size, cents) for article, size, cents in items]
        db.executemany("INSERT INTO items (order_number, article, size, price) VALUES (?, ?, ?, ?)", added)
        noted = [
            (number, f"{_back(today, days)}T{hour}:12:00Z", text)
            for days, hour, text in _way(number, ordered, delivered)
        ]
        db.executemany("INSERT INTO moments (order_number, at, text) VALUES (?, ?, ?)", noted if code else [])


def _way(number: str, ordered: int, delivered: int | None) -> Iterator[tuple[int, str, str]]:
    """What the carrier noted: days back, hour, text."""
    yield max(0, ordered - 1), "08", "Parcel announced by the shop"
    yield max(0, ordered - 2), "19", "In the sorting centre, Northtown"
    if delivered is not None:
        yield delivered, "07", "Out for delivery"
        yield delivered, "14", _AT_THE_DOOR.get(number, "Delivered")


def _back(today: date, days: int | None) -> str | None:
    return None if days is None else (today - timedelta(days=days)).isoformat()
