"""The one way out: messages and views are checked, and said in plain words if Slack would not take, or does not, them.

Something is posted always. What was wrong is counted and logged by its name alone.
"""

import aiohttp
from pydantic import JsonValue
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.port import DeliveryFailed
from channels.slack import kit
from channels.slack.calls import failure, respond, write
from channels.slack.checks import message_faults, view_faults
from channels.slack.limits import TEXT, WHOLE
from channels.slack.render import Rendered
from channels.slack.spoken import spoken
from channels.slack.tally import Tally
from channels.slack.wire import JsonObject, array

SHAPELESS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"})
_UNSHOWN = (
    "This cannot be shown in Slack. The commands `bot requests` and `bot threads` have it, and nothing was changed."
)


class UnfitError(DeliveryFailed):
    """Slack would not take the message as it was made."""


async def post(
    client: AsyncWebClient, tally: Tally, method: str, message: Rendered, *, about: str = "", **where: JsonValue
) -> JsonObject:
    """Write a message by `chat.postMessage`, `chat.postEphemeral` or `chat.update`.

    `about` is the id of our thread, for the words that stand in for it. Raises SlackApiError, aiohttp's errors,
    TimeoutError.
    """
    fault = next(message_faults(message.blocks), None)
    if fault is None:
        try:
            return await write(client, method, text=message.text, blocks=array(message.blocks), **where)
        except SlackApiError as error:
            fault = failure(error).code
            if fault not in SHAPELESS:
                raise
    tally.unshaped(fault)
    is_update = method == "chat.update"
    text = spoken(message.text, message.blocks, thread=about, most=TEXT if is_update else WHOLE)
    nothing: JsonValue = [] if is_update else None  # or the buttons that stand there would stay
    return await write(client, method, text=text, blocks=nothing, **where)


async def post_strictly(client: AsyncWebClient, method: str, message: Rendered, **where: JsonValue) -> JsonObject:
    """Write a message for which the caller has other words, should it not do.

    Raises as `post` does, and UnfitError.
    """
    if fault := next(message_faults(message.blocks), None):
        raise UnfitError(f"Slack would not take it: {fault}", permanent=True)
    return await write(client, method, text=message.text, blocks=array(message.blocks), **where)


async def answer(
    client: AsyncWebClient, tally: Tally, response_url: str, message: Rendered, *, replace: bool = False
) -> None:
    """Answer by a `response_url`, to one person: below, or in the place of what they clicked in.

    Raises aiohttp's errors, TimeoutError.
    """
    fault = next(message_faults(message.blocks), None)
    if fault is None:
        try:
            await respond(client, response_url, message.text, array(message.blocks), replace=replace)
        except aiohttp.ClientResponseError as error:
            if error.status != 400:
                raise
            fault = "refused by a response URL"
        else:
            return
    tally.unshaped(fault)
    await respond(client, response_url, spoken(message.text, message.blocks, most=WHOLE), replace=replace)


async def show(client: AsyncWebClient, tally: Tally, method: str, view: JsonObject, **where: JsonValue) -> JsonObject:
    """Show a view by `views.open`, `views.push`, `views.update` or `views.publish`. Raises as `post` does."""
    shown = sound(view, tally)
    try:
        return await write(client, method, view=shown, **where)
    except SlackApiError as error:
        if shown is not view or failure(error).code not in {"invalid_arguments", "view_too_large"}:
            raise
        tally.unshaped(failure(error).code)
    return await write(client, method, view=_unshown(view), **where)


def sound(view: JsonObject, tally: Tally) -> JsonObject:
    """Return the view, or one that says in plain words that it cannot be shown."""
    fault = next(view_faults(view), None)
    if fault is None:
        return view
    tally.unshaped(fault)
    return _unshown(view)


def _unshown(view: JsonObject) -> JsonObject:
    told = array([kit.section(_UNSHOWN)])
    if view.get("type") == "home":
        return {"type": "home", "blocks": told}
    return {"type": "modal", "title": kit.plain("Not shown"), "close": kit.plain("Close"), "blocks": told}
