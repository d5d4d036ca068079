"""How long Slack lets each text and list of Block Kit be, and which texts may carry no markup."""

from collections.abc import Iterator

from pydantic import JsonValue

from bot.playground.slack.wire import JsonObject, as_list, as_object, as_text

_SELECTS = ("static_select", "multi_static_select")

_TEXTS = {
    ("section", "text"): 3_000,
    ("section", "fields"): 2_000,
    ("header", "text"): 150,
    ("markdown", "text"): 12_000,
    ("button", "text"): 75,
    ("button", "value"): 2_000,
    ("option", "text"): 75,
    ("option", "value"): 150,
    ("option", "description"): 75,
    ("group", "label"): 75,
    ("input", "label"): 2_000,
    ("input", "hint"): 2_000,
    ("plain_text_input", "initial_value"): 3_000,
    ("confirm", "title"): 100,
    ("confirm", "text"): 300,
    ("confirm", "confirm"): 30,
    ("confirm", "deny"): 30,
    ("view", "title"): 24,
    ("view", "submit"): 24,
    ("view", "close"): 24,
    ("view", "private_metadata"): 3_000,
    ("view", "callback_id"): 255,
    ("view", "external_id"): 255,
}
_TEXTS_ANYWHERE = {"placeholder": 150, "block_id": 255, "action_id": 255}
_ITEMS = {
    ("actions", "elements"): 25,
    ("context", "elements"): 10,
    ("section", "fields"): 10,
    ("overflow", "options"): 5,
    ("radio_buttons", "options"): 10,
    ("checkboxes", "options"): 10,
    **{(select, key): 100 for select in _SELECTS for key in ("options", "option_groups")},
    ("group", "options"): 100,
}
_PLAIN_ONLY = {
    ("header", "text"),
    ("button", "text"),
    ("view", "title"),
    ("view", "submit"),
    ("view", "close"),
    ("input", "label"),
    ("input", "hint"),
    ("group", "label"),
    ("confirm", "title"),
    ("confirm", "confirm"),
    ("confirm", "deny"),
}


def limit_faults(owner: JsonObject, kind: str, spot: str) -> Iterator[str]:
    """Yield what is too long, too many or of the wrong kind in one object of Block Kit."""
    for key, value in owner.items():
        most_items = _ITEMS.get((kind, key))
        if most_items and len(as_list(value)) > most_items:
            yield f"no more than {most_items} items allowed [json-pointer:{spot}/{key}]"
        most = _TEXTS.get((kind, key)) or _TEXTS_ANYWHERE.get(key)
        if most is None:
            continue
        plain = (kind, key) in _PLAIN_ONLY or key == "placeholder"
        for number, item in enumerate(value if isinstance(value, list) else [value]):
            at = f"{spot}/{key}/{number}" if isinstance(value, list) else f"{spot}/{key}"
            yield from text_faults(item, most, at, plain=plain)


def text_faults(value: JsonValue, most: int, spot: str, *, plain: bool) -> Iterator[str]:
    """Yield what is wrong with a text or text object of at most so many characters."""
    if isinstance(value, str):
        if len(value) > most:
            yield f"must be less than {most + 1} characters [json-pointer:{spot}]"
        return
    found = as_object(value)
    allowed = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    if found and found.get("type") not in allowed:
        yield f"must be a valid text object [json-pointer:{spot}/type]"
    length = len(as_text(found.get("text")))
    if found and length == 0:
        yield f"must be more than 0 characters [json-pointer:{spot}/text]"
    if length > most:
        yield f"must be less than {most + 1} characters [json-pointer:{spot}/text]"
