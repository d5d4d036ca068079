"""How far a mailbox has been read: `countersign:mail:cursor:<mailbox>`, a permanent key, one for each mailbox."""

from typing import Any, cast

from bot.bodies import Record
from bot.store.server import Client


class Position(Record):
    """The last message that was taken, by the numbers of IMAP (RFC 9051, 2.3.1.1), and when the mailbox was last read.

    UIDs grow within one UIDVALIDITY; when that changes, they mean nothing any more.
    """

    uidvalidity: int
    uid: int
    at: int  # us


def cursor_key(mailbox: str) -> str:
    """Name the key of a mailbox's position: a string with JSON, without a time to live."""
    return f"countersign:mail:cursor:{mailbox}"


class RedisCursor:
    """Keeps positions in Redis, so that any machine goes on where another stopped."""

    def __init__(self, client: Client) -> None:
        """Take the client."""
        self._client = client

    async def load(self, mailbox: str) -> Position | None:
        """Return the position; None if this mailbox was never read. Raises redis errors."""
        found = cast("bytes | None", await cast("Any", self._client).get(cursor_key(mailbox)))
        return Position.model_validate_json(found) if found else None

    async def save(self, mailbox: str, position: Position) -> None:
        """Keep the position. Raises redis errors."""
        await cast("Any", self._client).set(cursor_key(mailbox), position.model_dump_json())
