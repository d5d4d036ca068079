"""The store's tests run on an embedded server and on a cluster: see tests/store/servers.py."""

from tests.store.lasting import store
from tests.store.servers import client, redis_url

__all__ = ["client", "redis_url", "store"]
