"""Real servers for tests: an embedded Valkey and a cluster of two primaries, started once and emptied between tests."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import RedisCluster

from bot.store.embedded import EmbeddedServer
from bot.store.server import Client, connect
from bot.store.valkey import server_binary

_SLOTS = ((0, 8191), (8192, 16383))


@pytest.fixture(scope="session")
def embedded_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded server that lives as long as the test run."""
    with embedded(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a cluster that lives as long as the test run."""
    with cluster(tmp_path_factory.mktemp("cluster")) as url:
        yield url


@pytest.fixture(scope="session", params=["embedded", "cluster"])
def redis_url(request: pytest.FixtureRequest) -> str:
    """The address of a server; the test runs on each kind. Both stay up when the tests go from one to the other."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    """A client that never repeats a command, connected to an empty server; answers are bytes."""
    client = await connect(redis_url)
    await empty(client)
    yield client
    await client.aclose()


async def empty(client: Client) -> None:
    """Delete all keys."""
    flushall = cast("Any", client).flushall
    await (flushall(target_nodes=RedisCluster.PRIMARIES) if isinstance(client, RedisCluster) else flushall())


@contextlib.contextmanager
def embedded(data: Path) -> Generator[str]:
    """Run an embedded server outside of any test's event loop."""
    server = EmbeddedServer(data)
    with asyncio.Runner() as runner:
        runner.run(server.start())
        try:
            yield server.url
        finally:
            runner.run(server.stop())


@contextlib.contextmanager
def cluster(folder: Path) -> Generator[str]:
    """Run a cluster of two primaries on loopback; yield the address of the first."""
    ports = free_ports(4)
    nodes = ports[:2]
    with contextlib.ExitStack() as stack:
        for port, bus_port in zip(nodes, ports[2:], strict=True):
            stack.enter_context(server(folder, port, "--cluster-enabled", "yes", "--cluster-port", str(bus_port)))
        for port, (first, last) in zip(nodes, _SLOTS, strict=True):
            ask(port, "CLUSTER", "ADDSLOTSRANGE", str(first), str(last))

        def met(port: int) -> bool:
            state = ask(port, "CLUSTER", "INFO")
            if (
                "cluster_known_nodes:1\r" in state or "cluster_known_nodes:1\\r" in state
            ):  # a meeting may fail; then again
                ask(nodes[0], "CLUSTER", "MEET", "127.0.0.1", str(nodes[1]), str(ports[3]))
            return "cluster_state:ok" in state

        for port in nodes:
            wait_for(lambda port=port: met(port))
            wait_for(lambda port=port: ask(port, "CLUSTER", "NODES").count(" connected ") == len(nodes))
        yield f"redis://127.0.0.1:{nodes[0]}"


@contextlib.contextmanager
def server(folder: Path, port: int, *settings: str) -> Generator[int]:
    """Run one durable server on loopback, with more settings or other ones; yield its process id."""
    home = folder / str(port)
    home.mkdir()
    durable = ("--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--save", "")
    process = subprocess.Popen(
        [server_binary(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(home), *durable, *settings],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: answers(port))
        yield process.pid
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def answers(port: int) -> bool:
    """Tell whether a server listens on the port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def ask(port: int, *words: str) -> str:
    """Run one command on one server and return its answer as text, whatever its type."""
    with BlockingRedis(port=port, protocol=2, decode_responses=True) as client:
        client.response_callbacks.clear()
        return str(cast("Any", client).execute_command(*words))


def free_ports(count: int) -> list[int]:
    """Return ports on loopback that nobody listens on; below those that outgoing connections take at random."""
    found: set[int] = set()
    while len(found) < count:
        port = 10_000 + secrets.randbelow(22_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            found.add(port)
    return list(found)


def wait_for(predicate: Callable[[], bool], seconds: float = 20) -> None:
    """Return when the predicate holds; fail when it never does."""
    end = time.monotonic() + seconds
    while not predicate():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Tell whether the process exists and is no zombie."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
