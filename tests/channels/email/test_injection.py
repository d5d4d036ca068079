"""Whatever a mail says: only the own new words of a person who is asked answer, edit, give or grant anything."""

from collections.abc import Sequence
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ids import MailIds
from bot.port import Asked
from channels.email.receive import Receiver
from tests.channels.email.cards import FULL, REQUEST, THREAD
from tests.channels.email.intake import RecordingIntake
from tests.channels.email.mails import PASS, SECRET, SETTINGS, mail, multipart

IDS = MailIds(SECRET)
ROB, EVE = "Rob Wills <rob@acme.test>", "Eve <eve@evil.test>"
EVES = "mx.acme.test; dkim=pass header.d=evil.test; dmarc=pass header.from=evil.test"
FORGED = "mx.acme.test; dmarc=fail header.from=acme.test"
OURS = IDS.message_id(THREAD, "aaaabbbbccccdddd", "acme.test")
WORDS = [
    "approve",
    "approve for 2h",
    "reject",
    "reject 1",
    "give to: eve@evil.test",
    "tag: v6.6.6",
    "edit\ntag: v6.6.6",
]
"""Every way to decide there is, if an asked person writes it."""


def to(address: str) -> str:
    return f"bot+r.{IDS.reply_token(REQUEST, address)}@acme.test"


@pytest.fixture
def intake() -> RecordingIntake:
    """An intake that knows one open request, which can be answered in every way."""
    return knowing()


def knowing() -> RecordingIntake:
    intake = RecordingIntake()
    intake.requests[REQUEST] = Asked(
        thread=THREAD,
        kind="approval",
        is_open=True,
        fields=FULL.fields,
        reject_reasons=FULL.reject_reasons,
        may_grant_s=FULL.may_grant_s,
        outside=True,
    )
    return intake


async def decided(intake: RecordingIntake, raw: bytes) -> Sequence[object]:
    """What this mail did beside asking something."""
    await Receiver(SETTINGS, intake).take(raw)
    return [answer for answer in intake.answers if answer.answer != "say"]


@pytest.mark.parametrize("words", WORDS)
async def test_an_asked_persons_own_words_do_decide(intake: RecordingIntake, words: str) -> None:
    """Without this, the tests below would show nothing."""
    assert await decided(intake, mail(words, to=to("rob@acme.test")))


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize(
    "wrap",
    [
        "Look:\n\n> {}",
        "\n> {0}\n",
        "On Fri, 20 Nov 2026 at 10:00, Bot <bot@acme.test> wrote:\n\n> {0}",
        "I will see\n\nOn Fri, 20 Nov 2026 at 10:00, Bot <bot@acme.test> wrote:\n\n{0}",
        "-----Original Message-----\nFrom: Bot\n\n{0}",
        "From: Bot <bot@acme.test>\nSent: Friday\nTo: Rob\nSubject: x\n\n{0}",
        "=== Please write your reply above this line ===\n{0}",
        "---------- Forwarded message ---------\nFrom: Rob <rob@acme.test>\n\n{0}",
        "Begin forwarded message:\n\n{0}",
        "{0}\n\nBegin forwarded message:\n\nHello",
        "See you\n\n-- \n{0}",
        "> first\n{0}\n> second",
        "He said:\n{0}",
        "He said {0}",
    ],
)
async def test_words_that_were_quoted_forwarded_or_told_decide_nothing(
    intake: RecordingIntake, wrap: str, words: str
) -> None:
    quoted = words.replace("\n", "\n> ") if "> {" in wrap else words
    assert await decided(intake, mail(wrap.format(quoted), to=to("rob@acme.test"))) == []


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize(
    "hide",
    [
        '<div style="display:none">{}</div>',
        '<span style="font-size:0">{}</span>',
        '<div style="color:#fff;background:#fff">{}</div>',
        '<div style="position:absolute;left:-9999px">{}</div>',
        "<!-- {} -->",
        "<title>{}</title>",
        "<script>{}</script>",
        '<img alt="{}">',
        '<a href="mailto:bot@acme.test" title="{}"></a>',
        "<div hidden>{}</div>",
        "<textarea>{}</textarea>",
        "<blockquote>{}</blockquote>",
        '<div class="gmail_quote">{}</div>',
    ],
)
async def test_words_that_html_hides_or_quotes_decide_nothing(intake: RecordingIntake, hide: str, words: str) -> None:
    html = f"<html><body>{hide.format(escape(words).replace(chr(10), '<br>'))}</body></html>"
    raw = mail(html, to=to("rob@acme.test"), more={"Content-Type": "text/html; charset=utf-8"})
    assert await decided(intake, raw) == []


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("field", ["Subject", "Thread-Topic", "Comments", "Keywords", "X-Answer", "In-Reply-To"])
async def test_words_in_a_header_decide_nothing(intake: RecordingIntake, field: str, words: str) -> None:
    more = {field: words.replace("\n", " ")}
    assert await decided(intake, mail("Hello", to=to("rob@acme.test"), more=more)) == []


@pytest.mark.parametrize("words", ["approve", "reject", "give to: eve"])
async def test_a_display_name_decides_nothing(intake: RecordingIntake, words: str) -> None:
    raw = mail("Hello", sender=f'"{words}" <rob@acme.test>', to=f'"{words}" <{to("rob@acme.test")}>')
    assert await decided(intake, raw) == []


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("kind", ["text/plain", "text/html", "message/rfc822", "application/octet-stream"])
async def test_what_is_attached_decides_nothing(intake: RecordingIntake, kind: str, words: str) -> None:
    inner = f"From: {ROB}\n\n{words}" if kind == "message/rfc822" else words
    part = f'Content-Type: {kind}\nContent-Disposition: attachment; filename="answer.txt"\n\n{inner}'
    for text in ("Hello", ""):
        body, more = multipart("mixed", f"Content-Type: text/plain\n\n{text}", part)
        assert await decided(intake, mail(body, to=to("rob@acme.test"), more=more)) == []


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize(
    ("sender", "auth", "recipient"),
    [
        (ROB, FORGED, to("rob@acme.test")),  # somebody who says that he is Rob
        (ROB, None, to("rob@acme.test")),
        (ROB, EVES, to("rob@acme.test")),  # what is vouched for is another domain
        (ROB, PASS.replace("mx.acme.test", "mx.evil.test"), to("rob@acme.test")),  # vouched for by somebody else
        (EVE, EVES, to("rob@acme.test")),  # the card was forwarded
        ("Rob Wills <rob@evil.test>", EVES, to("rob@acme.test")),
        (EVE, EVES, to("eve@acme.test")),
        (ROB, PASS, f"bot+r.{REQUEST}@acme.test"),  # a request id is no token
        (ROB, PASS, to("mia@acme.test")),  # hers
        (ROB, PASS, "bot+r.@acme.test"),
        (ROB, PASS, to("rob@acme.test").replace("@acme.test", "@evil.test")),  # not ours
        (EVE, EVES, "support@acme.test"),  # a customer's mail
        (ROB, PASS, "support@acme.test"),
    ],
)
async def test_words_of_anybody_else_or_to_anywhere_else_decide_nothing(
    intake: RecordingIntake, sender: str, auth: str | None, recipient: str, words: str
) -> None:
    assert await decided(intake, mail(words, sender=sender, auth=auth, to=recipient)) == []
    assert intake.answers == []


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize(
    "more",
    [
        {"Reply-To": ROB},
        {"Sender": ROB},
        {"Return-Path": "<rob@acme.test>"},
        {"Resent-From": ROB},
        {"X-Original-From": ROB},
        {"In-Reply-To": OURS, "References": OURS},
        {"Cc": to("rob@acme.test")},
        {"Bcc": to("eve@evil.test")},
    ],
)
async def test_no_other_header_makes_somebody_else_the_sender(
    intake: RecordingIntake, more: dict[str, str], words: str
) -> None:
    raw = mail(words, sender=EVE, auth=EVES, to=to("rob@acme.test"), more=more)
    assert await decided(intake, raw) == []
    assert intake.answers == []


@pytest.mark.parametrize("words", WORDS)
async def test_where_replies_go_is_nobodys_say(intake: RecordingIntake, words: str) -> None:
    """A Reply-To in a customer's mail sends our answer nowhere else, and its token decides nothing."""
    more = {"Reply-To": to("eve@evil.test"), "In-Reply-To": OURS}
    assert await decided(intake, mail(words, sender=EVE, auth=EVES, to="support@acme.test", more=more)) == []
    assert [found.place.address for found in intake.messages] == ["eve@evil.test"]


plain = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30).filter(lambda text: ":" not in text)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(plain, max_size=3),
    st.sampled_from(WORDS),
    st.lists(plain, max_size=3),
    st.sampled_from(["> ", ">", ">> "]),
)
async def test_whatever_stands_around_it_what_is_quoted_decides_nothing(
    before: list[str], words: str, after: list[str], mark: str
) -> None:
    quoted = "\n".join(mark + line for line in words.split("\n"))
    text = "\n".join([*(f"a {line}" for line in before), "", quoted, "", *(f"b {line}" for line in after)])
    assert await decided(knowing(), mail(text, to=to("rob@acme.test"))) == []
