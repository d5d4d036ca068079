"""The demo's page in a real browser: the story, a no with a reason, and a stranger."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.playground import page as page_package
from tests.demo.looking import ANA, FINN, ROB, ZED, act_as, card, enter, rows
from tests.demo.running import Demo, running

pytestmark = pytest.mark.browser

SCREENSHOT = Path(page_package.__file__).with_name("screenshot.png")


def ask(page: Page, text: str) -> None:
    """Write as Ana in #deploys, and wait until the log is this thread's and somebody is asked."""
    act_as(page, ANA)
    enter(page, "deploys")
    page.locator("#text").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator("#log .row .more").first).to_contain_text(text.removeprefix("@bot "))
    expect(page.locator("#open")).to_contain_text("Waiting for Rob Wills or Mia Chen")


def test_from_the_mention_by_the_click_to_done(page: Page, shared: Demo) -> None:
    before = len(shared.shop.runs())
    act_as(page, ANA)
    enter(page, "deploys")
    page.get_by_role("button", name="deploy backend v1.4.0 to production").click()
    expect(page.locator("#log .row .more").first).to_have_text("“deploy backend v1.4.0 to production”")
    page.get_by_role("button", name="Decide as Rob").click()
    expect(card(page)).to_contain_text("backend")
    expect(card(page)).to_contain_text("Asked by Ana Lima")
    expect(card(page)).to_contain_text("v1.4.0")
    card(page).get_by_role("button", name="Approve").dblclick()
    expect(page.locator("#status")).to_have_text("done")
    expect(rows(page, "step_finished")).to_contain_text("deploy service backend production v1.4.0")
    expect(page.locator("#count")).to_have_text(str(before + 1))
    expect(page.locator(".carded").last).to_contain_text("Approved by Rob Wills")
    assert len(shared.shop.runs()) == before + 1


def test_a_no_with_a_reason_leads_to_another_proposal(page: Page) -> None:
    ask(page, "@bot deploy frontend v1.3.1 to production")
    page.get_by_role("button", name="Decide as Mia").click()
    card(page).get_by_role("button", name="Reject").click()
    form = page.get_by_role("dialog", name="Reject")
    form.get_by_role("textbox").fill("Not that one: v1.2.1 please.")
    form.get_by_role("button", name="Reject").click()
    expect(rows(page, "request_answered")).to_contain_text("Not that one: v1.2.1 please.")
    expect(rows(page, "request_opened")).to_have_count(2)
    expect(card(page)).to_contain_text("v1.2.1")


def test_a_strangers_click_is_refused_to_the_stranger_alone(page: Page, shared: Demo) -> None:
    before = len(shared.shop.runs())
    ask(page, "@bot roll back backend in production")
    act_as(page, ZED)
    enter(page, "releases")
    card(page).get_by_role("button", name="Approve").click()
    refusal = page.locator(".message.alone", has_text="This is for the role release to answer")
    expect(refusal).to_contain_text("Only visible to you")
    expect(rows(page, "refused")).to_contain_text("Zed Ray was refused: may not decide this")
    act_as(page, ROB)
    expect(page.locator(ROB)).to_be_checked()
    expect(card(page)).to_be_visible()
    expect(refusal).to_have_count(0)
    assert len(shared.shop.runs()) == before


def test_what_somebody_writes_is_never_markup(page: Page) -> None:
    ask(page, "@bot deploy backend v1.4.0 to production <img src=x onerror=alert(1)>")
    expect(page.locator("#messages")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator("#messages img, #log img")).to_have_count(0)


def test_everything_can_be_reached_by_keyboard(page: Page) -> None:
    page.locator(ANA).focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(ROB)).to_be_checked()
    page.locator("#channels button", has_text="releases").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#room-title")).to_contain_text("releases")
    card(page).get_by_role("button", name="Reject").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Reject").get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Reject")).to_have_count(0)
    page.locator("#tab-slack").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tabpanel", name="Mail")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_sticks_out_of_the_page(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for tab in ("#tab-slack", "#tab-mail"):
        act_as(page, FINN)
        page.locator(tab).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_wide_window_shows_slack_and_mail_side_by_side(page: Page) -> None:
    page.set_viewport_size({"width": 1700, "height": 880})
    act_as(page, FINN)
    expect(page.get_by_role("tabpanel", name="Slack")).to_be_visible()
    expect(page.get_by_role("tabpanel", name="Mail")).to_be_visible()


@pytest.mark.skipif("SCREENSHOT" not in os.environ, reason="SCREENSHOT=1 takes the README's picture anew")
def test_take_the_picture_for_the_readme(browser: Browser, tmp_path: Path) -> None:
    with running(tmp_path) as fresh:
        context = browser.new_context(viewport={"width": 1700, "height": 880}, reduced_motion="reduce")
        shown = context.new_page()
        shown.goto(fresh.url)
        act_as(shown, FINN)
        shown.locator("#channels").get_by_role("button", name="finance").click()
        expect(card(shown)).to_be_visible()
        expect(shown.frame_locator("#letters iframe").get_by_role("link", name="Approve")).to_be_visible()
        expect(shown.locator("#open")).to_contain_text("Waiting for Mia Chen and Finn Hale")
        shown.screenshot(path=SCREENSHOT)
        context.close()
