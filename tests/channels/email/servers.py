"""Other people's IMAP servers, started on loopback: pymap, and Dovecot as an ordinary user with its own settings."""

import asyncio
import contextlib
import imaplib
import os
import shutil
import smtplib
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from tests.helpers import dovecot, wait_until
from tests.store.servers import answers, free_ports

_CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{home}/mail/%n
first_valid_uid = 1
first_valid_gid = 1
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}/mail/%n allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""


@dataclass(frozen=True)
class ImapServer:
    """A running server with one mailbox of the bot's."""

    port: int
    user: str  # percent-encoded, as in IMAP_URL
    password: str
    lmtp: int = 0  # without: mail is put into the mailbox by APPEND

    @property
    def imap_url(self) -> str:
        return f"imap://{self.user}:{self.password}@127.0.0.1:{self.port}/INBOX"

    async def deliver(self, raw: bytes, to: str = "bot@acme.test") -> None:
        """Bring a mail in, as the server's neighbour does."""
        await asyncio.to_thread(self._lmtp if self.lmtp else self._append, raw, to)

    async def folder(self, name: str) -> list[tuple[bytes, bytes]]:
        """What is in a folder: flags and text of each message; empty if there is none."""
        return await asyncio.to_thread(self._folder, name)

    def _lmtp(self, raw: bytes, to: str) -> None:
        with smtplib.LMTP("127.0.0.1", self.lmtp, timeout=20) as client:
            client.sendmail("ana@acme.test", [to], raw)

    def _append(self, raw: bytes, to: str) -> None:
        with self._client() as client:
            client.append("INBOX", "", "", b"Delivered-To: " + to.encode() + b"\r\n" + raw)

    def _folder(self, name: str) -> list[tuple[bytes, bytes]]:
        with self._client() as client:
            if client.select(name, readonly=True)[0] != "OK":
                return []
            _, found = client.uid("fetch", "1:*", "(FLAGS BODY.PEEK[])")
            return [(one[0], one[1]) for one in found if isinstance(one, tuple)]

    def _client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        client.login(unquote(self.user), self.password)
        return client


@asynccontextmanager
async def pymap() -> AsyncGenerator[ImapServer]:
    """Run pymap, which keeps mail in memory and has a demonstration account."""
    (port,) = free_ports(1)
    program = str(Path(sys.executable).with_name("pymap"))
    words = [program, "--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict", "--demo-data"]
    with _running(words):
        await wait_until(lambda: answers(port), timeout=30, what="pymap to listen")
        yield ImapServer(port, "demouser", "demopass")


@asynccontextmanager
async def running_dovecot() -> AsyncGenerator[ImapServer]:
    """Run Dovecot with IDLE, LMTP and plus-addressing; never as root, and nowhere but in a folder of its own."""
    program = dovecot()
    assert program
    imap, lmtp = free_ports(2)
    root = os.getuid() == 0
    with tempfile.TemporaryDirectory(prefix="dovecot") as folder:
        home = Path(folder)
        user, group = ("nobody", "nogroup") if root else (_name("-un"), _name("-gn"))
        config = home / "dovecot.conf"
        config.write_text(_CONFIG.format(home=home, user=user, group=group, imap=imap, lmtp=lmtp))
        if root:
            shutil.chown(home, user, group)
            shutil.chown(config, user, group)
        with _running([str(program), "-F", "-c", str(config)], user if root else None, group if root else None):
            await wait_until(lambda: answers(imap) and answers(lmtp), timeout=30, what="Dovecot to listen")
            yield ImapServer(imap, "bot%40acme.test", "secret", lmtp)


def _name(which: str) -> str:
    return subprocess.run(["id", which], check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def _running(words: list[str], user: str | None = None, group: str | None = None) -> Generator[None]:
    groups: list[int] | None = [] if user else None
    process = subprocess.Popen(
        words, user=user, group=group, extra_groups=groups, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)
