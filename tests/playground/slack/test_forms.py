"""What a person puts into a form: as the app hears it, and what Slack's client says before sending anything."""

import pytest
from pydantic import JsonValue
from slack_bolt.async_app import AsyncAck

from bot.playground.slack import ControlRefusedError, Outcome, SlackPeer
from bot.playground.slack.inputs import Value
from bot.playground.slack.wire import JsonObject, as_object
from tests.playground.slack.bolt import BoltBot
from tests.playground.slack.client import dig


def plain(text: str) -> JsonObject:
    return {"type": "plain_text", "text": text}


def option(name: str) -> JsonObject:
    return {"text": plain(name), "value": name.lower()}


def field(element: JsonObject, **more: JsonValue) -> JsonObject:
    """An input whose block is named after its kind; all have the same action."""
    kind = str(element["type"])
    return {
        "type": "input",
        "block_id": kind,
        "label": plain(kind),
        "element": {"action_id": "value", **element},
        **more,
    }


def form(*blocks: JsonObject) -> JsonObject:
    return {"type": "modal", "callback_id": "own", "title": plain("Edit"), "submit": plain("Save"), "blocks": [*blocks]}


PLACES: list[JsonValue] = [option("Staging"), option("Production")]
GROUPS: list[JsonValue] = [{"label": plain("Places"), "options": PLACES}]
TEXT = field({"type": "plain_text_input", "initial_value": "as it was"}, optional=True)
SELECT = field({"type": "static_select", "options": PLACES, "initial_option": option("Staging")}, dispatch_action=True)
GROUPED = field({"type": "static_select", "option_groups": GROUPS})
MANY = field({"type": "multi_static_select", "options": PLACES, "max_selected_items": 1}, optional=True)
RADIO = field({"type": "radio_buttons", "options": PLACES})
BOXES = field({"type": "checkboxes", "options": PLACES, "initial_options": [option("Staging")]}, optional=True)
USER = field({"type": "users_select", "initial_user": "U0MIA"}, optional=True)
DATE = field({"type": "datepicker"}, optional=True)
NUMBER = field({"type": "number_input", "is_decimal_allowed": False, "min_value": "1", "max_value": "20"})
DECIMAL = field({"type": "number_input", "is_decimal_allowed": True})
EMAIL = field({"type": "email_text_input"})
URL = field({"type": "url_text_input"})
BOUNDED = field({"type": "plain_text_input", "min_length": 3, "max_length": 5})


@pytest.fixture
def hearing(bot: BoltBot) -> BoltBot:
    """An app that notes what comes of the form."""

    async def note(ack: AsyncAck, body: JsonObject) -> None:
        bot.bodies.append(body)
        await ack()

    bot.on("view", "own", note)
    bot.on("action", "value", note)
    return bot


async def opened(bot: BoltBot, *blocks: JsonObject) -> str:
    """Open the form for Rob, and return its id."""
    trigger = bot.peer.core.surfaces.trigger("U0ROB", 3.0)
    return str(dig(await bot.call("views.open", trigger_id=trigger, view=form(*blocks)), "view", "id"))


async def submitted(bot: BoltBot, block: JsonObject, value: Value | None) -> Outcome:
    """Open the form, put the value in (None: leave it alone), and submit it."""
    values = {} if value is None else {str(block["block_id"]): value}
    return await bot.peer.submit_view("U0ROB", await opened(bot, block), values)


def heard(bot: BoltBot, block: JsonObject) -> JsonObject:
    """Return what the app heard last of a block's input."""
    return as_object(dig(bot.bodies[-1], "view", "state", "values", str(block["block_id"]), "value"))


STATES: list[tuple[str, JsonObject, Value | None, JsonObject]] = [
    ("a text", TEXT, "anew", {"type": "plain_text_input", "value": "anew"}),
    ("a text left alone", TEXT, None, {"type": "plain_text_input", "value": "as it was"}),
    ("a text cleared", TEXT, "", {"type": "plain_text_input", "value": None}),
    ("a choice", SELECT, "production", {"type": "static_select", "selected_option": option("Production")}),
    ("a choice left alone", SELECT, None, {"type": "static_select", "selected_option": option("Staging")}),
    ("a choice in a group", GROUPED, "production", {"type": "static_select", "selected_option": option("Production")}),
    ("several", MANY, ["staging"], {"type": "multi_static_select", "selected_options": [option("Staging")]}),
    ("none of several", MANY, None, {"type": "multi_static_select", "selected_options": []}),
    ("a radio button", RADIO, "staging", {"type": "radio_buttons", "selected_option": option("Staging")}),
    ("checkboxes", BOXES, ["staging", "production"], {"type": "checkboxes", "selected_options": PLACES}),
    ("checkboxes cleared", BOXES, [], {"type": "checkboxes", "selected_options": []}),
    ("checkboxes left alone", BOXES, None, {"type": "checkboxes", "selected_options": [option("Staging")]}),
    ("a person", USER, "U0ANA", {"type": "users_select", "selected_user": "U0ANA"}),
    ("a person left alone", USER, None, {"type": "users_select", "selected_user": "U0MIA"}),
    ("a day", DATE, "2026-11-02", {"type": "datepicker", "selected_date": "2026-11-02"}),
    ("no day", DATE, None, {"type": "datepicker", "selected_date": None}),
    ("a number", NUMBER, "20", {"type": "number_input", "value": "20"}),
    ("a decimal", DECIMAL, "0.50", {"type": "number_input", "value": "0.50"}),
    ("an email address", EMAIL, "bo@acme.test", {"type": "email_text_input", "value": "bo@acme.test"}),
    ("an address", URL, "https://acme.test/x", {"type": "url_text_input", "value": "https://acme.test/x"}),
]


@pytest.mark.parametrize(("block", "value", "told"), [case[1:] for case in STATES], ids=[case[0] for case in STATES])
async def test_the_app_hears_of(hearing: BoltBot, block: JsonObject, value: Value | None, told: JsonObject) -> None:
    assert (await submitted(hearing, block, value)).errors == {}
    assert heard(hearing, block) == told


COMPLAINTS: list[tuple[str, JsonObject, Value | None, str]] = [
    ("nothing chosen", RADIO, None, "Please complete this required field."),
    ("a choice taken back", SELECT, "", "Please complete this required field."),
    ("a text too short", BOUNDED, "ab", "Must be at least 3 characters."),
    ("a text too long", BOUNDED, "abcdef", "Must be at most 5 characters."),
    ("no number", NUMBER, "many", "Enter a number."),
    ("an infinite number", DECIMAL, "inf", "Enter a number."),
    ("half a number", NUMBER, "1.5", "Enter a whole number."),
    ("a number too small", NUMBER, "0", "Must be 1 or more."),
    ("a number too big", NUMBER, "21", "Must be 20 or less."),
    ("no email address", EMAIL, "bo", "Enter an email address, such as ana@acme.test."),
    ("no address", URL, "acme.test", "Enter a whole address, such as https://acme.test."),
    ("a script for an address", URL, "javascript:alert(1)", "Enter a whole address, such as https://acme.test."),
    ("one choice too many", MANY, ["staging", "production"], "Choose at most 1."),
]


@pytest.mark.parametrize(
    ("block", "value", "told"), [case[1:] for case in COMPLAINTS], ids=[case[0] for case in COMPLAINTS]
)
async def test_the_client_itself_complains_of(
    hearing: BoltBot, block: JsonObject, value: Value | None, told: str
) -> None:
    assert (await submitted(hearing, block, value)).errors == {str(block["block_id"]): told}
    assert hearing.bodies == []


async def test_the_same_action_in_several_blocks_is_told_apart_by_the_block(hearing: BoltBot) -> None:
    view = await opened(hearing, TEXT, USER)
    values: dict[str, Value] = {"plain_text_input/value": "anew", "users_select": "U0ANA"}
    await hearing.peer.submit_view("U0ROB", view, values)
    assert (heard(hearing, TEXT)["value"], heard(hearing, USER)["selected_user"]) == ("anew", "U0ANA")


async def test_what_is_no_option_cannot_be_chosen(hearing: BoltBot) -> None:
    with pytest.raises(ControlRefusedError, match="none of the options"):
        await submitted(hearing, SELECT, "moon")


async def test_an_input_that_dispatches_tells_at_once_what_stands_in_the_form(hearing: BoltBot) -> None:
    view = await opened(hearing, TEXT, SELECT)
    typed: dict[str, Value] = {"plain_text_input": "half"}
    await hearing.peer.click_view("U0ROB", view, "value", "production", block_id="static_select", values=typed)
    body = hearing.bodies[-1]
    assert (body["type"], dig(body, "container", "view_id")) == ("block_actions", view)
    assert dig(body, "actions", 0, "selected_option", "value") == "production"
    assert heard(hearing, TEXT)["value"] == "half"
    assert dig(heard(hearing, SELECT), "selected_option", "value") == "production"


async def test_any_other_input_is_sent_with_its_form_alone(hearing: BoltBot) -> None:
    view = await opened(hearing, TEXT)
    with pytest.raises(ControlRefusedError, match="dispatch_action"):
        await hearing.peer.click_view("U0ROB", view, "value", "x")


async def test_an_update_keeps_what_was_typed_where_the_input_is_the_same(hearing: BoltBot, peer: SlackPeer) -> None:
    view = await opened(hearing, TEXT, SELECT)
    typed: dict[str, Value] = {"plain_text_input": "half"}
    await peer.click_view("U0ROB", view, "value", "production", block_id="static_select", values=typed)
    await hearing.call("views.update", view_id=view, view=form(TEXT, USER))
    values = peer.snapshot("U0ROB").modals[0].body["state"]
    assert values == {"values": {"plain_text_input": {"value": {"type": "plain_text_input", "value": "half"}}}}
