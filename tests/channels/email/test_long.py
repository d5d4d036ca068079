"""Long calls: the head in the mail, all of it in a file, and nothing cut without saying so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.places import Card, Decision
from channels.email.cards import listed, sections
from channels.email.long import LONGEST_CALL
from tests.channels.email.arriving import html_of, sent, text_of
from tests.channels.email.cards import APPROVAL, APPROVED

LONG = "line of it \u202e\n" * 2_000 + "end"


@pytest.mark.parametrize("content", [APPROVAL, APPROVED])
def test_a_long_call_is_in_a_file_exactly_and_in_full_and_the_mail_says_so(content: Card | Decision) -> None:
    card = APPROVAL.model_copy(update={"arguments": {"tag": "v1.4.0", "text": LONG}})
    mail = sent(content.model_copy(update={"card": card}) if isinstance(content, Decision) else card)
    (file,) = mail.iter_attachments()
    whole = str(file.get_content()).replace("\r\n", "\n")
    assert (file.get_content_type(), file.get_filename()) == ("text/plain", "call-0123abcd.txt")
    assert whole.count("  | line of it ⟨U+202E⟩\n") == 2_000
    assert "digest 0123abcd" in whole
    assert "  tag: v1.4.0\n  text:\n" in whole
    assert "  | end\n" in whole
    for shown in (text_of(mail), html_of(mail)):
        assert "text (the first 1,500 of 40,003 characters; see call-0123abcd.txt)" in shown
        assert "All of it is in the attached file call-0123abcd.txt" in shown
        assert len(shown) < 20_000


def test_of_very_many_arguments_the_mail_says_how_many_it_leaves_to_the_file() -> None:
    card = APPROVAL.model_copy(update={"arguments": {f"argument_{n}": "x" * 50 for n in range(500)}})
    mail = sent(card)
    shown = text_of(mail)
    left = 500 - shown.count("  argument_")
    assert 0 < left < 500
    assert f"and {left} more: see call-0123abcd.txt" in shown
    (file,) = mail.iter_attachments()
    assert str(file.get_content()).count("  argument_") == 500


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=6_000), max_size=6))
def test_whatever_the_call_all_of_it_is_in_the_mail_or_in_its_file(arguments: dict[str, str]) -> None:
    card = APPROVAL.model_copy(update={"arguments": arguments})
    mail = sent(card)
    files = [str(file.get_content()) for file in mail.iter_attachments()]
    whole = files[0].replace("\r\n", "\n") if files else text_of(mail)
    assert all(listed(section) in whole for section in sections(card))


def test_a_call_of_the_longest_kind_that_a_mail_shows_has_no_file() -> None:
    card = APPROVAL.model_copy(update={"arguments": {"text": "x" * (LONGEST_CALL - 100)}})
    assert not list(sent(card).iter_attachments())
