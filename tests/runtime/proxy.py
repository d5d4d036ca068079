"""A way to the store that the test can cut, mend, or make lose answers."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from urllib.parse import unquote, urlsplit

from tests.store.servers import free_ports


def _keeps(answer: bytes) -> bool:
    del answer
    return False


class Proxy:
    """Passes bytes between loopback and the embedded server's socket."""

    def __init__(self, url: str) -> None:
        """Take the server's address, `unix://...`."""
        self._socket = unquote(urlsplit(url).path)
        self._port = free_ports(1)[0]
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = f"redis://127.0.0.1:{self._port}"
        self.loses: Callable[[bytes], bool] = _keeps
        """Whether this answer is lost, and its connection with it; what it answers was done."""
        self.lost = 0

    async def mend(self) -> None:
        """Let connections through, from now on or again."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def cut(self) -> None:
        """Break all connections and take no new ones."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        there, back = await asyncio.open_unix_connection(self._socket)
        self._open |= {writer, back}
        try:
            await asyncio.gather(self._pass(reader, back), self._answers(there, writer))
        except OSError:
            pass
        finally:
            for one in (writer, back):
                self._open.discard(one)
                one.close()
                with contextlib.suppress(OSError):
                    await one.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if self.loses(data):
                self.lost += 1
                raise ConnectionResetError
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def proxied(url: str) -> AsyncGenerator[Proxy]:
    """Run a proxy to this server."""
    proxy = Proxy(url)
    await proxy.mend()
    try:
        yield proxy
    finally:
        await proxy.cut()
