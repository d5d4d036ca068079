"""A mailbox beyond reading: tokens instead of passwords, mail that is put away, mail that is kept, mail that is old."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.playground.mail import MailPeer
from channels.email.imap import CHUNK, open_mailbox
from channels.email.imap_words import MailboxAwayError, MailboxRefusedError
from channels.email.old import left
from channels.email.settings import Server
from channels.email.watch import Manner, serve_email
from tests.channels.email.mails import mail
from tests.channels.email.watching import BOT, Watching
from tests.helpers import wait_until


class Fixed:
    """Hands out the tokens it was given, one after the other."""

    def __init__(self, *given: str) -> None:
        self.given = list(given)
        self.was_refused = 0

    async def token(self) -> str:
        return self.given[0]

    def refused(self) -> None:
        self.was_refused += 1
        self.given.append(self.given.pop(0))


def without_password(url: str) -> str:
    return url.replace(":playground@", "@")


async def test_a_token_logs_in_where_there_is_no_password(watching: Watching) -> None:
    tokens = Fixed("playground")  # the playground's passwords are its tokens
    url = without_password(watching.settings.imap_url)
    async with serve_email(url, watching.receiver, watching.cursor, tokens=tokens) as watch:
        await watching.idling(watch)
        watching.write("by token")
        await watching.heard("by token")


async def test_a_refused_token_is_replaced(watching: Watching) -> None:
    tokens = Fixed("expired", "playground")
    url = without_password(watching.settings.imap_url)
    async with serve_email(url, watching.receiver, watching.cursor, tokens=tokens, pause_s=0.01) as watch:
        await watching.idling(watch)
    assert tokens.was_refused == 1


async def test_without_password_and_token_the_setting_is_named(peer: MailPeer) -> None:
    with pytest.raises(MailboxRefusedError, match=r"no password for bot@acme\.test"):
        async with open_mailbox(Server.imap(without_password(peer.imap_url))):
            pass


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def scripted(talk: Talk) -> AsyncGenerator[Server]:
    """A server that says what the test wants it to."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    try:
        yield Server(host="127.0.0.1", port=server.sockets[0].getsockname()[1], tls=False, user="bot", password="x")
    finally:
        server.close()


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, until: str) -> str:
    """Answer every command until this one; return its tag. Beyond logging in, the mailbox is empty."""
    writer.write(b"* OK ready\r\n")
    while True:
        tag, _, rest = (await reader.readuntil(b"\r\n")).decode().strip().partition(" ")
        name = rest.split()[0].upper()
        if name == until:
            return tag
        told = {
            "CAPABILITY": "* CAPABILITY IMAP4rev1 IDLE AUTH=XOAUTH2\r\n",
            "SELECT": "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 1] ok\r\n",
        }.get(name, "")
        writer.write(f"{told}{tag} OK done\r\n".encode())


async def test_a_server_that_explains_a_refused_token_before_it_refuses_does_not_hang() -> None:
    """Google and Microsoft say why in a challenge, and wait for an empty line (XOAUTH2)."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tag = await greet(reader, writer, until="AUTHENTICATE")
        writer.write(b"+ " + base64.b64encode(b'{"status":"401"}') + b"\r\n")
        assert await reader.readuntil(b"\r\n") == b"\r\n"
        writer.write(f"{tag} NO AUTHENTICATE failed\r\n".encode())
        await reader.read()

    async with scripted(talk) as there:
        server = replace(there, password="")
        with pytest.raises(MailboxRefusedError, match="access token"):
            async with open_mailbox(server, answer_s=5, tokens=Fixed("expired")):
                pass


async def closes_instead_of_idling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await greet(reader, writer, until="IDLE")


async def closes_while_idling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await greet(reader, writer, until="IDLE")
    writer.write(b"+ idling\r\n")


async def says_goodbye_while_idling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await greet(reader, writer, until="IDLE")
    writer.write(b"+ idling\r\n* BYE down for a while\r\n")
    await reader.read()


async def never_begins_to_idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await greet(reader, writer, until="IDLE")
    await reader.read()


async def never_ends_the_idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await greet(reader, writer, until="IDLE")
    writer.write(b"+ idling\r\n")
    await reader.read()


async def sweep_and_idle(server: Server) -> None:
    async with open_mailbox(server, answer_s=0.3) as mailbox:
        assert await mailbox.after(0) == []
        await mailbox.idle(0.5)


@pytest.mark.parametrize(
    "talk",
    [
        closes_instead_of_idling,
        closes_while_idling,
        says_goodbye_while_idling,
        never_begins_to_idle,
        never_ends_the_idle,
    ],
)
async def test_an_idle_never_hangs(talk: Talk) -> None:
    async with scripted(talk) as server, asyncio.timeout(10):
        with pytest.raises(MailboxAwayError):
            await sweep_and_idle(server)


async def test_thousands_of_messages_are_listed(watching: Watching) -> None:
    """Of one FETCH of them all, aioimaplib overflows the stack (its issue 118)."""
    raw = mail(b"x")
    for _ in range(3_000):
        watching.peer.receive(raw, BOT)
    async with open_mailbox(Server.imap(watching.settings.imap_url)) as mailbox:
        listed = await mailbox.listed(range(1, 3_001))
    assert [one.uid for one in listed] == [*range(1, 3_001)]
    assert CHUNK <= 300


def folder(watching: Watching, name: str) -> list[str]:
    """The subjects in one of the bot's folders; none, if there is no such folder yet."""
    if watching.peer.office.store.folder(BOT, name) is None:
        return []
    return [found.subject for found in watching.peer.messages(BOT, name)]


async def test_what_was_taken_is_moved_to_the_done_folder(watching: Watching) -> None:
    manner = Manner(done_folder="Done", pause_s=0.01)
    async with serve_email(watching.settings.imap_url, watching.receiver, watching.cursor, manner) as watch:
        await watching.idling(watch)
        watching.write(subject="one")
        await wait_until(lambda: folder(watching, "Done") == ["one"])
        watching.write(subject="two")
        await wait_until(lambda: folder(watching, "Done") == ["one", "two"])
    assert folder(watching, "INBOX") == []


async def test_a_server_without_move_copies_and_deletes_just_that_one(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = "IMAP4rev1 IDLE UIDPLUS"
    monkeypatch.setattr("bot.playground.mail.imap_session.CAPABILITIES", without)
    watching.write(subject="old")
    manner = Manner(done_folder="Done", pause_s=0.01)
    async with serve_email(watching.settings.imap_url, watching.receiver, watching.cursor, manner) as watch:
        await watching.idling(watch)
        watching.write(subject="one")
        await wait_until(lambda: folder(watching, "Done") == ["one"])
        await wait_until(lambda: folder(watching, "INBOX") == ["old"])


async def test_a_broken_mail_stays_unread_and_flagged_and_the_operators_hear_of_it(watching: Watching) -> None:
    told: list[tuple[str, str]] = []

    async def report(source: str, text: str) -> None:
        told.append((source, text))

    manner = Manner(done_folder="Done", pause_s=0.01, report=report)
    async with serve_email(watching.settings.imap_url, watching.receiver, watching.cursor, manner) as watch:
        await watching.idling(watch)
        watching.peer.receive(mail(more={"From": "boss@corp.test <eve@evil.test>"}), BOT)
        watching.write("after it")
        await watching.heard("after it")
        await wait_until(lambda: len(watching.peer.messages(BOT)) == 1)
    (kept,) = watching.peer.messages(BOT)
    assert ("\\Flagged" in kept.flags, "\\Seen" in kept.flags) == (True, False)
    assert len(told) == 1
    assert "`bot email old` lists it" in told[0][1]


async def test_a_mail_that_breaks_us_again_and_again_is_kept_and_does_not_block(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = watching.receiver.take

    async def breaking(raw: bytes, arrived: int | None = None) -> str:
        if b"poison" in raw:
            raise RecursionError
        return await take(raw, arrived)

    monkeypatch.setattr(watching.receiver, "take", breaking)
    async with watching():
        watching.write("poison")
        watching.write("good")
        await watching.heard("good")
    assert watching.intake.reasons() == ["unreadable"]


async def test_old_mail_is_listed_and_what_was_taken_is_not(watching: Watching) -> None:
    watching.write("was there", subject="before us")
    async with watching() as watch:
        watching.write("new", subject="new")
        await watching.heard("new")
        await wait_until(lambda: watch.status.last_uid == 2)
    server = Server.imap(watching.settings.imap_url)
    found = await left(server, await watching.cursor.load(server.mailbox), None)
    assert [(one.subject, one.sender, one.kept) for one in found] == [("before us", "Ana <ana@acme.test>", False)]


async def test_a_wish_for_older_mail_counts_even_where_the_mailbox_is_known(watching: Watching) -> None:
    watching.write("before us")
    async with watching():
        watching.write("new")
        await watching.heard("new")
    async with watching(since=datetime.now(UTC) - timedelta(hours=1)):
        await watching.heard("new", "before us")


async def test_mail_that_arrived_long_ago_is_never_run_whatever_was_wished(watching: Watching) -> None:
    watching.peer.office.clock = (datetime.now(UTC) - timedelta(days=4)).timestamp
    watching.write("last week")
    async with watching(since=datetime.now(UTC) - timedelta(days=7)) as watch:
        await wait_until(lambda: watch.receiver.counts["too_old"] == 1)
    assert watching.flags() == [False]
    assert watching.intake.messages == []
