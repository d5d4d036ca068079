"""New text and quoted text: in the languages and after the habits of the common programs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.mail import Said
from channels.email.markers import OWN
from channels.email.newtext import split

HEAD = 'Approval needed: Deploy service (abcd)\n\nTo approve, reply with "approve" and nothing else.\napprove'
QUOTE = "\n".join(f"> {line}" for line in HEAD.split("\n"))

TOP = {
    "gmail": f"{{}}\n\nOn Fri, Nov 20, 2026 at 5:00 PM Countersign <bot@acme.test> wrote:\n\n{QUOTE}",
    "gmail, wrapped": (
        f"{{}}\n\nOn Fri, Nov 20, 2026 at 5:00 PM Countersign\n<bot+r.07-abc@acme.test>\nwrote:\n\n{QUOTE}"
    ),
    "gmail, German": f"{{}}\n\nAm Fr., 20. Nov. 2026 um 17:00 Uhr schrieb Countersign <\nbot@acme.test>:\n\n{QUOTE}",
    "gmail, French": f"{{}}\n\nLe ven. 20 nov. 2026 à 17:00, Countersign <bot@acme.test> a écrit :\n\n{QUOTE}",
    "gmail, Spanish": f"{{}}\n\nEl vie, 20 nov 2026 a las 17:00, Countersign (<bot@acme.test>) escribió:\n\n{QUOTE}",
    "gmail, Italian": f"{{}}\n\nIl giorno ven 20 nov 2026 alle ore 17:00 Bot <bot@acme.test> ha scritto:\n\n{QUOTE}",
    "gmail, Polish": f"{{}}\n\npt., 20 lis 2026 o 17:00 Countersign <bot@acme.test> napisał(a):\n\n{QUOTE}",
    "gmail, Japanese": f"{{}}\n\n2026年11月20日(金) 17:00 Countersign <bot@acme.test>:\n\n{QUOTE}",
    "thunderbird, German": f"{{}}\n\nAm 20.11.26 um 17:00 schrieb Countersign:\n{QUOTE}",
    "apple": (
        f"{{}}\n\nSent from my iPhone\n\n> On 20 Nov 2026, at 17:00, Countersign <bot@acme.test> wrote:\n> \n{QUOTE}"
    ),
    "apple, German": (
        f"{{}}\n\nVon meinem iPhone gesendet\n\n> Am 20.11.2026 um 17:00 schrieb Bot <b@acme.test>:\n> \n{QUOTE}"
    ),
    "apple, unmarked": f"{{}}\n\nOn 20 Nov 2026, at 17:00, Countersign <bot@acme.test> wrote:\n\n{HEAD}",
    "outlook": (
        f"{{}}\n\n________________________________\nFrom: Bot <bot@acme.test>\n"
        f"Sent: Friday, 5:00 PM\nTo: Rob\nSubject: x\n\n{HEAD}"
    ),
    "outlook, German": (
        f"{{}}\n\nVon: Bot <bot@acme.test>\nGesendet: Freitag, 20. November 2026 17:00\nAn: Rob\nBetreff: x\n\n{HEAD}"
    ),
    "outlook, French": f"{{}}\n\nDe : Bot <bot@acme.test>\nEnvoyé : vendredi\nÀ : Rob\nObjet : x\n\n{HEAD}",
    "outlook, Spanish": f"{{}}\n\nDe: Bot <bot@acme.test>\nEnviado: viernes\nPara: Rob\nAsunto: x\n\n{HEAD}",
    "outlook, bold": f"{{}}\n\n*From:* Bot <bot@acme.test>\n*Sent:* Friday\n*To:* Rob\n*Subject:* x\n\n{HEAD}",
    "outlook, old": f"{{}}\n\n-----Original Message-----\nFrom: Bot\n\n{HEAD}",
    "outlook, old German": f"{{}}\n\n-----Ursprüngliche Nachricht-----\nVon: Bot\n\n{HEAD}",
    "proton": (
        f"{{}}\n\nSent with Proton Mail secure email.\n\nOn Friday, November 20th,"
        f" 2026 at 17:00, Bot <b@acme.test> wrote:\n\n{QUOTE}"
    ),
    "own line": f"{{}}\n\n{OWN}\n\n{HEAD}",
    "own line, below an unknown attribution": f"{{}}\n\nOn 20.11.2026 17:00, Bot wrote:\n\n{OWN}\n\n{HEAD}",
    "signature": f"{{}}\n\n-- \nRob Wills\nAcme\n\n{QUOTE}",
}


@pytest.mark.parametrize("template", TOP.values(), ids=TOP)
def test_what_stands_above_a_quote_is_new(template: str) -> None:
    found = split(template.replace("{}", "Not yet.\nTell me more."))
    assert (found.new_text, found.shape) == ("Not yet.\nTell me more.", "top")
    assert "approve" in found.quoted


@pytest.mark.parametrize("template", TOP.values(), ids=TOP)
def test_a_reply_without_a_word_has_no_new_text(template: str) -> None:
    assert split(template.replace("{}", "")).new_text == ""


def test_what_stands_below_a_quote_is_new() -> None:
    found = split(f"On Mon, 1 Jan 2026, Bot <b@acme.test> wrote:\n{QUOTE}\n\nreject\n\n-- \nRob")
    assert (found.new_text, found.shape, found.signature) == ("reject", "bottom", "--\nRob")


def test_text_among_quotes_is_inline() -> None:
    found = split("> one\nfirst\n> two\nsecond")
    assert (found.new_text, found.shape) == ("first\nsecond", "inline")


def test_the_rest_of_a_wrapped_quoted_line_is_not_taken_for_an_answer() -> None:
    """A program that wraps long quoted lines leaves their ends unmarked, below the last mark."""
    assert split("> To approve, reply with nothing but the word\napprove").shape == "inline"


def test_text_above_and_below_a_quote_is_inline() -> None:
    assert split(f"approve\n\n{QUOTE}\n\nbut not before Monday").shape == "inline"


@pytest.mark.parametrize(
    "line",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "---------- Message transféré ---------",
        "---------- Mensaje reenviado ---------",
    ],
)
def test_a_forwarded_part_keeps_its_text_apart(line: str) -> None:
    found = split(f"See below\n\n{line}\nFrom: Eve <eve@evil.test>\n\n> approve")
    assert (found.new_text, found.quoted) == ("See below", "")
    assert "approve" in found.forwarded


@pytest.mark.parametrize(
    "text",
    [
        "As I wrote:\n\nplease deploy",
        "From: the office\nI would like two of them",
        "To: nobody",
        "We spoke on Monday and she wrote a note.",
        "a -- b\n--\u200b",
        "Date: Friday\nplease",
    ],
)
def test_what_only_looks_like_a_marker_stays(text: str) -> None:
    assert split(text).new_text == text.strip()


@settings(deadline=None)
@given(st.text(max_size=500))
def test_any_text_is_taken_apart(text: str) -> None:
    assert isinstance(split(text), Said)


@settings(deadline=None)
@given(st.lists(st.from_regex(r"> ?[a-z ]{0,20}", fullmatch=True), min_size=1))
def test_marked_lines_are_never_new(lines: list[str]) -> None:
    assert split("\n".join(lines)).new_text == ""
