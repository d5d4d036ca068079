"""Files that come with a message: what stands in a text file is read within a cap, every other one is known by name.

The bot's token goes to Slack's own hosts alone, and no redirect is followed. Without the scope or the token Slack shows
a page to sign in at, with status 200: that is no file (https://docs.slack.dev/reference/objects/file-object).
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import aiohttp
from pydantic import ValidationError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.bodies import FileText
from bot.errors import CountersignError
from channels.slack.calls import failure, read
from channels.slack.payloads import File
from channels.slack.tally import Tally

READ_S = 1.5  # of the three seconds that Slack waits for an acknowledgement
MOST_FILES = 3  # of one message
MOST_BYTES = 64_000  # of one file
_TEXT_TYPES: Final = frozenset(
    "application/" + kind
    for kind in ("json", "xml", "yaml", "x-yaml", "toml", "sql", "javascript", "x-sh", "x-ndjson", "x-httpd-php")
)
_TEXT_NAME: Final = re.compile(
    r".*\.("
    r"c|cfg|conf|cpp|css|csv|diff|env|go|h|ini|java|js|json|jsonl|log|md|patch|py|rb|rs|sh|sql|srt|toml|ts|tsv|txt|xml|yaml|yml)",
    re.IGNORECASE | re.DOTALL,
)
_READABLE: Final = 20  # of so many characters of a text, one may be none
_PAGES: Final = (b"<!doctype html", b"<html")

LATE: Final = "it could not be read in time"
TOO_MANY: Final = f"only the first {MOST_FILES} are read"
FOREIGN: Final = "it is kept elsewhere"
LOGIN: Final = "Slack shows a page to sign in instead of it: the app needs the scope files:read"
BINARY: Final = "it is no text"
UNREAD: Final = "Slack did not hand it over"


class UnreadError(CountersignError):
    """The file is not read; the text says why, in words for the model and for people."""


class Read(NamedTuple):
    """What came of the files of one message: the texts, and why others were not read, by their place in the list."""

    texts: tuple[FileText, ...] = ()
    notes: dict[int, str] = {}  # noqa: RUF012 - never changed


class Files:
    """Reads files by the bot's token, which no other host than Slack's ever gets."""

    def __init__(self, client: AsyncWebClient, token: str, api_url: str, tally: Tally) -> None:
        """Take the client to ask about files, the token, and where Slack is."""
        self._client = client
        self._token = token
        self._api = urlsplit(api_url)
        self._tally = tally

    async def read(self, files: Sequence[File]) -> Read:
        """Read the first few text files. Never raises: a message is not lost for what came with it."""
        wanted = [place for place, file in enumerate(files) if is_text(file) or file.must_be_asked_for]
        notes = dict.fromkeys(wanted[MOST_FILES:], TOO_MANY)
        found = await asyncio.gather(*(self._one(files[place]) for place in wanted[:MOST_FILES]))
        texts: list[FileText] = []
        for place, one in zip(wanted, found, strict=False):
            if isinstance(one, FileText):
                texts.append(one)
            elif one:
                notes[place] = one
        return Read(tuple(texts), notes)

    async def _one(self, file: File) -> FileText | str:
        """Return the text, or why there is none; empty: it is one of those that are known by name."""
        try:
            async with asyncio.timeout(READ_S):
                whole = await self._whole(file)
                if not is_text(whole):
                    return ""
                content, kind = await self._download(whole)
        except UnreadError as reason:
            return str(reason)
        except TimeoutError:
            return LATE
        except (SlackApiError, aiohttp.ClientError) as error:
            if isinstance(error, SlackApiError) and failure(error).code == "missing_scope":
                self._tally.untold("file: missing_scope")
                return LOGIN
            return UNREAD
        text = decoded(content[:MOST_BYTES], kind)
        if text is None:
            return BINARY
        return FileText(name=whole.shown_name, text=text, omitted=max(0, (whole.size or len(content)) - MOST_BYTES))

    async def _whole(self, file: File) -> File:
        """Ask about a file of which a shared channel tells no more than its id."""
        if not file.must_be_asked_for:
            return file
        told = await read(self._client, "files.info", file=file.id or "")
        try:
            return File.model_validate(told.get("file"))
        except ValidationError:
            raise UnreadError(UNREAD) from None

    async def _download(self, file: File) -> tuple[bytes, str]:
        """Return the first bytes, one more than are wanted, and the charset that Slack names."""
        url = file.url_private_download or file.url_private or ""
        if not self.may_have_token(url):
            raise UnreadError(FOREIGN)
        headers = {"Authorization": f"Bearer {self._token}"}
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, headers=headers, allow_redirects=False, proxy=self._client.proxy) as answer,
        ):
            if answer.status in {301, 302, 303, 307, 308} or (
                answer.status == 200 and answer.content_type == "text/html"
            ):
                self._tally.untold("file: page to sign in")
                raise UnreadError(LOGIN)
            if answer.status != 200:
                raise UnreadError(UNREAD)
            content = bytearray()
            async for part in answer.content.iter_chunked(16_384):
                content += part
                if len(content) > MOST_BYTES:
                    break
            if content[:100].lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(_PAGES):
                self._tally.untold("file: page to sign in")
                raise UnreadError(LOGIN)
            return bytes(content), answer.charset or ""

    def may_have_token(self, url: str) -> bool:
        """Whether it is an address of Slack's own files: at `files.slack.com`, or where a Slack on this machine is."""
        try:
            parts = urlsplit(url)
            origin, api = (
                (parts.scheme, parts.hostname, parts.port),
                (self._api.scheme, self._api.hostname, self._api.port),
            )
        except ValueError:
            return False
        if "@" in parts.netloc or "\\" in url:
            return False
        if self._api.hostname in {"127.0.0.1", "localhost", "::1"}:
            return origin == api
        home = (self._api.hostname or "").removeprefix("www.")
        return parts.scheme == "https" and parts.port in {None, 443} and parts.hostname == f"files.{home}"


def is_text(file: File) -> bool:
    """Whether it is one to read, by what Slack says of it; a page of HTML is not, for it is what Slack signs in by."""
    name = file.name or ""
    kind = (file.mimetype or "").partition(";")[0].strip().lower()
    if kind == "text/html" or name.lower().endswith((".html", ".htm")):
        return False
    return (
        kind.startswith("text/")
        or kind in _TEXT_TYPES
        or (_TEXT_NAME.fullmatch(name) is not None and not kind.startswith("image/"))
    )


def decoded(content: bytes, charset: str = "") -> str | None:
    """Return the bytes as text: by their mark, as UTF-8 (cut anywhere), or as they are said to be; None: no text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content[: len(content) // 2 * 2].decode("utf-16", errors="replace")
    if b"\0" in content:
        return None
    tried = (_as(content, name) for name in ("utf-8-sig", charset) if name)
    text = next((text for text in tried if text is not None), None)
    text = content.decode("cp1252", errors="replace") if text is None else text
    odd = sum(char == "\ufffd" or not (char.isprintable() or char.isspace() or char in "\b\x1b") for char in text)
    return text if odd * _READABLE <= len(text) else None


def _as(content: bytes, charset: str) -> str | None:
    """Decode, but for a character that the cap cut in two."""
    for cut in range(4 if len(content) >= MOST_BYTES else 1):
        try:
            return content[: len(content) - cut].decode(charset)
        except (UnicodeDecodeError, LookupError):
            pass
    return None
