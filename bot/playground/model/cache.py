"""How many tokens a request has, and how many of them the prompt cache would have held.

Both are estimates that behave like the original's: a token is four characters, and a prefix counts as cached when an
earlier request marked its end, at most 20 blocks before a mark of this one. Entries never expire here (there: minutes).
"""

import hashlib
import math
from dataclasses import dataclass, field

from bot.playground.model.wire import MessagesRequest

LOOKBACK = 20  # blocks before a mark in which the original looks for an earlier one


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Input tokens of one request, by how they were billed."""

    new: int
    written: int
    cached: int

    @property
    def total(self) -> int:
        return self.new + self.written + self.cached


def tokens_in(text: str) -> int:
    """Estimate: four characters are a token."""
    return math.ceil(len(text) / 4)


@dataclass(slots=True)
class PromptCache:
    """Remembers the marked prefixes of the requests so far."""

    min_tokens: int = 1024  # shorter prefixes are not kept, as with the original
    _seen: set[str] = field(default_factory=set[str])

    def count(self, request: MessagesRequest) -> Count:
        """Count this request's tokens against what is remembered; nothing is remembered by this."""
        sizes, keys, marks = self._prefixes(request)
        written = max((sizes[n] for n in marks), default=0)
        cached = max((sizes[n] for n in self._known(keys, marks)), default=0)
        return Count(new=sizes[-1] - max(written, cached), written=max(0, written - cached), cached=cached)

    def remember(self, request: MessagesRequest) -> None:
        """Keep this request's marked prefixes for the next one."""
        _, keys, marks = self._prefixes(request)
        self._seen.update(keys[n] for n in marks)

    def _known(self, keys: list[str], marks: list[int]) -> list[int]:
        return [n for mark in marks for n in range(max(0, mark - LOOKBACK), mark + 1) if keys[n] in self._seen]

    def _prefixes(self, request: MessagesRequest) -> tuple[list[int], list[str], list[int]]:
        """For every block the tokens up to its end and the key of that prefix; and which blocks are marked."""
        schema = request.output_config.format.model_dump_json() if request.output_config.format else ""
        running = hashlib.sha256(f"{request.model}\n{request.tools}\n{schema}\n".encode())
        size = tokens_in(schema)
        sizes, keys, marks = [size], [running.hexdigest()], list[int]()
        for n, block in enumerate(request.blocks(), start=1):
            size += tokens_in(block.text)
            running.update(f"{len(block.text)}\n{block.text}".encode())
            sizes.append(size)
            keys.append(running.hexdigest())
            if block.cache_control is not None and size >= self.min_tokens:
                marks.append(n)
        return sizes, keys, marks
