"""A loopback proxy in front of a server: it counts the commands, and at one of them it cuts every connection.

It speaks just enough of Redis' protocol (https://redis.io/docs/latest/develop/reference/protocol-spec/) to tell where a
command and its reply end; one command at a time on each connection, so no subscriptions.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

from redis.exceptions import ConnectionError as RedisConnectionError

When = Literal["before", "after"]
"""Before the command reaches the server, or after the server carried it out and before the reply is back."""
_SIMPLE, _BULK, _MANY = b"+-:_,#(", b"$!=", b"*~>"


class Proxy:
    """`async with Proxy(port, cut_at=lambda number: number == 7, when="after")`: connect to its `url` instead."""

    def __init__(self, port: int, *, cut_at: Callable[[int], bool], when: When) -> None:
        """Take the server's port, and at which command it is over, by its number (from 0)."""
        self.commands: list[str] = []
        self.cut = asyncio.Event()
        self._port = port
        self._cut_at = cut_at
        self._when = when
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cut whatever is left."""
        self._abort()
        self._server.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        """Where to connect."""
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError, RedisConnectionError):
            if not self.cut.is_set():
                to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._port)
                self._open.add(to_writer)
                await self._carry(reader, writer, to_reader, to_writer)
        writer.transport.abort()

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        to_reader: asyncio.StreamReader,
        to_writer: asyncio.StreamWriter,
    ) -> None:
        while True:
            command = await message(reader)
            number = len(self.commands)
            if self.cut.is_set():
                return
            self.commands.append(_name(command))
            last = self._cut_at(number)
            if last and self._when == "before":
                self._abort()
                return
            to_writer.write(command)
            reply = await message(to_reader)
            if last:
                self._abort()
                return
            writer.write(reply)

    def _abort(self) -> None:
        self.cut.set()
        for writer in self._open:
            writer.transport.abort()


async def message(reader: asyncio.StreamReader) -> bytes:
    """Read one whole command or reply, as the bytes that it is.

    Raises:
        asyncio.IncompleteReadError: the other side is gone.

    """
    line = await reader.readuntil(b"\r\n")
    kind = line[:1]
    if kind in _SIMPLE:
        return line
    length = int(line[1:-2])
    if kind in _BULK:
        return line + (await reader.readexactly(length + 2) if length >= 0 else b"")
    assert kind in _MANY + b"%|", line
    parts = length * (2 if kind in b"%|" else 1) + (1 if kind == b"|" else 0)
    return line + b"".join([await message(reader) for _ in range(parts)])


def _name(command: bytes) -> str:
    words = command.split(b"\r\n")
    return words[2].decode().upper() if len(words) > 2 else "?"
