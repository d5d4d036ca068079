"""Whose answers count: looked at again at each answer, also of those who were asked by an escalation."""

import pytest

from bot.config import parse_config
from bot.events import RequestEscalated
from bot.people import Directory
from tests.approvals.answering import refused, said, taken
from tests.builders import LogBuilder, waiting_call
from tests.example_steps import Pay


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


def test_the_vote_of_someone_who_lost_the_role_counts_no_more(log: LogBuilder) -> None:
    log.message()
    request = log.ask("approval", log.choose(Pay(amount=2)), quorum=2, approvers=("rob", "sue", "zed"))
    taken(log, request, said("rob", "approve"))
    now = Directory(
        parse_config('[people.sue]\nroles = ["finance", "operators"]\n[people.rob]\n[roles.finance]\n[roles.operators]')
    )
    assert taken(log, request, said("sue", "approve", now), now).outcome is None


def test_whoever_approved_may_still_reject(log: LogBuilder) -> None:
    log.message()
    request = log.ask("approval", log.choose(Pay(amount=2)), quorum=2)
    taken(log, request, said("rob", "approve"))
    assert taken(log, request, said("rob", "reject", text="No, wait")).outcome == "rejected"


def test_those_asked_by_an_escalation_may_answer_while_they_have_its_role(log: LogBuilder) -> None:
    call, _ = waiting_call(log)
    rung = {"at": log.now + 1, "do": "escalate", "role": "operators"}
    request = log.ask("approval", call, approvers=("zed",), rungs=(rung,))
    log.commit(RequestEscalated(request=request, rung=0, role="operators", approvers=("sue",)))
    assert refused(log, request, said("bo", "approve")).reason == "not_allowed"
    assert taken(log, request, said("sue", "approve")).outcome == "approved"


def test_a_standing_permission_is_refused_where_it_is_not_offered_and_beyond_its_time(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    assert refused(log, request, said("rob", "approve", grant_us=1)).reason == "not_allowed"
    hour = 3_600_000_000
    offered = log.ask("approval", call, may_grant_us=hour)
    assert refused(log, offered, said("rob", "approve", grant_us=hour + 1)).reason == "not_allowed"
    assert taken(log, offered, said("rob", "approve", grant_us=hour)).outcome == "approved"
