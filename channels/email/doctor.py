"""`bot doctor` for email: whether the mailbox can be read, mail can be sent, and anybody's sender can be proven."""

import asyncio

import aiosmtplib

from channels.email.addresses import AddressTooLongError, reply_address
from channels.email.auth import method_of
from channels.email.dkim import TxtLookup, dns_txt
from channels.email.finding import Finding
from channels.email.imap import open_mailbox
from channels.email.imap_words import MailboxAwayError, MailboxRefusedError
from channels.email.line import new_client
from channels.email.oauth import TokenError, Tokens, tokens
from channels.email.settings import EmailSettings, Server

_LONGEST_TOKEN = "00-" + "a" * 16 + ".ffff." + "a" * 13
_ANSWER_S = 20.0


async def check(settings: EmailSettings, lookup: TxtLookup = dns_txt) -> list[Finding]:
    """Return what works and what does not."""
    found = [*_addresses(settings), *_proof(settings), *await _signing(settings, lookup)]
    given = tokens(settings.oauth)
    *boxes, smtp = await asyncio.gather(*(_imap(server, given) for server in settings.mailboxes), _smtp(settings))
    if not boxes:
        mend = "set IMAP_URL, such as imaps://user:password@host/INBOX"
        boxes = [Finding(ok=False, what="no mailbox is read", mend=mend)]
    return [*boxes, smtp, *found]


def _addresses(settings: EmailSettings) -> list[Finding]:
    if not settings.addresses:
        return [Finding(ok=False, what="the bot has no mail address", mend="set MAIL_ADDRESSES, such as bot@acme.test")]
    try:
        reply_address(settings.addresses[0], _LONGEST_TOKEN, settings.addresses)
    except AddressTooLongError as error:
        return [Finding(ok=False, what="no mail address has room for a reply token", mend=str(error))]
    return [Finding(ok=True, what=f"mail is read for {', '.join(settings.addresses)}")]


def _proof(settings: EmailSettings) -> list[Finding]:
    match method_of(settings.mail_auth):
        case None:
            mend = "set MAIL_AUTH to your mail server's authserv-id, or microsoft, or dkim"
            return [Finding(ok=False, what="no sender is proven, so nobody can decide by mail", mend=mend)]
        case "authserv":
            return [Finding(ok=True, what=f"senders are proven by what {settings.mail_auth} stamps on a mail")]
        case "microsoft":
            return [Finding(ok=True, what="senders are proven by what Microsoft 365 stamps on a mail")]
        case "dkim":
            return [Finding(ok=True, what="senders are proven by their domain's DKIM signature, checked here")]


async def _signing(settings: EmailSettings, lookup: TxtLookup) -> list[Finding]:
    """Whether the key that signs mail is the one in the DNS."""
    signing = settings.signing
    if signing is None:
        return []
    name, record = signing.record()
    published = await asyncio.to_thread(lookup, name)
    if published is not None and _key_of(published) == _key_of(record.encode()):
        return [Finding(ok=True, what=f"mail is signed for {signing.domain} ({signing.bits} bits, {name})")]
    what = f"{name} has {'another key' if published else 'no TXT record yet'}, so nobody can check our signatures"
    return [Finding(ok=False, what=what, mend=f'publish the TXT record "{record}"')]


def _key_of(record: bytes) -> bytes:
    return next((part.strip()[2:] for part in record.replace(b" ", b"").split(b";") if part.strip()[:2] == b"p="), b"")


async def _imap(server: Server, given: Tokens | None) -> Finding:
    where = f"{server.host}:{server.port}"
    try:
        async with asyncio.timeout(_ANSWER_S), open_mailbox(server, tokens=given):
            return Finding(ok=True, what=f"the mailbox at {where} can be read")
    except TokenError as error:
        return Finding(ok=False, what=f"IMAP at {where}: {error}", mend="check MAIL_OAUTH_*")
    except MailboxRefusedError as error:
        mend = "check user, password and folder in IMAP_URL"
        return Finding(ok=False, what=f"IMAP at {where}: {error}", mend=mend)
    except (MailboxAwayError, TimeoutError):
        return Finding(ok=False, what=f"no IMAP server answers at {where}", mend="check host and port in IMAP_URL")


async def _smtp(settings: EmailSettings) -> Finding:
    if not settings.smtp_url:
        mend = "set SMTP_URL, such as smtps://user:password@host"
        return Finding(ok=False, what="no mail is sent", mend=mend)
    server = Server.smtp(settings.smtp_url)
    where = f"{server.host}:{server.port}"
    client = new_client(server, "localhost", tokens(settings.oauth), _ANSWER_S)
    try:
        async with client:
            return Finding(ok=True, what=f"the mail server at {where} takes our mail")
    except aiosmtplib.SMTPAuthenticationError:
        mend = "check user and password in SMTP_URL"
        return Finding(ok=False, what=f"the mail server at {where} refuses the log-in", mend=mend)
    except TokenError as error:
        return Finding(ok=False, what=f"the mail server at {where} gets no token", mend=str(error))
    except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
        told = f"no mail server can be used at {where} ({type(error).__name__})"
        return Finding(ok=False, what=told, mend="check scheme, host and port in SMTP_URL")
    finally:
        client.close()
