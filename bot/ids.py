"""Identifiers: thread ids as a pure function of their source, request ids that carry their thread under an HMAC."""

import hashlib
import hmac
import json
import re
import secrets
from base64 import b32encode
from dataclasses import dataclass

SHARDS = 16
_THREAD = re.compile(r"[0-9]{2}-[a-z2-7]{16}")
_MESSAGE = re.compile(r"<([0-9]{2}-[a-z2-7]{16})\.([a-z2-7]{16})\.([a-z2-7]{13})@[^@<>\s]+>")
_REQUEST = re.compile(r"([0-9]{2}-[a-z2-7]{16})\.([0-9a-f]{1,8})\.([a-z2-7]{13})")


def _b32(data: bytes) -> str:
    return b32encode(data).decode().rstrip("=").lower()


def thread_id(*source: str, shards: int = SHARDS) -> str:
    """Name the thread that this source starts: `NN-<hash>`, NN the shard.

    The same source always gives the same id, so a first message that is sent twice finds its thread.
    """
    digest = hashlib.sha256(json.dumps(source).encode()).digest()
    return f"{digest[0] % shards:02d}-{_b32(digest[1:11])}"


def child_id(parent: str, call: str) -> str:
    """Name the thread that this call of a thread gives to another agent; it lies in the parent's shard."""
    digest = hashlib.sha256(json.dumps(["delegate", parent, call]).encode()).digest()
    return f"{parent[:2]}-{_b32(digest[1:11])}"


def progress_id(thread: str, start: int) -> str:
    """Name the delivery that shows how far the turn is that began with this entry of a thread."""
    return _b32(hashlib.sha256(json.dumps(["progress", thread, start]).encode()).digest()[:10])


def shard_of(thread: str) -> int:
    """Read the shard that a thread id carries; it is never recomputed."""
    return int(thread[:2])


def is_thread_id(text: str) -> bool:
    """Whether this has the form of a thread id."""
    return _THREAD.fullmatch(text) is not None


def fresh_id() -> str:
    """Make a random id for a delivery or a lease: 80 bits, lower-case letters and digits."""
    return _b32(secrets.token_bytes(10))


@dataclass(frozen=True, slots=True)
class RequestIds:
    """Makes and reads request ids.

    `<thread>.<serial>.<tag>`: the tag is an HMAC under the bot's secret, so an id cannot be guessed and names its
    thread without an index. It fits in the 64 octets that a mail address may have before the @ (RFC 5321, 4.5.3.1.1).
    """

    secret: bytes

    def make(self, thread: str, serial: int) -> str:
        """Make the id of the request that is opened at this version of the thread."""
        return f"{thread}.{serial:x}.{self._tag(thread, f'{serial:x}')}"

    def thread_of(self, request: str) -> str | None:
        """Name the thread that a request id belongs to; None if the id was not made by this bot."""
        match = _REQUEST.fullmatch(request)
        if match is None or not hmac.compare_digest(match[3], self._tag(match[1], match[2])):
            return None
        return match[1]

    def _tag(self, thread: str, serial: str) -> str:
        return _tag(self.secret, "request", thread, serial)


@dataclass(frozen=True, slots=True)
class MailIds:
    """Reply addresses and Message-IDs, which carry their thread under an HMAC and need no index.

    A reply token `<thread>.<serial>.<tag>` is bound to one request and one recipient: only a mail from that address
    makes the same tag. All of it is lower case, since a local part may be folded on its way.
    """

    secret: bytes

    def reply_token(self, request: str, recipient: str) -> str:
        """Make the token of the address to which this recipient's answer to this request goes."""
        thread, serial, _ = request.split(".")
        return f"{thread}.{serial}.{_tag(self.secret, 'reply', thread, serial, recipient.casefold())}"

    def request_of(self, token: str, sender: str) -> str | None:
        """Name the request that a reply token stands for, if it was made for this sender; else None."""
        match = _REQUEST.fullmatch(token.casefold())
        if match is None or not hmac.compare_digest(
            match[3], _tag(self.secret, "reply", match[1], match[2], sender.casefold())
        ):
            return None
        return RequestIds(self.secret).make(match[1], int(match[2], 16))

    def message_id(self, thread: str, delivery: str, domain: str) -> str:
        """Make the Message-ID of a delivery: the same for every try, so that a repeat is the same message."""
        return f"<{thread}.{delivery}.{_tag(self.secret, 'mail', thread, delivery)}@{domain}>"

    def thread_of(self, message_id: str) -> str | None:
        """Name the thread that a Message-ID of ours belongs to; None if it is not ours."""
        found = self.delivery_of(message_id)
        return found[0] if found else None

    def delivery_of(self, message_id: str) -> tuple[str, str] | None:
        """Name the thread and the delivery that a Message-ID of ours stands for; None if it is not ours."""
        match = _MESSAGE.fullmatch(message_id.strip())
        if match is None or not hmac.compare_digest(match[3], _tag(self.secret, "mail", match[1], match[2])):
            return None
        return match[1], match[2]


def _tag(secret: bytes, *parts: str) -> str:
    return _b32(hmac.digest(secret, "\x1f".join(parts).encode(), "sha256")[:8])


def display_id(request: str) -> str:
    """Four characters to talk about a request by; never accepted as authority."""
    return request.rpartition(".")[2][:4]
