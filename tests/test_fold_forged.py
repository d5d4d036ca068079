"""Logs that were damaged or forged stop their thread, with the reason, and move nothing."""

import re
from typing import Literal

import pytest

from bot.bodies import Outcome
from bot.entries import Sealer, encode, stamped
from bot.events import (
    AnyEvent,
    Cancelled,
    LateResult,
    Paused,
    Refused,
    Replied,
    RequestAnswered,
    RequestExpired,
    RequestWithdrawn,
    Resumed,
    StepFinished,
    StepStarted,
)
from bot.fold import fold
from bot.moves import Rest, next_move
from tests.builders import SEALER, START, LogBuilder, approved_call, waiting_call
from tests.example_steps import LookUp, Pay


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


def refused(log: LogBuilder, entries: list[bytes]) -> str:
    """Why a log is not acted on; that it rests, and shows what came before."""
    thread = fold(log.id, entries, SEALER)
    assert thread.unreadable is not None
    assert thread.status == "unreadable"
    assert next_move(thread, START) == Rest()
    assert thread.version == len(entries)
    return thread.unreadable


def test_an_entry_that_cannot_be_read_stops_the_thread_where_it_stands(log: LogBuilder) -> None:
    call = approved_call(log)
    broken = stamped(b'{"type":"from_the_future"}\n', log.now)
    assert refused(log, [*log.entries, broken]).startswith(f"entry {log.version}: ")
    assert not fold(log.id, [*log.entries, broken], SEALER).calls[call].over


def test_what_comes_after_an_unreadable_entry_is_not_acted_on(log: LogBuilder) -> None:
    waiting_call(log)
    broken = stamped(b'{"type":"from_the_future"}\n', log.now)
    cancelled = stamped(encode(Cancelled(by="ana")), log.now)
    reason = refused(log, [*log.entries, broken, cancelled])
    assert reason.startswith(f"entry {log.version}: ")
    assert not fold(log.id, [*log.entries, broken, cancelled], SEALER).cancelled


def test_a_changed_envelope_is_not_ours(log: LogBuilder) -> None:
    approved_call(log)
    entries = [log.entries[0].replace(b'"by":"ana"', b'"by":"zed"'), *log.entries[1:]]
    assert refused(log, entries) == "entry 0: its signature is not ours"


def test_a_changed_time_breaks_the_seal_of_the_next_decision(log: LogBuilder) -> None:
    approved_call(log)
    entries = [re.sub(rb'^{"at":\d+', b'{"at":1', log.entries[0]), *log.entries[1:]]
    assert refused(log, entries) == "entry 1: its seal does not match the log before it"


def test_an_approval_without_the_secret_approves_nothing(log: LogBuilder) -> None:
    waiting_call(log)
    request = next(iter(log.thread.open))
    by = log.thread.open[request].opened.approvers[0]
    forged = RequestAnswered(by=by, request=request, answer="approve", outcome="approved", proof="slack")
    for entry in (encode(forged), Sealer(b"a guess").entry(log.id, forged), SEALER.entry("00-another", forged)):
        assert refused(log, [*log.entries, stamped(entry, log.now)]).endswith("its signature is not ours")


def test_an_entry_of_another_thread_is_not_one_of_this(log: LogBuilder) -> None:
    approved_call(log)
    stranger = SEALER.entry("03-abcdefghijklmnop", Cancelled(by="ana"))
    assert refused(log, [*log.entries, stamped(stranger, log.now)]).endswith("its signature is not ours")


def test_an_entry_put_in_between_breaks_the_seal(log: LogBuilder) -> None:
    approved_call(log)
    extra = stamped(SEALER.entry(log.id, Refused(reason="x")), log.now)
    assert "seal" in refused(log, [log.entries[0], extra, *log.entries[1:]])


def test_an_entry_taken_out_breaks_the_seal(log: LogBuilder) -> None:
    waiting_call(log)
    log.message("no, stop!")
    log.say()
    assert "seal" in refused(log, [*log.entries[:3], *log.entries[4:]])


def test_another_secret_reads_nothing(log: LogBuilder) -> None:
    approved_call(log)
    thread = fold(log.id, log.entries, Sealer(b"another"))
    assert thread.unreadable == "entry 0: its signature is not ours"


def test_an_erased_body_does_not_break_the_seal(log: LogBuilder) -> None:
    approved_call(log)
    entries = [log.entries[0].partition(b"\n")[0] + b"\n", *log.entries[1:]]
    assert fold(log.id, entries, SEALER).unreadable is None


@pytest.mark.parametrize("event", [Replied(final=True), StepStarted(call="c1", attempt=1), StepFinished(call="c1")])
def test_what_only_a_worker_writes_must_be_sealed(log: LogBuilder, event: AnyEvent) -> None:
    approved_call(log)
    log.append(event)
    assert "seal" in refused(log, log.entries)


@pytest.mark.parametrize("basis", [-1, 99])
def test_a_basis_that_is_not_in_the_log_is_no_basis(log: LogBuilder, basis: int) -> None:
    log.message()
    seal = SEALER.seal(log.thread.chains[-1])
    log.append(Replied(by="bot", basis=basis, now=log.now, seal=seal))
    assert "seal" in refused(log, log.entries)


def test_a_log_must_begin_with_a_message(log: LogBuilder) -> None:
    log.append(Refused(reason="x"))
    assert refused(log, log.entries) == "entry 0: the log does not begin with a message"


@pytest.mark.parametrize(
    "event",
    [
        LateResult(call="c99", outcome="finished"),
        RequestAnswered(request="r99", answer="approve", outcome="approved", proof="slack", by="rob"),
    ],
)
def test_what_is_about_something_unknown_is_refused_and_not_an_error(log: LogBuilder, event: AnyEvent) -> None:
    log.message()
    log.append(event)
    assert "99 before it" in refused(log, log.entries)


@pytest.mark.parametrize(
    "event",
    [
        StepStarted(call="c99", attempt=1),
        StepFinished(call="c99"),
        RequestExpired(request="r99"),
        RequestWithdrawn(request="r99", reason="asked"),
    ],
)
def test_a_worker_too_cannot_speak_of_what_is_not_there(log: LogBuilder, event: AnyEvent) -> None:
    log.message()
    log.commit(event)
    assert "99 before it" in refused(log, log.entries)


def test_an_approval_by_someone_who_was_not_asked_runs_nothing(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    log.answer(request, by="zed")
    assert refused(log, log.entries).endswith("zed was not asked")


def test_an_approval_by_too_few_runs_nothing(log: LogBuilder) -> None:
    log.message()
    request = log.ask("approval", log.choose(Pay(amount=2)), quorum=2)
    log.answer(request)
    assert "without the people" in refused(log, log.entries)


def test_one_person_is_not_two(log: LogBuilder) -> None:
    log.message()
    request = log.ask("approval", log.choose(Pay(amount=2)), quorum=2)
    log.answer(request, vote=True)
    log.answer(request)
    assert "without the people" in refused(log, log.entries)


def test_a_rejection_cannot_be_written_down_as_an_approval(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    log.append(RequestAnswered(request=request, by="rob", answer="reject", outcome="approved", proof="slack"))
    assert "without the people" in refused(log, log.entries)


def test_the_first_of_two_reasons_is_the_one_shown(log: LogBuilder) -> None:
    log.message()
    log.append(LateResult(call="c98", outcome="finished"), LateResult(call="c99", outcome="finished"))
    assert refused(log, log.entries) == "entry 1: there is no call c98 before it"


def test_the_thread_before_the_damage_is_still_shown(log: LogBuilder) -> None:
    log.message("deploy it")
    log.append_bytes(b"{}\n")
    assert log.thread.title == "deploy it"
    assert [event.type for event in log.thread.events] == ["message_received"]


def test_a_second_outcome_of_a_request_changes_nothing(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    log.answer(request, "reject")
    log.answer(request, "approve", by="sue")
    assert log.thread.requests[request].outcome == "rejected"
    assert log.thread.calls[call].over


def test_a_second_outcome_of_a_call_changes_nothing(log: LogBuilder) -> None:
    log.message()
    call = log.choose(LookUp())
    log.finish(call)
    log.fail(call)
    assert log.thread.calls[call].progress == "finished"
    assert log.thread.failures == 0


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("approval", "answered"), ("approval", "expired"), ("stuck", "approved"), ("stuck", "rejected")],
)
def test_an_outcome_that_does_not_fit_its_request_is_refused(
    log: LogBuilder, kind: Literal["approval", "stuck"], outcome: Outcome
) -> None:
    log.message()
    request = log.ask(kind, log.choose(Pay()) if kind == "approval" else None)
    log.append(RequestAnswered(request=request, by="rob", answer="reject", outcome=outcome, proof="slack"))
    assert "it closes" in refused(log, log.entries)


@pytest.mark.parametrize("event", [Resumed(by="rob"), Paused(by="rob"), Cancelled(by="ana")])
def test_a_copy_of_a_genuine_entry_is_not_acted_on(log: LogBuilder, event: AnyEvent) -> None:
    waiting_call(log)
    log.append(event)
    again = re.sub(rb'^{"at":\d+', b'{"at":%d' % (log.now + 1), log.entries[-1])
    assert refused(log, [*log.entries, again]) == f"entry {log.version}: it is a copy of an earlier entry"


def test_an_approval_cannot_be_stored_a_second_time(log: LogBuilder) -> None:
    call = approved_call(log)
    answer = log.entries[log.version - 1]
    log.start(call)
    log.fail(call, "not_done")
    assert refused(log, [*log.entries, answer]) == f"entry {log.version}: it is a copy of an earlier entry"


def test_a_note_that_was_sent_twice_does_no_harm(log: LogBuilder) -> None:
    waiting_call(log)
    log.append(Refused(by="zed", reason="not_allowed"))
    assert fold(log.id, [*log.entries, log.entries[-1]], SEALER).unreadable is None


def test_the_same_order_twice_is_no_copy(log: LogBuilder) -> None:
    log.message()
    log.append(Resumed(by="rob"))
    log.append(Resumed(by="rob"))
    assert log.refold().unreadable is None
