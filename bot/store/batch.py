"""Sends the commands of many threads together: one write and one read to the server instead of one for each."""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias, cast
from weakref import WeakKeyDictionary

import hiredis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.store.server import Client

Word: TypeAlias = str | bytes | int
_pack = cast("Callable[[tuple[Word, ...]], bytes]", cast("Any", hiredis).pack_command)
_MOST = 64  # calls in one batch
_LINGER_S = 0.02
_Asked: TypeAlias = tuple[tuple[Word, ...], "asyncio.Future[object]"]


class Batch:
    """What is asked for while one batch is under way goes into the next; the server syncs its log once for each.

    Each call gets its own answer or error. A lost connection is the error of all that had no answer yet: whether the
    server did what they asked is unknown then, as with any command.
    """

    def __init__(self, client: Redis) -> None:
        """Take a connected client; a connection is borrowed from it while there is something to send."""
        self._pool: Any = client.connection_pool
        self._waiting: deque[_Asked] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._called = asyncio.Event()

    async def call(self, *words: Word) -> object:
        """Send one command. Raises what the server or the connection raises."""
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting.append((words, future))
        self._called.set()
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return await future

    async def _send(self) -> None:
        try:
            connection = await self._pool.get_connection()
            try:
                while await self._more():
                    await _exchange(connection, self._take())
            finally:
                await self._pool.release(connection)
        except Exception as error:  # noqa: BLE001  # it belongs to those who wait, whatever it is
            _fail(self._take(everything=True), error)
        finally:
            # Who asked while the connection was given back saw a task that would take nothing more.
            task = asyncio.current_task()
            stopping = task is not None and task.cancelling() > 0
            self._sending = asyncio.create_task(self._send()) if self._waiting and not stopping else None

    async def _more(self) -> bool:
        """Keep the connection for a moment when nobody asks: to borrow it again takes as long as a call."""
        if not self._waiting:
            self._called.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LINGER_S):
                    await self._called.wait()
        return bool(self._waiting)

    def _take(self, *, everything: bool = False) -> list[_Asked]:
        count = len(self._waiting) if everything else min(len(self._waiting), _MOST)
        return [self._waiting.popleft() for _ in range(count)]


async def _exchange(connection: Any, batch: list[_Asked]) -> None:  # noqa: ANN401  # redis-py's connections are untyped
    unanswered = deque(batch)
    try:
        async with asyncio.timeout(connection.socket_timeout):  # one for all: each costs as much as reading an answer
            await connection.send_packed_command([_pack(words) for words, _ in batch], check_health=False)
            while unanswered:
                answer = await _answer(connection)
                future = unanswered.popleft()[1]
                if future.done():
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
    except TimeoutError:
        await connection.disconnect(nowait=True)
        _fail(unanswered, RedisTimeoutError("Timeout reading from socket"))
    except BaseException as error:
        await connection.disconnect(nowait=True)  # answers that are still on their way are nobody's
        _fail(unanswered, error if isinstance(error, Exception) else RedisConnectionError("this process is stopping"))
        if not isinstance(error, Exception):
            raise


async def _answer(connection: Any) -> object:  # noqa: ANN401  # redis-py's connections are untyped
    try:
        return await connection.read_response(timeout=math.inf)  # the batch has a limit of its own
    except ResponseError as error:  # the server's own no, to this one call
        return error


def _fail(asked: "deque[_Asked] | list[_Asked]", error: Exception) -> None:
    for _, future in asked:
        if not future.done():
            future.set_exception(error)


_batches: WeakKeyDictionary[Client, Batch] = WeakKeyDictionary()


def batch_of(client: Client) -> Batch | None:
    """Return the batch of this client; None for a cluster, where one batch would span its servers."""
    if not isinstance(client, Redis):
        return None
    found = _batches.get(client)
    if found is None:
        found = _batches[client] = Batch(client)
    return found


async def ask(client: Client, *words: Word) -> Any:  # noqa: ANN401  # what a command answers is known to who asks
    """Send one command, together with others if it can be; the answer is as the server gives it (bytes, lists)."""
    batch = batch_of(client)
    return await (cast("Any", client).execute_command(*words) if batch is None else batch.call(*words))
