"""What somebody who can write to Redis does to the logs of a running installation is found, and named."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from bot.audit.heads import Head
from bot.audit.threads import find, stored
from bot.audit.verify import Examined, examine
from bot.store import log
from bot.store.keys import ThreadKeys
from tests.runtime.scripted import done, step
from tests.runtime.stage import Stage

Tamper = Callable[[Any, str, str], Awaitable[object]]  # with the client, one log's key and another's


@pytest.fixture
async def lived(stage: Stage) -> Stage:
    """Two threads that have come to rest: asked, refused, approved, run, told; paused and resumed."""
    stage.model.says(step("look", key="a"), step("send", text="x"), done("Sent."))
    async with stage.working():
        await stage.say("send x")
        request = (await stage.request()).opened.request
        assert not (await stage.answer("bo", "approve", request=request)).accepted
        assert (await stage.answer("zoe", "approve", request=request)).accepted
        await stage.becomes("done")
        await stage.said("Sent.")
        await stage.order("pause")
        await stage.order("resume")
        await stage.settled()
        await stage.say("hello", root="2.2")
        await stage.finished("2.2")
    return stage


async def audited(stage: Stage, heads: dict[str, Head] | None = None) -> dict[str, Examined | None]:
    """What comes of all threads that are there."""
    found: dict[str, Examined | None] = {}
    for name in (await find(stage.client)).threads:
        read = await stored(stage.client, name)
        found[name] = examine(read, stage.sealer, (heads or {}).get(name)) if read else None
    return found


async def test_what_the_runtime_wrote_passes(lived: Stage) -> None:
    found = await audited(lived)
    assert sorted(found) == sorted([lived.thread, lived.named("2.2")])
    for examined in found.values():
        assert examined
        assert examined.findings == ()


async def alter(client: Any, key: str, other: str) -> object:  # noqa: ANN401  # redis-py leaves its types open
    entries = await client.lrange(key, 0, -1)
    at = next(n for n, entry in enumerate(entries) if b'"answer":"approve"' in entry)
    return await client.lset(key, at, entries[at].replace(b'"by":"zoe"', b'"by":"ana"'))


async def alter_text(client: Any, key: str, other: str) -> object:  # noqa: ANN401  # as above
    return await client.lset(key, 0, (await client.lindex(key, 0)).replace(b"send x", b"send y"))


async def remove(client: Any, key: str, other: str) -> object:  # noqa: ANN401  # as above
    return await client.lrem(key, 1, await client.lindex(key, 4))


async def reorder(client: Any, key: str, other: str) -> object:  # noqa: ANN401  # as above
    one, two = await client.lrange(key, 2, 3)
    await client.lset(key, 2, two)
    return await client.lset(key, 3, one)


async def insert(client: Any, key: str, other: str) -> object:  # noqa: ANN401  # as above
    first = await client.lindex(key, 0)
    return await client.linsert(key, "AFTER", first, first)


async def replay(client: Any, key: str, other: str) -> object:  # noqa: ANN401  # as above
    return await client.rpush(key, await client.lindex(key, 0))


async def truncate(client: Any, key: str, other: str) -> object:  # noqa: ANN401  # as above
    return await client.ltrim(key, 0, -2)


async def swap(client: Any, key: str, other: str) -> object:  # noqa: ANN401  # as above
    mine, theirs = await client.lindex(key, 0), await client.lindex(other, 0)
    await client.lset(key, 0, theirs)
    return await client.lset(other, 0, mine)


async def forge(client: Any, key: str, other: str) -> object:  # noqa: ANN401  # as above
    return await client.rpush(key, b'{"at":9999999999999999,"v":1,"type":"cancelled","by":"ana"}\n')


async def delete(client: Any, key: str, other: str) -> object:  # noqa: ANN401  # as above
    return await client.delete(key)


TAMPERED: list[tuple[Tamper, str]] = [
    (alter, "its signature is not ours"),
    (alter_text, "its body does not match its hash"),
    (remove, "some were removed"),
    (reorder, "it was moved"),
    (insert, "it is a copy of entry 0"),
    (replay, "it is a copy of entry 0"),
    (truncate, "its end was cut off"),
    (swap, "for another thread"),
    (forge, "its signature is not ours"),
    (delete, "its log is gone"),
]


@pytest.mark.parametrize(("tamper", "what"), TAMPERED, ids=[one.__name__ for one, _ in TAMPERED])
async def test_a_log_that_was_tampered_with_is_found(lived: Stage, tamper: Tamper, what: str) -> None:
    other = lived.named("2.2")
    await tamper(cast("Any", lived.client), ThreadKeys(lived.thread).log, ThreadKeys(other).log)
    found = await audited(lived)
    examined = found[lived.thread]
    assert examined
    assert what in " ".join(finding.what for finding in examined.findings)
    untouched = found[other]
    assert untouched
    assert (untouched.findings == ()) == (tamper is not swap)


async def test_a_cut_that_forgets_nothing_is_found_by_an_export_alone(lived: Stage) -> None:
    """Log and head both end one entry earlier: what is left is as it was once."""
    keys, client = ThreadKeys(lived.thread), cast("Any", lived.client)
    before = (await audited(lived))[lived.thread]
    assert before
    head = Head(thread=lived.thread, version=before.version, seal=before.seal, at=1)
    await client.rpop(keys.log)
    await client.hset(keys.head, "version", before.version - 1)
    without, against = await audited(lived), await audited(lived, {lived.thread: head})
    assert [one.findings if (one := without[lived.thread]) else None] == [()]
    examined = against[lived.thread]
    assert examined
    assert [finding.what.partition(":")[0] for finding in examined.findings] == ["its end was cut off"]


async def test_what_was_exported_still_holds_when_the_thread_went_on(lived: Stage) -> None:
    before = (await audited(lived))[lived.thread]
    assert before
    async with lived.working():
        await lived.say("once more")
        await lived.said("Sent.")
        await lived.becomes("done")
    assert len(await log.load(lived.client, lived.thread)) > before.version
    head = Head(thread=lived.thread, version=before.version, seal=before.seal, at=1)
    examined = (await audited(lived, {lived.thread: head}))[lived.thread]
    assert examined
    assert examined.findings == ()
