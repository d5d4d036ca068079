"""One running demo and one browser a module, and a fresh page of it for each test."""

from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.cli.demo_people import FINN
from tests.demo.running import Demo, running, until
from tests.demo.running import Page as Hands

ALONE = (  # the browser talks to the page and to nobody else
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """A demo that all tests of a module use, in which both first threads wait; none may count on what others left."""
    with running(tmp_path_factory.mktemp("demo")) as started:
        seen = Hands(started)
        until(lambda: seen.cards() and seen.letters(FINN.id), "the threads that wait from the start")
        yield started


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> Generator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium_path, args=ALONE)
        yield launched
        launched.close()


@pytest.fixture
def page(shared: Demo, browser: Browser) -> Generator[Page]:
    """The page at 1280 px; whatever its script complains about fails the test."""
    expect.set_options(timeout=30_000)
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.goto(shared.url)
    expect(opened.locator("#log .row").first).to_be_visible()
    yield opened
    context.close()
    assert wrong == []
