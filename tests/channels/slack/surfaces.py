"""The adapter with desks, heard by HTTP and by Socket Mode."""

from collections.abc import AsyncIterator, Sequence

import pytest
from pydantic import JsonValue

from bot.playground.slack import SlackPeer
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.http import PATH, serve_http
from channels.slack.socket import serve_socket
from channels.slack.wire import JsonObject, as_object, as_objects, as_text
from tests.channels.slack.desks import LaidDesk, LaidDesks
from tests.channels.slack.intake import RecordingIntake
from tests.helpers import wait_until


@pytest.fixture
def desks() -> LaidDesks:
    return LaidDesks()


@pytest.fixture
def desk(desks: LaidDesks) -> LaidDesk:
    return desks.desk


@pytest.fixture(params=["http", "socket"])
async def ways(
    request: pytest.FixtureRequest,
    peer: SlackPeer,
    settings: SlackSettings,
    intake: RecordingIntake,
    desks: LaidDesks,
) -> AsyncIterator[SlackApp]:
    """The adapter, by either way."""
    app = build(settings, intake, desks=desks)
    if request.param == "http":
        async with serve_http(app, host="127.0.0.1", port=0) as port:
            peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
            yield app
    else:
        async with serve_socket(app, peer.workspace.app.app_token, connections=1):
            await wait_until(lambda: peer.sockets.connections == 1)
            yield app


@pytest.fixture
async def heard(
    peer: SlackPeer, settings: SlackSettings, intake: RecordingIntake, desks: LaidDesks
) -> AsyncIterator[SlackApp]:
    """The adapter, by HTTP."""
    app = build(settings, intake, desks=desks)
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        yield app


def said(blocks: list[JsonObject]) -> str:
    """All words of blocks, in order, a line for each paragraph."""
    return "\n".join(_words(block) for block in blocks)


def links(value: JsonValue | Sequence[JsonObject]) -> list[str]:
    """The addresses that rich text leads to."""
    if isinstance(value, dict):
        own = [as_text(value.get("url"))] if value.get("type") == "link" else []
        return own + [url for item in value.values() for url in links(item)]
    return [url for item in value for url in links(item)] if isinstance(value, list | tuple) else []


def _words(value: JsonObject) -> str:
    own = (
        as_text(value.get("text"))
        or as_text(as_object(value.get("text")).get("text"))
        or as_text(value.get("fallback"))
    )
    inside = [_words(item) for item in as_objects(value.get("elements"))]
    apart = "\n" if value.get("type") in {"rich_text", "rich_text_list", "actions", "context"} else ""
    return own + apart.join(inside)
