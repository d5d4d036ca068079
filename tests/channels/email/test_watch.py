"""Watching a real mailbox by the real client: nothing is lost, nothing is taken twice, and nothing hangs."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.ids import MailIds
from bot.playground.mail.models import FaultPoint
from channels.email.imap import Mailbox
from channels.email.imap_words import MessageRefusedError
from channels.email.parse import BIGGEST
from channels.email.settings import EmailSettings, Server
from channels.email.watch import serve_email
from tests.channels.email.cards import REQUEST
from tests.channels.email.mails import SECRET, mail
from tests.channels.email.watching import BOT, Watching
from tests.helpers import wait_until


async def test_a_mail_becomes_a_message_of_its_proven_sender(watching: Watching) -> None:
    async with watching():
        watching.write("I want my money back")
        await watching.heard("I want my money back")
    assert watching.intake.messages[0].identity.proven
    assert watching.intake.messages[0].route_address == "support@acme.test"


async def test_a_forged_mail_is_not_proven(watching: Watching) -> None:
    async with watching():
        watching.write("forged", authentic=False)
        await watching.heard("forged")
    assert not watching.intake.messages[0].identity.proven


async def test_each_of_many_mails_at_once_is_taken_once(watching: Watching) -> None:
    async with watching():
        for number in range(30):
            watching.write(str(number))
        await watching.heard(*map(str, range(30)))


async def test_a_mail_is_marked_as_read_only_when_it_is_stored(watching: Watching) -> None:
    watching.intake.away = 2
    async with watching():
        watching.write()
        await wait_until(lambda: watching.intake.away == 0)
        await watching.heard("Hello")
        await wait_until(lambda: watching.flags() == [True])


async def test_while_the_store_is_away_a_mail_stays_unread(watching: Watching) -> None:
    watching.intake.away = 10_000
    async with watching():
        watching.write()
        await wait_until(lambda: watching.intake.away < 9_999)
        assert watching.flags() == [False]


async def test_what_was_in_the_mailbox_before_is_not_answered(watching: Watching) -> None:
    watching.write("old")
    async with watching():
        watching.write("new")
        await watching.heard("new")


async def test_what_came_since_a_given_time_is_taken_where_that_is_asked_for(watching: Watching) -> None:
    watching.write("old")
    async with watching(since=datetime.now(UTC) - timedelta(hours=1)):
        await watching.heard("old")


async def test_what_came_while_nobody_watched_is_taken_later(watching: Watching) -> None:
    async with watching():
        watching.write("one")
        await watching.heard("one")
    watching.write("two")
    async with watching():
        await watching.heard("one", "two")


async def test_when_the_folder_is_numbered_anew_nothing_is_lost_or_taken_twice(watching: Watching) -> None:
    async with watching() as watch:
        watching.write("one")
        await watching.heard("one")
        watching.peer.renumber(BOT)
        watching.write("two")
        await watching.heard("one", "two")
        await watching.idling(watch)
        watching.write("three")
        await watching.heard("one", "two", "three")


async def test_an_idle_that_is_closed_silently_is_noticed(watching: Watching) -> None:
    async with watching() as watch:
        assert watching.peer.disconnect(BOT, idling_only=True) == 1
        watching.write()
        await watching.heard("Hello")
        await watching.idling(watch)


async def test_a_server_that_closes_instead_of_idling_is_noticed(watching: Watching) -> None:
    async with watching():
        watching.peer.fail_next("imap.idle", drop="before")
        watching.peer.disconnect(BOT)
        watching.write()
        await watching.heard("Hello")


async def test_an_idle_that_tells_of_nothing_is_made_good_by_the_sweep(watching: Watching) -> None:
    watching.peer.fail_next("imap.push", hang=True, times=None)
    async with serve_email(watching.settings.imap_url, watching.receiver, watching.cursor, idle_s=0.2) as watch:
        await watching.idling(watch)
        watching.write()
        await watching.heard("Hello")


@pytest.mark.parametrize("point", ["imap.login", "imap.select", "imap.search", "imap.fetch", "imap.store"])
@pytest.mark.parametrize("how", ["drop", "no"])
async def test_a_failure_at_any_step_loses_nothing(watching: Watching, point: FaultPoint, how: str) -> None:
    async with watching() as watch:
        if how == "drop":
            watching.peer.fail_next(point, drop="before")
        else:
            watching.peer.fail_next(point, reply="NO [UNAVAILABLE] later")
        watching.peer.disconnect(BOT)
        watching.write()
        await watching.heard("Hello")
        await watching.idling(watch)
        assert watch.status.trouble == ""


async def test_a_message_that_the_server_never_hands_out_is_listed_and_passed_over(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peer cannot refuse the one FETCH of two, so this stands in for it."""
    fetch = Mailbox.fetch

    async def refusing(mailbox: Mailbox, uid: int) -> bytes | None:
        if uid == 1:
            raise MessageRefusedError
        return await fetch(mailbox, uid)

    monkeypatch.setattr(Mailbox, "fetch", refusing)
    async with watching():
        watching.write("bad")
        watching.write("good")
        await watching.heard("good")
    assert watching.intake.reasons() == ["unreadable"]
    assert watching.flags() == [False, True]


async def test_a_server_that_is_away_is_tried_again_with_one_line_in_the_log(
    watching: Watching, unused_tcp_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "channels.email")
    url = f"imap://a:secret@127.0.0.1:{unused_tcp_port}/INBOX"
    async with serve_email(url, watching.receiver, watching.cursor, pause_s=0.001) as watch:
        await wait_until(lambda: watch.status.failures > 3)
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
    assert "secret" not in caplog.text
    assert watch.status.trouble


async def test_a_mail_beyond_the_limit_is_listed_and_not_fetched(watching: Watching) -> None:
    async with watching():
        watching.peer.receive(mail(b"x" * (BIGGEST + 1), auth=None), "support@acme.test")
        watching.write("after it")
        await watching.heard("after it")
    assert watching.intake.reasons() == ["too_big"]
    assert watching.flags() == [False, True]


@pytest.mark.parametrize(
    "drop", [b"", b"\xff\xfe\x00 no mail at all", mail(more={"From": "boss@corp.test <eve@evil.test>"})]
)
async def test_a_broken_mail_keeps_nobody_waiting(watching: Watching, drop: bytes) -> None:
    async with watching():
        watching.peer.receive(drop or b"\r\n", "support@acme.test")
        watching.write("after it")
        await watching.heard("after it")


async def test_thousands_of_mails_are_listed_in_chunks(watching: Watching) -> None:
    async with watching():
        watching.write("first")
        await watching.heard("first")
    for number in range(1_000):
        watching.peer.receive(mail(more={"Auto-Submitted": "auto-replied", "Message-ID": f"<{number}@x.test>"}), BOT)
    watching.write("last")
    async with watching():
        await wait_until(lambda: len(watching.intake.messages) == 2, timeout=60)
    assert watching.receiver.counts["auto_reply"] == 1_000


def test_the_secret_of_a_reply_token_is_the_installations() -> None:
    token = MailIds(SECRET).reply_token(REQUEST, "rob@acme.test")
    assert MailIds(b"another").request_of(token, "rob@acme.test") is None


def test_a_mailbox_is_called_without_its_password() -> None:
    server = Server.imap("imaps://bot%40acme.test:se%2Fcret@mail.acme.test/Agents")
    assert (server.user, server.password, server.port, server.folder) == ("bot@acme.test", "se/cret", 993, "Agents")
    assert "cret" not in server.mailbox + repr(server)


def test_settings_keep_their_secrets_out_of_sight(settings: EmailSettings) -> None:
    shown = repr(replace(settings, imap_url="imap://a:hidden@h"))
    assert "hidden" not in shown


@pytest.mark.parametrize("point", ["imap.login", "imap.select", "imap.search", "imap.fetch", "imap.idle", "imap.store"])
async def test_a_server_that_never_answers_is_given_up_and_tried_again(watching: Watching, point: FaultPoint) -> None:
    watching.peer.fail_next(point, hang=True)
    watching.peer.write("ana@acme.test", "support@acme.test", "Hi", "Hello")
    since = datetime.now(UTC) - timedelta(hours=1)
    url, cursor = watching.settings.imap_url, watching.cursor
    async with serve_email(url, watching.receiver, cursor, since=since, pause_s=0.01, answer_s=0.3) as watch:
        await watching.heard("Hello")
        await wait_until(lambda: watch.status.failures or watch.status.last_idle)
        await watching.idling(watch)
        watching.write("And again")
        await watching.heard("Hello", "And again")
