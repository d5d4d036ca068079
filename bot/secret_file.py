"""The key that one machine makes for itself and keeps, for as long as it has its own server."""

import os
import secrets
from pathlib import Path

from bot.errors import SettingsError

SHORTEST_SECRET = 32
"""Characters: half of what a made one has, and enough for a passphrase that a tool made."""


def kept_secret(path: Path) -> bytes:
    """Return the key kept in `path`, which is made at the first call: 32 random bytes as 64 hexadecimal digits.

    The key is the text of the file as it stands, so copying it into BOT_SECRET keeps every seal valid.
    Raises SettingsError if the file holds no key, or can be neither read nor made.
    """
    try:
        if not path.exists():
            make_secret(path)
        path.chmod(0o600)
        text = path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(
            f"the key in {path} can be neither read nor made ({error.strerror}): set BOT_DATA to a folder of your own"
        ) from None
    if len(text) < SHORTEST_SECRET:
        raise SettingsError(
            f"{path} is shorter than a key: put back the one that was there, or delete it and start over"
        )
    return text


def make_secret(path: Path) -> None:
    """Write a new key, unless another process is quicker: linking is atomic, and the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
