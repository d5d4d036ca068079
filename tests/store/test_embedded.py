"""The embedded server outlives its users' deaths, its own, and damage to its files; each is tried for real."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.store.embedded import EmbeddedServer, EmbeddedServerError
from bot.store.server import Client, connect, table
from tests.helpers import ROOT, wait_until
from tests.store.servers import alive, embedded


@asynccontextmanager
async def running(data: Path) -> AsyncGenerator[Client]:
    async with EmbeddedServer(data) as server:
        client = await connect(server.url)
        try:
            yield client
        finally:
            await client.aclose()


@contextmanager
def neighbour(data: Path) -> Generator[subprocess.Popen[str]]:
    """Run another process that uses the server; it has had a first write acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.neighbour", str(data)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    with process:
        try:
            assert process.stdout.readline().startswith("unix://")
            assert process.stdout.readline() == "1\n"
            yield process
        finally:
            process.kill()


async def pid_of(client: Client) -> int:
    """The server's own word on its process id; 0 while it does not answer."""
    try:
        return int((await table(client, "INFO", "server"))["process_id"])
    except RedisConnectionError:
        return 0


async def loading(client: Client) -> bool:
    """Whether the server still reads what it has kept; it answers few questions meanwhile."""
    return (await table(client, "INFO", "persistence"))["loading"] != "0"


async def restarted(client: Client, old: int) -> int:
    """Wait until another process serves."""

    async def other() -> int:
        pid = await pid_of(client)
        return 0 if pid in {0, old} or await loading(client) else pid

    return await wait_until(other)


async def numbers(client: Client) -> list[int]:
    return [int(number) for number in await client.lrange("numbers", 0, -1)]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory; a server that a test left behind does not outlive the test."""
    data = tmp_path / "data"
    yield data
    if data.exists():
        with embedded(data):
            pass  # adopts the server, if it still runs, and stops it as the last to leave


async def test_only_this_user_reaches_it(data: Path) -> None:
    async with running(data) as client:
        assert (await table(client, "CONFIG GET", "port")) == {"port": "0"}
        assert [stat.S_IMODE(path.stat().st_mode) for path in (data, data / "valkey")] == [0o700, 0o700]


async def test_it_does_not_get_the_environment_of_the_bot(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "made-up")
    async with running(data) as client:
        assert Path(f"/proc/{await pid_of(client)}/environ").read_bytes() == b""


async def test_what_was_written_is_there_after_a_stop_and_a_start(data: Path) -> None:
    async with running(data) as client:
        await client.set("key", "value")
    async with running(data) as client:
        assert await client.get("key") == b"value"


async def test_a_crashed_server_is_started_again_with_everything_in_it(data: Path) -> None:
    async with running(data) as client:
        pid = await pid_of(client)
        for crash in range(3):
            await client.rpush("numbers", crash)
            os.kill(pid, signal.SIGKILL)
            pid = await restarted(client, pid)
        assert await numbers(client) == [0, 1, 2]


async def test_the_orphan_of_a_killed_process_is_adopted(data: Path) -> None:
    with neighbour(data) as process:
        process.kill()
        process.wait()
    async with running(data) as client:
        log = (data / "valkey" / "valkey.log").read_text()
        assert log.count("Ready to accept connections") == 1
        assert (await numbers(client))[0] == 1


async def test_an_adopted_orphan_is_watched_like_a_child(data: Path) -> None:
    with neighbour(data) as process:
        process.kill()
        process.wait()
    async with running(data) as client:
        orphan = await pid_of(client)
        os.kill(orphan, signal.SIGKILL)
        await restarted(client, orphan)
        assert (await numbers(client))[0] == 1


async def test_nothing_acknowledged_is_lost_when_everything_is_killed(data: Path) -> None:
    last = 0
    for _ in range(3):
        with neighbour(data) as process:
            async with asyncio.timeout(30):
                client = await connect(f"unix://{data}/valkey/valkey.sock")
            pid = await pid_of(client)
            await client.aclose()
            assert process.stdout
            for _ in range(200):
                last = int(process.stdout.readline())
            os.kill(pid, signal.SIGKILL)
            process.kill()
            last = int((process.stdout.read().split() or [last])[-1])
        async with running(data) as client:
            there = await numbers(client)
            assert there[:last] == list(range(1, last + 1))
            assert len(there) <= last + 1, "at most the one write whose answer was lost"
            await client.delete("numbers")


async def test_processes_that_start_together_share_one_server(data: Path) -> None:
    servers = [EmbeddedServer(data) for _ in range(5)]
    await asyncio.gather(*(server.start() for server in servers))
    assert (data / "valkey" / "valkey.log").read_text().count("Ready to accept connections") == 1
    await asyncio.gather(*(server.stop() for server in servers))


async def test_the_last_to_leave_stops_the_server(data: Path) -> None:
    with neighbour(data) as process:
        async with running(data) as client:
            pid = await pid_of(client)
        assert alive(pid), "the neighbour still uses it"
        process.terminate()
        assert process.stdout
        process.stdout.read()
        assert process.wait() == 0
    assert not alive(pid)


async def test_the_first_to_come_may_leave_first(data: Path) -> None:
    with neighbour(data) as process:
        async with running(data) as client:
            pid = await pid_of(client)
            process.terminate()
            assert process.stdout
            process.stdout.read()
            assert process.wait() == 0
            assert await pid_of(client) == pid
    assert not alive(pid)


async def test_another_user_restarts_the_server_once_its_supervisor_is_dead(data: Path) -> None:
    with neighbour(data) as process:
        async with running(data) as client:
            pid = await pid_of(client)
            process.kill()
            process.wait()
            os.kill(pid, signal.SIGKILL)
            await restarted(client, pid)


async def test_a_write_cut_off_by_a_power_cut_does_not_hinder_the_start(data: Path) -> None:
    async with running(data) as client:
        await client.rpush("numbers", 1)
        await client.rpush("numbers", 2)
    [log] = (data / "valkey" / "appendonlydir").glob("*.incr.aof")
    os.truncate(log, log.stat().st_size - 3)
    async with running(data) as client:
        assert await numbers(client) == [1]


async def test_damaged_data_is_an_error_that_names_the_log(data: Path) -> None:
    async with running(data) as client:
        await client.set("key", "value")
    [log] = (data / "valkey" / "appendonlydir").glob("*.incr.aof")
    good = log.read_bytes()
    log.write_bytes(b"nonsense" + good)
    with pytest.raises(EmbeddedServerError, match=r"does not start.*Bad file format.*valkey/valkey\.log") as caught:
        await EmbeddedServer(data).start()
    assert "\n" not in str(caught.value)
    log.write_bytes(good)
    async with running(data) as client:
        assert await client.get("key") == b"value"


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere"])
async def test_a_data_directory_that_cannot_be_written_is_an_error_that_names_the_setting(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedServerError, match=r"^BOT_DATA: cannot write to .*Point BOT_DATA at a folder"):
        await EmbeddedServer(tmp_path / place).start()


async def test_a_path_too_long_for_a_socket_gets_a_short_private_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    data = tmp_path / ("long" * 30)
    async with running(data) as client, running(data) as other:
        assert await pid_of(client) == await pid_of(other)
        [folder] = (tmp_path / "t").iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    async with running(data) as client:
        assert await pid_of(client), "a cleaned temporary folder is made again"


async def test_a_socket_folder_that_others_may_enter_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    data = tmp_path / ("long" * 30)
    async with running(data):
        [folder] = (tmp_path / "t").iterdir()
    folder.chmod(0o755)
    with pytest.raises(EmbeddedServerError, match=r"is not a private folder of this user\. Delete .*socket-folder"):
        await EmbeddedServer(data).start()


async def test_a_path_with_special_characters_will_do(tmp_path: Path) -> None:
    async with running(tmp_path / 'it\'s 100% "fine"?') as client:
        assert await pid_of(client)


async def test_stopping_twice_or_unstarted_is_harmless(data: Path) -> None:
    server = EmbeddedServer(data)
    await server.stop()
    await server.start()
    await server.stop()
    await server.stop()
