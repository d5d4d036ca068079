"""What Slack shows of an agent, on the demo's page: how far it is, what it is at, Stop, ratings and prompts."""

from playwright.sync_api import Page, expect

from tests.demo.looking import ANA, act_as, ask, enter, rows


def test_an_answer_is_rated_and_what_was_wrong_is_in_the_log(page: Page) -> None:
    ask(page, "what is deployed on staging?")
    expect(page.locator("#log .row").filter(has_text="replied, and is done")).to_be_visible()
    page.get_by_role("button", name="Bad answer").last.click()
    page.get_by_label("In your own words").fill("the list is too long")
    page.get_by_role("button", name="Send", exact=True).last.click()
    expect(rows(page, "feedback").last).to_contain_text("“the list is too long”")


def test_a_thread_shows_that_it_waits_and_for_what(page: Page) -> None:
    ask(page, "deploy backend v1.4.0 to production")
    expect(page.locator("#messages .session.suspended").last).to_contain_text("waits for somebody")
    expect(page.locator("#messages .plan").last).to_contain_text("Waiting for an approval")
    expect(page.locator("#messages .plan").last).to_contain_text("Deploy service: waits")


def test_stop_pauses_what_is_at_work_and_says_how_it_goes_on(page: Page) -> None:
    page.get_by_role("button", name="Slow deploys").click()
    ask(page, "deploy frontend v1.4.0 to staging")
    page.locator("#messages .session.processing").get_by_role("button", name="Stop").last.click()
    expect(page.locator("#messages .message").filter(has_text="Paused by Ana Lima").last).to_be_visible()
    page.get_by_role("button", name="Slow deploys").click()


def test_the_direct_message_offers_what_to_ask(page: Page) -> None:
    act_as(page, ANA)
    enter(page, "Countersign")
    page.locator("#messages .prompts").get_by_role("button", name="What is deployed where?").click()
    expect(page.locator("#messages .message").filter(has_text="What is deployed where?").first).to_be_visible()
