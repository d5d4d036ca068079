"""Who is it from: three ways to know, and every way to pretend."""

from typing import Any, cast

import dkim  # pyright: ignore[reportMissingTypeStubs]  # it has none
import pytest

from channels.email.auth import method_of
from channels.email.mail import Proof
from channels.email.parse import read_mail
from tests.channels.email.keys import PRIVATE, PUBLIC
from tests.channels.email.mails import PASS, mail

ID = "mx.acme.test"


def prove(raw: bytes, mail_auth: str | None = ID) -> Proof:
    return read_mail(raw, mail_auth, lambda _: None).proof


def stamped(*values: str) -> str:
    return "".join(f"Authentication-Results: {value}\r\n" for value in values)


@pytest.mark.parametrize(
    "value",
    [
        PASS,
        "MX.acme.test; dmarc=pass (p=reject) header.from=acme.test",
        "mx.acme.test 1; dmarc=pass header.from=ACME.test",
        "mx.acme.test; dkim=pass header.d=acme.test header.s=a",
        "mx.acme.test; dkim=pass header.i=@acme.test",
        "mx.acme.test; spf=softfail smtp.mailfrom=x.test;\r\n dmarc=pass header.from=acme.test",
        "mx.acme.test; dkim=pass header.d=relay.test; dkim=pass header.d=acme.test",
    ],
)
def test_what_our_server_vouches_for_is_proven(value: str) -> None:
    assert prove(mail(auth=value)) == Proof(ok=True, how="email:authserv", why=prove(mail(auth=value)).why)


@pytest.mark.parametrize(
    "value",
    [
        "mx.acme.test; none",
        "mx.acme.test; dmarc=none header.from=acme.test",
        "mx.acme.test; dmarc=fail header.from=acme.test",
        "mx.acme.test; dmarc=pass header.from=evil.test",
        "mx.acme.test; dmarc=pass",
        "mx.acme.test; dmarc=pass header.from=acme.test header.from=evil.test",
        "mx.acme.test; dkim=pass header.d=evil.test",
        "mx.acme.test; dkim=pass header.d=sub.acme.test",
        "mx.acme.test; spf=pass smtp.mailfrom=acme.test",
        "mx.acme.test; dmarc=none (dmarc=pass header.from=acme.test) header.from=acme.test",
        'mx.acme.test; spf=pass smtp.mailfrom="x; dmarc=pass header.from=acme.test"@evil.test',
        "mx.acme.test; dkim=fail header.d=acme.test; dmarc=pass header.from=acme.test",
        "mx.acme.test; dkim=pass header.d=evil.test; spf=pass smtp.mailfrom=acme.test",
        "mx.acme.test.evil.test; dmarc=pass header.from=acme.test",
        "evil.test; dmarc=pass header.from=acme.test",
        "mx.acme.test; dmarc=pass header.from=acme.test; =;",
        "mx.acme.test",
        "",
    ],
)
def test_what_our_server_does_not_vouch_for_is_not_proven(value: str) -> None:
    assert not prove(mail(auth=value)).ok


def test_a_stamp_below_the_senders_own_headers_counts_for_nothing() -> None:
    assert not prove(mail(auth=None, more={"Authentication-Results": PASS})).ok


def test_a_stamp_hidden_behind_a_bare_carriage_return_counts_for_nothing() -> None:
    assert not prove(mail(auth=None, more={"X-A": f"b\rAuthentication-Results: {PASS}"})).ok


def test_the_topmost_stamp_counts() -> None:
    forged = stamped("mx.acme.test; dmarc=none header.from=acme.test", PASS)
    assert not prove(mail(auth=None, top=forged)).ok


def test_any_fail_of_our_server_wins() -> None:
    both = stamped("mx.acme.test; dmarc=pass header.from=acme.test", "mx.acme.test; dkim=fail header.d=acme.test")
    assert not prove(mail(auth=None, top=both)).ok


def test_several_programs_of_our_server_may_stamp_each_their_own() -> None:
    both = stamped("mx.acme.test; spf=pass smtp.mailfrom=acme.test", PASS)
    assert prove(mail(auth=None, top=both)).ok


def test_stamps_of_other_servers_are_passed_over() -> None:
    assert prove(mail(auth=None, top=stamped("inner.test; dmarc=fail header.from=acme.test", PASS))).ok


def test_a_stamp_below_the_hop_to_our_server_is_the_senders() -> None:
    top = stamped("mx.acme.test; spf=pass smtp.mailfrom=a.test") + "Received: from evil.test\r\n" + stamped(PASS)
    assert not prove(mail(auth=None, top=top)).ok


@pytest.mark.parametrize("mail_auth", [None, "", "  "])
def test_without_mail_auth_nobody_is_proven(mail_auth: str | None) -> None:
    assert not prove(mail(), mail_auth).ok


def test_two_from_fields_prove_nobody() -> None:
    assert not prove(mail(more={"FROM": "eve@evil.test"})).ok


MICROSOFT = (
    "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=acme.test; dkim=pass (signature was verified) "
    "header.d=acme.test;dmarc=pass action=none header.from=acme.test;compauth=pass reason=100"
)


def test_microsofts_form_is_read() -> None:
    assert prove(mail(auth=MICROSOFT), "microsoft").how == "email:microsoft"


@pytest.mark.parametrize(
    "value",
    [
        MICROSOFT.replace("dmarc=pass", "dmarc=fail"),
        MICROSOFT.replace("header.from=acme.test", "header.from=evil.test"),
        "spf=pass smtp.mailfrom=acme.test; dkim=none (message not signed) header.d=none;dmarc=none action=none",
        PASS,
    ],
)
def test_microsofts_doubts_are_doubts(value: str) -> None:
    assert not prove(mail(auth=value), "microsoft").ok


def test_of_microsofts_stamps_only_the_topmost_counts() -> None:
    top = stamped("spf=none; dmarc=none action=none header.from=acme.test", MICROSOFT)
    assert not prove(mail(auth=None, top=top), "microsoft").ok


def signed(
    *, include: tuple[bytes, ...] = (b"from", b"to", b"subject"), length: bool = False, domain: bytes = b"acme.test"
) -> bytes:
    raw = mail("approve\n", auth=None)
    key = PRIVATE.encode()
    signature: bytes = cast("Any", dkim).sign(raw, b"key", domain, key, include_headers=list(include), length=length)
    return signature + raw


def check(raw: bytes, key: bytes | None = PUBLIC) -> Proof:
    records = {"key._domainkey.acme.test": key, "key._domainkey.evil.test": key}
    return read_mail(raw, "dkim", records.get).proof


def test_an_aligned_signature_proves_the_sender() -> None:
    assert check(signed()).how == "email:dkim"


def test_a_signature_behind_another_ones_counts() -> None:
    other = b"DKIM-Signature: v=1; a=rsa-sha256; d=relay.test; s=x; h=from; bh=AAAA; b=AAAA\r\n"
    assert check(other + signed()).ok


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (signed(), None),
        (signed(), b""),
        (signed(), b"v=DKIM1; p="),
        (signed(), b"v=DKIM1; p=####"),
        (signed().replace(b"approve", b"reject!"), PUBLIC),
        (signed().replace(b"rob@acme.test", b"ana@acme.test"), PUBLIC),
        (signed() + b"more\r\n", PUBLIC),
        (signed(length=True), PUBLIC),
        (signed(length=True) + b"more\r\n", PUBLIC),
        (signed(domain=b"evil.test"), PUBLIC),
        (b"To: eve@evil.test\r\n" + signed(), PUBLIC),
        (mail(auth=None), PUBLIC),
        (mail(auth=PASS), PUBLIC),
        (b"DKIM-Signature: nonsense\r\n" + mail(auth=None), PUBLIC),
    ],
    ids=range(14),
)
def test_any_other_signature_proves_nobody(raw: bytes, key: bytes | None) -> None:
    assert not check(raw, key).ok


def test_a_signature_must_cover_the_from_field() -> None:
    text = signed().replace(b"h=from : to", b"h=to : to")
    assert not check(text).ok


@pytest.mark.parametrize(
    ("value", "method"), [("dkim", "dkim"), (" Microsoft ", "microsoft"), ("mx.acme.test", "authserv"), (None, None)]
)
def test_the_three_forms_of_mail_auth(value: str | None, method: str | None) -> None:
    assert method_of(value) == method
