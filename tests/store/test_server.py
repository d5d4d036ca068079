"""Reaching a server by REDIS_URL, and judging whether it is fit to keep threads."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from redis.asyncio import RedisCluster
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.errors import SettingsError
from bot.store.server import Client, check, connect, judge
from tests.store.servers import ask, free_ports, server, wait_for

GOOD = {
    "redis_version": "7.4.1",
    "aof_enabled": "1",
    "maxmemory_policy": "noeviction",
    "role": "master",
    "connected_slaves": "0",
    "cluster_enabled": "0",
}


async def test_a_cluster_is_recognised_by_a_plain_address(client: Client, request: pytest.FixtureRequest) -> None:
    assert isinstance(client, RedisCluster) == ("cluster" in request.node.name.rpartition("[")[2])


async def test_a_script_runs_by_its_hash_on_both_kinds(client: Client) -> None:
    script = client.register_script("return redis.call('RPUSH', KEYS[1], ARGV[1]) + redis.call('LLEN', KEYS[2])")
    assert [await script(["{s01}:a", "{s01}:b"], ["x"]) for _ in range(2)] == [1, 2]


async def test_our_own_servers_have_no_problems(client: Client) -> None:
    facts = await check(client)
    assert facts.problems == ()
    assert facts.durable_always
    assert facts.name.startswith("Valkey ")


async def test_a_command_whose_answer_is_lost_is_not_repeated(tmp_path: Path) -> None:
    """redis-py's default retries would append again and again while the server is frozen."""
    [port] = free_ports(1)
    with server(tmp_path, port) as pid:
        client = await connect(f"redis://127.0.0.1:{port}?socket_timeout=0.2")
        await client.rpush("list", "before")
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(RedisTimeoutError):
            await client.rpush("list", "once")
        os.kill(pid, signal.SIGCONT)
        await client.aclose()
        wait_for(lambda: ask(port, "LLEN", "list") != "1")
        assert ask(port, "LRANGE", "list", "0", "-1") == "['before', 'once']"


async def test_a_cancelled_command_is_cancelled(client: Client) -> None:
    """At whatever point of a command the cancellation comes, the task ends."""

    async def write_forever() -> None:
        while True:
            await client.rpush("list", "x")

    for turns in range(200):
        task = asyncio.create_task(write_forever())
        for _ in range(turns % 20):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=5)
        assert done, f"the cancellation after {turns % 20} turns of the loop was lost"
        assert task.cancelled()


async def test_an_idle_connection_survives_a_restart_of_the_server(tmp_path: Path) -> None:
    [port] = free_ports(1)
    (tmp_path / "again").mkdir()
    with server(tmp_path, port):
        client = await connect(f"redis://127.0.0.1:{port}")
    with server(tmp_path / "again", port):
        _, writer = await asyncio.open_connection("127.0.0.1", port)  # the loop meets the end of the old connection
        assert await client.exists("nothing") == 0
        writer.close()
        await writer.wait_closed()
    await client.aclose()


async def test_settings_that_lose_threads_are_named_with_their_mend(tmp_path: Path) -> None:
    [port] = free_ports(1)
    with server(tmp_path, port, "--appendonly", "no", "--maxmemory-policy", "allkeys-lru"):
        client = await connect(f"redis://127.0.0.1:{port}/3")
        facts = await check(client)
        await client.aclose()
    assert [(problem.severity, problem.setting) for problem in facts.problems] == [
        ("refuse", "maxmemory-policy"),
        ("refuse", "appendonly"),
    ]
    assert str(facts.problems[0]) == (
        "maxmemory-policy: allkeys-lru deletes threads when memory runs short; set noeviction."
    )
    assert not facts.durable_always


async def test_a_sync_every_second_is_a_warning(tmp_path: Path) -> None:
    [port] = free_ports(1)
    with server(tmp_path, port, "--appendfsync", "everysec"):
        client = await connect(f"redis://127.0.0.1:{port}")
        facts = await check(client)
        await client.aclose()
    assert [(problem.severity, problem.setting) for problem in facts.problems] == [("warn", "appendfsync")]
    assert not facts.durable_always


async def test_a_provider_that_forbids_config_gets_a_warning(tmp_path: Path) -> None:
    [port] = free_ports(1)
    with server(tmp_path, port):
        ask(port, "ACL", "SETUSER", "bot", "on", ">secret", "~*", "&*", "+@all", "-config")
        client = await connect(f"redis://bot:secret@127.0.0.1:{port}")
        facts = await check(client)
        await client.aclose()
    assert [(problem.severity, problem.setting) for problem in facts.problems] == [("warn", "appendfsync")]
    assert "the server does not say" in facts.problems[0].mend
    assert not facts.durable_always


async def test_a_replica_is_refused(tmp_path: Path) -> None:
    port, other = free_ports(2)
    with server(tmp_path, port), server(tmp_path, other, "--replicaof", f"127.0.0.1 {port}"):
        wait_for(lambda: "connected_slaves:1" in ask(port, "INFO"))
        primary, replica = await connect(f"redis://127.0.0.1:{port}"), await connect(f"redis://127.0.0.1:{other}")
        assert (await check(primary)).replicas == 1
        assert [problem.setting for problem in (await check(replica)).problems] == ["role"]
        await primary.aclose()
        await replica.aclose()


@pytest.mark.parametrize(
    ("version", "fits"), [("6.0.16", False), ("5.0.7", False), ("6.2.0", True), ("7.4.1", True), ("10.0.0", True)]
)
def test_redis_before_6_2_is_refused(version: str, fits: bool) -> None:  # noqa: FBT001 (a parameter of the table above)
    facts = judge([(GOOD | {"redis_version": version}, "always")])
    assert [problem.setting for problem in facts.problems] == ([] if fits else ["version"])


def test_any_valkey_will_do() -> None:
    facts = judge([(GOOD | {"redis_version": "0.0.0", "valkey_version": "7.2.5"}, "always")])
    assert (facts.problems, facts.name) == ((), "Valkey 7.2.5")


def test_a_cluster_is_as_durable_as_its_weakest_primary() -> None:
    facts = judge([(GOOD, "always"), (GOOD, "everysec"), (GOOD, "everysec")])
    assert not facts.durable_always
    assert len(facts.problems) == 1


async def test_nobody_at_the_address_is_one_line_that_names_the_setting() -> None:
    [port] = free_ports(1)
    with pytest.raises(SettingsError) as caught:
        await connect(f"redis://user:s3cret@127.0.0.1:{port}/0")
    message = str(caught.value)
    assert message.startswith(f"REDIS_URL: no connection to redis://127.0.0.1:{port}/0: ")
    assert "unset it to use the embedded one" in message
    assert "\n" not in message
    assert "s3cret" not in message


@pytest.mark.parametrize(
    "url", ["http://me:s3cret@127.0.0.1:1", "redis://me:s3cret/x@127.0.0.1:1", "redis://me:x@[::s3cret", "s3cret", ""]
)
async def test_a_malformed_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^REDIS_URL") as caught:
        await connect(url)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_wrong_password_is_named_as_such_and_not_shown(tmp_path: Path) -> None:
    [port] = free_ports(1)
    expected = pytest.raises(SettingsError, match="Correct the user and password")
    with server(tmp_path, port, "--requirepass", "right"), expected as caught:
        await connect(f"redis://:s3cret@127.0.0.1:{port}")
    assert "s3cret" not in str(caught.value)
