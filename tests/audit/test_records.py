"""The record of a request holds everything that the log says about it, and nothing about another one."""

from typing import Literal, cast

import pytest
from pydantic import JsonValue

from bot import events as e
from bot.audit.records import Audited, Ran, Reading, with_uses
from bot.events import Event
from bot.thread import Thread
from tests.audit.logs import every_event
from tests.builders import LogBuilder, waiting_call

LOG = every_event()


def read(thread: Thread) -> list[Audited]:
    """The thread's requests; people's names are their ids in capitals."""
    return Reading(thread, str.upper).records()


RECORDS = read(LOG.thread)


def kinds(record: Audited) -> list[str]:
    return [entry.type for entry in record.history]


def test_there_is_one_record_for_each_request_in_order() -> None:
    assert [record.request for record in RECORDS] == list(LOG.thread.requests)
    assert [record.n for record in RECORDS] == sorted(record.n for record in RECORDS)


def test_a_record_says_what_was_asked_of_whom() -> None:
    first = RECORDS[0]
    assert first.card is not None
    assert (first.card.step, first.card.arguments, first.card.snapshot) == ("pay", {"amount": 2}, {"balance": 7})
    assert [who.name for who in first.asked] == ["ROB", "SUE"]  # the second one by its ladder
    assert (first.role, first.quorum, [who.id for who in first.requesters]) == ("finance", 1, ["ana"])
    assert (first.digest, first.display) == (LOG.thread.requests[first.request].opened.digest, "bcde")
    assert first.places[0].place.address == "T0ACME/C0RELEASE"


def test_whatever_happened_to_a_request_is_in_its_history() -> None:
    assert kinds(RECORDS[0]) == [
        *("delivered", "delivery_failed", "request_shown", "refused"),
        *("request_reminded", "request_escalated", "request_answered"),
    ]
    assert kinds(RECORDS[1]) == ["request_answered", "replied", "request_answered"]
    assert kinds(RECORDS[2]) == [
        *("request_answered", "request_answered", "granted", "step_started", "step_in_doubt", "grant_revoked"),
    ]
    assert kinds(RECORDS[3]) == ["request_answered", "late_result"]
    assert [kinds(record) for record in RECORDS[4:]] == [["request_expired"], ["request_withdrawn"]]
    assert [record.outcome for record in RECORDS] == [
        *("edited", "given", "approved", "answered", "expired", "withdrawn"),
    ]


def test_an_answer_says_who_gave_it_how_that_was_proven_and_what_it_closed() -> None:
    one, other = RECORDS[2].answers
    assert [(vote.by.name if vote.by else "", vote.proof, vote.outcome) for vote in (one, other)] == [
        ("BO", "slack", None),
        ("SUE", "email:dkim", "approved"),
    ]
    assert other.text == "fine"
    assert RECORDS[0].answers[0].changes == {"amount": [2, 1]}
    assert [who.id for who in RECORDS[1].answers[1].to] == ["bo"]


def test_what_ran_is_with_the_request_that_let_it_run() -> None:
    started, doubt = RECORDS[2].ran
    assert (started.digest, started.attempt, doubt.how, doubt.error) == (RECORDS[2].digest, 1, "raised", "gone")
    assert RECORDS[3].ran[0].result == "paid"


def test_an_event_of_an_unknown_type_about_a_request_shows_by_its_name_and_fields() -> None:
    class Shouted(Event):
        type: Literal["shouted"] = "shouted"
        request: str
        loud: int

    log = LogBuilder()
    _, request = waiting_call(log)
    thread = log.thread
    thread.events.append(cast("e.AnyEvent", Shouted(by="rob", request=request, loud=11)))
    (record,) = read(thread)
    (event,) = record.events
    assert (event.type, event.by and event.by.id, event.fields) == ("shouted", "rob", {"loud": 11})


def test_what_ran_elsewhere_under_a_permission_is_with_the_request_that_it_came_with() -> None:
    used = Ran(n=4, at=LOG.now, type="step_started", by=None, thread="06-elsewhere", call="c4", grant="g1")
    found = with_uses(RECORDS, [used, used.model_copy(update={"grant": "g2"})])
    assert [len(record.ran) for record in found] == [0, 0, 3, 1, 0, 0]
    assert found[2].ran[-1] == used


def test_what_runs_under_a_permission_is_known_to_have() -> None:
    log = LogBuilder()
    call, _ = waiting_call(log)
    log.commit(e.StepStarted(call=call, attempt=1, grant="g7"))
    log.finish(call)
    used = Reading(log.thread, str).used
    assert [(one.type, one.grant) for one in used] == [("step_started", "g7"), ("step_finished", "g7")]


def test_erased_texts_are_shown_as_erased() -> None:
    erased = [entry.partition(b"\n")[0] + b"\n" for entry in LOG.entries]
    log = LogBuilder()
    for entry in erased:
        log.entries.append(entry)
    records = read(log.refold())
    assert len(records) == len(RECORDS)
    assert all(record.card is None for record in records)
    assert all(answer.erased and answer.text == "" for record in records for answer in record.answers)


def test_what_comes_after_a_forged_entry_is_not_believed() -> None:
    log = LogBuilder()
    waiting_call(log)
    log.append_bytes(b'{"type":"paused","by":"rob"}\n')
    log.message("and more")
    (record,) = read(log.thread)
    assert (record.unsound or "").endswith("its signature is not ours")


def test_as_json_it_has_every_key_and_no_salt() -> None:
    found: dict[str, JsonValue] = RECORDS[0].as_json()
    assert list(found) == list(Audited.model_fields)
    card = found["card"]
    assert isinstance(card, dict)
    assert ("salt" in card, card["arguments"]) == (False, {"amount": 2})


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.kind)
def test_it_was_last_touched_when_something_last_happened_to_it(record: Audited) -> None:
    assert record.last_at == max(entry.at for entry in record.history)
