"""Words for one person alone: in place where they clicked or wrote, or else by direct message."""

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.calls import may_pass, write
from channels.slack.posting import post
from channels.slack.render import Rendered
from channels.slack.tally import Tally
from channels.slack.wire import as_object, as_text


async def tell(
    client: AsyncWebClient,
    tally: Tally,
    user: str,
    message: Rendered,
    *,
    channel: str,
    thread: str | None,
    about: str = "",
) -> str:
    """Show a message to one user; return `channel/ts`. With `thread`, where the thread is; `about`: the id of ours.

    In a channel that they are not a member of (any more), nothing can be shown to them alone: they get a direct
    message. Raises SlackApiError, aiohttp's errors, TimeoutError.
    """
    try:
        told = await post(
            client, tally, "chat.postEphemeral", message, about=about, channel=channel, user=user, thread_ts=thread
        )
    except SlackApiError as error:
        if may_pass(error):
            raise
    else:
        return f"{channel}/{as_text(told.get('message_ts'))}"
    direct = await direct_channel(client, user)
    posted = await post(
        client,
        tally,
        "chat.postMessage",
        message,
        about=about,
        channel=direct,
        unfurl_links=False,
        unfurl_media=False,
    )
    return f"{direct}/{as_text(posted.get('ts'))}"


async def direct_channel(client: AsyncWebClient, user: str) -> str:
    """Return the id of the direct-message channel with a user. Raises as `tell` does."""
    opened = await write(client, "conversations.open", users=user)
    return as_text(as_object(opened.get("channel")).get("id"))
