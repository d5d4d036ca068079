"""The same by mail and command line: an edit, a question back, a permission that runs out, an altered log."""

import json
from typing import Any, cast

import pytest
from playwright.sync_api import Page, expect
from redis import Redis

from tests.demo.looking import ANA, ROB, act_as, ask, decide, enter, newest_mail
from tests.demo.running import Demo, countersign, until

pytestmark = pytest.mark.browser
REFUND = "refund order {order}"


def by_mail(page: Page, who: str, text: str, below: str) -> None:
    """Reply to the card's mail of the thread in view, whose last mail says this."""
    page.get_by_role("button", name=f"Decide as {who} by mail").click()
    expect(page.frame_locator("#letters iframe").last.locator("body")).to_contain_text(below)
    page.locator("#answer textarea").fill(text)
    page.locator("#answer .send").click()


def test_a_refund_is_changed_by_mail_approved_by_somebody_else_and_paid_as_changed(page: Page, shared: Demo) -> None:
    ask(page, REFUND.format(order="1043"), "support")
    expect(page.locator("#open")).to_contain_text("Waiting for Mia Chen or Finn Hale to approve this")
    by_mail(page, "Finn", "amount: 40.00", below="1043")
    expect(page.locator("#open")).to_contain_text("Waiting for Mia Chen to approve this")
    card = decide(page, "Mia in Slack")
    expect(card).to_contain_text('"74.00" → "40.00"')
    expect(card).to_contain_text("Changed by Finn Hale")
    card.get_by_role("button", name="Approve").click()
    expect(page.locator("#status")).to_have_text("done")
    assert shared.refunds("1043") == [40_00]


def test_a_question_by_mail_is_answered_by_mail_and_then_it_is_approved(page: Page, shared: Demo) -> None:
    ask(page, REFUND.format(order="1050"), "support")
    expect(page.locator("#open")).to_contain_text("Waiting for Mia Chen or Finn Hale to approve this")
    by_mail(page, "Finn", "What was paid for that order?", below="1050")
    expect(newest_mail(page)).to_contain_text("This is the order")
    assert shared.refunds("1050") == []
    by_mail(page, "Finn", "approve", below="This is the order")
    expect(page.locator("#status")).to_have_text("done")
    assert shared.refunds("1050") == [74_00]


def test_what_two_delegates_ask_is_one_message_and_each_is_decided_by_itself(page: Page, shared: Demo) -> None:
    before = len(shared.shop.runs())
    act_as(page, ANA)
    enter(page, "general")
    page.locator("#text").fill("@bot please deploy backend and frontend v1.3.1 to production")
    page.keyboard.press("Enter")
    act_as(page, ROB)
    enter(page, "releases")
    batch = page.locator("#messages .message", has_text="2 of 2 requests to be decided")
    expect(batch).to_be_visible()
    batch.get_by_role("button", name="Approve").first.click()
    half = page.locator("#messages .message", has_text="1 of 2 requests to be decided")
    expect(half).to_contain_text("Approved by Rob Wills")
    half.get_by_role("button", name="Reject").click()
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()
    expect(page.locator("#messages .message", has_text="Rejected by Rob Wills")).to_contain_text("Approved by Rob")
    enter(page, "general")
    expect(page.locator("#messages .replies").last).to_contain_text("Both parts have come to an end")
    assert len(shared.shop.runs()) == before + 1


def test_a_permission_ends_by_itself(page: Page, shared: Demo) -> None:
    ask(page, "deploy frontend v1.2.1 to production")
    expect(page.locator("#open")).to_contain_text("Waiting for Rob Wills or Mia Chen to approve this")
    waiting = [json.loads(line) for line in countersign(shared, "requests", "--json").splitlines()]
    (asked,) = [one["display"] for one in waiting if 'tag="v1.2.1"' in one["about"]]
    assert "approved" in countersign(shared, "approve", asked, "--for", "4s", "-y").lower()
    expect(page.locator("#status")).to_have_text("done")
    until(
        lambda: countersign(shared, "grants").strip() == "Nothing may run without asking by somebody's leave.",
        "its end",
    )
    ask(page, "deploy frontend v1.2.1 to production")
    expect(page.locator("#open")).to_contain_text("Waiting for Rob Wills or Mia Chen to approve this")


def test_an_altered_log_is_found(page: Page, shared: Demo) -> None:
    ask(page, "what is deployed?")
    expect(page.locator("#status")).to_have_text("done")
    thread = page.locator("#log").get_attribute("data-thread") or ""
    assert "as this program wrote them" in countersign(shared, "audit", "verify")
    store = cast("Any", Redis)(unix_socket_path=str(shared.folder / "demo" / "data" / "valkey" / "valkey.sock"))
    (key,) = store.keys(f"*:t:{thread}:log")
    entry: bytes = store.lindex(key, 0)
    store.lset(key, 0, entry.replace(b"what is deployed", b"what was deployed"))
    assert thread in countersign(shared, "audit", "verify", code=1)
    store.lset(key, 0, entry)
    assert "as this program wrote them" in countersign(shared, "audit", "verify")
