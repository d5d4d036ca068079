"""What a mail to ourselves proves, once it came, or did not. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.policy import compat32

from channels.email.addresses import split
from channels.email.auth import prove, servers
from channels.email.dkim import TxtLookup, aligned_signature
from channels.email.finding import Finding
from channels.email.headers import Headers, decoded, message_ids, read_headers, recipients

LONG = f"<{'L' * 90}@{'outlook.' * 6}example>"
"""An id as long as Outlook's: servers and programs that fold it break it."""
FIRST = "<countersign-doctor-first@example.org>"
_NO_MAIL = "see whether SMTP_URL and IMAP_URL belong to one mailbox, and look into its spam folder; or it was too slow"
_NO_PLUS = (
    "let the server deliver name+anything@ to the mailbox (Postfix: recipient_delimiter = +; Exim: local_part_suffix; "
    "Exchange: Set-OrganizationConfig -DisablePlusAddressInRecipients $false); without it nobody can answer by mail"
)


@dataclass(frozen=True, slots=True)
class Probe:
    """The two mails: one to the address itself, one to the same with a part after a plus sign."""

    nonce: str
    address: str

    @property
    def plus(self) -> str:
        """About as long as reply addresses are, so that their length is proven, too."""
        local, domain = split(self.address)
        return f"{local}+doctor.{self.nonce}@{domain}"

    def subject(self, kind: str) -> str:
        """By it a mail is known again, whatever happened to its id."""
        return f"Countersign doctor, {kind}: {self.nonce}"

    def message_id(self, kind: str) -> str:
        """The id that it is sent with."""
        return f"<doctor.{kind}.{self.nonce}@{split(self.address)[1]}>"

    def kind_of(self, raw: bytes) -> str:
        """Return which of them a mail is: `plain`, `plus`, `bounce` (a report about one), or nothing of ours."""
        if self.nonce.encode() not in raw:
            return ""
        subject = decoded(_headers(raw).first("subject"))
        return next((kind for kind in ("plain", "plus") if subject == self.subject(kind)), "bounce")


def judge(
    mail_auth: str | None, probe: Probe, arrived: Mapping[str, bytes], refused: str, lookup: TxtLookup
) -> list[Finding]:
    """Say what came of it; `refused` is what the server said to the second address. Looks keys up, so it may block."""
    raw = arrived.get("plus") or arrived.get("plain")
    if raw is None:
        return [Finding(ok=False, what=f"a mail to {probe.address} did not arrive in its mailbox", mend=_NO_MAIL)]
    headers = _headers(raw)
    kind = "plus" if "plus" in arrived else "plain"
    return [
        _plus(probe, arrived, refused),
        *_threading(probe, headers, kind),
        _authentication(mail_auth, probe.address, headers, raw, lookup),
    ]


def _plus(probe: Probe, arrived: Mapping[str, bytes], refused: str) -> Finding:
    if refused or "plus" not in arrived:
        how = "is refused" if refused else "comes back" if "bounce" in arrived else "did not arrive"
        said = f" ({refused})" if refused else ""
        return Finding(ok=False, what=f"no plus-addressing: a mail to {probe.plus} {how}{said}", mend=_NO_PLUS)
    if probe.plus not in recipients(_headers(arrived["plus"])):
        what = "the server takes plus addresses and drops what follows the plus, in every field"
        return Finding(ok=False, what=what, mend=_NO_PLUS)
    return Finding(ok=True, what=f"plus-addressing works: {probe.plus} arrived")


def _threading(probe: Probe, headers: Headers, kind: str) -> list[Finding]:
    found: list[Finding] = []
    if message_ids(headers.first("message-id")) == (probe.message_id(kind),):
        found.append(Finding(ok=True, what="Message-ID arrives as it is sent"))
    else:
        what = "the way out rewrites Message-ID, so a reply to a plain answer may begin a new conversation"
        mend = "answers to requests count all the same, by their address; another SMTP server would keep it"
        found.append(Finding(ok=True, what=what, mend=mend, warns=True))
    above = message_ids(headers.first("references"))
    if above == (FIRST, LONG) and message_ids(headers.first("in-reply-to")) == (LONG,):
        found.append(Finding(ok=True, what="References and In-Reply-To arrive whole, with ids as long as Outlook's"))
    else:
        mend = "mails will not stay together in mail programs; another SMTP server would keep them"
        found.append(Finding(ok=True, what="References or In-Reply-To arrive changed", mend=mend, warns=True))
    if probe.plus in headers.first("reply-to").lower():
        found.append(Finding(ok=True, what="Reply-To arrives as it is sent"))
    else:
        mend = "nobody can answer a request by mail as long as it is; use another SMTP server"
        found.append(Finding(ok=False, what="the way out rewrites Reply-To", mend=mend))
    return found


def _authentication(mail_auth: str | None, address: str, headers: Headers, raw: bytes, lookup: TxtLookup) -> Finding:
    """What proves a sender here, and which MAIL_AUTH would. A mail within one server is often not stamped at all."""
    if mail_auth and (proof := prove(mail_auth, headers, address, raw, lookup)).ok:
        return Finding(ok=True, what=f"MAIL_AUTH={mail_auth} proves who sent it: {proof.why}")
    choices = [*servers(headers), "dkim"]
    good = next((one for one in choices if prove(one, headers, address, raw, lookup).ok), None)
    if good is not None:
        now = f"MAIL_AUTH={mail_auth} does not prove" if mail_auth else "MAIL_AUTH is not set, so nothing proves"
        return Finding(ok=False, what=f"{now} who sent it; {good} would", mend=f"set MAIL_AUTH={good}")
    stamped = ", ".join(servers(headers)) or "nobody"
    mend = (
        "many servers do not look at mail of their own: have somebody from outside write to it; the first word of the "
        "topmost Authentication-Results there belongs into MAIL_AUTH"
    )
    signed = aligned_signature(raw, split(address)[1], lookup)
    return Finding(ok=True, what=f"nothing proves who sent it (stamped by {stamped}; {signed})", mend=mend, warns=True)


def _headers(raw: bytes) -> Headers:
    return read_headers(BytesHeaderParser(policy=compat32).parsebytes(raw).raw_items())
