"""The store's tests run on an embedded server and on a cluster: see tests/store/servers.py."""

from tests.store.lasting import store
from tests.store.servers import client, cluster_url, embedded_url, redis_url

__all__ = ["client", "cluster_url", "embedded_url", "redis_url", "store"]
