"""The store as the scripts' tests use it: afterwards, every key has a time to live or stands on the list."""

from collections.abc import AsyncIterator

import pytest

from bot.store.server import Client
from tests.store.acts import lasting


@pytest.fixture
async def store(client: Client) -> AsyncIterator[Client]:
    """An empty store; the test fails if it leaves a key behind that nobody would ever delete."""
    yield client
    assert await lasting(client) == []
