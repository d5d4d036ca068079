"""Files into a thread: the bytes first, which nobody sees, and then shared; and whether one stands there already."""

import asyncio
from typing import NamedTuple

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.calls import failure, may_pass, upload_address, write
from channels.slack.history import messages
from channels.slack.wire import array, as_objects, as_text

_PUT_S = 12.0  # for the bytes of a file; the sender gives a delivery thirty seconds


class Upload(NamedTuple):
    """A file whose bytes Slack has, and which nobody sees yet."""

    file_id: str
    name: str


async def put(client: AsyncWebClient, name: str, text: str) -> Upload | None:
    """Give Slack the bytes of a text file; None: it does not take them (it lacks `files:write`), or cannot be reached.

    Nobody sees a file before it is shared, so a failure leaves nothing behind. Raises SlackApiError for a rate limit.
    """
    content = text.encode()
    try:
        async with asyncio.timeout(_PUT_S):
            url, file_id = await upload_address(client, name, len(content))
            async with aiohttp.ClientSession() as session, session.post(url, data=content, proxy=client.proxy) as told:
                return Upload(file_id, name) if told.status == 200 else None
    except SlackApiError as error:
        if failure(error).status == 429:
            raise
    except (aiohttp.ClientError, TimeoutError):
        pass
    return None


async def share(client: AsyncWebClient, upload: Upload, channel: str, thread: str) -> bool:
    """Show the file in a thread; False: Slack refuses to. Raises as `write` does if that may pass or nobody knows."""
    try:
        files = array([{"id": upload.file_id, "title": upload.name}])
        await write(client, "files.completeUploadExternal", files=files, channel_id=channel, thread_ts=thread)
    except SlackApiError as error:
        if may_pass(error):
            raise
        return False
    return True


async def is_there(client: AsyncWebClient, name: str, by: str, channel: str, thread: str) -> bool:
    """Whether this user has shared a file of this name in the thread. Raises as `read` does."""
    return any(
        message.get("user") == by and name in [as_text(file.get("name")) for file in as_objects(message.get("files"))]
        for message in await messages(client, channel, thread)
    )
