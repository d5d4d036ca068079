"""The files of a workspace: an address for the bytes that the app uploads, the bytes, and where each was shared."""

import base64
import secrets
from collections.abc import Callable

from bot.playground.slack.models import Frozen, Share, StoredFile
from bot.playground.slack.store import Journal
from bot.playground.slack.wire import ApiRefusedError, new_id

FILE_MAX = 3 * 1024 * 1024  # bytes; a gigabyte in Slack, but this one lives in memory
SNIPPET_MAX = 1024 * 1024  # bytes (https://docs.slack.dev/reference/methods/files.getUploadURLExternal)
UPLOAD_S = 900.0  # how long an upload may take from its first call to its last


class _Content(Frozen):
    """The bytes of a file as they stand in the journal."""

    id: str
    base64: str


class Files:
    """Every file and its bytes; each change is written down."""

    def __init__(self, journal: Journal, clock: Callable[[], float]) -> None:
        """Read what the journal remembers of an earlier run."""
        self._journal = journal
        self.clock = clock
        self._files = {file.id: file for file in map(StoredFile.model_validate_json, journal.rows("file"))}
        stored = map(_Content.model_validate_json, journal.rows("content"))
        self._contents = {content.id: base64.b64decode(content.base64) for content in stored}

    def reserve(self, name: str, size: int, user: str, snippet_type: str = "") -> StoredFile:
        """Announce a file of so many bytes; its `ticket` is where they go."""
        made = StoredFile(
            id=new_id("F"),
            name=name,
            title=name,
            size=size,
            user=user,
            created=int(self.clock()),
            ticket=secrets.token_urlsafe(24),
            expires=self.clock() + UPLOAD_S,
            snippet_type=snippet_type,
        )
        return self._put(made)

    def upload(self, ticket: str, content: bytes) -> StoredFile:
        """Take the bytes; a client may repeat this until it completes the upload.

        Raises:
            ApiRefusedError: `file_not_found` for a ticket that is unknown, used or too old (HTTP 404);
                `length_mismatch` for other than the announced number of bytes (HTTP 400).

        """
        file = next((file for file in self._files.values() if file.ticket == ticket), None)
        if file is None or not self._is_open(file):
            raise ApiRefusedError("file_not_found", status=404)
        if len(content) != file.size:
            raise ApiRefusedError("length_mismatch", f"announced {file.size} bytes, got {len(content)}", status=400)
        self._contents[file.id] = content
        self._journal.put("content", file.id, _stored(file.id, content))
        return self._put(file.model_copy(update={"stage": "uploaded"}))

    def uploaded(self, file_id: str) -> StoredFile:
        """Return a file that waits to be completed, or refuse with `file_not_found`."""
        file = self._files.get(file_id)
        if file is None or file.stage != "uploaded" or not self._is_open(file):
            raise ApiRefusedError("file_not_found")
        return file

    def complete(self, file: StoredFile, title: str) -> StoredFile:
        """End an upload; from now on the file can be shared and read."""
        return self._put(file.model_copy(update={"title": title or file.name, "stage": "completed"}))

    def add(self, name: str, content: bytes, user: str) -> StoredFile:
        """Take a file that a person uploads in their client."""
        file = self.upload(self.reserve(name, len(content), user).ticket, content)
        return self.complete(file, name)

    def share(self, file_id: str, channel: str, ts: str) -> None:
        """Note which message shows a file."""
        file = self.file(file_id)
        self._put(file.model_copy(update={"shares": (*file.shares, Share(channel=channel, ts=ts))}))

    def file(self, file_id: str) -> StoredFile:
        """Return a file whose upload was completed, or refuse with `file_not_found`."""
        file = self._files.get(file_id)
        if file is None or file.stage != "completed":
            raise ApiRefusedError("file_not_found")
        return file

    def content(self, file_id: str) -> bytes:
        """Return the bytes of a file whose upload was completed."""
        return self._contents[self.file(file_id).id]

    def _is_open(self, file: StoredFile) -> bool:
        return file.stage != "completed" and self.clock() <= file.expires

    def _put(self, file: StoredFile) -> StoredFile:
        self._files[file.id] = file
        self._journal.put("file", file.id, file.model_dump_json())
        return file


def _stored(file_id: str, content: bytes) -> str:
    return _Content(id=file_id, base64=base64.b64encode(content).decode()).model_dump_json()
