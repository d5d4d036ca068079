"""Entries: what was stored is what is read, and anything else is named and not acted on."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.bodies import DataBody, MessageBody
from bot.entries import Sealer, Unreadable, decode, encode, stamped
from bot.events import EVENT, AnyEvent, Cancelled, MessageReceived, Paused, StepFinished
from tests.builders import PLACE

texts = st.text()  # every character that UTF-8 can hold, newlines and NUL included
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def message(text: str) -> MessageReceived:
    return MessageReceived(by="ana", source="test", trust="staff", place=PLACE, body=MessageBody(text=text, name="Ana"))


def stored(event: AnyEvent) -> bytes:
    return stamped(encode(event), 1_000)


def reason(entry: bytes) -> str:
    found = decode(entry)
    assert isinstance(found, Unreadable)
    assert found.raw == entry
    return found.reason


@given(texts)
def test_any_text_is_read_as_it_was_written_and_takes_two_lines(text: str) -> None:
    entry = stored(message(text))
    event = decode(entry)
    assert isinstance(event, MessageReceived)
    assert event.body is not None
    assert (event.body.text, event.at) == (text, 1_000)
    assert entry.count(b"\n") == 1


@given(values)
def test_any_result_is_read_as_it_was_written(data: JsonValue) -> None:
    event = decode(stored(StepFinished(call="c1", body=DataBody(data=data))))
    assert isinstance(event, StepFinished)
    assert event.body is not None
    assert event.body.data == data


@given(values)
def test_what_was_written_is_known_without_reading_it(data: JsonValue) -> None:
    for event in (StepFinished(call="c1", by="bot", body=DataBody(data=data)), Cancelled(by="ana"), message("hi")):
        written = Sealer(b"a secret").write("00-a", event)
        assert written.event(1_000) == decode(stamped(written.entry, 1_000))


def test_the_same_text_has_another_hash_each_time() -> None:
    one, other = decode(stored(message("yes"))), decode(stored(message("yes")))
    assert not isinstance(one, Unreadable)
    assert not isinstance(other, Unreadable)
    assert one.body_hash != other.body_hash


def test_an_erased_body_leaves_a_readable_event() -> None:
    entry = stored(message("secret"))
    event = decode(entry.partition(b"\n")[0] + b"\n")
    assert isinstance(event, MessageReceived)
    assert event.body is None


def test_a_changed_body_is_found_out() -> None:
    assert reason(stored(message("deploy v1")).replace(b"v1", b"v2")) == "its body does not match its hash"


def test_a_body_without_a_hash_is_found_out() -> None:
    entry = encode(Paused(by="ana")) + b'{"text": "x"}'
    assert "body" in reason(stamped(entry, 1))


def test_a_body_cannot_reach_into_its_envelope() -> None:
    body = b'{"salt":"","text":"x","name":"x"},"by":"rob"'
    digest = hashlib.sha256(body).hexdigest().encode()
    envelope = encode(message("x")).partition(b"\n")[0]
    old = json.loads(envelope)["body_hash"].encode()
    assert reason(stamped(envelope.replace(old, digest) + b"\n" + body, 1)).startswith("body: ")


def test_a_body_that_stands_in_the_envelope_is_found_out() -> None:
    envelope = encode(message("x")).partition(b"\n")[0]
    entry = envelope[:-1] + b',"body":{"text":"x","name":"x"}}\n'
    assert reason(stamped(entry, 1)) == "its body stands in its envelope"


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        (b"", "Invalid JSON"),
        (b"{", "Invalid JSON"),
        (b"not json\n", "Invalid JSON"),
        (b'{"at":1,"type":"replied"}\nnot json', "body: "),
        (b'{"at":1,"type":"from_the_future"}\n', "from_the_future"),
        (b'{"at":1,"type":"paused","flavour":"mint"}\n', "flavour"),
        (b'{"at":1,"v":2,"type":"paused"}\n', "newer version"),
        (b'{"at":1}\n', "type"),
        (b'{"at":1,"type":"replied","by":"\xff"}\n', "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b"null\n", "entry"),
    ],
)
def test_what_cannot_be_read_says_why(entry: bytes, named: str) -> None:
    assert named in reason(entry)


@given(st.binary())
def test_reading_never_raises(entry: bytes) -> None:
    assert isinstance(decode(entry), Unreadable)


@given(st.data())
def test_reading_a_damaged_entry_never_raises(data: st.DataObject) -> None:
    entry = stored(message("deploy v1.4.0"))
    at = data.draw(st.integers(0, len(entry) - 1))
    decode(entry[:at] + data.draw(st.binary(max_size=2)) + entry[at + 1 :])


def test_every_event_type_is_told_apart_by_its_type() -> None:
    mapping = EVENT.json_schema()["discriminator"]["mapping"]
    assert mapping["cancelled"].endswith(Cancelled.__name__)
    assert len(mapping) == 31


def test_the_seal_depends_on_the_secret_on_every_envelope_and_on_their_order() -> None:
    sealer, entries = Sealer(b"one"), [stored(Paused(by="ana")), stored(Cancelled(by="ana"))]

    def chain(sealer: Sealer, *entries: bytes) -> str:
        value = sealer.start()
        for entry in entries:
            value = sealer.link(value, entry)
        return sealer.seal(value)

    seals = {
        chain(sealer),
        chain(sealer, entries[0]),
        chain(sealer, *entries),
        chain(sealer, *reversed(entries)),
        chain(Sealer(b"two"), *entries),
    }
    assert len(seals) == 5


def test_the_seal_does_not_depend_on_bodies() -> None:
    sealer, entry = Sealer(b"one"), stored(message("secret"))
    erased = entry.partition(b"\n")[0] + b"\n"
    assert sealer.link(sealer.start(), entry) == sealer.link(sealer.start(), erased)
