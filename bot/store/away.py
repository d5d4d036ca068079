"""Which errors say that the store is away: whoever meets one waits and goes on."""

from redis.exceptions import (
    ClusterError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

AWAY: tuple[type[Exception], ...] = (RedisError, RedisClusterException, OSError)
"""Whatever a client raises: redis-py keeps some errors of a cluster outside of its own root."""

PASSING: tuple[type[Exception], ...] = (
    RedisConnectionError,
    RedisTimeoutError,
    RedisClusterException,  # no node of the cluster answers, or nobody has the slot just now
    ClusterError,
    ReadOnlyError,  # a failover: this one is a replica now
    TryAgainError,
    OutOfMemoryError,
    OSError,
)
"""Those that may pass by themselves, so that the same command is worth repeating."""
