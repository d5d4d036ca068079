"""Cards: where they are put, what they show, and what the thread of origin gets to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.approvals import cards
from bot.approvals.cards import Closing, closing, in_origin, opening, places, title_of
from bot.bodies import CardAt, CardBody, RequestKind
from bot.config import parse_config
from bot.people import Directory
from bot.places import Card, Decision, Delivery, Place, StatusLine
from tests.builders import PLACE, LogBuilder
from tests.example_steps import Pay

CONFIG = """
[people.ana]
name = "Ana Lima"
slack = "T0ACME/U0ANA"
[people.rob]
name = "Rob Wills"
slack = "T0ACME/U0ROB"
email = "rob@acme.test"
roles = ["finance", "operators", "release"]
[people.sue]
name = "Sue Park"
email = "sue@acme.test"
roles = ["finance", "release"]
[people.nik]
name = "Nik"
os_user = "nik"
roles = ["finance"]
[roles.finance]
[roles.operators]
[roles.release]
channel = "slack:T0ACME/C0RELEASES"
"""
DIRECTORY = Directory(parse_config(CONFIG))
RELEASES = Place(channel="slack", address="T0ACME/C0RELEASES")
CARD = CardAt(delivery="d1", place=RELEASES)
SECRET = "the-secret-argument"  # made up, to be looked for


def at(log: LogBuilder, card: CardAt | None = CARD, kind: RequestKind = "approval") -> str:
    log.message()
    call = log.choose(Pay()) if kind in {"approval", "doubt"} else None
    body = CardBody(title="Pay", step="pay", arguments={"amount": SECRET}, why=SECRET, asked_by="Ana Lima")
    return log.ask(kind, call, cards=(card,) if card else (), body=body)


def opened(log: LogBuilder, request: str) -> list[Delivery]:
    return opening(log.thread, log.thread.requests[request].opened, DIRECTORY)


def closed(log: LogBuilder, request: str, end: Closing) -> list[Delivery]:
    return closing(log.thread, log.thread.requests[request].opened, end, DIRECTORY)


# --- places --------------------------------------------------------------------------------------------------------


def test_a_role_with_a_channel_gets_one_card_there() -> None:
    assert [at.place for at in places(DIRECTORY, PLACE, "release", ["rob", "sue"])] == [RELEASES]


def test_a_role_without_a_channel_is_asked_directly_each_by_slack_or_else_by_mail() -> None:
    found = [at.place for at in places(DIRECTORY, PLACE, "finance", ["rob", "sue", "nik"])]
    assert found == [
        Place(channel="slack", address="T0ACME/U0ROB"),
        Place(channel="email", address="sue@acme.test"),
    ]


def test_a_role_that_is_mailed_as_well_has_a_card_in_its_channel_and_one_in_each_mailbox() -> None:
    both = Directory(parse_config(f"{CONFIG}mail = true\n"))
    assert [at.place for at in places(both, PLACE, "release", ["rob", "sue"])] == [
        RELEASES,
        Place(channel="email", address="rob@acme.test"),
        Place(channel="email", address="sue@acme.test"),
    ]


def test_whoever_has_nothing_but_mail_is_mailed_once() -> None:
    mailed = Directory(parse_config(CONFIG.replace("[roles.finance]", "[roles.finance]\nmail = true")))
    assert [at.place for at in places(mailed, PLACE, "finance", ["rob", "sue", "nik"])] == [
        Place(channel="slack", address="T0ACME/U0ROB"),
        Place(channel="email", address="sue@acme.test"),
        Place(channel="email", address="rob@acme.test"),
    ]


def test_in_the_roles_own_channel_the_card_comes_into_the_thread() -> None:
    origin = Place(channel="slack", address="T0ACME/C0RELEASES", thread="1.1")
    assert [at.place for at in places(DIRECTORY, origin, "release", ["rob"])] == [origin]


def test_every_card_has_a_delivery_of_its_own() -> None:
    found = places(DIRECTORY, PLACE, None, ["rob", "sue"])
    assert len({at.delivery for at in found}) == 2


def test_a_question_to_the_requester_is_put_where_they_wrote_and_nowhere_for_the_command_line() -> None:
    assert [at.place for at in in_origin(PLACE)] == [PLACE]
    assert in_origin(Place(channel="console", address="ana")) == []


# --- opening -------------------------------------------------------------------------------------------------------


def test_the_card_shows_everything_and_is_sent_only_while_the_request_is_open() -> None:
    log = LogBuilder()
    request = at(log)
    first = opened(log, request)[0]
    assert (first.id, first.place, first.valid_while) == ("d1", RELEASES, request)
    assert isinstance(first.content, Card)
    assert first.content.arguments == {"amount": SECRET}
    assert first.content.approvers == ("Rob Wills", "Sue Park")
    assert first.content.request == request
    assert first.content.digest8 == log.thread.requests[request].opened.digest[:8]


def test_the_origin_reads_who_is_asked_and_no_arguments() -> None:
    log = LogBuilder()
    line = opened(log, at(log))[1]
    assert line.place == PLACE
    assert isinstance(line.content, StatusLine)
    assert "*finance*" in line.content.markdown
    assert SECRET not in line.model_dump_json()


def test_where_the_card_itself_is_in_the_origin_there_is_no_second_line() -> None:
    log = LogBuilder()
    assert [one.content.kind for one in opened(log, at(log, CardAt(delivery="d", place=PLACE)))] == ["card"]


def test_the_command_line_gets_no_lines() -> None:
    log = LogBuilder(origin=Place(channel="console", address="ana"))
    assert [one.content.kind for one in opened(log, at(log))] == ["card"]


@pytest.mark.parametrize("kind", ["doubt", "stuck"])
def test_someone_from_outside_hears_only_that_someone_is_looking(kind: RequestKind) -> None:
    log = LogBuilder(trust="outsider")
    line = opened(log, at(log, kind=kind))[1]
    assert isinstance(line.content, StatusLine)
    assert line.content.markdown == "Someone is looking into this."


def test_the_card_of_a_request_whose_text_was_erased_can_still_be_closed() -> None:
    log = LogBuilder()
    request = at(log)
    erased = log.thread.requests[request].opened.model_copy(update={"body": None})
    assert cards.card(log.thread, erased, DIRECTORY).title == "[erased]"


# --- closing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (Closing(outcome="approved", by="Rob Wills", at=1), "Rob Wills approved."),
        (Closing(outcome="rejected", by="Rob Wills", reason=SECRET, at=1), "Rob Wills rejected it."),
        (Closing(outcome="expired", at=1), "Nobody decided in time, so nothing was run."),
        (Closing(outcome="withdrawn", at=1), "The request was taken back."),
    ],
)
def test_an_end_replaces_every_card_and_is_told_in_the_origin(end: Closing, text: str) -> None:
    log = LogBuilder()
    replaced, line = closed(log, at(log), end)
    assert (replaced.replaces, replaced.place, replaced.valid_while) == ("d1", RELEASES, None)
    assert isinstance(replaced.content, Decision)
    assert (replaced.content.outcome, replaced.content.by, replaced.content.reason) == (end.outcome, end.by, end.reason)
    assert line.place == PLACE
    assert isinstance(line.content, StatusLine)
    assert line.content.markdown == text


def test_an_outcome_is_a_new_delivery() -> None:
    log = LogBuilder()
    ids = {one.id for one in closed(log, at(log), Closing(outcome="approved", by="Rob", at=1))}
    assert len(ids) == 2
    assert "d1" not in ids


@given(st.text())
def test_a_name_with_braces_is_only_a_name(name: str) -> None:
    log = LogBuilder()
    line = closed(log, at(log), Closing(outcome="approved", by=name, at=1))[1]
    assert isinstance(line.content, StatusLine)
    assert line.content.markdown == f"{name} approved."


def test_a_doubt_whose_answer_is_not_needed_any_more_is_not_called_a_request_that_was_taken_back() -> None:
    log = LogBuilder()
    line = closed(log, at(log, kind="doubt"), Closing(outcome="withdrawn", at=1))[1]
    assert isinstance(line.content, StatusLine)
    assert line.content.markdown == "The question no longer stands."


# --- names ---------------------------------------------------------------------------------------------------------


def test_people_are_called_as_they_are_listed_and_others_by_what_they_are_known_by() -> None:
    log = LogBuilder()
    log.message(by="ana")
    assert cards.names(log.thread, ["ana", "rob", "email:kim@partner.test"], DIRECTORY) == (
        "Ana Lima, Rob Wills, kim@partner.test"
    )


def test_a_steps_name_is_made_readable() -> None:
    assert title_of("deploy_service") == "Deploy service"


def test_a_title_leaves_out_arguments_that_are_whole_sentences() -> None:
    reason = "She does not want it any more, she says."
    told = title_of("issue_refund", {"order": "1042", "amount": "19.00", "reason": reason})
    assert told == "Issue refund: 1042, 19.00"
