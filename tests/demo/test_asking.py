"""Asking people, as they do it on the page: two who decide, an edit, a question back, giving, a while, impatience."""

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.cli.demo_stories import STORIES
from bot.playground.page.models import Story
from tests.demo.looking import ANA, FINN, ROB, ZED, act_as, ask, decide, enter, rows
from tests.demo.running import Demo, countersign

pytestmark = pytest.mark.browser


def below(card: Locator) -> Locator:
    """The thread that hangs below a card."""
    return card.locator("xpath=following-sibling::*[1][contains(@class, 'replies')]")


def pick(page: Page, card: Locator, text: str) -> None:
    """Choose from the card's menu."""
    card.locator(".actions .dots").click()
    page.get_by_role("menuitem", name=text).click()


def switch(page: Page, *, on: bool) -> None:
    """Turn the switch for impatience."""
    page.get_by_role("button", name="Impatient").click()
    expect(page.get_by_role("button", name="Impatient")).to_have_attribute("aria-pressed", str(on).lower())


def said(page: Page) -> Locator:
    """The bot's words in the newest thread in view."""
    return page.locator("#messages .replies").last


BATCH = "Two questions on one card"  # they are asked in other threads than its own
ANSWER = "A long answer, with tables"  # for which nobody waits
ALONE = [story for story in STORIES if story.title not in {BATCH, ANSWER} and not story.before]


@pytest.mark.parametrize("story", ALONE, ids=[story.title for story in ALONE])
def test_every_story_begins_with_something_that_waits_for_a_person(page: Page, story: Story) -> None:
    before = page.locator("#log").get_attribute("data-thread") or ""
    page.get_by_role("button", name="What to try").click()
    page.get_by_role("region", name=story.title).get_by_role("button", name="Begin").click()
    expect(page.locator("#log")).not_to_have_attribute("data-thread", before)
    expect(page.locator("#log .row .more").first).to_have_text(f"“{story.text.removeprefix('@bot ')}”")
    expect(page.locator("#open")).to_contain_text("Waiting for")
    impatient = page.get_by_role("button", name="Impatient")
    expect(impatient).to_have_attribute("aria-pressed", str(story.first == "impatient").lower())
    if story.first:
        switch(page, on=False)


def test_two_approve_one_by_a_click_and_one_by_mail_and_it_is_paid_once(page: Page, shared: Demo) -> None:
    ask(page, "refund order 1041", "support")
    expect(page.locator("#open")).to_contain_text("Waiting for Mia Chen and Finn Hale to approve this")
    decide(page, "Mia in Slack").get_by_role("button", name="Approve").click()
    expect(page.locator("#open")).to_contain_text("Waiting for Finn Hale to approve this")
    assert shared.refunds("1041") == []
    page.get_by_role("button", name="Decide as Finn by mail").click()
    expect(page.frame_locator("#letters iframe").last.locator("body")).to_contain_text("1041")
    page.locator("#answer .quick button", has_text="approve").click()
    expect(page.locator("#status")).to_have_text("done")
    expect(rows(page, "request_answered").first).to_contain_text("Mia Chen approved; another approval is needed")
    expect(rows(page, "request_answered").last).to_contain_text("Finn Hale approved by mail")
    assert shared.refunds("1041") == [129_00]


def test_an_edited_call_is_approved_by_somebody_else_and_runs_as_edited(page: Page, shared: Demo) -> None:
    ask(page, "deploy backend v1.4.0 to production")
    decide(page, "Rob").get_by_role("button", name="Edit").click()
    form = page.get_by_role("dialog", name="Change the call")
    form.get_by_role("textbox", name="tag").fill("v1.3.1")
    form.get_by_role("button", name="Change").click()
    expect(rows(page, "request_answered")).to_contain_text("Rob Wills changed it, so it is asked again")
    expect(page.locator("#open")).to_contain_text("Waiting for Mia Chen to approve this")
    card = decide(page, "Mia")
    expect(card).to_contain_text("Changed by Rob Wills")
    expect(card).to_contain_text("v1.4.0 → v1.3.1")
    card.get_by_role("button", name="Approve").click()
    expect(page.locator("#status")).to_have_text("done")
    expect(rows(page, "replied")).to_contain_text("Rob Wills had changed what was asked for")
    assert shared.shop.runs()[-1]["tag"] == "v1.3.1"


def test_a_question_is_answered_below_the_card_which_stays_open_and_is_approved_then(page: Page, shared: Demo) -> None:
    before = len(shared.shop.runs())
    ask(page, "deploy frontend v1.3.1 to production")
    card = decide(page, "Mia")
    card.get_by_role("button", name="Ask").click()
    form = page.get_by_role("dialog", name="Ask the agent")
    form.get_by_role("textbox").fill("What changed since v1.3.0?")
    form.get_by_role("button", name="Ask").click()
    expect(rows(page, "request_answered")).to_contain_text("Mia Chen asked the agent something first")
    expect(below(card)).to_contain_text("Between v1.3.0 and v1.4.0")
    assert len(shared.shop.runs()) == before
    card.get_by_role("button", name="Approve").click()
    expect(page.locator("#status")).to_have_text("done")
    assert len(shared.shop.runs()) == before + 1
    act_as(page, ANA)
    enter(page, "deploys")
    expect(said(page)).to_contain_text("frontend v1.3.1")
    expect(said(page)).not_to_contain_text("Between v1.3.0")


def test_what_was_given_to_somebody_is_asked_there_and_decided_there(page: Page, shared: Demo) -> None:
    before = len(shared.shop.runs())
    ask(page, "deploy backend v1.2.1 to production")
    pick(page, decide(page, "Rob"), "Give to")
    form = page.get_by_role("dialog", name="Give to somebody else")
    form.get_by_role("combobox").select_option(label="Finn Hale")
    form.get_by_role("button", name="Give").click()
    expect(rows(page, "request_answered")).to_contain_text("Rob Wills gave it to Finn Hale")
    expect(page.locator("#open")).to_contain_text("Waiting for Mia Chen or Finn Hale to approve this")
    decide(page, "Finn").get_by_role("button", name="Approve").click()
    expect(page.locator("#status")).to_have_text("done")
    expect(rows(page, "request_answered").last).to_contain_text("Finn Hale approved")
    assert len(shared.shop.runs()) == before + 1


def test_a_rejected_call_is_proposed_again_and_refused_by_code_until_a_person_insists(page: Page) -> None:
    ask(page, "deploy frontend v1.3.0 to production")
    decide(page, "Rob").get_by_role("button", name="Reject").click()
    form = page.get_by_role("dialog", name="Reject")
    form.get_by_role("radio", name="Not now, there is a freeze").check()
    form.get_by_role("button", name="Reject").click()
    expect(rows(page, "step_chosen").filter(has_text="code refused that")).to_have_count(1)
    expect(page.locator("#status")).to_have_text("done")
    expect(rows(page, "request_opened")).to_have_count(1)
    act_as(page, ANA)
    enter(page, "deploys")
    expect(said(page)).to_contain_text("Rob Wills said no: Not now, there is a freeze")
    said(page).get_by_role("button", name="Reply in thread").click()
    said(page).get_by_role("textbox").fill("do it anyway")
    page.keyboard.press("Enter")
    expect(rows(page, "request_opened")).to_have_count(2)
    expect(page.locator("#open")).to_contain_text("Waiting for Rob Wills or Mia Chen to approve this")


def test_a_while_of_permission_is_used_and_ends_when_it_is_taken_back(page: Page, shared: Demo) -> None:
    before = len(shared.shop.runs())
    ask(page, "deploy frontend v1.2.1 to production")
    pick(page, decide(page, "Mia"), "Approve for a while")
    form = page.get_by_role("dialog", name="Approve for a while")
    form.get_by_role("combobox").select_option("3600")
    form.get_by_role("button", name="Approve").click()
    expect(rows(page, "granted")).to_contain_text("Mia Chen lets exactly this run without asking")
    expect(page.locator("#status")).to_have_text("done")
    ask(page, "deploy frontend v1.2.1 to production")
    expect(page.locator("#status")).to_have_text("done")
    expect(rows(page, "step_started")).to_contain_text("without asking")
    expect(rows(page, "request_opened")).to_have_count(0)
    assert len(shared.shop.runs()) == before + 2
    revoke(shared, "frontend")
    ask(page, "deploy frontend v1.2.1 to production")
    expect(page.locator("#open")).to_contain_text("Waiting for Rob Wills or Mia Chen to approve this")
    assert len(shared.shop.runs()) == before + 2


def test_when_nobody_answers_they_are_reminded_then_others_asked_then_it_expires(page: Page, shared: Demo) -> None:
    before = len(shared.shop.runs())
    switch(page, on=True)
    try:
        ask(page, "deploy backend v1.3.0 to production")
        expect(page.locator("#open")).to_contain_text("Waiting for Rob Wills or Mia Chen to approve this")
        card = decide(page, "Rob")
        expect(below(card)).to_contain_text("Still waiting for your decision")
        expect(rows(page, "request_reminded")).to_have_count(1)
        expect(rows(page, "request_escalated")).to_contain_text("had no answer, and asked Finn Hale as well")
        expect(card).to_have_count(0, timeout=60_000)  # its buttons are gone
        expect(rows(page, "request_expired")).to_have_count(1)
        expect(page.locator("#messages")).to_contain_text("Expired. Nothing was run")
        act_as(page, FINN)
        page.locator("#channels").get_by_role("button", name="Countersign").click()
        expect(page.locator("#messages .carded").last).to_contain_text("Expired. Nothing was run")
        assert len(shared.shop.runs()) == before
    finally:
        switch(page, on=False)


def test_a_strangers_click_in_finance_is_told_to_the_stranger_alone(page: Page, shared: Demo) -> None:
    ask(page, "refund order 1046", "support")
    card = decide(page, "Mia in Slack")
    act_as(page, ZED)
    enter(page, "finance")
    card.get_by_role("button", name="Approve").click()
    refusal = page.locator(".message.alone", has_text="This is for the role finance to answer")
    expect(refusal).to_contain_text("Only visible to you")
    expect(rows(page, "refused")).to_contain_text("Zed Ray was refused: may not decide this")
    act_as(page, ROB)
    expect(card).to_be_visible()
    expect(refusal).to_have_count(0)
    assert shared.refunds("1046") == []


def test_on_the_command_line_whoever_runs_the_demo_is_rob(shared: Demo) -> None:
    assert "person  rob" in countersign(shared, "whoami")


def revoke(shared: Demo, service: str) -> None:
    """Take the only permission for a service back by `bot grants`, in an environment as a user has it."""
    listed = countersign(shared, "grants")
    (line,) = [line for line in listed.splitlines() if "deploy_service" in line]
    assert f'service = "{service}"' in listed
    assert "taken back" in countersign(shared, "grants", "revoke", line.split()[0])
    assert countersign(shared, "grants").strip() == "Nothing may run without asking by somebody's leave."
