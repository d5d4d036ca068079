"""The heads file: how far each thread had come and the value of its chain then, under an HMAC. Pure.

One JSON line a thread (`thread`, `version`, `seal`, `at` in us since 1970, by the exporting machine's clock), and a
last line (`threads`, `at`, `hmac`). The HMAC covers all bytes before it. Kept where those who can write to Redis
cannot, it shows what no seal can: that a log's end was cut off, or that a whole thread is gone.
"""

import hmac
import re

from pydantic import ValidationError

from bot.bodies import Record
from bot.errors import CountersignError

_USE = b"countersign audit heads 1\n"  # keeps this HMAC apart from all others under the same secret
_LAST = re.compile(rb'\{"threads":([0-9]+),"at":([0-9]+)')
_MAC = re.compile(rb',"hmac":"([0-9a-f]{64})"\}\n')
_MAC_BYTES = len(b',"hmac":""}\n') + 64


class HeadsError(CountersignError):
    """It is no file of `bot audit heads`, or was altered, cut off or made under another BOT_SECRET: use another one."""


class Head(Record):
    """How far one thread had come."""

    thread: str
    version: int
    seal: str  # the chain's value after so many entries, as bot.entries writes it
    at: int  # us; when it was exported


class Heads(Record):
    """A heads file that was read."""

    at: int  # us; when its export ended
    threads: dict[str, Head]


class Export:
    """Makes the lines of a heads file, one after the other."""

    def __init__(self, secret: bytes) -> None:
        """Begin a file under this secret."""
        self._mac = hmac.new(secret, _USE, "sha256")
        self._count = 0

    def line(self, head: Head) -> str:
        """One thread's line."""
        self._count += 1
        return self._covered(head.model_dump_json() + "\n")

    def last(self, at: int) -> str:
        """The line that ends the file."""
        text = self._covered(f'{{"threads":{self._count},"at":{at}')
        return f'{text},"hmac":"{self._mac.hexdigest()}"}}\n'

    def _covered(self, text: str) -> str:
        self._mac.update(text.encode())
        return text


def read(raw: bytes, secret: bytes) -> Heads:
    """Read a whole heads file.

    Raises:
        HeadsError: it is not, byte for byte, what was written under this secret.

    """
    covered, mac = raw[:-_MAC_BYTES], _MAC.fullmatch(raw[-_MAC_BYTES:])
    if mac is None or not hmac.compare_digest(mac[1].decode(), hmac.digest(secret, _USE + covered, "sha256").hex()):
        raise HeadsError
    *lines, last = covered.split(b"\n")
    ended = _LAST.fullmatch(last)
    try:
        found = [Head.model_validate_json(line) for line in lines]
    except ValidationError:
        raise HeadsError from None
    if ended is None or int(ended[1]) != len(found):
        raise HeadsError
    return Heads(at=int(ended[2]), threads={head.thread: head for head in found})
