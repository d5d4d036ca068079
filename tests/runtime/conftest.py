"""A stage for each scenario, over one embedded server a test run."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.store.server import connect
from tests.runtime.crew import crew
from tests.runtime.stage import Stage
from tests.store.servers import embedded, empty


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the embedded server."""
    with embedded(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
async def stage(server_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """An empty installation; a test starts its workers itself."""
    client = await connect(server_url)
    await empty(client)
    yield Stage(client, server_url, crew(tmp_path))
    await client.aclose()
