"""The grammar of decisions: a word that stands alone, or nothing."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.decision import NOTHING, Understood, approval, choice
from channels.email.mail import Said
from channels.email.newtext import split


def read(text: str, name: str = "Rob Wills") -> Understood:
    return approval(split(text), name)


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
    assert read(text).answer == "approve"


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
    assert read(text) == NOTHING


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
    assert read(text) == Understood("reject", reason=reason)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=40), st.sampled_from(["approve", "Approved", ""]), st.text(max_size=40))
def test_an_approval_holds_no_word_but_the_one(before: str, word: str, after: str) -> None:
    text = before + word + after
    if read(text, "").answer == "approve":
        own = " ".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))
        assert "approve" in own.lower()
        assert len(re.findall(r"[^\W_]{2,}", split(text).new_text)) == 1


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet=st.sampled_from("aprove \n.!?,>-"), max_size=30))
def test_text_of_the_same_letters_is_not_an_approval_unless_it_is_the_word(text: str) -> None:
    if read(text, "").answer == "approve":
        assert re.findall(r"[a-z]+", split(text).new_text) == ["approve"]


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_quoted_text_never_decides(text: str) -> None:
    quoted = "\n".join(f"> {line}" for line in f"approve\n{text}".splitlines())
    assert approval(split(quoted)) == NOTHING


@pytest.mark.parametrize(
    ("text", "option"),
    [("yes", "yes"), ("OK!", "yes"), ("lgtm", "yes"), ("No.", "no"), ("yes please", ""), ("1", ""), ("approve", "")],
)
def test_yes_and_no_answer_a_question_of_yes_or_no(text: str, option: str) -> None:
    assert choice(split(text), ["yes", "no"]).option == option


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("2", "stop"),
        ("1.", "it_did"),
        ("It happened", "it_did"),
        ("stop", "stop"),
        ("3", ""),
        ("0", ""),
        ("1 2", ""),
        ("ok", ""),
    ],
)
def test_an_option_is_chosen_by_number_label_or_word(text: str, option: str) -> None:
    assert choice(split(text), ["it_did", "stop"], ["It happened", "Stop"]).option == option


def test_a_number_that_is_an_option_itself_is_that_option() -> None:
    assert choice(split("2"), ["2", "1"]).option == "2"


def test_text_among_quotes_chooses_nothing() -> None:
    assert choice(Said(new_text="yes", shape="inline"), ["yes", "no"]) == NOTHING
