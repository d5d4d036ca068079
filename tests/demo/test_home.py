"""On the page: deciding in the App Home tab, asking about a message from its menu, and slash commands."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.demo.looking import ANA, ROB, ZED, act_as, ask, enter, rows
from tests.demo.running import Demo

pytestmark = pytest.mark.browser


def go_home(page: Page, person: str) -> Locator:
    """Open somebody's App Home tab."""
    act_as(page, person)
    page.locator("#tab-slack").click()
    page.locator("#channels").get_by_role("button", name="App Home").click()
    home = page.locator("#messages .home")
    expect(home).to_contain_text("Waiting for you")
    return home


def command(page: Page, typed: str) -> Locator:
    """Type a command where one is, and return the answer."""
    before = page.locator("#messages .message.alone").count()
    page.locator("#text").fill(typed)
    page.keyboard.press("Enter")
    expect(page.locator("#messages .message.alone")).to_have_count(before + 1)
    return page.locator("#messages .message.alone").last


def test_what_waits_is_decided_in_the_home_tab_and_the_card_shows_the_outcome(page: Page, shared: Demo) -> None:
    before = len(shared.shop.runs())
    ask(page, "deploy backend v1.2.0 to production")
    expect(page.locator("#open")).to_contain_text("Waiting for Rob Wills or Mia Chen")
    home = go_home(page, ROB)
    home.get_by_role("button", name="Refresh").click()
    title = home.locator(".block.header", has_text="backend, production, v1.2.0")
    expect(title).to_be_visible()
    title.locator("xpath=following-sibling::*[contains(@class, 'actions')][1]").get_by_role(
        "button", name="Approve"
    ).click()
    expect(home).to_contain_text("You approved this.")
    expect(title).to_have_count(0)
    expect(page.locator("#status")).to_have_text("done")
    assert len(shared.shop.runs()) == before + 1
    enter(page, "releases")
    expect(page.locator(".carded", has_text="v1.2.0").last).to_contain_text("Approved by Rob Wills")


def test_a_form_of_the_home_tab_is_answered_there(page: Page) -> None:
    ask(page, "deploy frontend v1.2.1 to production")
    expect(page.locator("#open")).to_contain_text("Waiting for Rob Wills or Mia Chen")
    home = go_home(page, ROB)
    title = home.locator(".block.header", has_text="frontend, production, v1.2.1")
    expect(title).to_be_visible()
    title.locator("xpath=following-sibling::*[contains(@class, 'actions')][1]").get_by_role(
        "button", name="Reject"
    ).click()
    form = page.get_by_role("dialog", name="Reject")
    form.get_by_role("textbox").fill("Not on a Sunday.")
    form.get_by_role("button", name="Reject").click()
    expect(home).to_contain_text("You rejected this.")
    expect(rows(page, "request_answered").first).to_contain_text("Not on a Sunday.")


def test_everybody_has_a_home_tab_of_their_own_with_their_threads(page: Page) -> None:
    ask(page, "what is deployed?")
    expect(page.locator("#status")).to_have_text("done")
    home = go_home(page, ANA)
    thread = home.get_by_role("link", name="what is deployed?").first
    expect(thread).to_be_visible()
    expect(home.get_by_role("button", name="Approve")).to_have_count(0)
    act_as(page, ZED)
    expect(home).to_contain_text("You have no threads yet.")
    act_as(page, ANA)
    thread.click()
    expect(page.locator("#room-title")).to_contain_text("# deploys")
    expect(page.locator("#messages .message.flash")).to_contain_text("what is deployed?")


def test_a_message_is_asked_about_from_its_menu_and_answered_in_its_thread(page: Page) -> None:
    act_as(page, ROB)
    enter(page, "deploys")
    page.locator("#text").fill("Something with the frontend is odd since noon.")
    page.keyboard.press("Enter")
    odd = page.locator("#messages .message", has_text="is odd since noon").last
    expect(odd).to_be_visible()
    act_as(page, ANA)
    odd.hover()
    odd.locator(".message-menu .opener").click()
    page.get_by_role("menuitem", name="Ask the bot about this").click()
    form = page.get_by_role("dialog", name="Ask the bot about this")
    expect(form).to_contain_text("Rob Wills wrote:")
    expect(form.get_by_role("textbox")).to_be_focused()
    form.get_by_role("textbox").fill("what is deployed?")
    form.get_by_role("combobox").select_option("deploy")
    form.get_by_role("button", name="Ask").click()
    expect(form).to_have_count(0)
    below = odd.locator("xpath=following-sibling::*[1][contains(@class, 'replies')]")
    expect(below).to_contain_text("Ana Lima asks about this message by Rob Wills:")
    expect(below).to_contain_text("v1.3.1")
    expect(page.locator("#log .row .who, #log .row").first).to_contain_text("Ana Lima")


def test_a_command_is_answered_to_whoever_typed_it_alone(page: Page) -> None:
    act_as(page, ANA)
    enter(page, "deploys")
    expect(command(page, "/bot help")).to_contain_text("/bot threads")
    expect(command(page, "/bot thread")).to_contain_text("Did you mean /bot threads?")
    expect(command(page, "/bot status")).to_contain_text("That is for operators.")
    expect(command(page, "/bot threads")).to_contain_text("Your threads")
    act_as(page, ROB)
    expect(page.locator("#messages .message.alone", has_text="Did you mean")).to_have_count(0)


def test_a_thread_is_paused_and_resumed_by_a_command(page: Page) -> None:
    ask(page, "deploy backend v1.3.0 to production")
    expect(page.locator("#open")).to_contain_text("Waiting for Rob Wills or Mia Chen")
    thread = page.locator("#log").get_attribute("data-thread") or ""
    expect(command(page, f"/bot pause {thread}")).to_contain_text("paused; approvals are still taken")
    expect(page.locator("#status")).to_have_text("paused")
    expect(command(page, f"/bot resume {thread}")).to_contain_text("resumed")
    expect(page.locator("#status")).to_have_text("waiting")
    act_as(page, ZED)
    expect(page.locator("#messages .message.alone")).to_have_count(0)
    expect(command(page, f"/bot cancel {thread}")).to_contain_text("There is no thread")
    expect(page.locator("#status")).to_have_text("waiting")


def test_in_a_thread_slack_takes_no_commands(page: Page) -> None:
    ask(page, "what is deployed?")
    page.locator("#messages .replies").last.get_by_role("button", name="Reply in thread").click()
    page.locator(".reply-form textarea").fill("/bot help")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("/bot is not supported in threads. Sorry!")
