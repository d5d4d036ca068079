"""The grammar of decisions: a word that stands alone, or nothing."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.places import EditField
from channels.email.decision import Answer, Unclear, approval
from channels.email.decision import given as given_to
from channels.email.newtext import split
from channels.email.offers import Offer

PLAIN = Offer(kind="approval")
FULL = Offer(
    kind="approval",
    reject_reasons=("Too expensive", "Already approved elsewhere"),
    fields=(
        EditField(name="amount", kind="number", value="30.00"),
        EditField(name="note", kind="text", value="As agreed."),
    ),
    may_grant_s=7_200,
    outside=True,
)


def read(text: str, offer: Offer = PLAIN, name: str = "Rob Wills") -> Answer | Unclear | None:
    return approval(split(text), offer, name)


@pytest.mark.parametrize(
    "text",
    [
        "approve",
        "Approved",
        "APPROVE!",
        " approve. ",
        "*approve*",
        '"approve"',
        "approve \U0001f44d",
        "\U0001f44d\U0001f3fd approved",
        "approve\n\nSent from my iPhone",
        "approve\n\n-- \nRob Wills\nAcme Ltd",
        "approve\n\nBest regards,\nRob",
        "Approved\n\nThanks\nRob Wills",
        "approve\n\n> reject\n> approve",
        "> card\n\napprove",
    ],
)
def test_approve_alone_approves(text: str) -> None:
    assert read(text) == read(text, FULL) == Answer("approve")


@pytest.mark.parametrize(
    "text",
    [
        "approve, but not before Monday",
        "approve?",
        "approve...",
        "do not approve",
        "I approve",
        "approve approve",
        "approve or reject",
        "approve\nreject",
        "yes",
        "ok",
        "lgtm",
        "no",
        "\U0001f44d",
        "approving",
        "preapproved",
        "\u0430pprove",
        "approve\n\nBest regards,\nSomebody Else",
        "approve\n\n-- \nreject this",
        "> approve",
        "> a\napprove\n> b",
        "> a line that was\napprove",
        "approve\n\nBegin forwarded message:\n> x",
        "",
        "I reject this",
        "reject? why",
        "rejection",
        "reject, I cannot approve this",
        "denied: it was rejected before",
    ],
)
def test_anything_else_decides_nothing(text: str) -> None:
    assert read(text) is None
    assert not isinstance(read(text, FULL), Answer)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("reject", ""),
        ("Rejected.", ""),
        ("deny", ""),
        ("DENIED!", ""),
        ("reject because it is too dear", "because it is too dear"),
        ("Rejected: wait until Monday.\nThen ask again", "wait until Monday.\nThen ask again"),
        ("deny - no budget\n\n-- \nRob", "no budget"),
        ("reject\n\nnot now\n\nBest,\nRob", "not now"),
    ],
)
def test_reject_alone_or_first_rejects_and_the_rest_is_the_reason(text: str, reason: str) -> None:
    assert read(text) == read(text, FULL) == Answer("reject", text=reason)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=40), st.sampled_from(["approve", "Approved", ""]), st.text(max_size=40))
def test_an_approval_holds_no_word_but_the_one(before: str, word: str, after: str) -> None:
    text = before + word + after
    if read(text, FULL, "") == Answer("approve"):
        own = " ".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))
        assert "approve" in own.lower()
        assert len(re.findall(r"[^\W_]{2,}", split(text).new_text)) == 1


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet=st.sampled_from("aprove \n.!?,>-"), max_size=30))
def test_text_of_the_same_letters_is_not_an_approval_unless_it_is_the_word(text: str) -> None:
    if read(text, FULL, "") == Answer("approve"):
        assert re.findall(r"[a-z]+", split(text).new_text) == ["approve"]


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_quoted_text_never_decides(text: str) -> None:
    quoted = "\n".join(f"> {line}" for line in f"approve\n{text}".splitlines())
    assert read(quoted, FULL) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("reject 1", "Too expensive"),
        ("Reject: #2.", "Already approved elsewhere"),
        ("reject already approved elsewhere", "Already approved elsewhere"),
        ("reject 1 of them", "1 of them"),
    ],
)
def test_a_listed_reason_is_given_by_its_number_or_its_words(text: str, reason: str) -> None:
    assert read(text, FULL) == Answer("reject", text=reason)


@pytest.mark.parametrize("text", ["reject 0", "reject 3", "reject 99999999999999"])
def test_a_number_that_no_reason_has_rejects_nothing_and_is_said_so(text: str) -> None:
    assert isinstance(read(text, FULL), Unclear)


def test_without_listed_reasons_a_number_is_a_reason() -> None:
    assert read("reject 2") == Answer("reject", text="2")


@pytest.mark.parametrize(
    ("text", "quotable", "internal"),
    [
        ("reject: too late\ninternal: a known fraud", "too late", "a known fraud"),
        ("reject: internal: a known fraud", "", "a known fraud"),
        (
            "reject\nInternal : a long line that the\nprogram broke\n\nPlease send a photo",
            "Please send a photo",
            "a long line that the\nprogram broke",
        ),
        ("reject too late\n- *internal:* one\n\ninternal: two", "too late", "one\ntwo"),
        ("reject 1\n\ninternal: rob rejected this before", "Too expensive", "rob rejected this before"),
    ],
)
def test_what_begins_with_internal_is_no_part_of_what_may_be_quoted(text: str, quotable: str, internal: str) -> None:
    found = read(text, FULL)
    assert isinstance(found, Answer)
    assert (found.text.split(), found.internal.split()) == (quotable.split(), internal.split())


@pytest.mark.parametrize(
    "text",
    [
        "reject too late, internal: a known fraud",
        "He was rejected before\ninternal: a known fraud",
        "Since when?\ninternal: a known fraud",
    ],
)
def test_an_internal_part_that_is_not_clearly_one_is_kept_back(text: str) -> None:
    assert isinstance(read(text, FULL), Unclear)


def test_where_nobody_from_outside_reads_all_of_a_reason_is_the_reason() -> None:
    assert read("reject\ninternal: too late") == Answer("reject", text="internal: too late")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("approve for 2h", 7_200),
        ("Approved for 90 minutes.", 5_400),
        ("approve for 1 hour", 3_600),
        ("approve for 1h30m", 5_400),
        ("approve for 1 hour 30 min", 5_400),
    ],
)
def test_an_approval_may_be_for_a_while(text: str, seconds: int) -> None:
    assert read(text, FULL) == Answer("approve", grant_s=seconds)


@pytest.mark.parametrize("text", ["approve for 3h", "approve for 2h1s", "approve for 1 day"])
def test_an_approval_for_longer_than_is_offered_decides_nothing_and_is_said_so(text: str) -> None:
    assert isinstance(read(text, FULL), Unclear)


def test_where_no_while_is_offered_an_approval_for_one_decides_nothing() -> None:
    assert isinstance(read("approve for 1h"), Unclear)


@pytest.mark.parametrize(
    "text",
    [
        "approve for now",
        "approve for 2 fortnights",
        "approve for 0m",
        "approve for 9999999 days",
        "approve for 1h, then stop",
        "for 2h",
    ],
)
def test_what_is_no_time_span_is_no_approval(text: str) -> None:
    assert read(text, FULL) is None


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("give to: bo", "bo"),
        ("Give it to: Bo Berg.", "Bo Berg"),
        ("give to Bo", "Bo"),
        ("give to: Bo Berg <bo@acme.test>\n\nThanks, Rob", "bo@acme.test"),
        ("give to bo@acme.test", "bo@acme.test"),
    ],
)
def test_it_is_given_to_whoever_is_named(text: str, to: str) -> None:
    assert given_to(split(text), "Rob Wills") == read(text) == Answer("give", to=to)


@pytest.mark.parametrize(
    "text", ["give to", "give to:", "give to Bo Berg", "give to: bo\nor mia", "please give to: bo"]
)
def test_what_names_nobody_clearly_gives_to_nobody(text: str) -> None:
    assert read(text) is None


WORDS = ["approve", "approved for 1h", "reject", "denied", "give to: bo", "amount: 5", "edit", "internal: x", "| y"]
words = st.lists(st.sampled_from([*WORDS, "", " ", "> approve", "Thanks", "?", "and", "-- ", "\u200b"]), max_size=5)


@settings(deadline=None, max_examples=300)
@given(words, st.text(max_size=20), words)
def test_of_all_the_words_only_one_alone_approves_or_gives(before: list[str], text: str, after: list[str]) -> None:
    said = "\n".join([*before, text, *after])
    found = read(said, FULL, "")
    own = split(said).new_text.lower()
    if isinstance(found, Answer) and found.answer in {"approve", "give"}:
        assert sum(own.count(word) for word in ("approve", "give to")) == 1
        assert not any(word in own for word in ("reject", "denied", "amount:", "internal:"))


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=60), st.sampled_from(["approve", "reject", "give to: bo", "amount: 5"]))
def test_text_before_a_word_on_its_line_takes_its_power(text: str, word: str) -> None:
    found = read(f"x{text} {word}", FULL, "")
    assert not isinstance(found, Answer) or found.answer != "approve"
    if "\n" not in text and len(text.splitlines()) < 2 and ":" not in text:
        assert found is None or isinstance(found, Unclear)
