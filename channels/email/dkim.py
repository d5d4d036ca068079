"""Our own check of a DKIM signature (RFC 6376), for mailboxes whose server does not say what it found."""

import binascii
from collections.abc import Callable
from typing import Any, cast

import dkim  # pyright: ignore[reportMissingTypeStubs]  # it has none
import dns.exception
import dns.resolver

TxtLookup = Callable[[str], bytes | None]
"""Look up the TXT record of a name; None if there is none or it cannot be had."""

_MOST_SIGNATURES = 5
_LONGEST = 26_000_000  # bytes
_ONCE = (b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"content-type", b"in-reply-to", b"references")
_LOOKUP_S = 5.0


def dns_txt(name: str) -> bytes | None:
    """Look a TXT record up in the DNS, in at most five seconds."""
    try:
        answer = cast("Any", dns.resolver.resolve(name, "TXT", lifetime=_LOOKUP_S, raise_on_no_answer=False))
        records = [b"".join(record.strings) for record in answer.rrset or ()]
    except (dns.exception.DNSException, OSError, UnicodeError):
        return None
    return records[0] if len(records) == 1 else None


def aligned_signature(raw: bytes, domain: str, lookup: TxtLookup) -> str:
    """Return why no signature proves this domain; an empty text if one does. Blocks while it looks keys up.

    No field may stand there twice: a signature covers the lowest of them, and readers take the topmost.
    A signature counts if `d=` is the From field's domain itself, From is signed, the whole body is (no `l=`), and
    the key has at least 1024 bits.
    """
    if len(raw) > _LONGEST:
        return "the mail is too big to check its signature"
    try:
        checker = cast("Any", dkim.DKIM)(raw, logger=_Silent(), minkey=1024)
    except (dkim.DKIMException, ValueError, LookupError, RecursionError):
        return "the mail's signature cannot be read"
    names = [bytes(name).lower() for name, _ in checker.headers]
    if any(names.count(name) > 1 for name in _ONCE):
        return "a header field stands there twice, and a signature covers one of them"
    why = "the mail has no signature"
    for index in range(_MOST_SIGNATURES):
        try:
            prepared = checker.verify_headerprep(index)
        except (dkim.DKIMException, ValueError, LookupError, AssertionError):
            why = "a signature cannot be read"
            continue
        if not prepared:
            return why
        why = _why_not(checker, index, domain, lookup)
        if not why:
            return ""
    return why


def _why_not(checker: Any, index: int, domain: str, lookup: TxtLookup) -> str:  # noqa: ANN401  # dkimpy has no types
    fields: dict[bytes, bytes] = checker.signature_fields
    signer = fields.get(b"d", b"").decode("ascii", "replace").strip().lower()
    if signer != domain:
        return f"it is signed by {signer[:100]}, not by {domain}"
    if b"l" in fields:
        return "the signature covers a part of the body only"
    if b"from" not in checker.include_headers:
        return "the signature does not cover the From field"
    if fields.get(b"a", b"").strip().lower() == b"rsa-sha1":
        return "the signature is of a kind that can be forged (rsa-sha1)"

    def found(name: bytes | str, timeout: float = 0) -> bytes | None:
        del timeout
        return lookup((name.decode("ascii", "replace") if isinstance(name, bytes) else name).rstrip("."))

    try:
        valid: object = checker.verify(index, dnsfunc=found)
    except (dkim.DKIMException, ValueError, LookupError, TypeError, AssertionError, AttributeError, binascii.Error):
        return "the signature is not valid"
    return "" if valid is True else "the signature is not valid"


class _Silent:
    """A logger for dkimpy, which would write parts of mails."""

    def debug(self, *_: object) -> None:
        """Drop it."""

    info = warning = error = exception = debug
