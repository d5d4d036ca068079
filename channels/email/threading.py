"""What keeps a conversation together: References for Gmail and Apple Mail, Thread-Index for Outlook. Pure."""

import binascii
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable

MOST_REFERENCES = 50  # ids; of more, the first and the last ones (RFC 5322, 3.6.4 leaves that open)
_CONVERSATION = 22  # bytes: 1 reserved, 5 of a time, 16 of a GUID ([MS-OXOMSG] 2.2.1.3)
_CHILD = 5  # bytes that each answer adds
_LONGEST = 1_000  # characters


def conversation(index: str) -> str:
    """Return what a Thread-Index says of the conversation, in Base64; empty if it is none."""
    try:
        raw = b64decode("".join(index[:_LONGEST].split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    whole = len(raw) >= _CONVERSATION and (len(raw) - _CONVERSATION) % _CHILD == 0
    return b64encode(raw[:_CONVERSATION]).decode() if whole else ""


def begun(root: str) -> str:
    """Return the conversation's part of the Thread-Index for a conversation of ours, which begins with this mail.

    Outlook reads a time in the first bytes, and compares nothing but the whole: so they are taken from the id, too,
    and every mail of the conversation has the same, whichever process writes it.
    """
    digest = hashlib.sha256(root.encode("utf-8", "surrogatepass")).digest()
    return b64encode(b"\x01" + digest[: _CONVERSATION - 1]).decode()


def answer_index(of: str, message_id: str) -> str:
    """Return the Thread-Index of an answer: the conversation's, and five bytes of its own."""
    own = hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).digest()[:_CHILD]
    return b64encode(b64decode(of) + own).decode()


def references(above: Iterable[str]) -> tuple[str, ...]:
    """Return the ids for References, the root first, each once."""
    found = tuple(dict.fromkeys(above))
    return found if len(found) <= MOST_REFERENCES else (found[0], *found[-MOST_REFERENCES + 1 :])
