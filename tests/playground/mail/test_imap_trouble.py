"""IDLE and its failures, refused log-ins, servers that hang: what a bot must live with."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from bot.playground.mail import MailPeer
from tests.helpers import wait_until
from tests.playground.mail.client import Mailbox, connect, sending
from tests.playground.mail.client import mail as mail_to

BOT = "bot@acme.test"


@pytest.fixture
async def wire(peer: MailPeer) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection, for what no client library sends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", peer.imap.port)
    await reader.readline()
    yield reader, writer
    writer.close()
    await writer.wait_closed()


async def test_idle_wakes_on_a_mail_by_smtp(peer: MailPeer, box: Mailbox) -> None:
    await box.imap.idle_start()
    await sending(peer, mail_to("support@acme.test"), "support@acme.test")
    assert b"1 EXISTS" in await box.pushed()
    box.imap.idle_done()
    await wait_until(lambda: not peer.imap.idling)
    assert await box.found("UNSEEN") == [1]


async def test_idle_tells_of_what_came_just_before_it(peer: MailPeer, box: Mailbox) -> None:
    peer.write("kim@example.test", BOT, "Hello", "there")
    await box.imap.idle_start()
    assert b"1 EXISTS" in await box.pushed()
    box.imap.idle_done()


async def test_idle_tells_of_what_another_client_read_and_removed(peer: MailPeer, box: Mailbox) -> None:
    peer.write("kim@example.test", BOT, "Hello", "there")
    async with Mailbox(peer, BOT) as other:
        await box.imap.noop()
        await box.imap.idle_start()
        await other.imap.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        assert rb"1 FETCH (UID 1 FLAGS (\Deleted))" in await box.pushed()
        await other.imap.expunge()
        assert b"1 EXPUNGE" in await box.pushed()
    box.imap.idle_done()


async def test_the_server_may_close_while_idling_without_a_word(peer: MailPeer, box: Mailbox) -> None:
    await box.imap.idle_start()
    assert peer.disconnect(BOT, idling_only=True) == 1
    await wait_until(box.lost.is_set)


async def test_the_server_may_say_bye_while_idling(peer: MailPeer, box: Mailbox) -> None:
    await box.imap.idle_start()
    peer.disconnect(idling_only=True, bye="shutting down")
    assert b"BYE shutting down" in await box.pushed()
    await wait_until(box.lost.is_set)


async def test_the_server_may_close_instead_of_letting_idle(peer: MailPeer, box: Mailbox) -> None:
    peer.fail_next("imap.idle", drop="before")
    idling = asyncio.ensure_future(box.imap.idle_start())
    await wait_until(box.lost.is_set)
    assert not idling.done()  # the client's known flaw: it must be watched from outside
    idling.cancel()


async def test_an_idle_may_be_told_nothing(peer: MailPeer, box: Mailbox) -> None:
    peer.fail_next("imap.push", hang=True)
    await box.imap.idle_start()
    peer.write("kim@example.test", BOT, "Hello", "there")
    box.imap.idle_done()
    await wait_until(lambda: not peer.imap.idling)
    with pytest.raises(TimeoutError):
        await box.imap.wait_server_push(timeout=0.1)
    assert await box.found("ALL") == []  # and knows nothing of it until it asks
    await box.imap.noop()
    assert await box.found("ALL") == [1]


async def test_a_log_in_is_refused_on_demand_and_works_again(peer: MailPeer) -> None:
    peer.fail_next("imap.login", about=BOT, reply="NO [UNAVAILABLE] try later")
    imap, lost = await connect(peer)
    assert (await imap.login(BOT, "playground")).result == "NO"
    assert (await imap.login(BOT, "playground")).result == "OK"
    await imap.logout()
    await wait_until(lost.is_set)


async def test_a_server_may_turn_clients_away_at_the_door(peer: MailPeer) -> None:
    peer.fail_next("imap.connect", reply="BYE too many connections")
    reader, writer = await asyncio.open_connection("127.0.0.1", peer.imap.port)
    assert await reader.read() == b"* BYE too many connections\r\n"
    writer.close()


async def test_a_wrong_password_is_refused(peer: MailPeer) -> None:
    imap, _ = await connect(peer)
    assert (await imap.login(BOT, "wrong")).result == "NO"
    await imap.logout()


async def test_a_hanging_server_answers_nothing(peer: MailPeer, box: Mailbox) -> None:
    peer.fail_next("imap.noop", hang=True)
    noop = asyncio.ensure_future(box.imap.noop())
    await wait_until(lambda: not peer.office.faults.waiting)
    assert not noop.done()
    noop.cancel()
    peer.disconnect()
    await wait_until(box.lost.is_set)


async def test_an_append_may_be_carried_out_and_not_answered(peer: MailPeer, box: Mailbox) -> None:
    peer.fail_next("imap.append", drop="after")
    appending = asyncio.ensure_future(box.imap.append(b"Subject: x\r\n\r\n", "INBOX"))
    await wait_until(box.lost.is_set)
    appending.cancel()
    assert len(peer.messages(BOT)) == 1


@pytest.mark.parametrize("sent", ["A1 XYZZY", "A1 FETCH 1 (FLAGS)", "A1 LOGIN (", 'A1 SELECT "INBOX"', "A1"])
async def test_what_is_not_understood_or_out_of_turn_is_bad(
    wire: tuple[asyncio.StreamReader, asyncio.StreamWriter], sent: str
) -> None:
    reader, writer = wire
    writer.write(f"{sent}\r\n".encode())
    assert (await reader.readline()).startswith(b"A1 BAD ")


async def test_user_and_password_may_be_literals(wire: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    reader, writer = wire
    writer.write(b"A1 LOGIN {13}\r\n")
    assert (await reader.readline()).startswith(b"+ ")
    writer.write(b"bot@acme.test {10+}\r\nplayground\r\n")
    assert (await reader.readline()).startswith(b"A1 OK ")


async def test_stopping_ends_every_connection(peer: MailPeer) -> None:
    async with MailPeer() as other, Mailbox(other, BOT) as box:
        await box.imap.idle_start()
        await other.imap.stop()
        await wait_until(box.lost.is_set)


@pytest.mark.parametrize("port", ["imap", "smtp"])
async def test_a_browser_that_posts_to_a_mail_port_is_cut_off(peer: MailPeer, port: str) -> None:
    """A foreign page can make a browser post anything to a loopback port; its body must not be read as commands."""
    reader, writer = await asyncio.open_connection("127.0.0.1", peer.imap.port if port == "imap" else peer.smtp.port)
    await reader.readline()
    body = b"A1 LOGIN bot@acme.test playground\r\nA2 CREATE Evil\r\nA3 LOGOUT\r\n"
    writer.write(b"POST / HTTP/1.1\r\n\r\n" + body)
    with contextlib.suppress(ConnectionResetError):  # cut before all of it was read
        assert b"A1" not in await reader.read()
    writer.close()
    assert peer.mailboxes()[1].folders == ("INBOX",)


async def test_a_search_nested_too_deeply_is_bad(box: Mailbox) -> None:
    assert (await box.imap.uid_search(*["NOT"] * 20_000, "ALL", charset=None)).result == "BAD"
