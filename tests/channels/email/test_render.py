"""What is written: a card to decide by, words in their thread, and headers that nobody from outside writes."""

from email import message_from_bytes
from email.policy import default
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ids import MailIds
from bot.places import Card, Delivery, Notice, Place, StatusLine, Text
from channels.email.addresses import LONGEST_LOCAL, AddressTooLongError, addressed, reply_address, token_in
from channels.email.cards import card_text, sections
from channels.email.decision import Answer, approval
from channels.email.markers import OWN
from channels.email.newtext import split
from channels.email.offers import offer_of
from channels.email.parse import read_mail
from channels.email.render import render
from tests.channels.email.arriving import html_of, sent, text_of
from tests.channels.email.cards import ANA, APPROVAL, APPROVED, FULL, REQUEST, THREAD, delivery
from tests.channels.email.mails import SECRET, SETTINGS

IDS = MailIds(SECRET)


def test_text_stands_before_html() -> None:
    mail = sent(APPROVAL)
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.parametrize("part", [text_of, html_of])
def test_a_card_shows_all_of_the_call_and_how_to_decide(part: object) -> None:
    shown = text_of(sent(APPROVAL)) if part is text_of else html_of(sent(APPROVAL))
    for told in (
        "Deploy service",
        "deploy_service",
        "backend",
        "v1.4.0",
        "0f3c2d1",
        "Ana Lima",
        "Rob Wills",
        "0123abcd",
    ):
        assert told in shown
    assert "nothing else" in shown
    assert "The agent" in shown


def test_the_agents_words_stand_apart() -> None:
    assert "nobody has checked:\n  | Ana asked for the newest backend." in text_of(sent(APPROVAL))


def test_a_card_says_whether_the_effect_can_be_undone() -> None:
    shown = sent(APPROVAL.model_copy(update={"reversibility": "compensable"}))
    assert "Asked by Ana Lima. Cannot be undone, only made good. Agent: deploy." in text_of(shown)
    assert "only made good" in html_of(shown)


def test_what_changed_is_shown() -> None:
    shown = text_of(sent(APPROVAL.model_copy(update={"changed": {"commit": ["a1", "b2"]}})))
    assert "Changed since this was last asked:\n  commit (before → now): a1 → b2" in shown


def test_hidden_characters_of_an_argument_are_shown() -> None:
    card = APPROVAL.model_copy(update={"arguments": {"path": "a\u202eb\u200b\u0007", "empty": "", "number": "1"}})
    for shown in (text_of(sent(card)), html_of(sent(card)).replace("&quot;", '"')):
        assert "a⟨U+202E⟩b⟨U+200B⟩⟨U+0007⟩" in shown
        assert '"1"' in shown


def test_the_reply_address_of_a_card_names_the_request_for_its_recipient_alone() -> None:
    mail = sent(APPROVAL)
    token = token_in([mail["Reply-To"].addresses[0].addr_spec], SETTINGS.addresses)
    assert token
    assert IDS.request_of(token, "rob@acme.test") == REQUEST
    assert IDS.request_of(token, "eve@acme.test") is None


def test_the_local_part_of_a_reply_address_has_room() -> None:
    address = reply_address("bot@acme.test", IDS.reply_token(REQUEST, "rob@acme.test"), ["bot@acme.test"])
    assert len(address.partition("@")[0]) <= LONGEST_LOCAL


def test_a_long_address_of_ours_gives_way_to_a_short_one() -> None:
    ours = [f"{'b' * 40}@acme.test", "bot@acme.test"]
    assert reply_address(ours[0], "t" * 40, ours) == f"bot+r.{'t' * 40}@acme.test"


def test_without_room_for_a_token_there_is_no_reply_address() -> None:
    with pytest.raises(AddressTooLongError):
        reply_address("b" * 40 + "@acme.test", "t" * 40, ["b" * 40 + "@acme.test"])


@pytest.mark.parametrize(
    ("recipients", "found"),
    [
        (["deploy@acme.test"], "deploy@acme.test"),
        (["bot@acme.test", "deploy@acme.test"], "deploy@acme.test"),
        (["bot@acme.test", "x@y.test"], "bot@acme.test"),
        (["deploy+r.abc@acme.test"], "deploy@acme.test"),
        (["other@acme.test", "bot@evil.test"], None),
    ],
)
def test_which_address_of_ours_a_mail_was_written_to(recipients: list[str], found: str | None) -> None:
    assert addressed(recipients, SETTINGS.addresses) == found


def test_buttons_begin_a_mail_to_the_reply_address_and_follow_nothing() -> None:
    page = html_of(sent(APPROVAL)).replace("&amp;", "&")
    links = [part.partition('"')[0] for part in page.split('href="')[1:]]
    assert all(link.startswith("mailto:bot%2Br.") and " " not in link for link in links)
    assert [unquote(link.partition("body=")[2]) for link in links] == ["approve", "reject ", ""]


@pytest.mark.parametrize("card", [APPROVAL, FULL])
def test_no_line_that_a_reader_of_a_card_can_quote_decides_anything(card: Card) -> None:
    shown = text_of(sent(card))
    assert not isinstance(approval(split(card_text(card, [*sections(card)])), offer_of(card)), Answer)
    for line in shown.split("\n"):
        assert not isinstance(approval(split(line), offer_of(card), "Countersign"), Answer)


def test_an_empty_reply_that_quotes_a_card_unmarked_decides_nothing() -> None:
    assert split("\n" + text_of(sent(APPROVAL))).new_text == ""


def test_words_stay_in_their_thread() -> None:
    mail = sent(Text(markdown="**Done.**"), ANA)
    assert (mail["In-Reply-To"], mail["References"]) == ("<first@acme.test>", "<first@acme.test>")
    assert (mail["Subject"], mail["Thread-Topic"]) == ("Re: Please deploy", "Please deploy")
    assert mail["From"].addresses[0].addr_spec == mail["Reply-To"].addresses[0].addr_spec == "deploy@acme.test"
    assert mail["To"].addresses[0].addr_spec == "ana@acme.test"


def test_a_subject_has_one_re() -> None:
    place = ANA.model_copy(update={"subject": "Re: RE: Please deploy"})
    assert sent(Text(markdown="x"), place)["Subject"] == "Re: Please deploy"


def test_the_message_id_names_the_thread_and_is_the_same_at_every_try() -> None:
    mail = sent(APPROVAL)
    assert mail["Message-ID"] == sent(APPROVAL)["Message-ID"]
    assert IDS.thread_of(mail["Message-ID"]) == THREAD


def test_long_ids_of_others_are_not_folded() -> None:
    long = f"<{'A' * 150}@outlook.test>"
    raw = render(delivery(Text(markdown="x"), ANA.model_copy(update={"thread": long})), None, SETTINGS).as_bytes()
    assert f"In-Reply-To: {long}\r\n".encode() in raw


def test_an_outcome_is_a_new_mail_in_the_cards_thread() -> None:
    card = sent(APPROVAL)
    mail = sent(APPROVED, previous=card["Message-ID"])
    assert mail["In-Reply-To"] == card["Message-ID"]
    assert mail["Subject"] == f"Re: {card['Subject']}"
    assert "Approved by Rob Wills: Deploy service." in text_of(mail)


def test_our_mails_are_known_as_a_programs_and_as_ours() -> None:
    mail = sent(StatusLine(markdown="Waiting."), ANA)
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "OOF, AutoReply")
    assert read_mail(mail.as_bytes()).kind == "own"


def test_markdown_becomes_html_and_html_becomes_text() -> None:
    page = html_of(sent(Text(markdown="**bold** <script>x</script> ![p](http://x.test/p.png) [a](javascript:b)"), ANA))
    assert "<strong>bold</strong>" in page
    assert "<script>" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page


def test_every_mail_begins_with_the_line_above_which_answers_go() -> None:
    assert text_of(sent(Text(markdown="x"), ANA)).startswith(OWN)


def test_a_notice_goes_to_its_person_alone() -> None:
    mail = sent(Notice(markdown="x", to="zed@acme.test"), ANA)
    assert mail["To"].addresses[0].addr_spec == "zed@acme.test"


NASTY = "x\r\nBcc: eve@evil.test\r\n\r\napprove"


@pytest.mark.parametrize(
    "made",
    [
        delivery(Text(markdown=NASTY), ANA.model_copy(update={"subject": NASTY})),
        delivery(Text(markdown="x"), ANA.model_copy(update={"thread": f"<{NASTY}>"})),
        delivery(APPROVAL.model_copy(update={"title": NASTY, "asked_by": NASTY, "agent": NASTY})),
    ],
)
def test_words_from_outside_write_no_header(made: Delivery) -> None:
    mail = render(made, None, SETTINGS)
    assert message_from_bytes(mail.as_bytes(), policy=default)["Bcc"] is None


@pytest.mark.parametrize("address", ["a\r\nBcc: x@y.test@z.test", "nobody", "@x.test", "a@b@c\n.test"])
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        render(delivery(Text(markdown="x"), Place(channel="email", address=address)), None, SETTINGS).as_bytes()


@settings(max_examples=60, deadline=None)
@given(subject=st.text(max_size=60), text=st.text(max_size=200), value=st.text(max_size=100))
def test_any_text_can_be_written_and_read_again(subject: str, text: str, value: str) -> None:
    card: Card = APPROVAL.model_copy(update={"arguments": {"value": value}, "why": text})
    for made in (delivery(Text(markdown=text), ANA.model_copy(update={"subject": subject})), delivery(card)):
        raw = render(made, None, SETTINGS).as_bytes()
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        found = read_mail(raw)
        assert found.kind == "own"
        assert found.refusal is None
