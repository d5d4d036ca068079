"""Standing permissions: an approver lets one exact call run without asking, for a while, until it is taken back.

The log of the thread in which one was given is the truth. Every shard has a copy, because the commit that starts a call
can look at its own shard only: a copy that is missing, altered or over makes the bot ask, as it would have anyway.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import JsonValue

from bot.config import OPERATORS
from bot.entries import Sealer
from bot.errors import CountersignError
from bot.events import Granted, GrantRevoked, RequestAnswered, RequestOpened
from bot.fold import fold
from bot.ids import SHARDS, fresh_id, is_thread_id, shard_of
from bot.menu import step_version
from bot.people import Directory, Person
from bot.steps import Action, Ask, hash_of
from bot.store import log, scripts
from bot.store.away import AWAY
from bot.store.keys import ALL_SHARDS, ShardKeys, ThreadKeys
from bot.store.scripts import Change
from bot.store.server import Client
from bot.thread import CallState, Thread

if TYPE_CHECKING:
    from bot.held import Held  # it spreads what its thread granted

_log = logging.getLogger(__name__)
_COPY = re.compile(r"([0-9]{1,17}):")
_REVOKED = "revoked"  # stands in a copy's place until its time is over, so that no late copy takes effect again


class UnknownGrantError(CountersignError):
    """There is no such standing permission; `bot grants` lists them."""


class HalfRevokedError(CountersignError):
    """The standing permission is not taken back everywhere yet; do it again when the store can be reached."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing permission, read from the log of the thread in which it was given."""

    thread: Thread
    granted: Granted

    @property
    def opened(self) -> RequestOpened:
        """The request with whose approval it came."""
        return self.thread.requests[self.granted.request].opened

    @property
    def revoked(self) -> bool:
        """Whether it was taken back."""
        return self.granted.grant in self.thread.revoked

    @property
    def copy(self) -> tuple[str, str]:
        """What the commit that starts a call must find in its shard."""
        return self.granted.grant, copy_of(self.granted)


def granted(thread: Thread, answer: RequestAnswered, grant_us: int, now: int) -> Granted:
    """Make the permission that is appended with the approval that it comes with, in one call of the script `answer`.

    `grant_us`: for how long, cut to what the request allows. `now` (us) is the store's (`scripts.clock`), since the log
    is checked by its own times.

    Raises:
        ValueError: there is no call, or its body was erased.

    """
    opened = thread.requests[answer.request].opened
    call = thread.calls.get(opened.call or "")
    if call is None or opened.body is None or opened.call_hash is None or opened.role is None:
        msg = f"request {answer.request} is about nothing that could be permitted"
        raise ValueError(msg)
    return Granted(
        by=answer.by,
        grant=f"{thread.id}.{fresh_id()}",
        request=answer.request,
        agent=call.chosen.agent,
        step=call.chosen.step,
        call_hash=opened.call_hash,
        facts=hash_of(opened.body.snapshot),
        role=opened.role,
        until=now + min(grant_us, opened.may_grant_us),
    )


def copy_of(event: Granted) -> str:
    """What each shard keeps of it: until when (us), and for what."""
    return f"{event.until}:{_what(event.agent, event.step, event.call_hash, event.facts, event.role)}"


def live(thread: Thread, now: int) -> list[Granted]:
    """The permissions that were given in this thread and still stand (`now`: us)."""
    return [one for one in thread.grants.values() if one.grant not in thread.revoked and one.until > now]


def used(thread: Thread, call: str) -> str | None:
    """The permission that the latest attempt of this call was started under."""
    starts = (event for event in reversed(thread.events) if event.type == "step_started" and event.call == call)
    latest = next(starts, None)
    return latest.grant if latest is not None else None


def may_revoke(person: Person, event: Granted) -> bool:
    """Whether they may take it back: whoever gave it, anyone with the role that was asked, and operators."""
    return person.listed and (person.id == event.by or not person.roles.isdisjoint({event.role, OPERATORS}))


def display_id(grant: str) -> str:
    """Six characters to talk about it by; never accepted as authority."""
    return grant.partition(".")[2][:6]


async def spread(client: Client, event: Granted) -> bool:
    """Copy it to all shards, where it is not yet and was not taken back; False if some could not be reached.

    Safe to repeat. Where a copy is missing, people are asked.
    """
    missed = await _everywhere(
        lambda shard: cast("Any", client).hsetnx(shard.grants, event.grant, copy_of(event)),
    )
    if missed:
        _log.info("%s: %d of %d shards have no copy of this permission yet", event.grant, len(missed), SHARDS)
    return not missed


async def covering(
    held: "Held", call: CallState, step: Action, policy: Ask, snapshot: dict[str, JsonValue]
) -> Standing | None:
    """Find a permission under which this call may start now, although policy would have it asked; None: ask.

    `bot.starting.start` has it checked once more inside the commit.
    """
    thread, directory, role = held.thread, held.runtime.directory(), policy.role or OPERATORS
    outside = thread.principal is None or thread.principal.is_outsider or _guests(thread, call)
    if policy.quorum != 1 or outside or step.reversibility == "irreversible" or not directory.may_grant_s(role):
        return None
    what = _what(call.chosen.agent, call.chosen.step, step.call_hash(), hash_of(snapshot), role)
    requesters = {*thread.requesters(call.chosen.basis or 0), *call.editors}
    client, now = held.runtime.client, held.now()
    try:
        copies = await _copies(client, ThreadKeys(thread.id).shard, now)
        for grant in [grant for grant, copy in copies.items() if copy.partition(":")[2] == what]:
            found = await find(client, held.runtime.sealer, grant)
            same = found is not None and found.copy == (grant, copies[grant])
            if found and same and _holds(found, directory, step, requesters):
                return found
    except AWAY as error:
        _log.info("%s: standing permissions could not be looked up: %s", thread.id, type(error).__name__)
    return None


async def find(client: Client, sealer: Sealer, grant: str) -> Standing | None:
    """Read a permission, whether it still stands or not, from the thread that its id names; None if there is none."""
    name = grant.partition(".")[0]
    if not is_thread_id(name) or shard_of(name) >= SHARDS:
        return None
    thread = fold(name, await log.load(client, name), sealer)
    if thread.unreadable or grant not in thread.grants:
        return None
    return Standing(thread, thread.grants[grant])


async def revoke(client: Client, sealer: Sealer, grant: str, by: str) -> None:
    """Take a permission back, for `by` (who may: `may_revoke`). Nothing starts under it once its copies are void.

    Safe to repeat.

    Raises:
        UnknownGrantError: there is none.
        HalfRevokedError: some shards, or its own thread, could not be reached.

    """
    found = await find(client, sealer, grant)
    if found is None:
        raise UnknownGrantError(f"there is no standing permission {grant!a}; `bot grants` lists them")
    void = f"{found.granted.until}:{_REVOKED}"
    missed = await _everywhere(lambda shard: cast("Any", client).hset(shard.grants, grant, void))
    try:
        if not found.revoked:
            event = GrantRevoked(by=by, grant=grant)
            await scripts.note(client, found.thread.id, Change(entries=[sealer.entry(found.thread.id, event)]))
    except AWAY as error:
        raise HalfRevokedError(f"{_reached(missed)}, but could not be recorded; do it again") from error
    if missed:
        raise HalfRevokedError(f"{_reached(missed)}; do it again when the others can be reached")


async def listed(client: Client, sealer: Sealer) -> list[Standing]:
    """List the permissions that still stand, over all shards; the one that ends first comes first."""
    now = await scripts.clock(client, ALL_SHARDS[0])
    parts = await asyncio.gather(*(_copies(client, shard, now) for shard in ALL_SHARDS))
    names = {name for part in parts for name in part}
    found = await asyncio.gather(*(find(client, sealer, name) for name in names))
    standing = [one for one in found if one is not None and not one.revoked and one.granted.until > now]
    return sorted(standing, key=lambda one: one.granted.until)


def _guests(thread: Thread, call: CallState) -> bool:
    """Whether someone from outside is among those who asked for this call."""
    asked = thread.requesters(call.chosen.basis or 0)
    return any(
        event.type == "message_received" and event.by in asked and event.trust in {"guest", "outsider"}
        for event in thread.events
    )


def _what(agent: str, step: str, call_hash: str, facts: str, role: str) -> str:
    """What a permission is for, as one value to compare."""
    return hash_of([agent, step, call_hash, facts, role])


def _holds(found: Standing, directory: Directory, step: Action, requesters: set[str]) -> bool:
    """Whether it still stands, by the log, and by bot.toml as it is now."""
    event, role = found.granted, found.granted.role
    if found.revoked or event.until - (event.at or 0) > directory.may_grant_s(role) * 1_000_000:
        return False
    if found.opened.schema_version != step_version(type(step)):
        return False
    by = directory.by_id(event.by or "")
    own = by.id in requesters and not directory.requesters_may_approve(role)
    return by.listed and role in by.roles and not own


async def _copies(client: Client, shard: ShardKeys, now: int) -> dict[str, str]:
    """What this shard has; what is over, or no copy at all, is removed."""
    raw = cast("dict[bytes, bytes]", await cast("Any", client).hgetall(shard.grants))
    copies = {name.decode(errors="replace"): copy.decode(errors="replace") for name, copy in raw.items()}
    over = [name for name, copy in copies.items() if _until(copy) <= now]
    if over:
        await cast("Any", client).hdel(shard.grants, *over)
    return {name: copy for name, copy in copies.items() if name not in over}


def _until(copy: str) -> int:
    found = _COPY.match(copy)
    return int(found[1]) if found else 0


async def _everywhere(write: Callable[[ShardKeys], Awaitable[object]]) -> list[ShardKeys]:
    """Write in every shard; return those that could not be reached."""

    async def reached(shard: ShardKeys) -> bool:
        try:
            await write(shard)
        except AWAY:
            return False
        return True

    done = await asyncio.gather(*map(reached, ALL_SHARDS))
    return [shard for shard, ok in zip(ALL_SHARDS, done, strict=True) if not ok]


def _reached(missed: list[ShardKeys]) -> str:
    return f"the standing permission was stopped in {SHARDS - len(missed)} of {SHARDS} shards"
