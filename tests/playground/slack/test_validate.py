"""What Slack refuses in blocks and views, and what it takes."""

import pytest
from pydantic import JsonValue

from bot.playground.slack import ApiRefusedError, validate
from bot.playground.slack.text import rich_text
from bot.playground.slack.wire import JsonObject, as_list, as_object, as_objects


def plain(text: str) -> JsonObject:
    return {"type": "plain_text", "text": text}


def section(text: str, **more: str) -> JsonObject:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(action_id: str = "ok", label: str = "OK", **more: str) -> JsonObject:
    return {"type": "button", "action_id": action_id, "text": plain(label), **more}


def actions(*buttons: JsonObject) -> JsonObject:
    return {"type": "actions", "elements": [*buttons]}


def option(name: str, **more: JsonValue) -> JsonObject:
    return {"text": plain(name), "value": name, **more}


def menu(kind: str, count: int, **more: JsonValue) -> JsonObject:
    return {"type": kind, "action_id": "m", "options": [option(f"o{number}") for number in range(count)], **more}


def confirm(text: str) -> JsonObject:
    return {"title": plain("Sure?"), "text": plain(text), "confirm": plain("Yes"), "deny": plain("No")}


TEXT: JsonObject = {"type": "plain_text_input", "action_id": "t"}

BAD: list[tuple[str, list[JsonValue], str]] = [
    ("an unknown block", [{"type": "hologram"}], "unsupported type: hologram [json-pointer:/blocks/0/type]"),
    ("a block without a type", [{"text": "x"}], "missing required field: type"),
    ("an unknown element", [actions({"type": "lever"})], "unsupported type: lever"),
    ("an empty text", [section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ("a long text", [section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    ("a long header", [{"type": "header", "text": plain("x" * 151)}], "must be less than 151 characters"),
    ("a header in markup", [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "valid text object"),
    ("a long markdown block", [{"type": "markdown", "text": "x" * 12_001}], "must be less than 12001 characters"),
    ("a long label", [actions(button(label="x" * 76))], "must be less than 76 characters"),
    ("a long value", [actions(button(value="x" * 2001))], "must be less than 2001 characters"),
    ("a long action id", [actions(button("x" * 256))], "must be less than 256 characters"),
    ("a wrong style", [actions(button(style="shiny"))], "must be a valid enum value"),
    ("an action id twice", [actions(button(), button())], "`action_id` ok already exists"),
    ("a block id twice", [section("x", block_id="b"), section("y", block_id="b")], "`block_id` b already exists"),
    ("51 blocks", [{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    ("26 buttons", [actions(*[button(f"b{n}") for n in range(26)])], "no more than 25 items allowed"),
    ("no buttons", [{"type": "actions", "elements": []}], "missing required field: elements"),
    (
        "11 context elements",
        [{"type": "context", "elements": [plain("x") for _ in range(11)]}],
        "no more than 10 items allowed",
    ),
    ("a section with nothing", [{"type": "section"}], "must define either `text` or `fields`"),
    ("a field among buttons", [actions(TEXT)], "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0"),
    ("a field beside a text", [{**section("x"), "accessory": TEXT}], "unsupported type: plain_text_input"),
    ("six items in an overflow", [actions(menu("overflow", 6))], "no more than 5 items allowed"),
    ("an overflow without items", [actions(menu("overflow", 0))], "missing required field: options"),
    (
        "half a confirm dialog",
        [actions({**button(), "confirm": {"title": plain("x")}})],
        "missing required field: deny",
    ),
    (
        "a long confirm dialog",
        [actions({**button(), "confirm": confirm("x" * 301)})],
        "must be less than 301 characters",
    ),
    ("an unknown property", [section("x", colour="red")], "invalid additional property: colour"),
]


@pytest.mark.parametrize(("blocks", "told"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_slack_refuses(blocks: list[JsonValue], told: str) -> None:
    with pytest.raises(ApiRefusedError) as refused:
        validate.message_blocks(blocks)
    assert refused.value.code == "invalid_blocks"
    assert any(told in message for message in refused.value.messages)


def test_a_refusal_carries_its_messages_where_slack_puts_them() -> None:
    with pytest.raises(ApiRefusedError) as refused:
        validate.message_blocks([section("")])
    messages = as_list(as_object(refused.value.body()["response_metadata"])["messages"])
    assert str(messages[0]).startswith("[ERROR] ")


def test_the_same_action_id_may_stand_in_two_blocks() -> None:
    assert len(validate.message_blocks([actions(button()), actions(button())])) == 2


def test_the_greatest_allowed_of_everything_is_taken() -> None:
    header: JsonObject = {"type": "header", "text": plain("x" * 150)}
    assert len(validate.message_blocks([section("x" * 3000), header, actions(button(value="x" * 2000))])) == 3


def test_a_message_too_long_as_a_whole_is_refused() -> None:
    with pytest.raises(ApiRefusedError) as refused:
        validate.message_blocks([section("x" * 2900) for _ in range(5)])
    assert refused.value.code == "msg_blocks_too_long"


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(ApiRefusedError) as refused:
        validate.message_blocks("blocks")
    assert refused.value.code == "invalid_blocks_format"


def test_missing_ids_are_filled_in() -> None:
    nameless: JsonObject = {"type": "button", "text": plain("OK")}
    block = validate.message_blocks([actions(nameless)])[0]
    assert block["block_id"]
    assert as_object(as_list(block["elements"])[0])["action_id"]


def modal(**more: JsonValue) -> JsonObject:
    return {"type": "modal", "title": plain("Why not?"), "blocks": [section("x")], **more}


def field(element: JsonObject, **more: JsonValue) -> JsonObject:
    whole: JsonObject = {"type": "input", "label": plain("x"), "element": element, **more}
    return {key: value for key, value in whole.items() if value is not None}


def form(element: JsonObject, **more: JsonValue) -> JsonObject:
    return {**modal(submit=plain("Send")), "blocks": [field(element, **more)]}


def number(**more: JsonValue) -> JsonObject:
    return {"type": "number_input", "action_id": "n", "is_decimal_allowed": False, **more}


def groups(label: str, **more: JsonValue) -> JsonObject:
    return {
        "type": "static_select",
        "action_id": "m",
        "option_groups": [{"label": plain(label), "options": [option("o0")]}],
        **more,
    }


TOO_MANY: list[JsonValue] = [{"type": "divider"}] * 101
BAD_VIEWS: list[tuple[str, JsonObject, str]] = [
    ("a long title", modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
    ("no title", {"type": "modal", "blocks": []}, "missing required field: title"),
    ("long metadata", modal(private_metadata="x" * 3001), "must be less than 3001 characters"),
    ("another kind", {"type": "popup", "blocks": []}, "must be a valid enum value [json-pointer:/view/type]"),
    (
        "an input without submit",
        {
            **modal(),
            "blocks": [{"type": "input", "label": plain("x"), "element": {"type": "plain_text_input"}}],
        },
        "missing required field: submit",
    ),
    ("a bad block", {**modal(), "blocks": [section("")]}, "[json-pointer:/view/blocks/0/text/text]"),
    ("101 blocks", {**modal(), "blocks": TOO_MANY}, "no more than 100 items allowed"),
    ("a button as a field", form(button()), "unsupported type: button [json-pointer:/view/blocks/0/element/type]"),
    ("an input without a label", form(TEXT, label=None), "missing required field: label [json-pointer:/view/blocks/0]"),
    ("a label in markup", form(TEXT, label={"type": "mrkdwn", "text": "x"}), "must be a valid text object"),
    ("a long hint", form(TEXT, hint=plain("x" * 2001)), "must be less than 2001 characters"),
    ("a long placeholder", form({**TEXT, "placeholder": plain("x" * 151)}), "must be less than 151 characters"),
    ("a long initial value", form({**TEXT, "initial_value": "x" * 3001}), "must be less than 3001 characters"),
    ("an endless text", form({**TEXT, "max_length": 3001}), "must be between 1 and 3000"),
    ("a negative length", form({**TEXT, "min_length": -1}), "must be between 0 and 3000"),
    (
        "more at least than at most",
        form({**TEXT, "min_length": 5, "max_length": 4}),
        "less than or equal to max_length",
    ),
    ("no options", form(menu("static_select", 0)), "missing required field: options"),
    ("101 options", form(menu("static_select", 101)), "no more than 100 items allowed"),
    ("11 radio buttons", form(menu("radio_buttons", 11)), "no more than 10 items allowed"),
    ("11 checkboxes", form(menu("checkboxes", 11)), "no more than 10 items allowed"),
    ("a long option", form(menu("static_select", 0, options=[option("x" * 76)])), "must be less than 76 characters"),
    (
        "a long option value",
        form(menu("static_select", 0, options=[{**option("x"), "value": "x" * 151}])),
        "must be less than 151 characters [json-pointer:/view/blocks/0/element/options/0/value]",
    ),
    (
        "an option in markup",
        form(menu("static_select", 0, options=[{"text": {"type": "mrkdwn", "text": "x"}, "value": "x"}])),
        "must be a valid text object",
    ),
    ("a long group", form(groups("x" * 76)), "must be less than 76 characters"),
    ("another first choice", form(menu("static_select", 1, initial_option=option("z"))), "must be one of the options"),
    ("other first choices", form(menu("checkboxes", 1, initial_options=[option("z")])), "must be one of the options"),
    ("none to choose", form(menu("multi_static_select", 1, max_selected_items=0)), "must be greater than 0"),
    ("a number of no kind", form({"type": "number_input"}), "missing required field: is_decimal_allowed"),
    (
        "a bare number",
        form(number(min_value=5)),
        "must provide a string [json-pointer:/view/blocks/0/element/min_value]",
    ),
    ("a broken number", form(number(initial_value="many")), "must be a number"),
    ("a fraction of a whole", form(number(max_value="1.5")), "must be a whole number"),
    ("numbers the wrong way round", form(number(min_value="2", max_value="1")), "less than or equal to max_value"),
    ("no such day", form({"type": "datepicker", "initial_date": "2026-02-30"}), "must be a date as YYYY-MM-DD"),
    (
        "two fields in focus",
        {
            **form(TEXT),
            "blocks": [field({**TEXT, "focus_on_load": True}), field({**TEXT, "focus_on_load": True})],
        },
        "only one element may have focus_on_load",
    ),
]


@pytest.mark.parametrize(("view", "told"), [case[1:] for case in BAD_VIEWS], ids=[case[0] for case in BAD_VIEWS])
def test_slack_refuses_a_view_with(view: JsonObject, told: str) -> None:
    with pytest.raises(ApiRefusedError) as refused:
        validate.view_body(view)
    assert refused.value.code == "invalid_arguments"
    assert any(told in message for message in refused.value.messages)


GOOD: list[tuple[str, JsonObject]] = [
    ("a text", {**TEXT, "multiline": True, "min_length": 0, "max_length": 3000, "initial_value": "x" * 3000}),
    ("a number", number(min_value="-1", max_value="10", initial_value="3")),
    ("a decimal", {**number(initial_value="0.50"), "is_decimal_allowed": True}),
    ("groups of options", groups("x" * 75, initial_option=option("o0"))),
    ("several choices", menu("multi_static_select", 100, initial_options=[option("o99")], max_selected_items=2)),
    ("radio buttons", menu("radio_buttons", 10, initial_option=option("o9"))),
    (
        "checkboxes in markup",
        menu("checkboxes", 0, options=[{"text": {"type": "mrkdwn", "text": "*x*"}, "value": "x"}]),
    ),
    ("an option with a description", menu("radio_buttons", 0, options=[option("x", description=plain("y" * 75))])),
    ("a person", {"type": "users_select", "initial_user": "U0ANA"}),
    ("a day", {"type": "datepicker", "initial_date": "2026-02-28"}),
    ("an email address", {"type": "email_text_input"}),
    ("an address", {"type": "url_text_input"}),
]


@pytest.mark.parametrize("element", [case[1] for case in GOOD], ids=[case[0] for case in GOOD])
def test_a_form_may_have(element: JsonObject) -> None:
    view = form(element, optional=True, dispatch_action=True, hint=plain("x" * 2000))
    assert as_objects(validate.view_body(view)["blocks"])[0]["element"]


def test_a_form_may_have_text_between_its_fields() -> None:
    small: JsonObject = {"type": "context", "elements": [plain("x")]}
    marked: JsonObject = {"type": "markdown", "text": "**x**"}
    blocks: list[JsonValue] = [section("x"), small, {"type": "divider"}, rich_text("x"), marked]
    assert len(as_objects(validate.view_body({**modal(), "blocks": blocks})["blocks"])) == 5


def test_a_view_above_250_kb_is_too_large() -> None:
    with pytest.raises(ApiRefusedError) as refused:
        validate.view_body({**modal(), "blocks": [section("x" * 3000) for _ in range(85)]})
    assert refused.value.code == "view_too_large"
