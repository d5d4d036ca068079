"""What a person does on the demo's page, and where things are on it."""

from playwright.sync_api import Locator, Page, expect

ANA, ROB, MIA, ZED = "#person-U0ANA", "#person-U0ROB", "#person-U0MIA", "#person-U0ZED"
FINN, KIM, LEE = "#person-U0FIN", "#person-KIM", "#person-LEE"


def act_as(page: Page, person: str) -> None:
    page.locator(person).check(force=True)  # the radio button lies under its label


def enter(page: Page, channel: str) -> None:
    page.locator("#tab-slack").click()
    page.locator("#channels").get_by_role("button", name=channel).click()


def card(page: Page) -> Locator:
    """The newest card in view that waits for an answer."""
    return page.locator(".carded:has(.actions)").last


def rows(page: Page, kind: str) -> Locator:
    return page.locator(f"#log [data-type={kind}]")


def mail(page: Page, person: str, subject: str, text: str) -> None:
    """Write to support@acme.test, and wait until the log is that of this mail."""
    act_as(page, person)
    page.locator("#tab-mail").click()
    page.locator("#new-mail").click()
    page.locator("#mail-to").fill("support@acme.test")
    page.locator("#mail-subject").fill(subject)
    page.locator("#mail-text").fill(text)
    page.locator("#compose").get_by_role("button", name="Send").click()
    expect(page.locator("#mail-title")).to_contain_text(subject)
    expect(page.locator("#log .row .more").first).to_have_text(f"“{text}”")


def newest_mail(page: Page) -> Locator:
    """The beginning of the last mail of the conversation in view."""
    return page.locator("#letters .letter .snippet").last


def ask(page: Page, text: str, channel: str = "deploys") -> None:
    """Write as Ana, and wait until the log is that of this message."""
    act_as(page, ANA)
    enter(page, channel)
    before = page.locator("#log").get_attribute("data-thread") or ""
    page.locator("#text").fill(f"@bot {text}")
    page.keyboard.press("Enter")
    expect(page.locator("#log")).not_to_have_attribute("data-thread", before)
    expect(page.locator("#log .row .more").first).to_have_text(f"“{text}”")


def decide(page: Page, name: str) -> Locator:
    """Go to the card of the thread in view as somebody who is asked, in Slack; the card as long as it is open."""
    page.get_by_role("button", name=f"Decide as {name}").click()
    button = page.locator("#messages .message.flash .actions [data-value]").first
    expect(button).to_be_visible()
    return page.locator(f'#messages .message:has([data-value="{button.get_attribute("data-value")}"])')
