"""Edits by mail: lines of the form, and nothing else."""

from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.approvals.edits import edited, fields
from bot.places import EditField
from bot.steps import Action
from bot.visible import exact
from channels.email.decision import Answer, Unclear, approval
from channels.email.fields import field_lines
from channels.email.newtext import split
from channels.email.offers import Offer

AMOUNT = EditField(name="amount", kind="number", value="30.00")
ORDER = EditField(name="order_id", kind="text", value="A-1")
NOTE = EditField(name="note", kind="text", value="Hello,\n\nyour money\nKind regards")
REASON = EditField(name="reason", kind="text", value=None, required=False)
OFFER = Offer(kind="approval", fields=(AMOUNT, ORDER, NOTE, REASON))


def read(text: str, name: str = "Rob Wills") -> Answer | Unclear | None:
    return approval(split(text), OFFER, name)


def edits(text: str) -> dict[str, str] | None:
    found = read(text)
    return dict(found.edits) if isinstance(found, Answer) and found.answer == "edit" else None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("amount: 19", {"amount": "19"}),
        ("Amount : 19", {"amount": "19"}),
        ("edit\namount: 19\n\norder id: A-2\n\nSent from my iPhone", {"amount": "19", "order_id": "A-2"}),
        ("Edit:\nAMOUNT: 19\n\nBest regards,\nRob", {"amount": "19"}),
        ("amount: 19\n\n> amount: 5\n> approve", {"amount": "19"}),
        ("amount: 19\n\n-- \nRob Wills, Acme", {"amount": "19"}),
        ("order_id: a: b", {"order_id": "a: b"}),
        ("reason: late", {"reason": "late"}),
        ("note: |\n| Dear Ana,\n|\n| sorry.\n| Rob\n\nRob", {"note": "Dear Ana,\n\nsorry.\nRob"}),
        ("note:\n| one\n|  two", {"note": "one\n two"}),
        ("note: one\n| two", {"note": "one\ntwo"}),
        ("amount: 19\norder_id: A-1", {"amount": "19"}),
        ("note: approve this", {"note": "approve this"}),
        ("note: |\n| approve", {"note": "approve"}),
    ],
)
def test_lines_of_the_form_change_their_fields(text: str, found: dict[str, str]) -> None:
    assert edits(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "amount: 19\nPlease hurry",
        "Please make it\namount: 19",
        "currency: EUR",
        "amount 19",
        "my amount: 19",
        "edit",
        "| one",
        "On it\n\n> amount: 19",
        "> amount: 30.00\namount: 19",
        "",
    ],
)
def test_anything_else_in_the_mail_and_nothing_is_changed(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "approve\namount: 19",
        "amount: 19\n\napprove",
        "amount: 19\nApproved!",
        "amount: 19\nI approve the rest",
        "edit\namount: 19\napprove for 2h",
        f"note: {'long ' * 14}\napprove",
    ],
)
def test_an_approval_among_changes_decides_nothing_and_changes_nothing(text: str) -> None:
    found = read(text)
    assert isinstance(found, Unclear)
    assert "somebody else approves" in found.why


@pytest.mark.parametrize("text", ["amount: 19\namount: 20", "amount:", "note: |", "order_id:\n\namount: 5"])
def test_a_change_that_cannot_be_read_is_said_so(text: str) -> None:
    assert isinstance(read(text), Unclear)


@pytest.mark.parametrize("text", ["amount: 30.00", "edit\n" + "\n".join(map(field_lines, OFFER.fields))])
def test_values_that_are_as_they_were_change_nothing(text: str) -> None:
    assert isinstance(read(text), Unclear)


def test_a_long_line_that_a_program_broke_in_two_is_one_value() -> None:
    words = "word " * 40
    broken = "order_id: " + words[:65].strip() + "\n" + words[65:].strip()
    found = edits(broken)
    assert found
    assert found["order_id"].split() == words.split()


def test_a_field_that_may_be_empty_is_emptied_by_its_name_alone() -> None:
    offer = Offer(kind="approval", fields=(REASON.model_copy(update={"value": "late"}),))
    assert approval(split("reason:"), offer) == Answer("edit", edits={"reason": ""})


def test_where_nothing_may_be_changed_a_field_line_is_words() -> None:
    assert approval(split("amount: 19"), Offer(kind="approval")) is None


drawn = st.characters(codec="utf-8", exclude_categories=("Zs",)).filter(lambda char: exact(char) == char != "\n")
texts = st.text(drawn)


@settings(deadline=None, max_examples=200)
@given(st.lists(texts.map(str.strip), min_size=1, max_size=6).map("\n".join))
def test_a_text_comes_back_as_it_was_written(value: str) -> None:
    """Written as the form shows it, sent back, and read again."""
    line = field_lines(EditField(name="note", kind="text", value=value))
    offer = Offer(kind="approval", fields=(EditField(name="note", kind="text", value=f"{value} x"),))
    found = approval(split(f"edit\n{line}\n\nBest regards,\nRob"), offer, "Rob Wills")
    if value:
        assert found == Answer("edit", edits={"note": value})


class Pay(Action):
    """Pay."""

    editable: ClassVar = {"amount", "urgent", "tags", "text"}
    amount: float
    urgent: bool
    tags: list[str]
    text: str


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6), st.booleans(), st.lists(texts, max_size=3), texts.map(str.strip))
def test_what_the_form_shows_of_a_step_is_read_as_that_step(
    amount: int,
    urgent: bool,  # noqa: FBT001  # it is a value of a field
    tags: list[str],
    text: str,
) -> None:
    other = Pay(amount=-1, urgent=not urgent, tags=[*tags, "more"], text=f"{text} x")
    wanted = Pay(amount=amount, urgent=urgent, tags=tags, text=text)
    lines = "\n".join(map(field_lines, fields(wanted)))
    found = approval(split(f"edit\n{lines}"), Offer(kind="approval", fields=fields(other)))
    if text:
        assert isinstance(found, Answer)
        assert edited(other, found.edits) == wanted
