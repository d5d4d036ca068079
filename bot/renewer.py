"""Keeps leases: a thread of its own with its own connection, so that a busy event loop does not lose them."""

import asyncio
import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

from redis.exceptions import NoScriptError

from bot.held import Held
from bot.store import scripts
from bot.store.away import AWAY
from bot.store.keys import ThreadKeys

_log = logging.getLogger(__name__)


class Renewer:
    """Renews every held lease three times a term, and interrupts what was paused, cancelled or lost."""

    def __init__(self, connect: Callable[[], object], lease_us: int) -> None:
        """`connect` makes a synchronous client; it is called in the renewer's own thread."""
        self._connect = connect
        self._lease_us = lease_us
        self._held: dict[str, Held] = {}  # by nonce: this worker may take up a thread again that it had lost
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="lease-renewer", daemon=True)

    def start(self) -> None:
        """Begin; call it inside the event loop whose work is to be interrupted."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """End, within the time that a command to the store takes."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    @contextmanager
    def keep(self, held: Held) -> Generator[None]:
        """Renew this lease as long as the block runs."""
        with self._lock:
            self._held[held.lease.nonce] = held
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(held.lease.nonce, None)

    def _run(self) -> None:
        client: Any = None
        while not self._stop.wait(self._lease_us / 3 / 1_000_000):
            with self._lock:
                held = list(self._held.values())
            try:
                client = client or self._connect()
                for one in held:
                    self._renew(client, one)
            except AWAY as error:
                _log.debug("leases could not be renewed: %s", type(error).__name__)

    def _renew(self, client: Any, held: Held) -> None:  # noqa: ANN401  # either kind of synchronous client
        keys = ThreadKeys(held.lease.thread)
        text, sha = scripts.source("renew")
        names = [keys.lease, keys.shard.leases, keys.head]
        argv = [keys.thread, held.lease.epoch, held.lease.nonce, str(self._lease_us)]
        try:
            reply = client.evalsha(sha, len(names), *names, *argv)
        except NoScriptError:
            reply = client.eval(text, len(names), *names, *argv)
        kept, stop, _ = cast("tuple[int, int, int]", reply)
        held.lost = not kept
        if (not kept or stop) and self._loop is not None:
            self._loop.call_soon_threadsafe(held.interrupt.set)
