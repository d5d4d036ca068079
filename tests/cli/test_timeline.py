"""The timeline shows every event there is, in order, and never fails on one."""

from typing import get_args

import pytest

from bot import events as e
from bot.bodies import (
    AnswerBody,
    AnswerKind,
    CardBody,
    DataBody,
    Earlier,
    ErrorBody,
    FileText,
    MessageBody,
    Remark,
    Rung,
    StepBody,
    TextBody,
    Usage,
)
from bot.cli.output import local
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
GRANTED = e.Granted(
    by="rob",
    grant="03-aaaaaaaaaaaaaaaa.qrstuvwxyz",
    request=REQUEST,
    agent="deploy",
    step="deploy_service",
    call_hash="0" * 64,
    facts="0" * 64,
    role="release",
    until=1_760_000_000 * SECOND,
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
    e.RequestReminded(request=REQUEST, rung=0),
    e.RequestEscalated(request=REQUEST, rung=1, role="operators", approvers=()),
    GRANTED,
    e.GrantRevoked(by="rob", grant=GRANTED.grant),
    e.RequestShown(request=REQUEST, instead_of="d", cards=()),
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
    e.Feedback(by="ana", call="c1", value="down"),
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


def answered(answer: AnswerKind, body: AnswerBody | None = None, **more: object) -> e.RequestAnswered:
    """Rob's answer to the request."""
    fields = {"by": "rob", "request": REQUEST, "answer": answer, "proof": "os", "body": body, **more}
    return e.RequestAnswered.model_validate(fields)


def test_an_edit_shows_each_field_before_and_after() -> None:
    body = AnswerBody(name="Rob", changes={"tag": ["v1.4.0", "v1.4.1"], "canary": [False, True]}, text="not that one")
    (line,) = lines(answered("edit", body, outcome="edited"))
    assert (line.who, line.what) == ("Rob", "changed bcde; it is asked again")
    assert line.more == 'tag: "v1.4.0" → "v1.4.1"\ncanary: false → true\nnot that one'


def test_an_approval_that_is_asked_again_shows_what_changed_and_by_whom() -> None:
    body = CardBody(title="Deploy service", edited_by="Rob Wills", changed={"tag": ["v1.4.0", "v1.4.1"]})
    (line,) = lines(OPENED.model_copy(update={"body": body}))
    assert line.more == 'as Rob Wills changed it\ntag: "v1.4.0" → "v1.4.1"'


def test_a_request_that_was_given_away_shows_to_whom() -> None:
    (line,) = lines(answered("give", outcome="given", to=("bo",)))
    assert line.what == "gave bcde to BO; it is asked again"


def test_a_question_back_is_no_answer_and_its_reply_says_who_reads_it() -> None:
    asked, told = lines(
        answered("say", AnswerBody(name="Rob", text="Which commit?")),
        e.Replied(to=(REQUEST,), body=TextBody(text="4f2a")),
    )
    assert (asked.what, asked.more) == ("asked back about bcde", "Which commit?")
    assert told.what == "to those who decide bcde: 4f2a"


def test_a_vote_of_several_says_that_more_are_needed() -> None:
    voted, approved = lines(answered("approve"), answered("approve", outcome="approved"))
    assert (voted.what, approved.what) == ("approved bcde (more votes needed)", "approved bcde")


def test_a_ladder_shows_who_was_shown_it_reminded_and_asked_as_well() -> None:
    rungs = (Rung(at=1, do="show", people=("sue",)), Rung(at=2, do="remind", people=("rob", "sue")))
    shown, reminded, escalated = lines(
        OPENED.model_copy(update={"rungs": rungs}),
        e.RequestReminded(request=REQUEST, rung=0),
        e.RequestReminded(request=REQUEST, rung=1),
        e.RequestEscalated(request=REQUEST, rung=2, role="operators", approvers=("ana",)),
    )[1:]
    assert shown.what == "showed bcde to SUE"
    assert reminded.what == "reminded ROB, SUE of bcde"
    assert escalated.what == "escalated bcde to operators (ANA)"


def test_a_standing_permission_shows_until_when_what_ran_under_it_and_who_took_it_back() -> None:
    given, started, revoked = lines(
        GRANTED,
        STARTED.model_copy(update={"grant": GRANTED.grant}),
        e.GrantRevoked(by="sue", grant=GRANTED.grant),
    )
    assert (given.who, given.more) == ("ROB", "standing permission qrstuv")
    assert given.what == f"let exactly this deploy_service run without asking until {local(GRANTED.until)}"
    assert started.what == "c1 started under the standing permission qrstuv"
    assert (revoked.who, revoked.what) == ("SUE", "took the standing permission qrstuv for deploy_service back")


def test_an_expiry_says_that_it_approves_nothing() -> None:
    (line,) = lines(e.RequestExpired(request=REQUEST))
    assert line.what == "request bcde expired: nobody decided, and that approves nothing"


def test_an_internal_part_of_a_reason_is_marked_as_such() -> None:
    body = AnswerBody(name="Rob", text="not now", internal="the freeze is secret")
    (line,) = lines(answered("reject", body, outcome="rejected"))
    assert line.more == "not now\ninternal: the freeze is secret"


def test_deliveries_and_refusals_are_dim() -> None:
    told = lines(e.Delivered(delivery="d", channel="slack", foreign="1.2"), e.Refused(by="zed", reason="not_allowed"))
    assert [line.tone for line in told] == ["dim", "dim"]


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\u202eb", "a\nb", "x" * 5_000])
def test_what_others_wrote_stays_in_one_short_printable_line(text: str) -> None:
    place = Place(channel="console", address="ana")
    wrote = e.MessageReceived(by="ana", source="s", trust="staff", place=place, body=MessageBody(text=text, name=text))
    failed = e.StepFailed(call="c1", how="failed", body=ErrorBody(error=text))
    edited = answered("edit", AnswerBody(name=text, text=text, changes={text: [text, text]}), outcome="edited")
    for line in lines(wrote, failed, edited, e.Replied(body=TextBody(text=text))):
        assert (line.what + line.more.replace("\n", "")).isprintable()
        assert len(line.what) <= 300


def test_an_entry_that_cannot_be_read_says_why_and_those_after_it_are_shown() -> None:
    shown = list(Timeline(str).lines([b"{}\n", stamped(encode(STARTED), SECOND)]))
    assert shown[0].what.startswith("entry 0 cannot be read: ")
    assert shown[1].what == "c1 started"


def test_what_others_said_before_a_message_and_what_stood_in_its_files_is_shown_below_it() -> None:
    place = Place(channel="slack", address="T0ACME/C0DEPLOYS", thread="1.1")
    earlier = Earlier(remarks=(Remark(at=SECOND, name="Rob", who="person", text="it is slow"),), omitted=4, until=1)
    files = (FileText(name="a.log", text="boom", omitted=3),)
    body = MessageBody(text="look", name="Ana", earlier=earlier, files=files)
    (line,) = lines(e.MessageReceived(by="ana", source="s", trust="staff", place=place, body=body))
    first, said, file = line.more.splitlines()
    assert first == "said before it, by people who ask for nothing: 1, 4 before these left out"
    assert said.endswith("Rob (person): it is slow")
    assert file == "in the file a.log, 3 bytes left out: boom"


def test_feedback_says_who_thought_what_and_their_words() -> None:
    told = lines(e.Feedback(by="ana", call="c1", value="down", body=TextBody(text="the wrong order")))
    assert (told[0].who, told[0].what, told[0].more) == ("ANA", "found the answer bad", "the wrong order")
