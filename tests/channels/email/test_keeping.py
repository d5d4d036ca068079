"""Several processes share mailboxes by leases: exactly one watches each, and a paused one cannot double anything."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from bot.playground.mail import MailPeer
from bot.status import read_status
from bot.store.cursors import Position, RedisCursor
from bot.store.holds import HeldCursor, Hold, NotHeldError, lease_key
from bot.store.presence import Presence
from bot.store.server import Client, connect
from channels.email.keeping import Keeper, Sharing, serve_mailboxes
from channels.email.receive import Receiver
from channels.email.settings import EmailSettings, Server
from channels.email.watch import Manner
from tests.channels.email.intake import RecordingIntake
from tests.helpers import wait_until
from tests.store.acts import lasting
from tests.store.servers import empty

QUICK = Manner(pause_s=0.01, idle_s=60)


@pytest.fixture
async def store(server_url: str) -> AsyncIterator[Client]:
    """An empty store; no key may be left that nobody would ever delete."""
    client = await connect(server_url)
    await empty(client)
    yield client
    assert await lasting(client) == []
    await client.aclose()


class Processes:
    """Some `bot email` processes over one store and one intake."""

    def __init__(self, client: Client, peer: MailPeer, settings: EmailSettings, recording: RecordingIntake) -> None:
        self.client = client
        self.peer = peer
        self.settings = settings
        self.intake = recording

    @asynccontextmanager
    async def start(self, name: str, *servers: Server, lease_s: float = 0.5) -> AsyncGenerator[list[Keeper]]:
        sharing = Sharing(client=self.client, process=name, lease_s=lease_s)
        mailboxes = servers or self.settings.mailboxes
        async with serve_mailboxes(mailboxes, lambda: Receiver(self.settings, self.intake), sharing, QUICK) as keepers:
            yield keepers

    def write(self, text: str) -> None:
        self.peer.write("Ana <ana@acme.test>", "support@acme.test", "Hi", text)

    async def heard(self, *texts: str) -> None:
        await wait_until(lambda: [found.text for found in self.intake.messages] == [*texts])


@pytest.fixture
def processes(store: Client, peer: MailPeer, settings: EmailSettings, recording: RecordingIntake) -> Processes:
    """Nobody watches yet."""
    return Processes(store, peer, settings, recording)


def idle(keeper: Keeper) -> bool:
    return keeper.watching and keeper.watch.status.last_idle > 0


async def test_exactly_one_of_two_processes_watches_a_mailbox(processes: Processes) -> None:
    async with processes.start("one") as (one,), processes.start("two") as (two,):
        await wait_until(lambda: idle(one) or idle(two))
        processes.write("once")
        await processes.heard("once")
        assert one.watching != two.watching


async def test_a_process_that_ends_lets_another_one_go_on_at_once(processes: Processes) -> None:
    async with processes.start("two", lease_s=0.5) as (two,):
        await wait_until(lambda: idle(two))
        async with processes.start("one", lease_s=300) as (one,):
            assert not one.watching
    hold = Hold(processes.client, one.watch.server.mailbox, 1)
    assert await hold.take()


async def test_after_a_kill_another_process_takes_over_when_the_lease_has_run_out(processes: Processes) -> None:
    name = processes.settings.mailboxes[0].mailbox
    killed = Hold(processes.client, name, 0.6)  # nobody renews it, as after kill -9
    assert await killed.take()
    async with processes.start("two") as (two,):
        await asyncio.sleep(0)
        assert not two.watching
        await wait_until(lambda: idle(two), timeout=5)
        processes.write("later")
        await processes.heard("later")


async def test_a_paused_process_cannot_set_back_how_far_was_read(store: Client) -> None:
    paused, other = Hold(store, "box", 60), Hold(store, "box", 60)
    assert await paused.take()
    await cast("Any", store).delete(lease_key("box"))  # its lease has run out
    assert await other.take()
    await HeldCursor(store, other).save("box", Position(uidvalidity=1, uid=9, at=1))
    with pytest.raises(NotHeldError):
        await HeldCursor(store, paused).save("box", Position(uidvalidity=1, uid=3, at=1))
    assert (await RedisCursor(store).load("box")) == Position(uidvalidity=1, uid=9, at=1)


async def test_a_process_that_lost_its_mailbox_stops_watching_and_nothing_is_taken_twice(processes: Processes) -> None:
    """Both read the mailbox for a moment: what the paused one goes on with is a duplicate, and then it stops."""
    async with processes.start("paused", lease_s=30) as (paused,):
        await wait_until(lambda: idle(paused))
        await cast("Any", processes.client).delete(paused.hold.key)  # the store's clock went on without it
        async with processes.start("other") as (other,):
            await wait_until(lambda: idle(other))
            processes.write("once")
            await processes.heard("once")
            await wait_until(lambda: not paused.watching, timeout=20)
            assert other.watching
    assert len(processes.intake.messages) == 1


async def test_two_mailboxes_are_each_watched_and_counted_apart(processes: Processes, peer: MailPeer) -> None:
    bot = processes.settings.mailboxes[0]
    rob = Server.imap(peer.imap_url.replace("bot%40acme.test", "rob%40acme.test"))
    async with processes.start("one", bot, rob) as keepers:
        await wait_until(lambda: all(map(idle, keepers)))
        processes.write("to support")
        peer.write("ana@acme.test", "rob@acme.test", "Hi", "to rob")
        await processes.heard("to support")

        async def counted() -> bool:
            return {
                name: sum(found.values()) for name, found in (await Presence(processes.client).counts()).items()
            } == {
                bot.mailbox: 1,
                rob.mailbox: 1,
            }

        await wait_until(counted)


async def test_a_mailbox_says_how_it_is_doing(processes: Processes) -> None:
    async with processes.start("one") as (one,):
        await wait_until(lambda: idle(one))
        processes.write("Hello")
        await processes.heard("Hello")

        async def shown() -> bool:
            (box,) = (await read_status(processes.client)).mailboxes
            report = box.report
            return report.connected and report.last_uid == 1 and report.last_idle > 0 and box.counts == {"taken": 1}

        await wait_until(shown)
    (box,) = (await read_status(processes.client)).mailboxes
    assert not box.report.connected
    assert box.report.last_contact


async def test_counts_survive_the_process(processes: Processes) -> None:
    for text in ("one", "two"):
        async with processes.start(text) as (keeper,):
            await wait_until(lambda keeper=keeper: idle(keeper))
            processes.write(text)
            await wait_until(
                lambda keeper=keeper, text=text: keeper.watch.status.last_uid == {"one": 1, "two": 2}[text]
            )
    (box,) = (await read_status(processes.client)).mailboxes
    assert box.counts == {"taken": 2}
