"""Choosing by mail: an option alone, by its words, its label or its number."""

import pytest

from channels.email.decision import Answer, choice
from channels.email.mail import Said
from channels.email.newtext import split
from channels.email.offers import Offer


@pytest.mark.parametrize(
    ("text", "option"),
    [("yes", "yes"), ("OK!", "yes"), ("lgtm", "yes"), ("No.", "no"), ("yes please", ""), ("1", ""), ("approve", "")],
)
def test_yes_and_no_answer_a_question_of_yes_or_no(text: str, option: str) -> None:
    found = choice(split(text), Offer(kind="question", format="yes_no", options=("yes", "no")))
    assert (found.option if found else "") == option


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
    found = choice(split(text), Offer(kind="doubt", options=("it_did", "stop")))
    assert (found.option if found else "") == option


def test_a_number_that_is_an_option_itself_is_that_option() -> None:
    assert choice(split("2"), Offer(kind="question", options=("2", "1"))) == Answer("choose", option="2")


def test_text_among_quotes_chooses_nothing() -> None:
    asked = Offer(kind="question", format="yes_no", options=("yes", "no"))
    assert choice(Said(new_text="yes", shape="inline"), asked) is None


@pytest.mark.parametrize("text", ["", " ", "..", "!"])
def test_an_option_without_words_is_not_chosen_by_a_reply_without_words(text: str) -> None:
    assert choice(split(text), Offer(kind="question", options=("!", "a"))) is None
