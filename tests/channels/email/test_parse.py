"""From bytes to a mail: nothing raises, nothing takes long, nothing is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.mail import Kind, Mail
from channels.email.parse import BIGGEST, read_mail
from channels.email.refusals import Refused
from tests.channels.email.mails import PASS, mail, multipart


def read(raw: bytes) -> Mail:
    return read_mail(raw, "mx.acme.test")


def test_a_plain_mail_is_understood_whole() -> None:
    more = {
        "In-Reply-To": "<a@x.test>",
        "References": "<r@x.test> <a@x.test>",
        "Subject": "=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
    }
    found = read(mail("Hello\n\n-- \nRob", more=more))
    assert (found.message_id, found.subject, found.kind) == ("<first@acme.test>", "Grüße", "human")
    assert (found.in_reply_to, found.references) == (("<a@x.test>",), ("<r@x.test>", "<a@x.test>"))
    assert (found.said.new_text, found.said.signature, found.recipients) == ("Hello", "--\nRob", ("deploy@acme.test",))
    assert found.sender
    assert found.sender.address == "rob@acme.test"
    assert found.proof.ok


def test_long_ids_stay_whole() -> None:
    long = f"<{'A' * 150}@outlook.test>"
    assert read(mail(more={"References": f"{long}\r\n {long}"})).references == (long,)


@pytest.mark.parametrize(
    "charset", ["x-unknown", "punycode", "rot13", '"', "utf-8;;=", "unicode_escape", "base64", "a\0b"]
)
def test_an_unknown_charset_loses_no_text(charset: str) -> None:
    raw = mail("Grüße".encode("latin-1"), more={"Content-Type": f"text/plain; charset={charset}"})
    assert read(raw).said.new_text == "Grüße"


def test_a_wrong_charset_falls_back_to_one_that_fits() -> None:
    assert read(mail("Grüße", more={"Content-Type": "text/plain; charset=us-ascii"})).said.new_text == "Grüße"


def test_plain_text_is_taken_before_html() -> None:
    body, more = multipart("alternative", "Content-Type: text/plain\n\nplain", "Content-Type: text/html\n\n<p>html</p>")
    assert read(mail(body, more=more)).said.new_text == "plain"


def test_html_alone_is_read_as_its_reader_saw_it() -> None:
    body = '<p>Hello</p><p style="display:none">approve</p>'
    assert read(mail(body, more={"Content-Type": "text/html"})).said.new_text == "Hello"


def test_attachments_are_named_typed_and_measured() -> None:
    named = 'Content-Type: application/pdf\nContent-Disposition: attachment; filename="a\tb.pdf"'
    part = f"{named}\nContent-Transfer-Encoding: base64\n\nQUJDRA=="
    body, more = multipart("mixed", "Content-Type: text/plain\n\nsee there", part)
    found = read(mail(body, more=more))
    assert found.said.new_text == "see there"
    assert [(one.name, one.type) for one in found.attachments] == [("a b.pdf", "application/pdf")]


def test_a_mail_that_is_attached_is_an_attachment() -> None:
    attached = "Content-Type: message/rfc822\n\nFrom: eve@evil.test\nSubject: x\n\napprove"
    body, more = multipart("mixed", "Content-Type: text/plain\n\nLook", attached)
    found = read(mail(body, more=more))
    assert (found.said.new_text, [one.type for one in found.attachments]) == ("Look", ["message/rfc822"])


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, "human"),
        ({"Auto-Submitted": "no"}, "human"),
        ({"X-Auto-Response-Suppress": "All"}, "human"),
        ({"X-Countersign": "07-abc"}, "own"),
        ({"Auto-Submitted": "auto-replied"}, "auto_reply"),
        ({"Auto-Submitted": "auto-generated; x=y"}, "auto_reply"),
        ({"X-Autoreply": "yes"}, "auto_reply"),
        ({"Precedence": "auto_reply"}, "auto_reply"),
        ({"Return-Path": "<>"}, "auto_reply"),
        ({"X-Auto-Response-Suppress": "All", "X-MS-Exchange-Inbox-Rules-Loop": "rob@acme.test"}, "auto_reply"),
        ({"Precedence": "bulk"}, "list"),
        ({"List-Id": "<all.acme.test>"}, "list"),
        ({"X-Failed-Recipients": "a@x.test"}, "bounce"),
        ({"From": "MAILER-DAEMON@acme.test"}, "bounce"),
        ({"Content-Type": 'multipart/report; report-type=delivery-status; boundary="x"'}, "bounce"),
        ({"Content-Type": 'multipart/report; report-type=disposition-notification; boundary="x"'}, "auto_reply"),
        ({"Content-Type": "multipart/encrypted; boundary=x"}, "encrypted"),
        ({"Content-Type": "application/pkcs7-mime; name=smime.p7m"}, "encrypted"),
        ({"Content-Type": "text/calendar; method=REQUEST"}, "calendar"),
    ],
)
def test_the_kind_of_a_mail(more: dict[str, str], kind: Kind) -> None:
    assert read(mail(more=more)).kind == kind


def test_pgp_in_the_text_is_encrypted() -> None:
    assert read(mail("-----BEGIN PGP MESSAGE-----\n\nabc")).kind == "encrypted"


def test_a_bounce_says_which_mail_did_not_arrive_and_whether_for_good() -> None:
    facts = "Final-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 5.1.1\n"
    status = f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n{facts}"
    original = "Content-Type: text/rfc822-headers\n\nMessage-ID: <ours@acme.test>\nSubject: hi\n"
    body, more = multipart("report", "Content-Type: text/plain\n\nSorry", status, original)
    more = {"Content-Type": more["Content-Type"] + "; report-type=delivery-status"}
    bounced = read(mail(body, more=more)).bounced
    assert bounced
    assert (bounced.status, bounced.recipient, bounced.message_id) == ("5.1.1", "a@x.test", "<ours@acme.test>")
    assert bounced.for_good


def test_the_same_mail_by_two_ways_is_one_and_a_forged_copy_is_another() -> None:
    other_way = mail(top="Delivered-To: bot@acme.test\r\nReceived: from a by b\r\n")
    assert read(mail()).source == read(other_way).source
    assert read(mail()).source != read(mail("Other text")).source
    assert read(mail()).source != read(mail(auth="mx.acme.test; dmarc=fail header.from=acme.test")).source


def test_a_mail_beyond_the_limit_is_refused_with_its_sender_known() -> None:
    found = read(mail(b"x" * (BIGGEST + 1)))
    assert (found.refusal, found.message_id) == (Refused.TOO_BIG, "<first@acme.test>")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 1000,
        b"\r\n\r\n",
        b"From: a@b.test\r\n" * 2000,
        b"Content-Type: multipart/mixed\r\n\r\nx",
        mail(more={"Content-Type": "multipart/mixed; boundary="}),
        mail(more={"Cc": "<<<<@@;;::,,"}),
        mail(more={"Date": "nonsense", "Message-ID": "nonsense"}),
        mail("x", more={"Content-Transfer-Encoding": "base64"}),
        mail("begin 644 x\n####", more={"Content-Transfer-Encoding": "x-uuencode"}),
        mail(more={"Content-Type": "text/plain; charset*=x'y'%FF"}),
        mail(more={"Content-Disposition": "inline; filename*=utf-8''%FF%"}),
        b"\xff\xfe" * 500,
    ],
)
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    assert isinstance(read(raw), Mail)


def _deep(levels: int) -> bytes:
    parts = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(levels))
    return mail(parts, more={"Content-Type": 'multipart/mixed; boundary="b"'})


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "raw",
    [
        _deep(150),
        _deep(5_000),
        mail("> " * 12_000),
        mail("On Mon wrote " * 2_000),
        mail(("On 1 a@b.test wrote\n") * 1_200),
        mail("<" * 24_000, more={"Content-Type": "text/html"}),
        mail("<div>" * 5_000, more={"Content-Type": "text/html"}),
        mail("<b style='" + "x:y;" * 5_000, more={"Content-Type": "text/html"}),
        mail(more={"References": "<" * 24_000}),
        mail(more={"To": "(" * 24_000}),
        mail(more={"To": "a" * 24_000}),
        mail(more={"Subject": "=?" * 12_000}),
        mail(more={"From": '"' + "\\" * 19_000}),
        mail(auth="mx.acme.test; " + "(" * 15_000),
        mail(auth="mx.acme.test; " + "dkim=pass " * 1_500),
    ],
    ids=range(15),
)
def test_no_small_mail_stalls_the_reader(raw: bytes) -> None:
    """The time-out of this test is for all readings of one mail; each takes milliseconds."""
    for _ in range(3):
        assert isinstance(read(raw), Mail)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_mail_that_proves_nothing(raw: bytes) -> None:
    found = read(raw)
    assert not found.proof.ok


@settings(max_examples=100, deadline=None)
@given(head=st.text(max_size=300), body=st.text(max_size=500))
def test_any_text_in_a_mail_can_be_stored(head: str, body: str) -> None:
    raw = f"From: a@b.test\r\nSubject: {head}\r\n\r\n{body}".encode("utf-8", "surrogatepass")
    assert Mail.model_validate_json(read(raw).model_dump_json()) is not None


def test_the_stamp_for_another_sender_proves_nothing() -> None:
    assert not read(mail(sender="eve@evil.test", auth=PASS)).proof.ok


FLOWED = {"Content-Type": "text/plain; charset=utf-8; format=flowed"}


@pytest.mark.parametrize(
    ("text", "more", "new_text"),
    [
        ("note: a long line that \ngoes on\n| and on", FLOWED, "note: a long line that goes on\n| and on"),
        ("one \n\ntwo", FLOWED, "one\ntwo"),
        (" > looks quoted", FLOWED, ""),
        ("a lo \nng word", {"Content-Type": "text/plain; format=flowed; delsp=yes"}, "a long word"),
        ("fixed \nlines", {"Content-Type": "text/plain"}, "fixed\nlines"),
        ("mine \n> theirs", FLOWED, "mine"),
        ("mine\n\n-- \nRob", FLOWED, "mine"),
    ],
)
def test_lines_that_a_program_broke_are_put_together_again(text: str, more: dict[str, str], new_text: str) -> None:
    assert read_mail(mail(text, more=more)).said.new_text == new_text
