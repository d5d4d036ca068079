"""What survives a restart: mail, flags, UIDs, folders."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from urllib.parse import urlsplit

import aiosmtplib

from bot.playground.mail import MailPeer
from tests.helpers import ROOT
from tests.playground.mail.client import Mailbox, mail

BOT = "bot@acme.test"


async def test_mail_flags_and_uids_survive_a_restart(tmp_path: Path) -> None:
    async with MailPeer(data=tmp_path / "mail.db") as peer, Mailbox(peer, BOT) as before:
        for subject in ("one", "two", "three"):
            peer.write("kim@example.test", BOT, subject, "text")
        peer.mark_seen(BOT, 2)
        await before.imap.noop()
        await before.imap.uid("STORE", "3", "+FLAGS", r"(\Deleted)")
        await before.imap.expunge()
    async with MailPeer(data=tmp_path / "mail.db") as peer, Mailbox(peer, BOT) as after:
        assert after.selected == {"UIDVALIDITY": before.selected["UIDVALIDITY"], "UIDNEXT": 4, "EXISTS": 2}
        assert [await after.found("SEEN"), await after.found("UNSEEN")] == [[2], [1]]
        assert b"Subject: one\r\n" in await after.raw(1)


async def test_new_folders_survive_a_restart(tmp_path: Path) -> None:
    async with MailPeer(data=tmp_path / "mail.db") as peer, Mailbox(peer, BOT) as box:
        await box.imap.create("Done")
    async with MailPeer(data=tmp_path / "mail.db") as peer:
        assert peer.mailboxes()[1].folders == ("Done", "INBOX")


async def start(data: Path) -> tuple[Process, dict[str, str]]:
    """Run the peer as its own process, and return the settings that it prints."""
    command = (sys.executable, "-m", "bot.playground.mail", "--data", str(data))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode().strip() for _ in range(5)]
    return process, dict(line.split("=", 1) for line in lines)


async def stop(process: Process, by: signal.Signals) -> int:
    """Stop the process and return its exit code."""
    process.send_signal(by)
    await process.communicate()
    return process.returncode or 0


async def test_kill_9_loses_no_mail_that_was_taken(tmp_path: Path) -> None:
    process, settings = await start(tmp_path / "mail.db")
    smtp = urlsplit(settings["SMTP_URL"])
    assert (smtp.username, smtp.password) == ("bot%40acme.test", "playground")
    await aiosmtplib.send(
        mail(BOT), hostname=smtp.hostname, port=smtp.port, start_tls=False, username=BOT, password=smtp.password
    )
    await stop(process, signal.SIGKILL)
    async with MailPeer(data=tmp_path / "mail.db") as peer:
        assert [kept.subject for kept in peer.messages(BOT)] == ["Hello"]


async def test_the_command_prints_its_settings_and_ends_well(tmp_path: Path) -> None:
    process, settings = await start(tmp_path / "mail.db")
    assert await stop(process, signal.SIGINT) == 0
    assert settings["IMAP_URL"].startswith("imap://bot%40acme.test:playground@127.0.0.1:")
    assert settings["IMAP_URL"].endswith("/INBOX")
    assert settings["MAIL_AUTH"] == "mx.acme.test"
    assert set(settings) == {"IMAP_URL", "SMTP_URL", "MAIL_AUTH", "CONTROL_URL", "CONTROL_TOKEN"}
