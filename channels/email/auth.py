"""Who vouches for a sender: the receiving server's word in Authentication-Results, or a signature checked here."""

import re
from collections.abc import Sequence
from typing import Any, Literal, cast

import authres  # pyright: ignore[reportMissingTypeStubs]  # it has none

from channels.email.dkim import TxtLookup, aligned_signature
from channels.email.headers import LONGEST, Headers
from channels.email.mail import Proof

Method = Literal["authserv", "microsoft", "dkim"]
# What the sender's side writes: an Authentication-Results below any of these was not stamped by our server.
_SENDERS_OWN = re.compile(
    "from|to|cc|subject|date|message-id|mime-version|content-.*|dkim-signature|"
    "reply-to|in-reply-to|references|sender|user-agent|x-mailer"
)
_FIELD = "authentication-results"


def method_of(mail_auth: str | None) -> Method | None:
    """Return which of the three forms of MAIL_AUTH this is; None: nothing is set, so nobody is proven."""
    match (mail_auth or "").strip().lower():
        case "":
            return None
        case "microsoft" | "dkim" as named:
            return named
        case _:
            return "authserv"


def servers(headers: Headers) -> list[str]:
    """Return the values of MAIL_AUTH that would go by what is stamped at the top of a mail."""
    found: dict[str, None] = {}
    for name, value in headers.fields:
        if _SENDERS_OWN.fullmatch(name):
            break
        if name != _FIELD:
            continue
        if "=" in value.split(";")[0]:
            found["microsoft"] = None
        elif (parsed := _parsed(value)) is not None:
            found[parsed[0]] = None
    return list(found)


def prove(mail_auth: str | None, headers: Headers, address: str, raw: bytes, lookup: TxtLookup) -> Proof:
    """Say whether the sender is who the From field says. In doubt: no. Only the form `dkim` looks anything up."""
    domain = address.rpartition("@")[2].lower()
    match method_of(mail_auth):
        case None:
            return Proof(ok=False, why="MAIL_AUTH is not set, so no sender is proven")
        case "dkim":
            why = aligned_signature(raw, domain, lookup)
            return Proof(ok=not why, how="email:dkim" if not why else "", why=why or f"signed by {domain}")
        case "microsoft":
            return _judged(_microsoft(headers), domain, "email:microsoft", "Microsoft's servers")
        case "authserv":
            name = (mail_auth or "").strip().lower()
            return _judged(_stamped(headers, name), domain, "email:authserv", name)


def _judged(found: "Sequence[_Stamp] | str", domain: str, how: str, who: str) -> Proof:
    """Weigh what one server stamped: any fail wins; the topmost word of each method counts; DMARC, or aligned DKIM."""
    if isinstance(found, str):
        return Proof(ok=False, why=found)
    if failed := [result.method for stamp in found for result in stamp if result.result == "fail"]:
        return Proof(ok=False, why=f"{who} says that {', '.join(failed)} failed")
    dmarc = _topmost(found, "dmarc")
    if any(result.result == "pass" and result.get("header", "from") == domain for result in dmarc):
        return Proof(ok=True, how=how, why=f"{who} says dmarc=pass for {domain}")
    named = {result.get("header", "from") for result in dmarc} - {""}
    if named and named != {domain}:
        return Proof(ok=False, why=f"{who} checked another sender than the From field names")
    # Below the field that has the word on DMARC, a signature may be one that the sender's side speaks of.
    until = next((number for number, stamp in enumerate(found, 1) if _topmost([stamp], "dmarc")), len(found))
    for result in _topmost(found[:until], "dkim"):
        signed = result.get("header", "d") or result.get("header", "i").rpartition("@")[2]
        if result.result == "pass" and signed == domain:
            return Proof(ok=True, how=how, why=f"{who} says dkim=pass for {domain}")
    return Proof(ok=False, why=f"{who} does not say that {domain} sent this")


class _Result:
    """One method's result."""

    def __init__(self, parsed: Any) -> None:  # noqa: ANN401  # authres has no types
        self.method = str(parsed.method).lower()
        self.result = str(parsed.result).lower()
        self._properties = [
            (str(found.type).lower(), str(found.name).lower(), str(found.value or "")) for found in parsed.properties
        ]

    def get(self, kind: str, name: str) -> str:
        """Return a property if it stands there once; two of them are no answer."""
        values = {value for found, called, value in self._properties if (found, called) == (kind, name)}
        return values.pop().strip().lower().rstrip(".") if len(values) == 1 else ""


_Stamp = list[_Result]


def _topmost(stamps: Sequence[_Stamp], method: str) -> list[_Result]:
    """Return this method's results of the topmost field that has any: what stands below may be the sender's."""
    for stamp in stamps:
        if found := [result for result in stamp if result.method == method]:
            return found
    return []


def _stamped(headers: Headers, authserv_id: str) -> list[_Stamp] | str:
    """Return what this server stamped: its fields at the top, down to a Received below them (RFC 8601, section 5)."""
    found: list[_Stamp] = []
    for name, value in headers.fields:
        if _SENDERS_OWN.fullmatch(name) or (name == "received" and found):
            break
        if name != _FIELD:
            continue
        claims = value.lstrip().lower().startswith(authserv_id)
        parsed = _parsed(value)
        if parsed is None and claims:
            return f"what {authserv_id} says about the sender cannot be read"
        if parsed is not None and parsed[0] == authserv_id:
            found.append(parsed[1])
    return found or f"{authserv_id} says nothing about the sender"


def _microsoft(headers: Headers) -> list[_Stamp] | str:
    """Return what Microsoft 365 stamped: the topmost field, which there has no authserv-id, and an `action=`.

    https://learn.microsoft.com/defender-office-365/message-headers-eop-mdo (Authentication-results message header)
    """
    for name, value in headers.fields:
        if _SENDERS_OWN.fullmatch(name):
            break
        if name == _FIELD:
            if "=" not in value.split(";")[0]:
                return "the topmost Authentication-Results is not of Microsoft's form"
            flat = " ".join(value.split()).replace(" action=", " policy.action=")
            parsed = _parsed(f"microsoft; {flat}")
            return [parsed[1]] if parsed else "what Microsoft's servers say about the sender cannot be read"
    return "there is no Authentication-Results that Microsoft's servers stamped"


def _parsed(value: str) -> tuple[str, _Stamp] | None:
    if len(value) > LONGEST:
        return None
    flat = " ".join(value.split()).rstrip("; ")
    try:
        parsed = cast("Any", authres.AuthenticationResultsHeader).parse_value(flat)
        results = [_Result(result) for result in parsed.results if hasattr(result, "method")]
        return str(parsed.authserv_id).lower(), results
    except (authres.AuthResError, ValueError, TypeError, AttributeError, IndexError, RecursionError):
        return None
