"""How far a mailbox has been read, by its numbers; and up to which moment everything that is said elsewhere was heard.

`countersign:mail:cursor:<mailbox>` is a permanent key; `countersign:heard:<source>` expires with what it could find.
"""

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


HEARD_TTL_S = 40 * 86_400  # longer ago than any message that is still taken


def heard_key(source: str) -> str:
    """Name the key of the moment up to which a source was heard: a string with the moment in us, with a TTL."""
    return f"countersign:heard:{source}"


class RedisMoments:
    """Keeps moments in Redis, for sources that number nothing and have no end: a chat's channels."""

    def __init__(self, client: Client) -> None:
        """Take the client."""
        self._client = client

    async def load(self, source: str) -> int | None:
        """Return the moment (us); None if this source was not heard lately. Raises redis errors."""
        found = cast("bytes | None", await cast("Any", self._client).get(heard_key(source)))
        return int(found) if found else None

    async def save(self, source: str, moment: int) -> None:
        """Keep the moment (us). Raises redis errors."""
        await cast("Any", self._client).set(heard_key(source), moment, ex=HEARD_TTL_S)
