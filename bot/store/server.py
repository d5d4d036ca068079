"""Reach the server that REDIS_URL names, and say at start-up whether it is fit to keep threads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisClusterException, RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from bot.errors import SettingsError
from bot.store.connections import cancellable

Client: TypeAlias = Redis | RedisCluster
"""A connected client; answers are bytes."""

_OLDEST = (6, 2)  # Redis 6.2 brought LMOVE, GETEX and `SET ... GET`; every Valkey has them
_CONNECTIONS = 64  # to a single server; callers beyond wait for their turn
_CONNECTIONS_A_NODE = 512  # of a cluster, whose client cannot wait and raises beyond
_TURN_S = 10.0
# While redis-py listens for such notices, its pool hands out connections that the server has closed long ago.
_NO_NOTICES = MaintNotificationsConfig(enabled=False)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A setting of the server that endangers threads."""

    severity: Literal["refuse", "warn"]
    setting: str
    mend: str  # one line: what is wrong and what to do about it

    def __str__(self) -> str:
        return f"{self.setting}: {self.mend}"


@dataclass(frozen=True, kw_only=True)
class ServerFacts:
    """What the server said about itself."""

    name: str  # such as "Valkey 9.1.2", "Redis 7.4.0 (cluster of 3)"
    cluster: bool
    durable_always: bool  # every primary syncs each write to disk before it acknowledges it
    replicas: int  # over all primaries; with any, a failover can lose what only the primary had
    problems: tuple[Problem, ...]


async def connect(url: str) -> Client:
    """Return a client for `redis://`, `rediss://` or `unix://`; a cluster is recognised by itself.

    The client never repeats a command: redis-py's default of ten retries writes twice when an answer is lost.
    No answer within 5 s is an error, so blocking commands and subscriptions need a client of their own.

    Raises:
        SettingsError: REDIS_URL is malformed, or nobody answers there; the message never holds the password.

    """
    single = _single(url)
    try:
        told = await _info(single)
    except (RedisError, OSError) as error:
        await single.aclose()
        raise _unreachable(url, error) from error
    if told.get("cluster_enabled") != "1":
        return single
    await single.aclose()
    try:
        many = RedisCluster.from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            max_connections=_CONNECTIONS_A_NODE,
            socket_timeout=5,
            socket_connect_timeout=5,
            health_check_interval=30,
            maint_notifications_config=_NO_NOTICES,
        )
        kind = cancellable(many.connection_kwargs["connection_class"])
        many.connection_kwargs["connection_class"] = kind
        for node in many.nodes_manager.startup_nodes.values():
            node.connection_class = kind
        return await many.initialize()
    except (RedisError, RedisClusterException, OSError) as error:
        raise _unreachable(url, error) from error


async def check(client: Client) -> ServerFacts:
    """Ask the server, or every primary of a cluster, for what threads depend on.

    Raises:
        redis.exceptions.RedisError: the server went away meanwhile.

    """
    if isinstance(client, RedisCluster):
        primaries = client.get_primaries()
        return judge([(await _info(client, node), await _appendfsync(client, node)) for node in primaries])
    return judge([(await _info(client), await _appendfsync(client))])


def judge(primaries: list[tuple[Mapping[str, str], str | None]]) -> ServerFacts:
    """Draw the conclusions from each primary's INFO and its `appendfsync` (None: it would not tell)."""
    first = primaries[0][0]
    cluster = first.get("cluster_enabled") == "1"
    found = [problem for info, appendfsync in primaries for problem in _problems(info, appendfsync)]
    return ServerFacts(
        name=_name(first) + (f" (cluster of {len(primaries)})" if cluster else ""),
        cluster=cluster,
        durable_always=all(info.get("aof_enabled") == "1" and sync == "always" for info, sync in primaries),
        replicas=sum(int(info.get("connected_slaves", "0")) for info, _ in primaries),
        problems=tuple(dict.fromkeys(found)),  # the same on every primary is said once
    )


def _problems(info: Mapping[str, str], appendfsync: str | None) -> list[Problem]:
    found: list[Problem] = []

    def add(severity: Literal["refuse", "warn"], setting: str, mend: str) -> None:
        found.append(Problem(severity=severity, setting=setting, mend=mend))

    if not _is_valkey(info) and _version(info) < _OLDEST:
        add("refuse", "version", f"this is {_name(info)}; use Redis 6.2 or newer, or any Valkey.")
    if info.get("role") == "slave":
        add("refuse", "role", "this server is a replica and takes no writes; point REDIS_URL at its primary.")
    match info.get("maxmemory_policy"):
        case "noeviction":
            pass
        case None:
            add("warn", "maxmemory-policy", "the server does not say; make sure that it is noeviction.")
        case policy:
            add("refuse", "maxmemory-policy", f"{policy} deletes threads when memory runs short; set noeviction.")
    match info.get("aof_enabled"), appendfsync:
        case "1", "always":
            pass
        case "1", None:
            add("warn", "appendfsync", "the server does not say; make sure that it is always (INFO alone cannot tell).")
        case "1", sync:
            add("warn", "appendfsync", f"with {sync} a crash loses what was already acknowledged; set always.")
        case None, _:
            add("warn", "appendonly", "the server does not say; make sure that it is yes.")
        case _:
            add(
                "refuse",
                "appendonly",
                "it is off, so a restart loses threads; set it, and appendfsync always.",
            )
    return found


def _single(url: str) -> Redis:
    try:
        pool: BlockingConnectionPool = cast("Any", BlockingConnectionPool).from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            max_connections=_CONNECTIONS,
            timeout=_TURN_S,
            socket_timeout=5,
            socket_connect_timeout=5,
            health_check_interval=30,
            maint_notifications_config=_NO_NOTICES,
        )
    except ValueError:
        # Neither chained nor quoted: the parser's complaint may hold a piece of the password.
        raise SettingsError(
            "REDIS_URL is not an address of a Redis server; write redis://[user:password@]host:6379/0, rediss://... or"
            " unix:///path, with special characters of the password percent-encoded.",
        ) from None
    pool.connection_class = cancellable(pool.connection_class)
    return Redis.from_pool(pool)


def _unreachable(url: str, error: Exception) -> SettingsError:
    where = _without_password(url)
    match error:
        case AuthenticationError():
            mend = "Correct the user and password in REDIS_URL (special characters percent-encoded)."
        case ResponseError() | RedisClusterException():
            mend = "Allow this user all commands and keys, and use database 0 of a cluster."
        case _:
            mend = "Start the server, correct REDIS_URL, or unset it to use the embedded one."
    reason = str(error).rstrip(".") or type(error).__name__
    return SettingsError(f"REDIS_URL: no connection to {where}: {reason}. {mend}")


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


async def _info(client: Client, node: ClusterNode | None = None) -> Mapping[str, str]:
    return await table(client, "INFO", node=node)


async def _appendfsync(client: Client, node: ClusterNode | None = None) -> str | None:
    """CONFIG GET, or None where the provider forbids it."""
    try:
        return (await table(client, "CONFIG GET", "appendfsync", node=node)).get("appendfsync")
    except ResponseError:
        return None


async def table(client: Client, *words: str, node: ClusterNode | None = None) -> Mapping[str, str]:
    """Run one command that answers with names and values, on one node if it is a cluster."""
    execute = cast("Any", client).execute_command  # redis-py leaves the types of such calls open
    answer = await (execute(*words) if node is None else execute(*words, target_nodes=node))
    return {str(name): str(value) for name, value in cast("Mapping[object, object]", answer).items()}


def _is_valkey(info: Mapping[str, str]) -> bool:
    return "valkey_version" in info


def _version(info: Mapping[str, str]) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", info.get("redis_version", "0"))[:2])


def _name(info: Mapping[str, str]) -> str:
    """Valkey reports as `redis_version` the Redis that it is compatible with."""
    return f"Valkey {info['valkey_version']}" if _is_valkey(info) else f"Redis {info.get('redis_version', '(unknown)')}"
