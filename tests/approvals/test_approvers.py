"""Who is asked."""

import pytest

from bot.approvals.approvers import Asked, approvers, askees, settlers
from bot.config import parse_config
from bot.people import Directory

CONFIG = """
[people.ana]
roles = ["release", "solo"]
[people.rob]
roles = ["release", "operators"]
[people.zed]
[roles.release]
[roles.operators]
[roles.empty]
[roles.solo]
requesters_may_approve = true
"""
DIRECTORY = Directory(parse_config(CONFIG))


def test_a_role_is_resolved_to_its_people() -> None:
    assert approvers(DIRECTORY, "release", []) == Asked("release", ("ana", "rob"))


def test_requesters_are_left_out() -> None:
    assert approvers(DIRECTORY, "release", ["ana"]).people == ("rob",)


def test_requesters_stay_where_the_role_says_so() -> None:
    assert approvers(DIRECTORY, "solo", ["ana"]).people == ("ana",)


@pytest.mark.parametrize("role", ["empty", "unknown"])
def test_a_role_without_people_asks_nobody(role: str) -> None:
    assert approvers(DIRECTORY, role, []).people == ()


def test_a_doubt_goes_to_those_who_could_approve() -> None:
    assert settlers(DIRECTORY, "release", "operators") == Asked("release", ("ana", "rob"))


@pytest.mark.parametrize("role", [None, "empty", "unknown"])
def test_a_doubt_that_nobody_could_approve_goes_to_the_operators(role: str | None) -> None:
    assert settlers(DIRECTORY, role, "operators") == Asked("operators", ("rob",))


@pytest.mark.parametrize(
    ("ask", "asked"),
    [
        ("requester", Asked(None, ("email:kim@partner.test",))),
        ("release", Asked("release", ("ana", "rob"))),
        ("zed", Asked(None, ("zed",))),
        ("nobody", None),
        ("empty", None),
        ("", None),
    ],
)
def test_a_question_is_for_the_requester_a_role_or_a_person(ask: str, asked: Asked | None) -> None:
    assert askees(DIRECTORY, ask, "email:kim@partner.test") == asked
