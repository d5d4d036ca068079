"""One holder among all processes: a lease by name, kept while its holder lives, and a fence before what it writes."""

from typing import Any, cast

from bot.errors import CountersignError
from bot.ids import fresh_id
from bot.store.cursors import Position, RedisCursor, cursor_key
from bot.store.server import Client

_TAKE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
_SAVE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return 1
"""


class NotHeldError(CountersignError):
    """Another process has taken over what this one held; it goes on there."""


def lease_key(mailbox: str) -> str:
    """Name the key of a mailbox's lease: a string with TTL, in the slot of the mailbox's cursor."""
    return f"countersign:mail:lease:{{{cursor_key(mailbox)}}}"


class Hold:
    """The right to watch one mailbox. Every method raises redis errors."""

    def __init__(self, client: Client, mailbox: str, lease_s: float) -> None:
        """Hold nothing yet."""
        self.lease_s = lease_s
        self.token = fresh_id()
        self.key = lease_key(mailbox)
        self._client = cast("Any", client)

    async def take(self) -> bool:
        """Take the right or keep it, for `lease_s` seconds from now; False: another process has it."""
        return bool(await self._client.eval(_TAKE, 1, self.key, self.token, int(self.lease_s * 1000)))

    async def release(self) -> None:
        """Let another process have it at once."""
        await self._client.eval(_RELEASE, 1, self.key, self.token)


class HeldCursor(RedisCursor):
    """Keeps a mailbox's position for whoever holds the mailbox: one that was paused meanwhile cannot set it back."""

    def __init__(self, client: Client, hold: Hold) -> None:
        """Take the right under which positions are saved."""
        super().__init__(client)
        self._hold = hold

    async def save(self, mailbox: str, position: Position) -> None:
        """Keep the position. Raises NotHeldError, and redis errors."""
        keys = (self._hold.key, cursor_key(mailbox))
        if not await cast("Any", self._client).eval(_SAVE, 2, *keys, self._hold.token, position.model_dump_json()):
            raise NotHeldError
