"""Connections to Redis that a cancellation always reaches."""

import asyncio
from collections.abc import Iterable
from typing import Any, TypeVar, cast

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import TimeoutError as RedisTimeoutError

Kind = TypeVar("Kind", bound=AbstractConnection)


class _Cancellable(AbstractConnection):
    """Sends without `asyncio.wait_for`, which loses cancellations in Python 3.11 (gh-86296, mended in 3.12).

    redis-py 8 wraps each send in it when `socket_timeout` is set: one in six cancelled tasks simply went on.
    """

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:  # noqa: FBT001, FBT002 (redis-py's signature)
        limit = self.socket_timeout
        self.socket_timeout = None
        try:
            async with asyncio.timeout(limit):
                await super().send_packed_command(command, check_health)
        except TimeoutError as error:
            raise RedisTimeoutError("Timeout writing to socket") from error
        finally:
            self.socket_timeout = limit


def cancellable(kind: type[Kind]) -> type[Kind]:
    """Return the same kind of connection (TCP, TLS, unix socket), made cancellable."""
    return cast("type[Kind]", cast("Any", type)(f"Cancellable{kind.__name__}", (_Cancellable, kind), {}))
