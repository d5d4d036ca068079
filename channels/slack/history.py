"""What stands in a channel or thread, and which of it are deliveries of ours: by the metadata that they carry."""

from typing import NamedTuple

from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.calls import read
from channels.slack.past import ts_of
from channels.slack.wire import JsonObject, as_object, as_objects, as_text

EVENT_TYPE = "countersign_delivery"
_PAGE = 200  # messages
_PAGES = 10  # how far back a delivery is looked for; its outcome is asked for soon after the attempt


class Mark(NamedTuple):
    """What a message of ours carries as metadata, so that it is found again."""

    delivery: str
    part: int = 0
    card: str = ""  # the delivery that first put it there, if it has taken the place of another
    waits: bool = False  # for the file below it

    def metadata(self) -> JsonObject:
        """Return it as Slack keeps it."""
        payload: JsonObject = {"id": self.delivery, "part": self.part, "card": self.card or self.delivery}
        return {"event_type": EVENT_TYPE, "event_payload": {**payload, **({"waits": True} if self.waits else {})}}


class Found(NamedTuple):
    """A message of ours."""

    mark: Mark
    ts: str
    user: str  # the bot's own user id, as Slack gives it to this message


async def messages(client: AsyncWebClient, channel: str, thread: str | None, *, after: int = 0) -> list[JsonObject]:
    """Return the messages of a thread, or the newest of a channel; `after` a moment (us). Raises as `read` does."""
    method = "conversations.replies" if thread else "conversations.history"
    asked: dict[str, str | int] = {"channel": channel, "limit": _PAGE, "include_all_metadata": "true"}
    if thread:
        asked["ts"] = thread
    if after:
        asked["oldest"] = ts_of(after)
    found: list[JsonObject] = []
    for _ in range(_PAGES):
        page = await read(client, method, **asked)
        found += as_objects(page.get("messages"))
        cursor = as_text(as_object(page.get("response_metadata")).get("next_cursor"))
        if not cursor:
            break
        asked["cursor"] = cursor
    return found


async def ours(client: AsyncWebClient, channel: str, thread: str | None, *, after: int = 0) -> list[Found]:
    """Return those of them that are deliveries of ours. Raises as `read` does."""
    return [
        Found(mark, as_text(message.get("ts")), as_text(message.get("user")))
        for message in await messages(client, channel, thread, after=after)
        if (mark := _mark(as_object(message.get("metadata"))))
    ]


def _mark(metadata: JsonObject) -> Mark | None:
    payload = as_object(metadata.get("event_payload"))
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    part = payload.get("part")
    return Mark(
        delivery=as_text(payload.get("id")),
        part=part if isinstance(part, int) else 0,
        card=as_text(payload.get("card")),
        waits=payload.get("waits") is True,
    )
