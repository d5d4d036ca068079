"""Cards: every way of answering that a request has, and buttons that begin such a mail."""

from urllib.parse import unquote

from bot.places import EditField
from channels.email.decision import Answer, approval
from channels.email.newtext import split
from channels.email.offers import briefly, offer_of
from tests.channels.email.arriving import html_of, sent, text_of
from tests.channels.email.cards import APPROVAL, FULL


def test_a_card_lists_every_way_of_answering_that_it_has() -> None:
    shown = text_of(sent(FULL))
    for told in (
        '"approve for 2h"',
        "(1) Too early",
        '"internal:" stays here',
        "service: backend\ntag: v1.4.0\nnote: |\n| First line\n|\n| reject\n",
        "(service) one of backend, shop",
        "(story) too long to be repeated here",
        '"give to:"',
        "Changed by Mia Chen.",
    ):
        assert told in shown


def test_a_card_names_no_way_of_answering_that_it_has_not() -> None:
    shown = text_of(sent(APPROVAL))
    for told in ("approve for", "(1)", "internal:", "To change", "Changed by"):
        assert told not in shown


def test_the_mail_that_the_change_button_begins_is_an_edit_once_a_value_is_changed() -> None:
    page = html_of(sent(FULL)).replace("&amp;", "&")
    links = [part.partition('"')[0] for part in page.split('href="')[1:]]
    bodies = [unquote(link.partition("body=")[2]) for link in links]
    assert [body.partition("\r")[0] for body in bodies] == ["approve", "reject ", "edit", ""]
    assert not isinstance(approval(split(bodies[2]), offer_of(FULL)), Answer)
    changed = approval(split(bodies[2].replace("v1.4.0", "v1.5.0")), offer_of(FULL))
    assert changed == Answer("edit", edits={"tag": "v1.5.0"})


def test_a_link_carries_only_so_many_values() -> None:
    fields = tuple(EditField(name=f"text_{n}", kind="text", value="x" * 400) for n in range(20))
    page = html_of(sent(FULL.model_copy(update={"fields": fields})))
    assert all(len(part.partition('"')[0]) < 2_000 for part in page.split('href="')[1:])


def test_an_urgent_card_is_marked_as_such() -> None:
    mail = sent(FULL)
    assert (mail["Importance"], mail["X-Priority"]) == ("high", "1")
    assert mail["Subject"].startswith("Urgent: Approval needed: Deploy service")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert sent(APPROVAL)["Importance"] is None


def test_a_card_that_mail_cannot_decide_says_so_and_has_no_button_that_would() -> None:
    mail = sent(FULL.model_copy(update={"mail_decides": False}))
    assert "This is not decided by mail. Decide in Slack, or on the command line" in text_of(mail)
    assert "To approve" not in text_of(mail)
    page = html_of(mail)
    assert page.count("mailto:") == 1
    assert "Ask first" in page


def test_who_tries_to_decide_it_by_mail_hears_where_to_do_it() -> None:
    offer = offer_of(FULL.model_copy(update={"mail_decides": False}))
    assert "not decided by mail" in briefly(offer)
