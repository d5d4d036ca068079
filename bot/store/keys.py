"""The names of all Redis keys; every key of one thread lies in the slot of its shard's hash tag."""

import hashlib
from dataclasses import dataclass

from bot.ids import SHARDS, shard_of

META = "countersign:meta"
"""Hash: facts about the whole installation (`shards`)."""
WAKE = "countersign:wake"
"""Pub/sub channel: the shard number in which something became due. A hint only."""
SEEN_TTL_S = 60 * 86_400
LISTED = 50
"""The threads of one person that a shard lists, the newest ones."""


def tag(shard: int) -> str:
    """Begin a key of this shard."""
    return f"{{s{shard:02d}}}"


@dataclass(frozen=True, slots=True)
class ShardKeys:
    """The keys that the threads of one shard share."""

    shard: int

    @property
    def prefix(self) -> str:
        """What all keys of this shard begin with."""
        return tag(self.shard)

    @property
    def due(self) -> str:
        """Zset: threads that are ready, or will be at their score (us)."""
        return f"{self.prefix}:due"

    @property
    def leases(self) -> str:
        """Zset: leased threads by expiry (us)."""
        return f"{self.prefix}:leases"

    @property
    def out(self) -> str:
        """Stream: the outbox."""
        return f"{self.prefix}:out"

    @property
    def out_lease(self) -> str:
        """String with TTL: who may send for this shard."""
        return f"{self.prefix}:out:lease"

    @property
    def out_state(self) -> str:
        """Hash: attempts and back-off of what is in the outbox."""
        return f"{self.prefix}:out:state"

    @property
    def dead(self) -> str:
        """Stream: what was given up and a person must look at."""
        return f"{self.prefix}:dead"

    @property
    def refused(self) -> str:
        """Stream, capped: who was refused and why."""
        return f"{self.prefix}:refused"

    @property
    def grants(self) -> str:
        """Hash: standing permission -> `until:what`, a copy in each shard; expired ones are removed when met."""
        return f"{self.prefix}:grants"

    @property
    def recent(self) -> str:
        """Zset: threads by their last change (us)."""
        return f"{self.prefix}:by:recent"

    @property
    def pending(self) -> str:
        """Hash: open request -> its thread."""
        return f"{self.prefix}:by:pending"

    def theirs(self, person: str) -> str:
        """Zset with TTL: the threads in which this person wrote, by when (us)."""
        return f"{self.prefix}:by:person:{hashlib.sha256(person.encode()).hexdigest()[:20]}"

    def seen(self, source: str) -> str:
        """String with TTL: this input was taken."""
        return f"{self.prefix}:seen:{source}"

    def gathered(self, parent: str, lane: str) -> str:
        """String with TTL: the messages in which a thread's children ask at one place."""
        return f"{self.prefix}:gathered:{parent}:{hashlib.sha256(lane.encode()).hexdigest()[:20]}"

    def sent(self, delivery: str) -> str:
        """String with TTL: the provider's message id of a delivery."""
        return f"{self.prefix}:sent:{delivery}"


@dataclass(frozen=True, slots=True)
class ThreadKeys:
    """The keys of one thread."""

    thread: str

    @property
    def shard(self) -> ShardKeys:
        """The keys that it shares with others."""
        return ShardKeys(shard_of(self.thread))

    @property
    def prefix(self) -> str:
        """What all keys of this thread begin with."""
        return f"{self.shard.prefix}:t:{self.thread}"

    @property
    def log(self) -> str:
        """List: the events."""
        return f"{self.prefix}:log"

    @property
    def head(self) -> str:
        """Hash: a projection of the log."""
        return f"{self.prefix}:head"

    @property
    def lease(self) -> str:
        """Hash: epoch, nonce, attempts, and the last commit under that lease."""
        return f"{self.prefix}:lease"

    @property
    def early(self) -> str:
        """String with TTL: somebody replied here while there was no such thread."""
        return f"{self.prefix}:early"

    @property
    def open(self) -> str:
        """Hash: open request -> `digest:expires_at`."""
        return f"{self.prefix}:open"


def spent(principal: str, step: str, day: str) -> str:
    """Hash with TTL: what a principal's calls of a step counted on a day, by call."""
    digest = hashlib.sha256(principal.encode()).hexdigest()
    return f"{tag(int(digest[:8], 16) % SHARDS)}:spent:{digest[:20]}:{step}:{day}"


def pace(limit: str) -> str:
    """String with TTL: what counted towards a limit of sending so far. All of them lie in one slot."""
    return f"{{pace}}:{limit}"


ALL_SHARDS = tuple(ShardKeys(number) for number in range(SHARDS))
