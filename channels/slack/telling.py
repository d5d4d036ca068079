"""Words for one person alone: in place where they clicked or wrote, or else by direct message."""

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.calls import failure, may_pass, write
from channels.slack.render import Rendered
from channels.slack.wire import array, as_object, as_text


async def tell(client: AsyncWebClient, user: str, message: Rendered, *, channel: str, thread: str | None) -> str:
    """Show a message to one user; return `channel/ts`. With `thread`, where the thread is.

    In a channel that they are not a member of (any more), nothing can be shown to them alone: they get a direct
    message. Raises SlackApiError, aiohttp's errors, TimeoutError.
    """
    shown = {"text": message.text, "blocks": array(message.blocks)}
    try:
        told = await write(client, "chat.postEphemeral", channel=channel, user=user, thread_ts=thread, **shown)
    except SlackApiError as error:
        if may_pass(error) or failure(error).code in {"invalid_blocks", "msg_blocks_too_long"}:
            raise
    else:
        return f"{channel}/{as_text(told.get('message_ts'))}"
    direct = await direct_channel(client, user)
    posted = await write(client, "chat.postMessage", channel=direct, unfurl_links=False, unfurl_media=False, **shown)
    return f"{direct}/{as_text(posted.get('ts'))}"


async def direct_channel(client: AsyncWebClient, user: str) -> str:
    """Return the id of the direct-message channel with a user. Raises as `tell` does."""
    opened = await write(client, "conversations.open", users=user)
    return as_text(as_object(opened.get("channel")).get("id"))
