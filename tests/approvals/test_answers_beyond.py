"""Answers other than yes and no: edits, giving it on, asking something first, and standing permissions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.approvals.answers import judge
from bot.config import parse_config
from bot.events import RequestAnswered
from bot.moves import Ask, Decide, Perform, Wait
from bot.people import Directory
from tests.approvals.answering import TEXT, editable, people, refused, said, taken
from tests.builders import LogBuilder, approved_call, at, doubtful_call, waiting_call
from tests.example_steps import Pay


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


# --- edits ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def call(log: LogBuilder) -> str:
    log.message()
    return log.choose(Pay(amount=1))


def test_an_edit_makes_another_call_of_it_which_is_asked_anew(log: LogBuilder, call: str) -> None:
    event = taken(log, editable(log, call), said("rob", "edit", edits={"amount": "2"}))
    assert event.outcome == "edited"
    assert event.call_hash == Pay(amount=2).call_hash()
    assert event.body is not None
    assert event.body.changes == {"amount": [1, 2]}
    assert log.thread.calls[call].arguments == {"amount": 2}
    assert log.move == Ask("approval", call)


def test_whoever_edited_it_asked_for_what_it_is_now(log: LogBuilder, call: str) -> None:
    taken(log, editable(log, call), said("rob", "edit", edits={"amount": "2"}))
    again = log.ask("approval", call, approvers=("sue",))
    assert refused(log, again, said("rob", "approve")).reason == "requester"
    assert taken(log, again, said("sue", "approve")).outcome == "approved"
    assert log.move == Perform(call)


def test_an_edit_voids_the_votes_before_it(log: LogBuilder, call: str) -> None:
    request = editable(log, call, quorum=2, approvers=("rob", "sue", "zed"))
    taken(log, request, said("sue", "approve"))
    taken(log, request, said("rob", "edit", edits={"amount": "2"}))
    again = log.ask("approval", call, quorum=2, approvers=("sue", "zed"))
    assert taken(log, again, said("zed", "approve")).outcome is None


@pytest.mark.parametrize(
    ("edits", "field", "word"),
    [
        ({"amount": "much"}, "amount", "integer"),
        ({"amount": ""}, "amount", "integer"),
        ({"amount": "1"}, "amount", "already"),
        ({"to": "me"}, "to", "cannot be changed"),
        ({"amount": "2", "step": "post"}, "step", "cannot be changed"),
    ],
)
def test_what_makes_no_sound_call_is_refused_by_field(
    log: LogBuilder, call: str, edits: dict[str, str], field: str, word: str
) -> None:
    found = refused(log, editable(log, call), said("rob", "edit", edits=edits))
    assert found.reason == "unfit"
    assert word in found.problems[field]


def test_what_the_step_does_not_list_cannot_be_edited(log: LogBuilder, call: str) -> None:
    assert refused(log, log.ask("approval", call), said("rob", "edit", edits={"amount": "2"})).reason == "unfit"


def test_an_edit_that_nobody_else_could_approve_is_refused_at_once(log: LogBuilder, call: str) -> None:
    request = editable(log, call, approvers=("rob",))
    assert refused(log, request, said("rob", "edit", edits={"amount": "2"})).reason == "nobody_left"
    own = people(own=True)
    assert taken(log, request, said("rob", "edit", own, edits={"amount": "2"}), own).outcome == "edited"


def test_a_stranger_edits_nothing(log: LogBuilder, call: str) -> None:
    assert refused(log, editable(log, call), said("bo", "edit", edits={"amount": "2"})).reason == "not_allowed"


def test_an_edited_call_that_is_rejected_is_not_proposed_again_in_either_form(log: LogBuilder, call: str) -> None:
    taken(log, editable(log, call), said("rob", "edit", edits={"amount": "2"}))
    taken(log, log.ask("approval", call, approvers=("sue",)), said("sue", "reject"))
    assert log.thread.rejected.keys() >= {Pay(amount=1).call_hash(), Pay(amount=2).call_hash()}


def test_a_late_answer_says_that_it_was_changed_and_where_it_is_asked_now(log: LogBuilder, call: str) -> None:
    request = editable(log, call)
    taken(log, request, said("rob", "edit", edits={"amount": "2"}))
    log.ask("approval", call, approvers=("sue",))
    found = refused(log, request, said("sue", "approve"))
    assert found.reason == "decided"
    assert "changed this meanwhile" in found.text
    assert "asked again as request" in found.text


# --- giving it to somebody else ------------------------------------------------------------------------------------


def test_an_approver_gives_it_to_someone_that_the_role_names(log: LogBuilder) -> None:
    directory = people()
    call, request = waiting_call(log)
    event = taken(log, request, said("rob", "give", directory, to=directory.by_id("cy")), directory)
    assert (event.outcome, event.to) == ("given", ("cy",))
    assert log.thread.calls[call].given == {"rob": ("cy",)}
    assert log.move == Ask("approval", call)


def test_to_whom_it_was_given_needs_no_role_but_must_still_be_one_of_us(log: LogBuilder) -> None:
    directory = people()
    call, _ = waiting_call(log)
    again = log.ask("approval", call, approvers=("sue", "cy"), delegates=("cy",))
    gone = Directory(
        parse_config(TEXT.format(bo="", own="false").replace("[people.cy]", "[people.other]").replace('"cy", ', ""))
    )
    assert refused(log, again, said("cy", "approve", gone), gone).reason == "not_allowed"
    assert taken(log, again, said("cy", "approve", directory), directory).outcome == "approved"


@pytest.mark.parametrize("to", ["kim", "ana", "bo", "rob", "nobody"])
def test_it_is_given_to_no_outsider_requester_or_anyone_whom_bot_toml_does_not_name(log: LogBuilder, to: str) -> None:
    directory = people()
    _, request = waiting_call(log)
    found = refused(log, request, said("rob", "give", directory, to=directory.by_id(to)), directory)
    assert found.reason == "unfit"
    assert "You can give it to" in found.text


def test_an_operator_gives_away_what_they_could_not_decide(log: LogBuilder) -> None:
    directory = people(bo='"operators"')
    _, request = waiting_call(log)
    assert refused(log, request, said("bo", "approve", directory), directory).reason == "not_allowed"
    event = taken(log, request, said("bo", "give", directory, to=directory.by_id("cy")), directory)
    assert event.outcome == "given"


def test_a_stranger_gives_nothing_away(log: LogBuilder) -> None:
    directory = people()
    _, request = waiting_call(log)
    found = refused(log, request, said("bo", "give", directory, to=directory.by_id("cy")), directory)
    assert found.reason == "not_allowed"


def test_a_doubt_can_be_given_to_whoever_knows(log: LogBuilder) -> None:
    directory = people()
    call, request = doubtful_call(log)
    taken(log, request, said("rob", "give", directory, to=directory.by_id("cy")), directory)
    assert log.move == Ask("doubt", call)


# --- asking something first ----------------------------------------------------------------------------------------


def test_a_question_back_leaves_it_open_and_is_answered_first(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    event = taken(log, request, said("rob", "say", text="How many users?"))
    assert event.outcome is None
    assert request in log.thread.open
    assert log.move == Decide("waiting")


def test_whoever_asks_something_first_can_still_approve(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    taken(log, request, said("rob", "say", text="How many users?"))
    assert "rob" not in log.thread.requesters(log.version)
    assert taken(log, request, said("rob", "approve")).outcome == "approved"
    assert log.thread.calls[call].approved


def test_what_was_asked_first_is_no_vote(log: LogBuilder) -> None:
    log.message()
    request = log.ask("approval", log.choose(Pay(amount=2)), quorum=2)
    taken(log, request, said("rob", "say", text="Why?"))
    assert taken(log, request, said("sue", "approve")).outcome is None


def test_a_vote_lost_with_its_role_counts_when_the_role_is_back_and_anyone_who_voted_can_close_it(
    log: LogBuilder,
) -> None:
    log.message()
    request = log.ask("approval", log.choose(Pay(amount=2)), quorum=2)
    without_sue = Directory(
        parse_config(TEXT.format(bo="", own="false").replace('roles = ["finance"]\n[people.kim]', "[people.kim]"))
    )
    taken(log, request, said("sue", "approve"))
    assert taken(log, request, said("rob", "approve", without_sue), without_sue).outcome is None
    assert taken(log, request, said("rob", "approve")).outcome == "approved"


def test_what_was_stopped_after_a_doubt_is_not_proposed_again_as_it_was_before_its_edit(
    log: LogBuilder, call: str
) -> None:
    taken(log, editable(log, call), said("rob", "edit", edits={"amount": "2"}))
    log.answer(log.ask("approval", call), by="sue")
    log.start(call)
    log.doubt(call)
    log.answer(log.ask("doubt", call), "stop")
    assert {Pay(amount=1).call_hash(), Pay(amount=2).call_hash()} <= {*log.thread.rejected}


def test_a_question_back_does_not_lift_the_ban_on_what_was_rejected(log: LogBuilder) -> None:
    log.message()
    first = log.choose(Pay(amount=1))
    log.answer(log.ask("approval", first), "reject")
    request = log.ask("approval", log.choose(Pay(amount=2)))
    taken(log, request, said("rob", "say", text="Why not one?"))
    assert log.thread.rejected[Pay(amount=1).call_hash()] > log.thread.last_message


def test_after_the_reply_it_waits_again(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    taken(log, request, said("rob", "say", text="How many users?"))
    log.say("Twelve.")
    assert isinstance(log.move, Wait)


@settings(deadline=None)
@given(
    who=st.sampled_from(["ana", "bo", "rob", "sue", "zed", "kim", "stranger"]),
    text=st.text(max_size=20) | st.sampled_from(["approve", "APPROVE.", "reject", "yes"]),
    edits=st.dictionaries(st.sampled_from(["amount", "role", "approvers"]), st.text(max_size=5), max_size=2),
    answer=st.sampled_from(["say", "edit", "give", "choose", "reject"]),
)
def test_nothing_but_an_approval_approves(who: str, text: str, edits: dict[str, str], answer: str) -> None:
    log = LogBuilder()
    log.message()
    call = log.choose(Pay(amount=1))
    request = editable(log, call)
    found = judge(log.thread, request, said(who, answer, text=text, edits=edits), at(log.now))
    if isinstance(found, RequestAnswered):
        log.append(found)
    assert not log.thread.calls[call].approved
    assert log.move != Perform(call)


def test_an_approved_call_is_not_touched_by_late_edits(log: LogBuilder) -> None:
    call = approved_call(log)
    request = log.thread.calls[call].request or ""
    assert refused(log, request, said("sue", "edit", edits={"amount": "2"})).reason == "decided"
    assert log.move == Perform(call)
