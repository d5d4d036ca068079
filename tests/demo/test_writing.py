"""A long answer on the demo's page: headings, lists, code and tables are drawn as such, a table a message."""

import pytest
from playwright.sync_api import Page, expect

from tests.demo.looking import ask

pytestmark = pytest.mark.browser


def test_a_long_answer_with_tables_comes_in_messages_of_a_table_each(page: Page) -> None:
    ask(page, "write the release report")
    expect(page.locator("#status")).to_have_text("done")
    said = page.locator("#messages .replies").last
    expect(said.locator("table")).to_have_count(3)
    expect(said.locator(".message:has(table)")).to_have_count(3)
    expect(said.get_by_role("columnheader", name="tag")).to_be_visible()
    expect(said.locator("tbody tr", has_text="Pay by invoice")).to_have_count(1)
    expect(said.get_by_role("heading", name="Release report")).to_be_visible()
    expect(said.locator("pre")).to_contain_text("git fetch --tags\ngit log --oneline v1.2.0..v1.4.0")
    expect(said.locator("ol")).to_have_count(2)
    expect(said.locator("ol").last).to_have_attribute("start", "2")
    expect(said.locator("blockquote").last).to_contain_text("has approved it")


def test_a_wide_table_scrolls_in_its_place(page: Page) -> None:
    page.set_viewport_size({"width": 800, "height": 800})
    ask(page, "write the release report")
    table = page.locator("#messages .replies").last.locator("table").last
    expect(table).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 800
    assert table.evaluate("node => node.offsetWidth <= node.parentElement.scrollWidth")


def test_the_story_about_it_begins_it(page: Page) -> None:
    page.get_by_role("button", name="What to try").click()
    page.get_by_role("region", name="A long answer, with tables").get_by_role("button", name="Begin").click()
    expect(page.locator("#log .row .more").first).to_have_text("“write the release report”")
    expect(page.locator("#messages .replies").last.locator("table")).to_have_count(3)
