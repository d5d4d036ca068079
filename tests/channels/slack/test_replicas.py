"""Several replicas and both ways in at once: each message is in the log once, however often and wherever it comes."""

import random

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import SlackPeer
from bot.playground.slack.events import Ack, Delivery, HttpTransport, Transport
from bot.store.server import Client
from channels.slack.app import SlackSettings
from channels.slack.http import PATH, serve_http
from channels.slack.socket import serve_socket
from tests.channels.slack.stored import bodies, outgoing, process, texts
from tests.helpers import wait_until

DEPLOYS = "C0DEPLOYS"


def anywhere(ways: list[Transport], seed: int) -> Transport:
    """Deliver each event by one of the ways, as a load balancer and Socket Mode would."""
    chance = random.Random(seed)  # noqa: S311 - dice

    async def send(delivery: Delivery, timeout_s: float) -> Ack:
        return await chance.choice(ways)(delivery, timeout_s)

    return send


@pytest.mark.parametrize("seed", range(4))
async def test_each_message_is_taken_once_by_two_replicas_over_http_and_socket_mode(
    peer: SlackPeer, settings: SlackSettings, store: Client, seed: int
) -> None:
    first, second = process(settings, store), process(settings, store)
    app = peer.workspace.app
    async with (
        serve_http(first, host="127.0.0.1", port=0) as one,
        serve_http(second, host="127.0.0.1", port=0) as two,
        serve_socket(first, app.app_token),
        serve_socket(second, app.app_token),
    ):
        await wait_until(lambda: peer.sockets.connections == 4)
        http = [HttpTransport(app, f"http://127.0.0.1:{port}{PATH}").send for port in (one, two)]
        peer.sender.transport = anywhere([*http, peer.sockets.send], seed)
        before = peer.say("U0ANA", "deploys", "it is slow")
        await wait_until(lambda: peer.idle)
        peer.hold()
        root = peer.say("U0ANA", "deploys", "@bot 0")
        for number in range(1, 12):
            peer.duplicate_next()
            peer.say("U0ROB", "deploys", f"@bot {number}" if number % 3 == 0 else str(number), root)
        peer.duplicate_next()
        joined = peer.say("U0ROB", "deploys", "@bot why?", before)
        changed = peer.say("U0ANA", "deploys", "@bot deploy")
        peer.release(newest_first=seed % 2 == 1)
        await wait_until(lambda: peer.idle, timeout=30)
        for text in ("@bot no", "@bot yes"):
            peer.duplicate_next()
            peer.edit("U0ANA", "deploys", changed, text)
        await wait_until(lambda: peer.idle, timeout=30)
    assert sorted(await texts(store, DEPLOYS, root), key=int) == [str(number) for number in range(12)]
    (why,) = await bodies(store, DEPLOYS, before)
    assert joined
    assert why.earlier is not None
    assert [remark.text for remark in why.earlier.remarks] == ["it is slow"]
    assert len(await outgoing(store)) == 1, "the edits were told of once"


async def test_what_is_read_of_a_thread_is_in_the_log_for_every_replica(
    peer: SlackPeer, settings: SlackSettings, store: Client, client: AsyncWebClient
) -> None:
    del client
    first, second = process(settings, store), process(settings, store)
    async with (
        serve_http(first, host="127.0.0.1", port=0) as one,
        serve_http(second, host="127.0.0.1", port=0) as two,
    ):
        peer.deliver_to(f"http://127.0.0.1:{one}{PATH}")
        root = peer.say("U0ANA", "deploys", "it is slow")
        peer.say("U0ROB", "deploys", "@bot why?", root)
        await wait_until(lambda: peer.idle)
        peer.deliver_to(f"http://127.0.0.1:{two}{PATH}")
        peer.say("U0ROB", "deploys", "since noon", root)
        await wait_until(lambda: peer.idle)
        peer.post_as_bot("CI", "deploys", "red", root)
        peer.say("U0ANA", "deploys", "@bot and now?", root)
        await wait_until(lambda: peer.idle)
    said = await bodies(store, DEPLOYS, root)
    told = [[remark.text for remark in body.earlier.remarks] if body.earlier else None for body in said]
    assert [body.text for body in said] == ["why?", "since noon", "and now?"]
    assert told == [["it is slow"], None, ["red"]]
