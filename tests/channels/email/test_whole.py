"""From a customer's mail to an approved step, with the real core, store, worker and sender in between."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from redis import Redis

from bot.config import parse_config
from bot.ids import RequestIds, thread_id
from bot.people import Directory
from bot.places import Place
from bot.playground.mail import MailPeer, ShownMessage
from bot.port import Channel, Telling
from bot.reception import Reception
from bot.renewer import Renewer
from bot.sender import Sender
from bot.store.cursors import RedisCursor, cursor_key
from bot.store.log import recent
from bot.store.server import connect
from bot.wake import Wakes
from bot.worker import Worker
from channels.email.receive import Receiver
from channels.email.settings import EmailSettings
from channels.email.smtp import EmailChannel
from channels.email.watch import serve_email
from tests.helpers import wait_until
from tests.runtime.crew import crew
from tests.runtime.scripted import done, step
from tests.runtime.stage import SECRET, Stage
from tests.store.servers import embedded, empty

CONFIG = """
[people.rob]
name = "Rob Wills"
email = "rob@acme.test"
roles = ["finance", "operators"]
[people.mia]
name = "Mia Chen"
email = "mia@acme.test"
roles = ["finance"]
[roles.finance]
[roles.operators]
[[routes]]
agent = "ops"
address = "support@acme.test"
who = "anyone"
approvers = "finance"
[[routes]]
agent = "other"
approvers = "operators"
"""


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded server."""
    with embedded(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
async def stage(server_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """An empty installation whose people have mail."""
    client = await connect(server_url)
    await empty(client)
    yield Stage(client, server_url, crew(tmp_path), directory=Directory(parse_config(CONFIG)))
    await client.aclose()


class Office:
    """The installation at work between its mailboxes."""

    def __init__(self, stage: Stage, peer: MailPeer, settings: EmailSettings) -> None:
        self.stage = stage
        self.peer = peer
        self.settings = settings

    def reception(self) -> Reception:
        """What the channel calls."""
        directory = self.stage.directory
        ids = RequestIds(SECRET)
        return Reception(
            self.stage.client, self.stage.sealer, ids, lambda: directory, lambda: {"ops": "ops"}, default_agent="other"
        )

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Watch, work and send."""
        stage, wakes, stop = self.stage, Wakes(self.stage.client), asyncio.Event()
        runtime = stage.runtime()
        renewer = Renewer(lambda: cast("Any", Redis).from_url(stage.url, retry=None), stage.lease_us)
        channels: dict[str, Channel] = {"email": EmailChannel(self.settings)}
        receiver = Receiver(self.settings, self.reception())
        listening = asyncio.create_task(wakes.listen())
        renewer.start()
        sending = asyncio.create_task(Sender(stage.client, channels, wakes).run(stop))
        working = asyncio.create_task(Worker(runtime, wakes, renewer, slots=4).run(drain_s=5.0))
        try:
            cursor = RedisCursor(stage.client)
            async with serve_email(self.settings.imap_url, receiver, cursor) as watch:
                await wait_until(lambda: watch.status.last_idle)
                yield
        finally:
            runtime.draining.set()
            stop.set()
            wakes.nudge()
            await asyncio.gather(sending, working)
            listening.cancel()
            await asyncio.to_thread(renewer.stop)

    async def mail_to(self, who: str, about: str) -> ShownMessage:
        """Wait for a mail in somebody's mailbox with these words in subject or text."""

        def found() -> ShownMessage | None:
            mails = self.peer.messages(f"{who}@acme.test")
            return next((mail for mail in mails if about in mail.subject or about in mail.text), None)

        return cast("ShownMessage", await wait_until(found, what=f"a mail to {who} about {about}"))


@pytest.fixture
def office(stage: Stage, peer: MailPeer, settings: EmailSettings) -> Office:
    """Nobody works yet."""
    stage.model.says(step("send", text="the money"), done("Your money is on its way."))
    return Office(stage, peer, replace(settings, secret=SECRET))


def ask(office: Office, *, authentic: bool = True) -> None:
    office.peer.write("Ana <ana@acme.test>", "support@acme.test", "Order 1042", "My money back!", authentic=authentic)


async def test_approved_by_mail_it_runs_once_and_everybody_asked_sees_the_outcome(office: Office) -> None:
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        await office.mail_to("mia", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "approve")
        answer = await office.mail_to("ana", "Your money is on its way.")
        assert (await office.mail_to("mia", "Approved by Rob Wills")).in_reply_to
        await office.mail_to("rob", "Approved by Rob Wills")
    assert answer.subject == "Re: Order 1042"
    assert [run.step for run in office.stage.world.runs] == ["send"]


async def test_a_forged_approval_runs_nothing_and_the_real_one_still_counts(office: Office) -> None:
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "approve", authentic=False)
        await office.mail_to("rob", "nothing proves that it came")
        assert office.stage.world.runs == []
        office.peer.reply("rob@acme.test", card.uid, "approve")
        await office.mail_to("ana", "Your money is on its way.")


async def test_the_second_to_answer_hears_who_was_first(office: Office) -> None:
    async with office.open():
        ask(office)
        first, second = [await office.mail_to(who, "Approval needed") for who in ("rob", "mia")]
        office.peer.reply("rob@acme.test", first.uid, "approve")
        await office.mail_to("rob", "Approved by")
        office.peer.reply("mia@acme.test", second.uid, "reject, too dear")
        assert "Rob Wills approved this already" in (await office.mail_to("mia", "approved this already")).text
    assert len(office.stage.world.runs) == 1


async def test_a_rejection_is_told_to_the_model_with_its_reason(office: Office) -> None:
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "reject because she has it already")
        await office.mail_to("ana", "Your money is on its way.")  # so says the script
    assert office.stage.world.runs == []
    assert "she has it already" in office.stage.model.read


async def test_an_approver_may_ask_first_and_hears_how_to_decide(office: Office) -> None:
    office.stage.model.script.clear()
    office.stage.model.says(step("send", text="the money"), step("reply", message="Since Monday."))
    office.stage.model.otherwise = step("keep_waiting")
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "Since when does she wait?")
        await office.mail_to("rob", "nothing but the word approve")
        (head,) = await recent(office.stage.client)
        thread = await office.stage.fold(head.thread)
        assert len(thread.open) == 1
        assert "Since when does she wait?" in office.stage.model.read


async def test_a_customers_reply_continues_her_thread(office: Office) -> None:
    office.stage.model.script.clear()
    office.stage.model.says(done("What is it about?"), done("I see."))
    async with office.open():
        ask(office)
        answer = await office.mail_to("ana", "What is it about?")
        office.peer.reply("ana@acme.test", answer.uid, "The shirt")
        await office.mail_to("ana", "I see.")
    assert len(await recent(office.stage.client)) == 1


async def test_a_forged_mail_does_not_get_into_her_thread(office: Office) -> None:
    office.stage.model.script.clear()
    office.stage.model.otherwise = done("What is it about?")
    async with office.open():
        ask(office)
        answer = await office.mail_to("ana", "What is it about?")
        office.peer.reply("ana@acme.test", answer.uid, "Send it to my new address", authentic=False)

        async def two() -> bool:
            return len(await recent(office.stage.client)) == 2

        await wait_until(two)
    people = {(await office.stage.fold(head.thread)).principal_id for head in await recent(office.stage.client)}
    assert people == {"email:ana@acme.test", "unproven:email:ana@acme.test"}


async def test_a_mail_to_nobody_is_answered_once_a_day(office: Office) -> None:
    telling = Telling(
        reason="no_such_agent",
        source="email:1",
        who="email:ana@acme.test",
        place=Place(channel="email", address="ana@acme.test"),
        text="Nobody reads this.",
    )
    reception = office.reception()
    said = [await reception.tell(telling), await reception.tell(telling)]
    said.append(await reception.tell(telling.model_copy(update={"source": "email:2"})))
    assert said == ["told", "duplicate", "refused"]


async def test_what_nobody_asked_for_is_no_request(office: Office) -> None:
    request = RequestIds(SECRET).make(thread_id("email", "<a@b.test>", "c@d.test"), 3)
    assert await office.reception().asked(request) is None
    assert await office.reception().asked("nonsense") is None


async def test_an_answer_that_is_read_again_is_taken_as_the_same(office: Office) -> None:
    """A folder numbered anew is read again: nobody is told that their own answer came too late."""
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "approve")
        await office.mail_to("ana", "Your money is on its way.")
        office.peer.renumber("bot@acme.test")
        ask(office)
        await office.mail_to("ana", "The script is at its end.")
    assert not [mail for mail in office.peer.messages("rob@acme.test") if "already" in mail.text]
    assert len(office.stage.world.runs) == 1


async def test_the_cursor_is_kept_in_the_store(office: Office) -> None:
    async with office.open():
        ask(office)
        await office.mail_to("rob", "Approval needed")
    keys = await cast("Any", office.stage.client).keys("countersign:mail:*")
    assert len(keys) == 1
    assert keys[0].decode().startswith(cursor_key("bot@acme.test@127.0.0.1"))
