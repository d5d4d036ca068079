"""The support story on the page: refunds decided by mail, by click and by both at once; forgers and the curious."""

import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.demo.looking import FINN, KIM, LEE, act_as, card, enter, mail, newest_mail, rows
from tests.demo.running import Demo

pytestmark = pytest.mark.browser

AT = "at => setTimeout(() => document.querySelector('{}').click(), at - Date.now())"


def outcome_in_both_places(page: Page) -> None:
    """Expect that Finn, whose pages this is, sees in Slack and in his mailbox that he has approved."""
    enter(page, "finance")
    expect(page.locator(".carded").last).to_contain_text("Approved by Finn Hale")
    page.locator("#tab-mail").click()
    expect(page.locator("#letters .letter").last).to_contain_text("Approved by Finn Hale")


def test_the_refund_that_waits_from_the_start_takes_a_click_and_a_reply(page: Page, shared: Demo) -> None:
    act_as(page, KIM)
    page.locator("#mails button", has_text="Rain jacket").click()
    expect(page.locator("#open")).to_contain_text("Waiting for Mia Chen and Finn Hale to approve this")
    page.get_by_role("button", name="Decide as Mia in Slack").click()
    card(page).get_by_role("button", name="Approve").click()
    expect(page.locator("#open")).to_contain_text("Waiting for Finn Hale to approve this")
    assert shared.refunds("1047") == []
    page.get_by_role("button", name="Decide as Finn by mail").click()
    frame = page.frame_locator("#letters iframe").last
    frame.get_by_role("link", name="Approve").first.click()
    answer = page.locator("#answer").get_by_label("Answer to Countersign")
    expect(answer).to_have_value("approve")
    answer.press("Control+Enter")
    expect(page.locator("#status")).to_have_text("done")
    expect(rows(page, "request_answered").first).to_contain_text("Mia Chen approved; another approval is needed")
    expect(rows(page, "request_answered").last).to_contain_text("Finn Hale approved by mail")
    expect(page.locator("#runs")).to_contain_text("113.00 EUR back for order 1047")
    outcome_in_both_places(page)
    act_as(page, KIM)
    expect(newest_mail(page)).to_contain_text("113.00 EUR of order 1047 are on their way back to you")
    assert shared.refunds("1047") == [113_00]


def test_a_refund_is_approved_by_a_click_in_slack(page: Page, shared: Demo) -> None:
    act_as(page, KIM)
    page.get_by_role("button", name="I want my money back for order 1042").click()
    page.get_by_role("button", name="Decide as Finn in Slack").click()
    card(page).get_by_role("button", name="Approve").click()
    expect(page.locator("#status")).to_have_text("done")
    outcome_in_both_places(page)
    assert shared.refunds("1042") == [19_00]


def test_click_and_reply_at_the_same_moment_pay_once(page: Page, shared: Demo, browser: Browser) -> None:
    mail(page, KIM, "Socks", "I want my money back for order 1045")
    page.get_by_role("button", name="Decide as Finn in Slack").click()
    expect(card(page)).to_contain_text("1045")
    other = browser.new_context().new_page()
    other.goto(shared.url)
    act_as(other, FINN)
    other.locator("#tab-mail").click()
    expect(other.frame_locator("#letters iframe").last.locator("body")).to_contain_text("1045")
    moment = (time.time() + 1) * 1000
    page.evaluate("() => document.querySelectorAll('.carded .primary').forEach((one) => { one.id = 'yes'; })")
    page.evaluate(AT.format("#yes"), moment)
    other.evaluate(AT.format("#answer .quick button"), moment)
    expect(page.locator("#status")).to_have_text("done")
    expect(rows(page, "refused")).to_contain_text("Finn Hale was refused: it was decided already")
    outcome_in_both_places(page)
    other.context.close()
    assert shared.refunds("1045") == [15_00]


def test_a_forged_approval_is_refused_and_listed(page: Page, shared: Demo) -> None:
    mail(page, LEE, "Shirt and belt", "I want my money back for order 1043")
    expect(page.locator("#open")).to_contain_text("Waiting for Mia Chen or Finn Hale to approve this")
    expect(rows(page, "delivered").filter(has_text="mail")).to_have_count(3)  # to Lee, Mia and Finn
    act_as(page, FINN)
    expect(page.frame_locator("#letters iframe").last.locator("body")).to_contain_text("1043")
    page.get_by_role("button", name="Forge Finn's approval").click()
    expect(page.locator("#refused")).to_contain_text("Finn Hale: not proven to be the sender")
    expect(page.locator("#mails button").first).to_contain_text("Nothing was decided")
    expect(page.locator("#status")).to_have_text("waiting")
    assert shared.refunds("1043") == []


def test_a_mail_forged_as_kim_sees_nothing_of_kims(page: Page, shared: Demo) -> None:
    before = shared.refunds("1042")
    page.get_by_role("button", name="Forge a mail from Kim").click()
    expect(rows(page, "message_received")).to_contain_text("nothing proves that it was them")
    expect(rows(page, "step_failed")).to_contain_text("No order")
    expect(page.locator("#status")).to_have_text("done")
    expect(rows(page, "request_opened")).to_have_count(0)
    assert shared.refunds("1042") == before


def test_lee_gets_nothing_of_kims_order(page: Page) -> None:
    mail(page, LEE, "Order 1042", "I want my money back for order 1042")
    expect(page.locator("#status")).to_have_text("done")
    expect(rows(page, "request_opened")).to_have_count(0)
    expect(newest_mail(page)).to_contain_text("I found no such order of yours")
    expect(page.locator("#letters")).not_to_contain_text("Shirt")


def test_a_parcel_that_is_not_there_is_reported_once_the_order_is_named(page: Page) -> None:
    act_as(page, KIM)
    page.get_by_role("button", name="It says delivered but I don't have it").click()
    expect(newest_mail(page)).to_contain_text("Which order is it?")
    page.locator("#answer textarea").fill("1042")
    page.locator("#answer").get_by_role("button", name="Reply").click()
    expect(page.locator("#open")).to_contain_text("Waiting for Mia Chen to approve this")
    expect(rows(page, "request_opened").last).to_contain_text("report missing 1042")


def test_customers_have_mail_alone_and_its_html_is_in_a_sandbox(page: Page) -> None:
    act_as(page, KIM)
    expect(page.locator("#tab-slack")).to_be_hidden()
    expect(page.get_by_role("tabpanel", name="Mail")).to_be_visible()
    expect(page.locator("#letters iframe").first).to_have_attribute("sandbox", "allow-same-origin")


def test_whoever_is_copied_reads_the_answer_and_not_the_request(page: Page) -> None:
    act_as(page, KIM)
    page.locator("#tab-mail").click()
    page.locator("#new-mail").click()
    page.locator("#mail-to").fill("support@acme.test")
    page.locator("#mail-cc").fill("lee@example.test")
    page.locator("#mail-subject").fill("Where is it?")
    page.locator("#mail-text").fill("Where is my order 1042?")
    page.locator("#compose").get_by_role("button", name="Send").click()
    expect(page.locator("#status")).to_have_text("done")
    act_as(page, LEE)
    page.locator("#mails button", has_text="Where is it?").click()
    expect(page.locator("#letters .to").last).to_contain_text("copied to lee@example.test")
