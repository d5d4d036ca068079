"""The mailbox's story against servers that are not ours: pymap, and Dovecot, which keeps most mailboxes there are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest

from bot.ids import MailIds
from channels.email.imap import open_mailbox
from channels.email.old import left
from channels.email.receive import Receiver
from channels.email.settings import Server
from channels.email.watch import Manner, Watch, serve_email
from tests.channels.email.cards import REQUEST
from tests.channels.email.intake import KeptCursor, RecordingIntake
from tests.channels.email.mails import SECRET, SETTINGS, mail
from tests.channels.email.servers import ImapServer, pymap, running_dovecot
from tests.helpers import wait_until

SERVERS = {"pymap": pymap, "dovecot": running_dovecot}
MANNER = Manner(idle_s=600, pause_s=0.05)  # nothing is found by the sweep after an IDLE that told nothing


@pytest.fixture(params=["pymap", pytest.param("dovecot", marks=pytest.mark.dovecot)])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[ImapServer]:
    """A server of each kind."""
    async with SERVERS[request.param]() as running:
        yield running


class Story:
    """One watched mailbox."""

    def __init__(self, server: ImapServer) -> None:
        self.server = server
        self.intake = RecordingIntake()
        self.cursor = KeptCursor()
        self.receiver = Receiver(SETTINGS, self.intake)
        self.stack = AsyncExitStack()

    async def watch(self, manner: Manner = MANNER) -> Watch:
        serving = serve_email(self.server.imap_url, self.receiver, self.cursor, manner)
        watch = await self.stack.enter_async_context(serving)
        await wait_until(lambda: watch.status.last_idle, timeout=20)
        return watch

    async def heard(self, *texts: str) -> None:
        await wait_until(lambda: sorted(found.text for found in self.intake.messages) == sorted(texts), timeout=20)


@pytest.fixture
async def story(server: ImapServer) -> AsyncIterator[Story]:
    """Nobody watches yet."""
    made = Story(server)
    yield made
    await made.stack.aclose()


def letter(text: str) -> bytes:
    return mail(text.encode(), more={"Message-ID": f"<{text.replace(' ', '-')}@acme.test>"})


async def test_a_mail_is_pushed_by_idle_taken_and_marked_as_read(story: Story) -> None:
    await story.watch()
    await story.server.deliver(letter("one"))
    await story.heard("one")
    await story.server.deliver(letter("two"))
    await story.heard("one", "two")

    async def seen() -> bool:
        found = await story.server.folder("INBOX")
        return sum(b"\\Seen" in flags for flags, text in found if b"@acme.test>" in text) == 2

    await wait_until(seen)


async def test_what_was_there_before_is_listed_and_not_taken(story: Story) -> None:
    await story.server.deliver(letter("before us"))
    watch = await story.watch()
    await story.server.deliver(letter("new"))
    await story.heard("new")
    await wait_until(lambda: watch.status.last_uid)
    server = Server.imap(story.server.imap_url)
    found = await left(server, await story.cursor.load(server.mailbox), None)
    ours = [one for one in found if one.sender == "Rob Wills <rob@acme.test>"]  # pymap has mail of its own
    assert [(one.subject, one.kept) for one in ours] == [("A question", False)]


async def test_a_wish_for_older_mail_is_fulfilled(story: Story) -> None:
    await story.server.deliver(letter("before us"))
    await story.watch(Manner(since=datetime.now(UTC) - timedelta(minutes=10)))
    await wait_until(lambda: "before us" in [found.text for found in story.intake.messages], timeout=20)


async def test_taken_mail_is_moved_to_a_folder_that_is_made(story: Story) -> None:
    await story.watch(Manner(idle_s=600, done_folder="Done"))
    await story.server.deliver(letter("one"))
    await story.heard("one")

    async def moved() -> bool:
        return len(await story.server.folder("Done")) == 1

    await wait_until(moved)


async def test_many_mails_at_once_are_each_taken_once_though_two_watch(story: Story) -> None:
    count = 350 if story.server.lmtp else 30  # pymap is slow to append
    async with asyncio.TaskGroup() as group:
        group.create_task(story.watch())
        for number in range(count):
            await story.server.deliver(letter(str(number)))
    await story.watch(Manner(idle_s=600, since=datetime.now(UTC) - timedelta(hours=1)))
    await wait_until(lambda: len(story.intake.messages) >= count, timeout=60)
    assert sorted(found.text for found in story.intake.messages) == sorted(map(str, range(count)))


async def test_after_a_lost_connection_it_goes_on(story: Story) -> None:
    watch = await story.watch()
    await story.stack.aclose()
    await story.server.deliver(letter("meanwhile"))
    again = await story.watch()
    await story.heard("meanwhile")
    assert again is not watch


@pytest.mark.dovecot
async def test_a_reply_address_is_delivered_to_the_bots_mailbox() -> None:
    """Plus-addressing: what stands after the plus sign reaches us in Delivered-To, and the token in it is read."""
    async with running_dovecot() as server:
        token = MailIds(SECRET).reply_token(REQUEST, "ana@acme.test")
        story = Story(server)
        await story.watch()
        await server.deliver(mail(b"approve", more={"To": "somebody@else.test"}), f"bot+r.{token}@acme.test")
        await wait_until(lambda: sum(story.receiver.counts.values()), timeout=20)
        async with open_mailbox(Server.imap(server.imap_url)) as mailbox:
            raw = await mailbox.fetch(1)
        assert raw
        assert f"Delivered-To: bot+r.{token}@acme.test".encode() in raw
        await story.stack.aclose()
    assert story.receiver.counts["wrong_sender"] == 1  # the address was understood; there is no such request
