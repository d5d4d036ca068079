"""What Slack refuses in blocks and views, and what it takes."""

import pytest
from pydantic import JsonValue

from bot.playground.slack import ApiRefusedError, validate
from bot.playground.slack.wire import JsonObject, as_list, as_object


def plain(text: str) -> JsonObject:
    return {"type": "plain_text", "text": text}


def section(text: str, **more: str) -> JsonObject:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(action_id: str = "ok", label: str = "OK", **more: str) -> JsonObject:
    return {"type": "button", "action_id": action_id, "text": plain(label), **more}


def actions(*buttons: JsonObject) -> JsonObject:
    return {"type": "actions", "elements": [*buttons]}


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


def modal(**more: str | JsonObject) -> JsonObject:
    return {"type": "modal", "title": plain("Why not?"), "blocks": [section("x")], **more}


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
]


@pytest.mark.parametrize(("view", "told"), [case[1:] for case in BAD_VIEWS], ids=[case[0] for case in BAD_VIEWS])
def test_slack_refuses_a_view_with(view: JsonObject, told: str) -> None:
    with pytest.raises(ApiRefusedError) as refused:
        validate.view_body(view)
    assert refused.value.code == "invalid_arguments"
    assert any(told in message for message in refused.value.messages)
