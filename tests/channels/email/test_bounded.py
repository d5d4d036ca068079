"""A mail of 24 kB takes less than a second, whatever is in it, in CPU time, which a busy machine cannot spoil."""

import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from bot.cli.output import plain
from channels.email.mail import Mail
from channels.email.newtext import split
from channels.email.parse import read_mail
from channels.email.told import told
from tests.channels.email.mails import mail

SIZE = 24_000  # bytes
SECONDS = 1.0


def filled(text: str) -> str:
    """The text again and again, up to the size; `#` in it is a number that grows."""
    numbers = count()
    parts: list[str] = []
    while sum(map(len, parts[-1:])) * len(parts) < SIZE:
        parts.append(text.replace("#", str(next(numbers))))
    return "".join(parts)[:SIZE]


LINE = "On Mon, Jan 5, 2026 at 9:14 AM Ana <ana@acme.test> wrote"
TEXTS = {
    "marks": ">",
    "marks and spaces": "> ",
    "marked lines": "> a\n",
    "deeper and deeper": "\n>" * 10,
    "marks by turns": "> a\nb\n",
    "blank lines": "\n",
    "spaces": " ",
    "a blank and a mark": " \n>\n",
    "tabs and returns": "\t\r",
    "one word": "a",
    "colons": ":",
    "colons in lines": "a:\n",
    "attributions": f"{LINE}:\n",
    "attributions that never end": f"{LINE} ",
    "half of an attribution": "On Mon, Jan 5, 2026 at 9:14 AM Ana\n",
    "addresses": "<a@b.test> ",
    "open brackets": "<",
    "open brackets with at signs": "<a@",
    "days and hours": "5 January 2026 9:14 ",
    "digits": "1",
    "digits and dots": "1.1",
    "labels": "From: a@b.test\n",
    "labels by turns": "From: a@b.test\nTo: b\n",
    "labels over labels": "To: a;\nTo: b;\n",
    "rules": "________\n",
    "rules of dashes": "--------\n\n",
    "one rule": "-",
    "framed": "-----a",
    "framed lines": "---- forwarded ----x\n",
    "delimiters": "-- \n",
    "single dashes": "-\n",
    "long dashes": "\u2014\n",
    "devices": "Sent from my iPhone\n",
    "devices in one line": "sent from my ",
    "lawyers": "This e-mail is confidential. If you are not the intended recipient, delete it.\n\n",
    "lawyers in one line": "e-mail confidential intended ",
    "fences": "```\n",
    "fences of all kinds": "```\n~~~\n",
    "prompts": ">>> a\n",
    "combining marks": "e\u0301\u0323\u0301\u0323",
    "invisible": "\u200b",
    "right to left": "\u202e<a@b.test>\u202c",
    "banners": "CAUTION: external ",
    "links": "[a](https://x.test/) ",
    "open links": "[a](http://",
    "verbs": "wrote schrieb a écrit ",
    "our own line": "=== Please write your reply above this line ===\n",
    "decisions": "approve reject ",
    "field lines": "note: |\n| a\n",
    "names": "A Bc De wrote:\n> x\n",
    "Japanese": "2026年1月5日(月) 9:14 ",
    "forwarded": "Begin forwarded message:\n",
}
PAGES = {
    "open tags": "<div>",
    "open quotes": "<blockquote>",
    "containers": '<div class="gmail_quote">',
    "containers with quotes": '<div class="gmail_quote"><blockquote>',
    "closed containers": '<div class="gmail_quote">a<blockquote>b</blockquote></div>',
    "tags that are none": "<",
    "closing tags": "</div>",
    "attributes": "<p a='",
    "many attributes": "<p a#=1 b#=2>",
    "entities": "&amp;",
    "entities that are none": "&a",
    "numbers": "&#x1F600;",
    "comments": "<!--",
    "tables": "<table><tr><td>",
    "spans": "<span>a</span>",
    "breaks": "<br>",
    "rules": "<style>.a#{display:none}</style>",
    "selectors": "<style>* * * * * .a#{color:red}</style><p>",
    "has": "<style>:has(:has(*)){display:none}</style><p>",
    "declarations": "<p style='a:b;a:b;a:b;color:red;'>x",
    "open comments of style": "<style>/*",
    "numbers of style": "<p style='opacity:0000000000000.0001;clip:rect(1,1,1,'>",
    "classes": "<p class='a b c d MsoNormal'>x",
    "formatting": "<b><i><u>",
    "links in links": "<a href=x>",
    "lists": "<ul><li>a",
    "preformatted": "<pre>\n\n",
    "signatures": '<div class="gmail_signature">',
    "originals": '<hr id="zwchr">',
    "spaces that do not break": "&nbsp;<br>",
}
HEADS = {
    "fields": "X-A: b\r\n",
    "From fields": "From: a@b.test\r\n",
    "encoded words": "Subject: =?utf-8?q?a?=\r\n",
    "received": "Received: from a by b; Mon, 5 Jan 2026\r\n",
    "stamps": "Authentication-Results: mx.acme.test; dmarc=pass header.from=acme.test\r\n",
    "stamps with comments": "Authentication-Results: mx.acme.test; dkim=pass ((((((((((\r\n",
    "signatures": "DKIM-Signature: v=1; d=acme.test; s=a; h=from; bh=x; b=y\r\n",
}
FIELDS = {
    "encoded words": "=?utf-8?q?a?= ",
    "encoded words that never end": "=?utf-8?q?",
    "encoded words of base64": "=?utf-8?b?YQ==?=",
    "commas": "a@b.test, ",
    "brackets": "(",
    "closed brackets": "(a)",
    "quotes": '"',
    "escapes": '"\\',
    "angles": "<a@b.test>",
    "at signs": "@",
    "spaces": "  ",
    "semicolons": "; a=b",
    "continued": "; a*#*=b",
    "folded": "a\r\n ",
}


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < SECONDS


def read(raw: bytes) -> Mail:
    found = read_mail(raw, "mx.acme.test")
    assert told(found)["kind"]
    return found


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text(text: str) -> None:
    read(mail(filled(text)))
    assert split(filled(text))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_below_a_first_line_and_above_a_last_one(text: str) -> None:
    read(mail(f"approve\n\n{filled(text)}\n\nOn Mon, Jan 5, 2026 at 9:14 AM Ana <ana@acme.test> wrote:\n> a"))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_whose_lines_are_put_together(text: str) -> None:
    more = {"Content-Type": "text/plain; charset=utf-8; format=flowed; delsp=yes"}
    read(mail(filled(text.replace("\n", " \n")), more=more))


@pytest.mark.parametrize("page", [*PAGES.values(), *TEXTS.values()], ids=[*PAGES, *(f"text: {name}" for name in TEXTS)])
def test_a_page(page: str) -> None:
    read(mail(filled(page), more={"Content-Type": "text/html; charset=utf-8"}))


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_head(head: str) -> None:
    read(mail(top=filled(head).rpartition("\r\n")[0] + "\r\n"))


@pytest.mark.parametrize("value", FIELDS.values(), ids=FIELDS)
@pytest.mark.parametrize(
    "name", ["From", "To", "Subject", "Message-ID", "References", "Date", "Content-Type", "Authentication-Results"]
)
def test_a_field(name: str, value: str) -> None:
    begin = {"Content-Type": "text/plain", "Authentication-Results": "mx.acme.test"}.get(name, "")
    read(mail(more={name: begin + filled(value)}, auth=None))


def nested(depth: int) -> str:
    return "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))


PARTS: dict[str, Callable[[], str]] = {
    "nested deeply": lambda: nested(400),
    "nested and closed": lambda: nested(100) + "".join(f"\n--b{n}--" for n in reversed(range(100))),
    "mails in mails": lambda: "Content-Type: message/rfc822\n\n" * 700,
    "many parts": lambda: "Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\na\n" * 3000,
    "boundaries that are empty": lambda: "Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n" * 6000,
    "boundaries that almost are": lambda: "Content-Type: multipart/mixed; boundary=b\n\n" + "--ba\n" * 4800,
}


@pytest.mark.parametrize("make", PARTS.values(), ids=PARTS)
def test_parts(make: Callable[[], str]) -> None:
    head, _, body = make().partition("\n\n")
    read(mail(body, more={"Content-Type": head.removeprefix("Content-Type: ")}))


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode", "8bit", "a" * 900])
@pytest.mark.parametrize("text", ["=", "A", "=\n", "\0", "\n", "begin 666 a\n", "M" + "A" * 60 + "\n"])
def test_an_encoding(encoding: str, text: str) -> None:
    read(mail(filled(text), more={"Content-Transfer-Encoding": encoding}))


@pytest.mark.parametrize(
    "charset", ["utf-7", "iso-2022-jp", "hz", "gb18030", "utf-16", "utf-8", "big5", "punycode", "idna"]
)
@pytest.mark.parametrize("data", [b"\x1b$B", b"+-", b"~{", b"\xff\xfe", b"\x81", b"a-"])
def test_a_charset(charset: str, data: bytes) -> None:
    read(mail(data * (SIZE // len(data)), more={"Content-Type": f"text/plain; charset={charset}"}))


def test_what_is_printed_is_bounded_too() -> None:
    assert len(plain(str(told(read(mail("x" * 1_000_000)))))) < 200_000
