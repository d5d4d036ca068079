"""An empty installation, and stores of both kinds, as other tests have them."""

from tests.runtime.conftest import stage
from tests.store.servers import client, cluster_url, embedded_url, redis_url

__all__ = ["client", "cluster_url", "embedded_url", "redis_url", "stage"]
