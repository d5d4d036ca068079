"""The stage of the runtime's tests, for scenarios in which somebody or something is hostile."""

from tests.runtime.conftest import cluster_url, embedded_url, stage

__all__ = ["cluster_url", "embedded_url", "stage"]
