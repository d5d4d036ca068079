"""Mail by HTTP, for providers that push: the raw mail in a POST to /hooks/email, taken as one from the mailbox is."""

import asyncio
import hmac
import logging

from aiohttp import web

from bot.store.away import AWAY
from bot.store.presence import HOOK
from channels.email.parse import BIGGEST
from channels.email.receive import Receiver

PATH = "/hooks/email"
TYPES = frozenset({"message/rfc822", "message/global", "application/octet-stream"})
READ_S = 60.0  # for the whole of a body
_AT_ONCE = 4  # bodies: each may be of 25 MB
_LATER_S = 30
_log = logging.getLogger("channels.email.hook")


class Hook:
    """Takes posted mail. 200 means that it is stored; anything else, that the provider should keep it.

    | status | what |
    |---|---|
    | 200 | it is stored, or was refused for good, which is on record |
    | 401 | the secret is missing or wrong |
    | 408 | the body did not come in time |
    | 413 | it is bigger than a mail may be; it is on record |
    | 415 | it is no raw mail |
    | 503 | the store is away, or too many come at once: try again later |
    """

    def __init__(self, receiver: Receiver, secret: str) -> None:
        """Take what takes mails, and what whoever posts them must know."""
        self._receiver = receiver
        self._secret = secret.encode()
        self._room = asyncio.Semaphore(_AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """What to add to an aiohttp application."""
        return [web.post(PATH, self.take)]

    async def take(self, request: web.Request) -> web.Response:
        """Take one mail."""
        if not self._is_known(request):
            return _said(401, "send the secret as `Authorization: Bearer ...` or `X-Hook-Secret: ...`")
        if request.content_type not in TYPES:
            return _said(415, "post the mail as it is, as message/rfc822")
        if (request.content_length or 0) > BIGGEST:
            return await self._too_big(request.content_length or 0)
        if self._room.locked():
            return _later("too many at once")
        async with self._room:
            try:
                async with asyncio.timeout(READ_S):
                    raw = await _body(request)
            except TimeoutError:
                return _said(408, "the body did not come")
            if raw is None:
                return await self._too_big(BIGGEST + 1)
            return await self._taken(raw)

    async def _taken(self, raw: bytes) -> web.Response:
        try:
            became = await self._receiver.take(raw)
        except AWAY as error:
            _log.warning("posted mail could not be stored (%s); it was not acknowledged", type(error).__name__)
            return _later("the store is away")
        return web.json_response({"became": became})

    async def _too_big(self, size: int) -> web.Response:
        try:
            await self._receiver.too_big(HOOK, "posted", size)
        except AWAY:
            return _later("the store is away")
        return _said(413, f"a mail may have {BIGGEST} bytes")

    def _is_known(self, request: web.Request) -> bool:
        bearer = request.headers.get("Authorization", "")
        given = bearer[7:] if bearer[:7].lower() == "bearer " else request.headers.get("X-Hook-Secret", "")
        return hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), self._secret)


async def _body(request: web.Request) -> bytes | None:
    """Read the body; None as soon as it is too big."""
    parts, size = list[bytes](), 0
    async for part in request.content.iter_chunked(65_536):
        size += len(part)
        if size > BIGGEST:
            return None
        parts.append(part)
    return b"".join(parts)


def _said(status: int, text: str) -> web.Response:
    # The rest of a body that is not read would be taken for the next request.
    response = web.json_response({"error": text}, status=status)
    response.force_close()
    return response


def _later(text: str) -> web.Response:
    response = _said(503, text)
    response.headers["Retry-After"] = str(_LATER_S)
    return response
