"""Real bounces: mails that Exim takes, cannot deliver, and reports; it runs as an ordinary user on loopback."""

import asyncio
import os
import pwd
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import pytest

from bot.config import parse_config
from bot.events import DeliveryFailed, RequestShown
from bot.people import Directory
from bot.playground.mail import MailPeer
from channels.email.parse import read_mail
from channels.email.settings import EmailSettings
from tests.channels.email.office import Office, ask
from tests.channels.email.test_returned import ANA_IS_STAFF, in_slack, noted
from tests.helpers import exim, wait_until
from tests.runtime.scripted import done, step
from tests.runtime.stage import SECRET, Stage

pytestmark = pytest.mark.exim

_CONFIG = """
primary_hostname = relay.exim.test
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path =
exim_user = {user}
exim_group = {group}
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
disable_ipv6 = true
tls_advertise_hosts =
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = take
begin acl
take:
  accept
begin routers
acme:
  driver = manualroute
  domains = acme.test
  transport = peer
  route_list = * 127.0.0.1
  self = send
begin transports
peer:
  driver = smtp
  port = {peer}
  allow_localhost
  hosts_try_chunking =
begin retry
* * F,2h,1s
"""


@pytest.fixture
async def relay(peer: MailPeer, unused_tcp_port: int) -> AsyncIterator[str]:
    """Exim, which takes any mail and hands it to the peer; returns its SMTP URL."""
    program = exim()
    assert program
    folder = Path(mkdtemp(prefix="exim-"))
    account = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    for made in (folder, folder / "spool", folder / "log"):
        made.mkdir(exist_ok=True)
        os.chown(made, account.pw_uid, account.pw_gid)
    config = folder / "exim.conf"
    ports = {"port": unused_tcp_port, "peer": peer.smtp.port}
    config.write_text(_CONFIG.format(folder=folder, user=account.pw_uid, group=account.pw_gid, **ports))
    config.chmod(0o644)
    with (folder / "said").open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            str(program),
            "-C",
            str(config),
            "-bdf",
            "-q1m",
            stdout=said,
            stderr=said,
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
        )
    try:
        await wait_until(lambda: _answers(unused_tcp_port), what="Exim's greeting")
        yield f"smtp://127.0.0.1:{unused_tcp_port}"
    finally:
        process.terminate()
        await process.wait()
        shutil.rmtree(folder, ignore_errors=True)


async def _answers(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    greeting = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return greeting.startswith(b"220")


@pytest.fixture
def office(stage: Stage, peer: MailPeer, settings: EmailSettings, relay: str) -> Office:
    """An installation that sends by Exim, whose people are in Slack, too."""
    stage.directory = Directory(parse_config(ANA_IS_STAFF))
    stage.model.says(step("send", text="the money"), done("Your money is on its way."))
    return Office(stage, peer, replace(settings, secret=SECRET, smtp_url=relay))


async def test_a_mail_that_exim_returns_leads_to_slack(office: Office, peer: MailPeer) -> None:
    peer.fail_next("smtp.rcpt", about="rob@acme.test", reply="550 5.1.1 no such user", times=None)
    async with office.open():
        ask(office)
        await wait_until(lambda: in_slack(office, "U0ROB"))
        await office.mail_to("ana", "Rob Wills could not be reached by mail (5.1.1); I asked in Slack instead.")
        thread = await noted(office, 1)
    assert [event for event in thread.events if isinstance(event, RequestShown)]
    (report,) = [mail for mail in peer.messages("bot@acme.test") if "Mailer-Daemon" in mail.from_]
    read = read_mail(report.raw.encode())
    assert (read.kind, read.bounced and read.bounced.status) == ("bounce", "5.1.1")


async def test_of_several_recipients_only_the_one_that_failed_is_named(office: Office, peer: MailPeer) -> None:
    peer.fail_next("smtp.rcpt", about="bea@acme.test", reply="550 5.2.1 mailbox disabled", times=None)
    async with office.open():
        cc = {"Cc": "bea@acme.test, cai@acme.test"}
        peer.write("ana@acme.test", "support@acme.test", "Order 1042", "My money back!", headers=cc)
        card = await office.mail_to("rob", "Approval needed")
        peer.reply("rob@acme.test", card.uid, "approve")
        await office.mail_to("cai", "Your money is on its way.")
        told = await office.mail_to("ana", "What I wrote to bea@acme.test came back (5.2.1)")
        thread = await noted(office, 1)
    assert told.cc == ""
    (note,) = [event for event in thread.events if isinstance(event, DeliveryFailed)]
    assert note.body
    assert note.body.error == "returned from a copy: 5.2.1"
