"""The timeline shows every event there is, in order, and never fails on one."""

from typing import get_args

import pytest

from bot import events as e
from bot.bodies import AnswerBody, CardBody, DataBody, ErrorBody, MessageBody, StepBody, TextBody, Usage
from bot.cli.timeline import ERASED, Line, Timeline
from bot.entries import encode, stamped
from bot.places import Place

SECOND = 1_000_000
REQUEST = "03-aaaaaaaaaaaaaaaa.2.bcdefghijklmn"
STARTED = e.StepStarted(call="c1", attempt=1)
CHOSEN = e.StepChosen(
    call="c1",
    agent="deploy",
    step="deploy_service",
    kind="action",
    call_hash="0" * 64,
    policy="ask",
    role="release",
    usage=Usage(input=2_310, cached=2_000, output=40),
    latency_ms=1_200,
    body=StepBody(arguments={"tag": "v1.4.0"}, why="It was asked for."),
)
OPENED = e.RequestOpened(
    request=REQUEST,
    kind="approval",
    call="c1",
    digest="0" * 64,
    role="release",
    approvers=("rob", "sue"),
    quorum=2,
    options=("approve", "reject"),
    expires_at=e.NEVER,
    body=CardBody(title="Deploy service"),
)
ANSWERED = e.RequestAnswered(
    by="rob", request=REQUEST, answer="reject", outcome="rejected", proof="os", body=AnswerBody(text="too late today")
)
BARE: list[e.AnyEvent] = [
    e.MessageReceived(by="ana", source="s", trust="staff", place=Place(channel="console", address="ana")),
    e.Prefetched(agent="deploy"),
    CHOSEN.model_copy(update={"body": None}),
    STARTED,
    e.StepFinished(call="c1"),
    e.StepFailed(call="c1", how="failed"),
    e.StepInDoubt(call="c1", how="raised"),
    e.LateResult(call="c1", outcome="finished"),
    OPENED.model_copy(update={"body": None}),
    ANSWERED.model_copy(update={"body": None}),
    e.RequestExpired(request=REQUEST),
    e.RequestWithdrawn(request=REQUEST, reason="asked"),
    e.Replied(),
    e.HandedOff(agent="triage", approvers="operators"),
    e.Delegated(child="03-abcdefghijklmnop", agent="shop", call="c1"),
    e.DelegateFinished(child="03-abcdefghijklmnop", outcome="done"),
    e.Paused(by="ana"),
    e.Resumed(by="ana"),
    e.Cancelled(by="ana"),
    e.Parked(),
    e.Unparked(by="ana"),
    e.ModelFailed(kind="overloaded"),
    e.Delivered(delivery="d", channel="slack", foreign="1.2"),
    e.DeliveryFailed(delivery="d", channel="slack"),
    e.Refused(by="zed", reason="not_allowed"),
]


def lines(*events: e.AnyEvent) -> list[Line]:
    """Render these events, a second apart."""
    entries = [stamped(encode(event), SECOND * (number + 1)) for number, event in enumerate(events)]
    return list(Timeline(str.upper).lines(entries))


def test_there_is_a_line_for_every_type_of_event_even_when_its_text_was_erased() -> None:
    assert {type(event) for event in BARE} == set(get_args(get_args(e.AnyEvent)[0]))
    shown = lines(*BARE)
    assert [line.what for line in shown if not line.what] == []
    assert [line.at for line in shown] == [SECOND * (number + 1) for number in range(len(BARE))]
    assert shown[0].what == ERASED


def test_a_choice_shows_its_arguments_its_reason_and_its_cost() -> None:
    (line,) = lines(CHOSEN)
    assert (line.who, line.what) == ("deploy", 'deploy_service(tag="v1.4.0")  asks release')
    assert line.more == "It was asked for.\n1.2 s, 2,310 tokens in (2,000 cached), 40 out"


def test_a_result_shows_how_long_it_took() -> None:
    done = e.StepFinished(call="c1", body=DataBody(data={"ok": True}))
    *_, line = lines(CHOSEN, STARTED, done)
    assert (line.what, line.more) == ("deploy_service done in 1.0 s", '{"ok": true}')


def test_a_request_shows_who_may_answer_and_an_answer_who_did() -> None:
    opened, answered = lines(OPENED, ANSWERED)
    assert opened.what == "approval bcde: waits for release (ROB, SUE), 2 of them"
    assert (answered.who, answered.what, answered.more) == ("ROB", "rejected bcde", "too late today")


def test_deliveries_and_refusals_are_dim() -> None:
    told = lines(e.Delivered(delivery="d", channel="slack", foreign="1.2"), e.Refused(by="zed", reason="not_allowed"))
    assert [line.tone for line in told] == ["dim", "dim"]


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\u202eb", "a\nb", "x" * 5_000])
def test_what_others_wrote_stays_in_one_short_printable_line(text: str) -> None:
    place = Place(channel="console", address="ana")
    wrote = e.MessageReceived(by="ana", source="s", trust="staff", place=place, body=MessageBody(text=text, name=text))
    failed = e.StepFailed(call="c1", how="failed", body=ErrorBody(error=text))
    for line in lines(wrote, failed, e.Replied(body=TextBody(text=text))):
        assert (line.what + line.more).isprintable()
        assert len(line.what) <= 300


def test_an_entry_that_cannot_be_read_says_why_and_those_after_it_are_shown() -> None:
    shown = list(Timeline(str).lines([b"{}\n", stamped(encode(STARTED), SECOND)]))
    assert shown[0].what.startswith("entry 0 cannot be read: ")
    assert shown[1].what == "c1 started"
