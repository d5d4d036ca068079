"""What the checks find, of which slack_sdk's own find nothing; and what we build has none of it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.places import Batch, Card, Decision, EditField
from bot.playground.slack.validate import message_blocks, view_body
from bot.playground.slack.wire import ApiRefusedError
from bot.port import Asked, Candidate
from channels.slack import kit
from channels.slack.checks import message_faults, view_faults
from channels.slack.forms import Origin, Purpose, form, refused
from channels.slack.render import render
from channels.slack.wire import JsonObject, array
from tests.channels.slack.cards import REQUEST, THREAD
from tests.channels.slack.strategies import ANY_TEXT, CARDS, DECISIONS, SOME, WORDS

PRESS = kit.button("Press", "press", "x")
LINE = kit.rich(kit.paragraph(kit.run("fine")))


def table(*rows: list[str]) -> JsonObject:
    """A table block of these cells."""
    return {"type": "table", "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows]}


def listed(*parts: JsonObject) -> JsonObject:
    """A list in a rich text."""
    return kit.rich({"type": "rich_text_list", "style": "bullet", "elements": array(parts)})


UNFIT: dict[str, list[JsonObject]] = {
    "an unknown block": [{"type": "hologram", "text": "x"}],
    "a field that is none": [{**LINE, "colour": "red"}],
    "a block without a type": [{"text": "x"}],
    "an action id twice": [kit.actions([PRESS, PRESS])],
    "a block id twice": [{**LINE, "block_id": "one"}, {**LINE, "block_id": "one"}],
    "too many blocks": [LINE] * 51,
    "too long altogether": [kit.section("x" * 2_990)] * 5,
    "a section too long": [kit.section("x" * 3_001)],
    "an empty section": [kit.section("")],
    "a section without anything": [{"type": "section"}],
    "no buttons": [kit.actions([])],
    "an empty markdown block": [{"type": "markdown", "text": ""}],
    "markdown too long, together": [{"type": "markdown", "text": "x" * 6_001}] * 2,
    "an empty run": [kit.rich(kit.paragraph({"type": "text", "text": ""}))],
    "an empty paragraph": [kit.rich(kit.paragraph())],
    "a part that is none": [kit.rich({"type": "rich_text_heading", "elements": [kit.run("x")]})],
    "a run that is none": [kit.rich(kit.paragraph({"type": "sound", "text": "x"}))],
    "a list in a list": [listed({"type": "rich_text_list", "style": "bullet", "elements": [kit.paragraph(PRESS)]})],
    "a link to nowhere": [kit.rich(kit.paragraph({"type": "link", "url": ""}))],
    "a table of no rows": [table()],
    "a table too long": [table(*[["x"]] * 101)],
    "a table too wide": [table(["x"] * 21)],
    "a table with an empty cell": [table(["x", ""])],
    "a table with too much in it": [table(["x" * 2_501] * 4)],
    "a ragged table": [table(["a", "b"], ["c"])],
    "a cell that is none": [{"type": "table", "rows": [[{"type": "mrkdwn", "text": "x"}]]}],
    "two tables": [table(["x"]), table(["y"])],
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_message_that_slack_would_refuse_is_found_out(name: str) -> None:
    assert [*message_faults(UNFIT[name])] != []


@pytest.mark.parametrize("name", UNFIT)
def test_the_local_slack_refuses_it_too(name: str) -> None:
    with pytest.raises(ApiRefusedError):
        message_blocks(array(UNFIT[name]))


def test_what_is_fit_has_no_faults() -> None:
    fit = [
        kit.header("A"),
        LINE,
        table(["a", "b"], ["c", "d"]),
        listed(kit.paragraph(kit.run("x"))),
        kit.actions([PRESS]),
    ]
    assert [*message_faults(fit)] == []
    message_blocks(array(fit))


def modal(**other: object) -> JsonObject:
    """A modal with this changed."""
    made: JsonObject = {"type": "modal", "title": kit.plain("A form"), "blocks": array([LINE])}
    made.update(other)  # pyright: ignore[reportArgumentType, reportCallIssue] - whatever a test puts there
    return made


FIELD: JsonObject = {
    "type": "input",
    "label": kit.plain("x"),
    "element": {"type": "plain_text_input", "action_id": "x"},
}


@pytest.mark.parametrize(
    "view",
    [
        modal(type="window"),
        modal(title=kit.plain("x" * 25)),
        modal(title=kit.plain("")),
        modal(submit=kit.plain("x" * 25)),
        modal(private_metadata="x" * 3_001),
        modal(callback_id="x" * 256),
        modal(blocks=[LINE] * 101),
        modal(blocks=[FIELD]),
        modal(blocks=[kit.section("")]),
        {"type": "modal", "blocks": []},
    ],
)
def test_a_view_that_slack_would_refuse_is_found_out(view: JsonObject) -> None:
    assert [*view_faults(view)] != []
    with pytest.raises(ApiRefusedError):
        view_body(view)


@SOME
@given(ANY_TEXT, ANY_TEXT)
def test_no_fault_quotes_what_anybody_wrote(text: str, other: str) -> None:
    secret = f"{text}~secret~{other}"
    unfit = [
        kit.section(secret * 400),
        kit.actions([kit.button(secret, secret, secret, secret)] * 2),
        table([secret, ""]),
    ]
    assert "~secret~" not in str([*message_faults(unfit), *message_faults([{"type": "header", "text": secret}])])


@SOME
@given(st.lists(CARDS | DECISIONS, min_size=1, max_size=4))
def test_every_batch_passes(items: list[Card | Decision]) -> None:
    (message,) = render(Batch(title="4 requests", items=tuple(items)))
    assert [*message_faults(message.blocks)] == [] or len(items) > 1  # the core gathers only what fits


FIELDS = st.builds(
    EditField,
    name=WORDS,
    kind=st.sampled_from(["text", "number", "whole", "yes_no", "choice", "json"]),
    value=st.none() | st.booleans() | st.integers() | WORDS,
    choices=st.lists(ANY_TEXT, max_size=4).map(tuple),
    description=WORDS,
    required=st.booleans(),
)
ASKED = st.builds(
    Asked,
    thread=st.just(THREAD),
    kind=st.just("approval"),
    is_open=st.sampled_from([True]),
    title=WORDS,
    outside=st.booleans(),
    reject_reasons=st.lists(WORDS, max_size=12).map(tuple),
    fields=st.lists(FIELDS, max_size=4).map(tuple),
    candidates=st.lists(st.builds(Candidate, person=WORDS, name=WORDS), max_size=4).map(tuple),
    may_grant_s=st.integers(0, 10_000_000),
)
PURPOSES: list[Purpose] = ["reject", "say", "ask", "edit", "give", "grant"]


@SOME
@given(st.sampled_from(PURPOSES), ASKED)
def test_every_form_passes(purpose: Purpose, asked: Asked) -> None:
    made = form(purpose, Origin(request=REQUEST, channel="C0RELEASES"), asked, datetime(2027, 1, 1, tzinfo=UTC))
    if not isinstance(made, str):
        assert [*view_faults(made)] == []
        view_body(made)


@SOME
@given(WORDS, WORDS)
def test_every_refusal_of_a_form_passes(text: str, typed: str) -> None:
    made = refused(text, typed)
    assert [*view_faults(made)] == []
    view_body(made)
