"""A stage for each scenario, over servers that live as long as the test run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.server import connect
from tests.runtime.crew import crew
from tests.runtime.stage import Stage
from tests.store.servers import cluster_url, embedded_url, empty

__all__ = ["cluster_url", "embedded_url"]


@pytest.fixture
async def stage(embedded_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """An empty installation; a test starts its workers itself."""
    client = await connect(embedded_url)
    await empty(client)
    yield Stage(client, embedded_url, crew(tmp_path))
    await client.aclose()
