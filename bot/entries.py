"""Events as stored bytes: two lines of JSON (envelope, body), the body's salted hash, the signature, and the seal."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import from_json

from bot.bodies import Body
from bot.events import EVENT, AnyEvent

_SIGNED = re.compile(rb'\{"at":[0-9]+,(.*),"sig":"([0-9a-f]{32})"\}', re.DOTALL)
_ADDED = {"body", "body_hash", "at", "sig"}  # to the envelope, when it is written
SEAL_CHARS = 32  # 128 bits of the HMAC are enough for a value that an attacker cannot try out


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry that this program cannot read. The thread is shown, and never moved."""

    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Written:
    """An event as it is to be stored: the bytes, without `at`, and what they add to the event that was given."""

    entry: bytes
    given: AnyEvent
    added: dict[str, object]

    def event(self, at: int) -> AnyEvent:
        """What `decode` makes of the stored bytes, without reading them again."""
        return self.given.model_copy(update={**self.added, "at": at})


def encode(event: AnyEvent) -> bytes:
    """The bytes to store, without `at`: the server splices that in (see `stamped`)."""
    return _encoded(event)[0]


def _encoded(event: AnyEvent) -> tuple[bytes, dict[str, object]]:
    """The bytes, and what they add to the event."""
    envelope = event.model_dump_json(exclude=_ADDED, exclude_none=True).encode()
    body: Body | None = getattr(event, "body", None)
    if body is None:
        return envelope + b"\n", {"body_hash": None}
    body = body.model_copy(update={"salt": secrets.token_hex(8)})
    text = body.model_dump_json().encode()
    digest = hashlib.sha256(text).hexdigest()
    entry = b'%s,"body_hash":"%s"}\n%s' % (envelope[:-1], digest.encode(), text)
    return entry, {"body": body, "body_hash": digest}


def stamped(entry: bytes, at: int) -> bytes:
    """The entry as the server stores it: its envelope begins with the time (us)."""
    return b'{"at":%d,%s' % (at, entry[1:])


def decode(entry: bytes) -> AnyEvent | Unreadable:
    """One stored entry as an event; never raises."""
    envelope, _, body = entry.partition(b"\n")
    try:
        if body:
            from_json(body)  # one value, and nothing after it that would pass for a part of the envelope
        event = EVENT.validate_json(b'%s,"body":%s}' % (envelope[:-1], body) if body else envelope)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "union_tag_invalid":
            return Unreadable(
                entry, f"an event of a type that this program does not know: {first.get('ctx', {}).get('tag')}"[:120]
            )
        return Unreadable(entry, f"{'.'.join(str(part) for part in first['loc']) or 'entry'}: {first['msg']}"[:300])
    except ValueError as error:
        return Unreadable(entry, f"body: {error}")
    if event.v > type(event).model_fields["v"].default:
        return Unreadable(entry, f"{event.type}: written by a newer version of this program (schema {event.v})")
    if not body and getattr(event, "body", None) is not None:
        return Unreadable(entry, "its body stands in its envelope")
    if body and hashlib.sha256(body).hexdigest() != event.body_hash:
        return Unreadable(entry, "its body does not match its hash")
    return event


@dataclass(frozen=True, slots=True)
class Sealer:
    """Signs every entry, and chains HMACs over all envelopes.

    Whoever can write to Redis but lacks the secret cannot forge an entry, nor leave one out that a worker has seen.
    """

    secret: bytes

    def entry(self, thread: str, event: AnyEvent) -> bytes:
        """The bytes to store for an event of this thread, signed by whoever has the secret."""
        return self.write(thread, event).entry

    def write(self, thread: str, event: AnyEvent) -> Written:
        """The same, with what is needed to fold the event without reading it again."""
        if event.basis is None and getattr(event, "body", None) is None:
            event = event.model_copy(update={"nonce": secrets.token_hex(8)})
        encoded, added = _encoded(event)
        envelope, _, body = encoded.partition(b"\n")
        signature = self._signature(thread, envelope)
        entry = b'%s,"sig":"%s"}\n%s' % (envelope[:-1], signature, body)
        return Written(entry, event, {**added, "sig": signature.decode()})

    def genuine(self, thread: str, entry: bytes) -> bool:
        """Whether a stored entry was signed for this thread by whoever has the secret."""
        match = _SIGNED.fullmatch(entry.partition(b"\n")[0])
        if match is None:
            return False
        return hmac.compare_digest(match[2], self._signature(thread, b"{%s}" % match[1]))

    def _signature(self, thread: str, envelope: bytes) -> bytes:
        """Over the envelope as it was before the server put the time in; the body's hash stands in it."""
        return hmac.digest(self.secret, thread.encode() + b"\n" + envelope, "sha256").hex()[:SEAL_CHARS].encode()

    def start(self) -> bytes:
        """The chain's value for an empty thread."""
        return b"\0" * 32

    def link(self, chain: bytes, entry: bytes) -> bytes:
        """The chain's value after one more stored entry."""
        return hmac.digest(self.secret, chain + entry.partition(b"\n")[0], "sha256")

    def seal(self, chain: bytes) -> str:
        """How the chain's value is written into an envelope."""
        return chain.hex()[:SEAL_CHARS]
