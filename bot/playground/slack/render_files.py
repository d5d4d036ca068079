"""How the Web API and the events show a file: shapes only."""

import mimetypes
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from pydantic import JsonValue

from bot.playground.slack.models import StoredFile, Team
from bot.playground.slack.wire import JsonObject, as_object

PREVIEW_LINES = 5
_TEXTS = {  # ending -> Slack's name of the type, and the one for people
    ".csv": ("csv", "CSV"),
    ".diff": ("diff", "Diff"),
    ".json": ("json", "JSON"),
    ".log": ("text", "Plain Text"),
    ".md": ("markdown", "Markdown (raw)"),
    ".patch": ("diff", "Diff"),
    ".py": ("python", "Python"),
    ".sql": ("sql", "SQL"),
    ".txt": ("text", "Plain Text"),
    ".yaml": ("yaml", "YAML"),
    ".yml": ("yaml", "YAML"),
}
_SHARED_IN = {"channel": "public", "group": "private", "im": "private", "mpim": "private"}


class FileType(NamedTuple):
    """What kind of file it is."""

    mimetype: str
    filetype: str
    pretty: str
    is_text: bool


def type_of(file: StoredFile) -> FileType:
    """Tell a file's type by its name, as Slack does (or by the snippet type that the app gave)."""
    ending = PurePosixPath(file.name).suffix.lower()
    if ending in _TEXTS or file.snippet_type:
        filetype, pretty = _TEXTS.get(ending, (file.snippet_type, file.snippet_type.capitalize()))
        return FileType("text/plain", file.snippet_type or filetype, pretty, is_text=True)
    mimetype = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    filetype = ending.removeprefix(".") or "binary"
    return FileType(mimetype, filetype, filetype.upper(), is_text=mimetype.startswith("text/"))


def file_json(file: StoredFile, content: bytes, team: Team, url: str, kinds: Mapping[str, str]) -> JsonObject:
    """Return a file object (https://docs.slack.dev/reference/objects/file-object).

    `kinds` has the kind of each channel whose shares are told; Slack tells them in `files.info` alone.
    """
    kind = type_of(file)
    slug = re.sub(r"[^a-z0-9._-]+", "_", file.name.lower()).strip("_") or "file"
    place = f"{url}/files-pri/{team.id}-{file.id}"
    shown: JsonObject = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": kind.mimetype,
        "filetype": kind.filetype,
        "pretty_type": kind.pretty,
        "user": file.user,
        "user_team": team.id,
        "editable": kind.is_text,
        "size": file.size,
        "mode": "snippet" if kind.is_text else "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": "channel" in kinds.values(),
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{place}/{slug}",
        "url_private_download": f"{place}/download/{slug}",
        "permalink": f"{url}/files/{file.user}/{file.id}/{slug}",
        "has_rich_preview": False,
        "file_access": "visible",
        "comments_count": 0,
        "channels": _of_kind(kinds, "channel"),
        "groups": _of_kind(kinds, "group"),
        "ims": _of_kind(kinds, "im"),
        "shares": _shares(file, kinds),
    }
    return {**shown, **_preview(content)} if kind.is_text else shown


def _preview(content: bytes) -> JsonObject:
    lines = content.decode(errors="replace").splitlines()
    return {
        "preview": "\n".join(lines[:PREVIEW_LINES]),
        "lines": len(lines),
        "lines_more": max(0, len(lines) - PREVIEW_LINES),
    }


def _of_kind(kinds: Mapping[str, str], wanted: str) -> list[JsonValue]:
    return [channel for channel, kind in kinds.items() if kind == wanted]


def _shares(file: StoredFile, kinds: Mapping[str, str]) -> JsonObject:
    shares: JsonObject = {}
    for share in file.shares:
        if share.channel in kinds:
            place = _SHARED_IN[kinds[share.channel]]
            shares[place] = {**as_object(shares.get(place)), share.channel: [{"ts": share.ts}]}
    return shares
