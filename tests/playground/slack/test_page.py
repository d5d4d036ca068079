"""What the app builds of Block Kit, as a person meets it on the demo's page, by keyboard where that is possible."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Locator, Page, async_playwright, expect
from slack_bolt.async_app import AsyncAck

from bot.playground.mail import MailPeer
from bot.playground.page.models import About, Around, Begun, Example, Person, ThreadView, Trouble, Worker
from bot.playground.page.server import PageServer
from bot.playground.slack import SlackPeer
from bot.playground.slack.wire import JsonObject
from tests.demo.conftest import ALONE
from tests.helpers import wait_until
from tests.playground.slack.bolt import BoltBot
from tests.playground.slack.client import dig
from tests.playground.slack.test_forms import BOXES, DATE, EMAIL, NUMBER, RADIO, SELECT, TEXT, USER, form, option, plain

ROB = Person(id="U0ROB", name="Rob Wills", role="releases", slack="U0ROB", mail="rob@acme.test")
SURE: JsonObject = {"title": plain("Sure?"), "text": plain("It runs."), "confirm": plain("Yes"), "deny": plain("No")}
MENU: JsonObject = {"type": "overflow", "action_id": "do", "options": [option("Ask"), option("Delegate")]}
GIVE: JsonObject = {"type": "users_select", "action_id": "do", "placeholder": plain("Give to")}
RUN: JsonObject = {"type": "button", "action_id": "do", "text": plain("Run"), "value": "r1", "confirm": SURE}
EDIT: JsonObject = {"type": "button", "action_id": "edit", "text": plain("Edit"), "value": "r1"}
CARD: list[JsonObject] = [
    {"type": "header", "text": plain("Deploy?")},
    {"type": "section", "text": {"type": "mrkdwn", "text": "For <@U0ANA>"}, "accessory": MENU},
    {"type": "actions", "block_id": "decide", "elements": [RUN, EDIT, {**GIVE, "action_id": "give"}]},
]


class Behind:
    """A backstage with Rob alone before it."""

    about = About(
        live=False,
        banner="",
        rules="",
        examples={},
        mails=(Example(to="support@acme.test", subject="x", text="x", colleagues=True),),
        stories=(),
        addresses=(),
        people=(ROB,),
    )

    async def around(self) -> Around:
        worker = Worker(state="down", pid=None)
        return Around(threads=(), ran=(), refused=(), worker=worker, slow=False, moved=False, impatient=False)

    async def thread(self, thread: str) -> ThreadView | None:
        return None

    def thread_of(self, message_id: str) -> str:
        return ""

    async def make(self, trouble: Trouble) -> Begun | None:
        return None


@pytest.fixture
async def server(peer: SlackPeer, bot: BoltBot) -> AsyncIterator[PageServer]:
    """The page's server, before a peer with a card in #releases."""
    async with MailPeer() as mail:
        made = PageServer(peer, mail, Behind(), open_door=True)
        await made.start(0)
        yield made
        await made.stop()


@pytest.fixture
async def page(server: PageServer, bot: BoltBot, chromium_path: Path) -> AsyncIterator[Page]:
    """Rob's page on #releases; whatever its script complains about fails the test."""
    wrong: list[str] = []
    await bot.call.post("C0RELEASES", "Deploy?", blocks=CARD)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=ALONE)
        opened = await browser.new_page(reduced_motion="reduce")
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        await opened.goto(server.url)
        await opened.locator("#channels").get_by_role("button", name="releases").click()
        yield opened
        await browser.close()
    assert wrong == []


@pytest.fixture
async def hearing(bot: BoltBot) -> BoltBot:
    """An app that notes every action, opens a form for `edit`, and finds fault with the text `no`."""

    async def note(ack: AsyncAck, body: JsonObject) -> None:
        bot.bodies.append(body)
        await ack()

    async def edit(ack: AsyncAck, body: JsonObject) -> None:
        await ack()
        blocks = (TEXT, NUMBER, SELECT, RADIO, BOXES, USER, DATE, EMAIL)
        await bot.call("views.open", trigger_id=body["trigger_id"], view=form(*blocks))

    async def changed(ack: AsyncAck, body: JsonObject) -> None:
        await ack()
        told: JsonObject = {"type": "section", "text": plain("The price was looked up anew.")}
        view = form(told, TEXT, NUMBER, SELECT, RADIO, BOXES, USER, DATE, EMAIL)
        await bot.call("views.update", view_id=dig(body, "view", "id"), view=view)

    async def taken(ack: AsyncAck, body: JsonObject) -> None:
        bot.bodies.append(body)
        if dig(body, "view", "state", "values", "plain_text_input", "value", "value") == "no":
            await ack(response_action="errors", errors={"plain_text_input": "Policy forbids this."})
        else:
            await ack()

    for name, listener in {"do": note, "give": note, "edit": edit, "value": changed}.items():
        bot.on("action", name, listener)
    bot.on("view", "own", taken)
    return bot


def label(dialog: Locator, block: JsonObject) -> Locator:
    return dialog.get_by_label(str(block["block_id"]))


@pytest.mark.browser
async def test_a_menu_is_opened_and_chosen_from_by_keyboard(page: Page, hearing: BoltBot) -> None:
    await page.get_by_role("button", name="More about").focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        await page.keyboard.press(key)
    await wait_until(lambda: hearing.bodies)
    assert dig(hearing.bodies[0], "actions", 0, "selected_option", "value") == "delegate"


@pytest.mark.browser
async def test_escape_closes_a_menu_and_nothing_is_sent(page: Page, hearing: BoltBot) -> None:
    opener = page.get_by_role("button", name="Give to")
    await opener.click()
    await expect(page.get_by_role("menuitem", name="Mia Chen")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menuitem")).to_have_count(0)
    await expect(opener).to_be_focused()
    assert hearing.bodies == []


@pytest.mark.browser
async def test_a_person_is_chosen_by_name_and_stays_in_view(page: Page, hearing: BoltBot) -> None:
    await page.get_by_role("button", name="Give to").click()
    await page.get_by_role("menuitem", name="Mia Chen").click()
    await expect(page.get_by_role("button", name="Mia Chen")).to_be_visible()
    await wait_until(lambda: hearing.bodies)
    assert dig(hearing.bodies[0], "actions", 0, "selected_user") == "U0MIA"


@pytest.mark.browser
async def test_a_button_that_wants_confirming_is_sent_after_a_yes_alone(page: Page, hearing: BoltBot) -> None:
    run, dialog = page.get_by_role("button", name="Run"), page.get_by_role("alertdialog", name="Sure?")
    await run.click()
    await dialog.get_by_role("button", name="No").click()
    await run.click()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert hearing.bodies == []
    await run.click()
    await dialog.get_by_role("button", name="Yes").click()
    await wait_until(lambda: hearing.bodies)


@pytest.mark.browser
async def test_a_form_is_filled_in_and_sent(page: Page, hearing: BoltBot) -> None:
    await page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit")
    await label(dialog, TEXT).fill("anew")
    await label(dialog, NUMBER).fill("7")
    await dialog.get_by_role("radio", name="Production").check()
    await dialog.get_by_role("checkbox", name="Production").check()
    await label(dialog, USER).select_option("Ana Lima")
    await label(dialog, DATE).fill("2026-11-02")
    await label(dialog, EMAIL).fill("bo@acme.test")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    values = {block: dig(hearing.bodies[-1], "view", "state", "values", block, "value") for block in HEARD}
    assert values == HEARD


HEARD: JsonObject = {
    "plain_text_input": {"type": "plain_text_input", "value": "anew"},
    "number_input": {"type": "number_input", "value": "7"},
    "static_select": {"type": "static_select", "selected_option": option("Staging")},
    "radio_buttons": {"type": "radio_buttons", "selected_option": option("Production")},
    "checkboxes": {"type": "checkboxes", "selected_options": [option("Staging"), option("Production")]},
    "users_select": {"type": "users_select", "selected_user": "U0ANA"},
    "datepicker": {"type": "datepicker", "selected_date": "2026-11-02"},
    "email_text_input": {"type": "email_text_input", "value": "bo@acme.test"},
}


@pytest.mark.browser
async def test_complaints_stand_beside_their_fields_and_what_was_typed_stays(page: Page, hearing: BoltBot) -> None:
    await page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit")
    await label(dialog, TEXT).fill("no")
    await label(dialog, NUMBER).fill("many")
    await dialog.get_by_role("button", name="Save").click()
    await expect(label(dialog, NUMBER)).to_have_accessible_description("Enter a number.")
    await expect(label(dialog, NUMBER)).to_be_focused()
    await label(dialog, NUMBER).fill("7")
    await label(dialog, EMAIL).fill("bo@acme.test")
    await dialog.get_by_role("radio", name="Staging").check()
    await dialog.get_by_role("button", name="Save").click()
    await expect(label(dialog, TEXT)).to_have_accessible_description("Policy forbids this.")
    await expect(label(dialog, TEXT)).to_be_focused()
    await expect(label(dialog, NUMBER)).to_have_value("7")
    await expect(dialog.get_by_text("Enter a number.")).to_have_count(0)


@pytest.mark.browser
async def test_a_choice_that_changes_the_form_keeps_what_was_typed(page: Page, hearing: BoltBot) -> None:
    await page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit")
    await label(dialog, TEXT).fill("half")
    await label(dialog, SELECT).select_option("Production")
    await expect(dialog.get_by_text("The price was looked up anew.")).to_be_visible()
    await expect(label(dialog, TEXT)).to_have_value("half")
    await expect(label(dialog, SELECT)).to_have_value("production")


@pytest.mark.browser
async def test_a_file_under_a_card_is_read_and_saved(page: Page, hearing: BoltBot) -> None:
    card = hearing.peer.workspace.messages("C0RELEASES")[-1].ts
    hostile = "<img src=x onerror=alert(1)>"
    await hearing.call("files.upload_v2", filename="all.txt", content=hostile, channel="C0RELEASES", thread_ts=card)
    await page.get_by_role("button", name="all.txt").click()
    dialog = page.get_by_role("dialog", name="all.txt")
    await expect(dialog.locator("pre")).to_have_text(hostile)
    async with page.expect_download() as saving:
        await dialog.get_by_role("link", name="Download").click()
    saved = await (await saving.value).path()
    assert (await saving.value).suggested_filename == "all.txt"
    assert saved.read_text(encoding="utf-8") == hostile


@pytest.mark.parametrize(("user", "status"), [("U0ROB", 200), ("U0SAM", 403), ("U0NOBODY", 403)])
async def test_a_file_is_text_for_members_and_nothing_for_others(
    server: PageServer, bot: BoltBot, user: str, status: int
) -> None:
    html = "<script>alert(1)</script>"
    answer = await bot.call("files.upload_v2", filename="a.txt", content=html, channel="C0RELEASES")
    address = f"{server.url}/api/attachment?user={user}&id={dig(answer, 'file', 'id')}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as visitor:
        async with visitor.get(server.url):
            pass
        async with visitor.get(address) as file:
            assert file.status == status
            assert file.content_type != "text/html"
            assert (html in await file.text()) == (status == 200)
