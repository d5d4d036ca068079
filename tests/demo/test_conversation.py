"""The demo's page: the bot is called into a conversation with a file in hand, and what was written is changed."""

import pytest
from playwright.sync_api import Page, expect

from tests.demo.looking import ANA, act_as, ask, enter, rows

pytestmark = pytest.mark.browser


def test_called_into_a_conversation_it_has_read_what_was_said_and_the_file(page: Page) -> None:
    before = page.locator("#log").get_attribute("data-thread") or ""
    page.get_by_role("button", name="What to try").click()
    page.get_by_role("region", name="Called into a conversation").get_by_role("button", name="Begin").click()
    expect(page.locator("#log")).not_to_have_attribute("data-thread", before)
    first = page.locator("#log .row .more").first
    expect(first).to_contain_text("Mia Chen: Same here. It began after v1.3.1 went to staging.")
    expect(first).to_contain_text("Read: backend.log, 56 characters")
    thread = page.locator("#messages .replies").last
    expect(thread).to_contain_text("Rob Wills: The backend is slow since this morning.")
    expect(thread).to_contain_text("WARN 2300 ms for GET /orders")


def test_an_edit_and_a_deletion_of_what_was_read_are_told_of_privately(page: Page) -> None:
    ask(page, "what is deployed?")
    expect(page.locator("#status")).to_have_text("done")
    mine = page.locator("#messages > .message", has_text="what is deployed?").last
    mine.hover()
    mine.get_by_role("button", name="Edit").click()
    page.get_by_label("Edit message").fill("@bot roll back backend in production")
    page.get_by_role("button", name="Save").click()
    alone = page.locator("#messages .message.alone").last
    expect(alone).to_contain_text("I read your message as it was before, and that still counts.")
    expect(rows(page, "message_received")).to_have_count(1)


def test_a_file_is_attached_with_the_words_in_the_field(page: Page) -> None:
    act_as(page, ANA)
    enter(page, "deploys")
    page.locator("#text").fill("@bot what does this file say?")
    content = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"remember the milk"}
    page.locator("#composer input[type=file]").set_input_files([content])  # pyright: ignore[reportArgumentType] - a dict of its FilePayload
    expect(page.locator("#log .row .more").first).to_contain_text("Read: notes.txt, 17 characters")
    expect(page.locator("#messages .replies").last).to_contain_text("remember the milk")
    expect(page.locator("#text")).to_have_value("")
