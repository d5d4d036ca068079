"""The From field and its neighbours: one sender, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.headers import Headers, date_us, decoded, message_ids, one_sender, recipients
from channels.email.mail import Sender
from channels.email.refusals import Refused


def sender(*values: str) -> Sender | Refused:
    return one_sender(Headers([("from", value) for value in values]))


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("rob@acme.test", ""),
        ("Rob Wills <rob@acme.test>", "Rob Wills"),
        ("Dr. R. Wills <ROB@Acme.Test>", "Dr. R. Wills"),
        ('"Wills, Rob" <rob@acme.test>', "Wills, Rob"),
        ('"ceo@corp.test" <rob@acme.test>', "ceo@corp.test"),
        ("=?utf-8?q?R=C3=B6b?= <rob@acme.test>", "Röb"),
        ("Röb <rob@acme.test>", "Röb"),
        ("rob@acme.test (Rob)", "Rob"),
        ("rob@acme.test <rob@acme.test>", "rob@acme.test"),
        ("Rob\r\n <rob@acme.test>", "Rob"),
    ],
)
def test_one_mailbox_is_one_sender(value: str, name: str) -> None:
    assert sender(value) == Sender(address="rob@acme.test", name=name)


@pytest.mark.parametrize(
    "value",
    [
        "boss@corp.test <eve@evil.test>",
        "boss@corp.test, <eve@evil.test>",
        "<boss@corp.test> <eve@evil.test>",
        "boss@corp.test (<eve@evil.test>)",
        "Team: boss@corp.test;",
        "=?utf-8?q?boss=40corp.test?=@evil.test",
        "eve@=?utf-8?q?corp.test?=",
        "Boss <boss@corp.test",
        "<>",
        "",
        "Boss",
        '"a"@corp.test',
        "boss@corp.test@evil.test",
        "a" * 30_000 + "@corp.test",
    ],
)
def test_a_from_field_that_two_programs_read_in_two_ways_names_nobody(value: str) -> None:
    assert sender(value) in {Refused.BAD_FROM, Refused.SEVERAL_FROM}


def test_two_from_fields_name_nobody() -> None:
    assert sender("boss@corp.test", "eve@evil.test") is Refused.SEVERAL_FROM


def test_no_from_field_names_nobody() -> None:
    assert sender() is Refused.NO_FROM


@given(st.text(max_size=200))
def test_reading_a_from_field_never_raises_and_never_invents_an_address(value: str) -> None:
    found = sender(value)
    assert isinstance(found, Refused) or found.address in value.lower()


def test_recipients_are_the_envelopes_first_each_once_and_never_bcc() -> None:
    headers = Headers(
        [
            ("to", "Help <help@acme.test>, a@x.test"),
            ("bcc", "secret@acme.test"),
            ("cc", "A@X.test"),
            ("delivered-to", "bot@acme.test"),
        ]
    )
    assert recipients(headers) == ("bot@acme.test", "help@acme.test", "a@x.test")


def test_of_very_many_ids_the_first_and_the_last_are_kept() -> None:
    found = message_ids(" ".join(f"<{number}@x.test>" for number in range(500)))
    assert (found[0], found[-1], len(found)) == ("<0@x.test>", "<499@x.test>", 100)


@pytest.mark.parametrize("value", ["=?nope?q?x?=", "=?utf-8?b?####?=", "=?utf-8?q?=FF?=", "plain"])
def test_what_cannot_be_decoded_is_still_text(value: str) -> None:
    assert decoded(value)


@given(st.text(max_size=100))
def test_a_date_is_read_or_left(value: str) -> None:
    assert isinstance(date_us(value), int | None)


def test_a_date_is_microseconds() -> None:
    assert date_us("Thu, 01 Jan 1970 00:00:02 +0000") == 2_000_000
