"""One log: as it was written it passes; what is altered, removed, added, moved or copied in it is found and named."""

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import events as e
from bot.audit.heads import Head
from bot.audit.verify import Stored, examine
from bot.entries import Sealer, encode, stamped
from tests.audit.logs import every_event, examined, findings, sealed_only, stored
from tests.builders import SEALER, START, LogBuilder
from tests.histories import Play, tapes

LOG = every_event()
SEALED = len(sealed_only(LOG))
SIGNED = [n for n, event in enumerate(LOG.thread.events) if not isinstance(event, e.Delivered | e.DeliveryFailed)]
AT = re.compile(rb'^\{"at":([0-9]+)')


def number_of(kind: type[object]) -> int:
    """The first entry of this type."""
    return next(n for n, event in enumerate(LOG.thread.events) if isinstance(event, kind))


def head_at(version: int) -> Head:
    """What an export says of the log as it is."""
    return Head(thread=LOG.id, version=version, seal=SEALER.seal(LOG.thread.chains[version]), at=START)


def replaced(number: int, entry: bytes) -> list[bytes]:
    return [*LOG.entries[:number], entry, *LOG.entries[number + 1 :]]


def erased(entry: bytes) -> bytes:
    return entry.partition(b"\n")[0] + b"\n"


def test_a_log_with_every_type_of_event_passes() -> None:
    assert {type(event) for event in LOG.thread.events} == set(get_args(get_args(e.AnyEvent)[0]))
    found = examined(LOG)
    assert found.findings == ()
    assert (found.version, found.seal) == (LOG.version, SEALER.seal(LOG.thread.chains[-1]))


@given(tapes)
def test_every_history_passes(tape: bytes) -> None:
    one = Play(tape)
    one.log.message()
    while one.more:
        if one.pick(3) == 0 or one.calm:
            one.disturb()
        else:
            one.step()
    assert findings(one.log) == []


@given(st.data())
def test_any_single_change_of_a_byte_after_the_time_of_a_signed_entry_is_found(data: st.DataObject) -> None:
    number = data.draw(st.sampled_from(SIGNED))
    entry = LOG.entries[number]
    start = AT.match(entry)
    assert start
    at = data.draw(st.integers(start.end(), len(entry) - 1))
    other = data.draw(st.binary(max_size=2).filter(lambda raw: raw != entry[at : at + 1]))
    entries = replaced(number, entry[:at] + other + entry[at + 1 :])
    assert number in [found for found, _ in findings(LOG, entries)]


@given(st.data())
def test_any_single_change_before_a_seal_is_found_even_in_times_and_unsigned_notes(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, SEALED - 1))
    entry = LOG.entries[number]
    at = data.draw(st.integers(0, len(entry) - 1))
    other = data.draw(st.binary(max_size=2).filter(lambda raw: raw != entry[at : at + 1]))
    assert findings(LOG, replaced(number, entry[:at] + other + entry[at + 1 :]))


@given(st.integers(0, SEALED - 1))
def test_any_entry_that_is_removed_before_a_seal_is_found(number: int) -> None:
    assert findings(LOG, [*LOG.entries[:number], *LOG.entries[number + 1 :]])


@given(st.integers(0, SEALED - 1), st.integers(0, SEALED - 1))
def test_any_two_entries_that_change_places_before_a_seal_are_found(one: int, other: int) -> None:
    entries = list(LOG.entries)
    entries[one], entries[other] = entries[other], entries[one]
    assert bool(findings(LOG, entries)) == (one != other)


@given(st.sampled_from(SIGNED), st.integers(0, LOG.version))
def test_any_signed_entry_that_is_copied_to_any_place_is_found(number: int, place: int) -> None:
    entries = list(LOG.entries)
    entries.insert(place, LOG.entries[number])
    assert findings(LOG, entries)


@given(st.integers(0, LOG.version), st.integers(1, LOG.version))
def test_any_end_that_was_cut_off_before_an_export_is_found(version: int, left: int) -> None:
    found = examine(stored(LOG, LOG.entries[:left]), SEALER, head_at(version)).findings
    assert bool(found) == (left < version)


def test_an_altered_entry_is_named_and_what_follows_from_it_is_not() -> None:
    number = number_of(e.RequestAnswered)
    entries = replaced(number, LOG.entries[number].replace(b'"by":"rob"', b'"by":"zed"'))
    assert findings(LOG, entries) == [
        (number, "its signature is not ours: it was altered, or written by somebody else or for another thread")
    ]


def test_an_altered_text_is_named() -> None:
    entries = replaced(0, LOG.entries[0].replace(b"two euros", b"ten euros"))
    (found,) = findings(LOG, entries)
    assert found == (0, "it cannot be read, although its signature is ours: its body does not match its hash")


def test_an_altered_time_is_found_by_the_next_seal_which_names_where() -> None:
    number = number_of(e.Prefetched)
    later = (LOG.thread.events[number].at or 0) + 1
    ((found, what),) = findings(LOG, replaced(number, AT.sub(b'{"at":%d' % later, LOG.entries[number])))
    assert found == number + 1
    assert what.startswith(f"its seal does not match: entry {number} is not what its worker had read")


def test_a_removed_entry_is_named_by_the_next_seal() -> None:
    entries = [*LOG.entries[:2], *LOG.entries[3:]]
    assert findings(LOG, entries) == [
        (2, "its worker had read 3 entries, and there are 2 before it: some were removed, or it was moved")
    ]


def test_an_unsigned_note_that_is_altered_before_a_seal_is_found() -> None:
    number = number_of(e.Delivered)
    ((_, what),) = findings(LOG, replaced(number, LOG.entries[number].replace(b'"1.2"', b'"1.3"')))
    assert re.search(rf"entr(y {number} is|ies \d+ to \d+ are) not what its worker had read", what)


def test_entries_that_change_places_after_the_last_seal_are_found_by_their_times() -> None:
    entries = [*LOG.entries[:-2], LOG.entries[-1], LOG.entries[-2]]
    assert findings(LOG, entries) == [
        (
            LOG.version - 1,
            "it is older than the entry before it: they were reordered, or the server's clock set back",
        )
    ]


def test_a_copy_with_a_new_time_is_found_if_its_entry_is_like_no_other() -> None:
    number = number_of(e.RequestAnswered)
    again = AT.sub(b'{"at":%d' % (LOG.now + 1), LOG.entries[number])
    assert findings(LOG, [*LOG.entries, again]) == [
        (LOG.version, f"it is a copy of entry {number}, stored a second time")
    ]


def test_a_copied_resumption_with_a_new_time_is_found_too() -> None:
    number = number_of(e.Resumed)
    again = AT.sub(b'{"at":%d' % (LOG.now + 1), LOG.entries[number])
    assert findings(LOG, [*LOG.entries, again]) == [
        (LOG.version, f"it is a copy of entry {number}, stored a second time")
    ]


def test_an_entry_of_another_thread_is_found() -> None:
    stranger = stamped(SEALER.entry("03-abcdefghijklmnop", e.Resumed(by="rob")), LOG.now + 1)
    ((number, what),) = findings(LOG, [*LOG.entries, stranger])
    assert (number, "for another thread" in what) == (LOG.version, True)


def test_a_log_under_another_threads_name_is_found() -> None:
    found = examine(Stored("03-abcdefghijklmnop", LOG.entries, LOG.version, listed=True), SEALER).findings
    assert {finding.entry for finding in found} >= set(SIGNED)


@pytest.mark.parametrize(
    "entry", [encode(e.Resumed(by="rob")), Sealer(b"a guess").entry(LOG.id, e.Resumed(by="rob"))], ids=["none", "guess"]
)
def test_an_entry_without_our_signature_is_found(entry: bytes) -> None:
    forged = stamped(entry, LOG.now + 1)
    ((number, what),) = findings(LOG, [*LOG.entries, forged])
    assert (number, "signature is not ours" in what) == (LOG.version, True)


def test_a_signed_entry_that_does_not_follow_is_found() -> None:
    log = LogBuilder()
    log.message()
    log.append(e.LateResult(call="c99", outcome="finished"))
    assert findings(log) == [(1, "this program does not write that here: there is no call c99 before it")]


def test_a_missing_line_break_is_found() -> None:
    number = number_of(e.Paused)
    ((found, what),) = findings(LOG, replaced(number, LOG.entries[number].rstrip(b"\n")))
    assert (found, what) == (number, "the line break after its envelope is missing")


def test_an_erased_text_is_counted_and_nothing_is_wrong() -> None:
    entries = replaced(0, erased(LOG.entries[0]))
    found = examined(LOG, entries)
    assert (found.findings, found.erased) == ((), 1)


def test_what_no_seal_covers_is_counted_signed_and_unsigned_apart() -> None:
    found = examined(LOG)
    assert found.signed + found.unsigned == LOG.version - SEALED
    assert found.unsigned == 1
    assert found.noted == 2


def test_an_export_covers_what_no_seal_covers() -> None:
    found = examine(stored(LOG), SEALER, head_at(LOG.version))
    assert (found.findings, found.signed, found.unsigned) == ((), 0, 0)


def test_what_came_after_an_export_is_not_covered_by_it() -> None:
    found = examine(stored(LOG), SEALER, head_at(LOG.version - 1))
    assert (found.findings, found.signed, found.unsigned) == ((), 0, 1)


def test_a_log_that_is_another_one_than_was_exported_is_found() -> None:
    exported = head_at(LOG.version)
    entries = replaced(LOG.version - 1, LOG.entries[-1].replace(b"9.9", b"8.8"))
    (found,) = examine(stored(LOG, entries), SEALER, exported).findings
    assert found.what == f"its first {LOG.version} entries are not those that were exported at 2025-10-09T08:53:20Z"


@pytest.mark.parametrize(
    ("entries", "version", "listed", "what"),
    [
        (LOG.entries[:-1], LOG.version, True, "its end was cut off"),
        (LOG.entries, LOG.version - 1, True, "not appended by this program"),
        (LOG.entries, LOG.version, False, "taken out of the index"),
        ([], LOG.version, True, "its log is gone"),
    ],
    ids=["cut off", "pushed", "hidden", "gone"],
)
def test_what_stands_beside_the_log_is_compared(
    entries: list[bytes],
    version: int,
    listed: bool,  # noqa: FBT001  # one of the cases' values
    what: str,
) -> None:
    (found,) = examine(Stored(LOG.id, entries, version, listed), SEALER).findings
    assert (found.entry, what in found.what) == (None, True)


@given(st.lists(st.binary(max_size=80), max_size=5))
def test_no_bytes_at_all_make_it_fail(entries: list[bytes]) -> None:
    assert findings(LOG, entries)
