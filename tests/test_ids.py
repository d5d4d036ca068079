"""Ids: a pure function of their source, or beyond guessing."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.ids import SHARDS, RequestIds, display_id, fresh_id, is_thread_id, shard_of, thread_id

IDS = RequestIds(b"a secret of the tests")
THREAD = thread_id("slack", "T0ACME", "C0DEPLOYS", "1.1")
sources = st.lists(st.text(), min_size=1, max_size=4)


@given(sources)
def test_the_same_source_names_the_same_thread_every_time(source: list[str]) -> None:
    name = thread_id(*source)
    assert name == thread_id(*source)
    assert is_thread_id(name)
    assert 0 <= shard_of(name) < SHARDS


@given(sources, sources)
def test_other_sources_name_other_threads_however_their_parts_are_cut(one: list[str], other: list[str]) -> None:
    assume(one != other)
    assert thread_id(*one) != thread_id(*other)


@given(st.lists(st.text('ab\x1f\x00",', max_size=3), min_size=1, max_size=3))
def test_the_marks_between_the_parts_cannot_be_forged(source: list[str]) -> None:
    joined = "\x1f".join(source)
    assume([joined] != source)
    assert thread_id(joined) != thread_id(*source)


@pytest.mark.parametrize(
    "text", ["", "07", "07-", "7-aaaaaaaaaaaaaaaa", "07-AAAAAAAAAAAAAAAA", "07-aaaaaaaaaaaaaaaa\n"]
)
def test_what_only_looks_like_a_thread_id_is_none(text: str) -> None:
    assert not is_thread_id(text)


@given(st.integers(0, 2**32 - 1))
def test_a_request_id_leads_to_its_thread_and_fits_in_a_mail_address(serial: int) -> None:
    request = IDS.make(THREAD, serial)
    assert IDS.thread_of(request) == THREAD
    assert len(request.encode()) <= 64


@given(st.integers(0, 2**32 - 1), st.data())
def test_a_request_id_with_any_character_altered_is_nobodys(serial: int, data: st.DataObject) -> None:
    request = IDS.make(THREAD, serial)
    at = data.draw(st.integers(0, len(request) - 1))
    other = data.draw(st.sampled_from(string.printable))
    assume(other != request[at])
    assert IDS.thread_of(request[:at] + other + request[at + 1 :]) is None


@given(st.text())
def test_any_text_is_no_request_id(text: str) -> None:
    assert IDS.thread_of(text) is None


def test_a_request_id_needs_the_secret() -> None:
    assert RequestIds(b"another secret").thread_of(IDS.make(THREAD, 7)) is None


def test_a_request_id_of_one_thread_does_not_serve_another() -> None:
    tag = IDS.make(THREAD, 7).rpartition(".")[2]
    assert IDS.thread_of(f"{thread_id('other')}.7.{tag}") is None


def test_the_serial_number_is_part_of_what_is_protected() -> None:
    assert IDS.thread_of(IDS.make(THREAD, 7).replace(".7.", ".8.")) is None


def test_the_id_that_people_talk_about_is_short() -> None:
    request = IDS.make(THREAD, 7)
    assert request.endswith(display_id(request) + request[-9:])
    assert len(display_id(request)) == 4


def test_fresh_ids_do_not_repeat() -> None:
    assert len({fresh_id() for _ in range(1_000)}) == 1_000
