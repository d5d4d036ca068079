"""Somebody approves a call and permits it for a while; and what came of the same call elsewhere."""

from bot import grants
from bot.events import Granted, RequestAnswered, StepStarted
from bot.store import log, scripts
from bot.store.keys import ALL_SHARDS, ThreadKeys
from bot.store.scripts import Change
from bot.store.server import Client
from bot.thread import Thread
from tests.helpers import wait_until
from tests.runtime.scripted import done, step
from tests.runtime.stage import CONFIG, Stage
from tests.store.acts import raw

ALLOWING = CONFIG.replace("[roles.release]", '[roles.release]\ngrants = "1h"')
HOUR_US = 3_600_000_000
SHIP = step("ship", text="x")
OTHER = "2.2"


async def permitted(stage: Stage, who: str = "rob", *, for_us: int = HOUR_US, thing: str = "ship x") -> Granted:
    """Somebody asks for it in the stage's thread; `who` approves it, and permits it for a while."""
    stage.model.says(SHIP if thing == "ship x" else step("book", text="x"), done())
    await stage.say(thing)
    event = await permit(stage, who, for_us)
    await stage.becomes("done")
    return event


async def permit(stage: Stage, who: str, for_us: int) -> Granted:
    """Approve what is asked, with a permission, as whoever answers in a channel does."""
    request = await stage.request()
    thread = await stage.fold()
    name = request.opened.request
    answer = RequestAnswered(by=who, request=name, answer="approve", outcome="approved", proof="slack")
    now = await scripts.clock(stage.client, ThreadKeys(thread.id).shard)
    event = grants.granted(thread, answer, for_us, now)
    entries = [stage.sealer.entry(thread.id, one) for one in (answer, event)]

    async def taken() -> bool:
        """Try again when something came in between, such as the note that the card was sent."""
        head = await log.head(stage.client, thread.id)
        assert head
        answered = await scripts.answer(
            stage.client,
            thread.id,
            name,
            Change(entries=entries, closed=[name]),
            digest=request.opened.digest,
            version=head.version,
            granted={event.grant: grants.copy_of(event)},
        )
        return answered.ok

    await wait_until(taken)
    return event


async def came_of(stage: Stage, root: str = OTHER) -> Thread:
    """Wait until the thread with this root is done, or somebody is asked there."""
    name = stage.named(root)

    async def there() -> bool:
        return (await stage.fold(name)).status in {"done", "waiting"}

    await wait_until(there)
    return await stage.settled(name)


async def ship_again(stage: Stage, who: str = "ana", *, text: str = "x") -> Thread:
    """Somebody wants it in another thread; the model chooses the call. Returns what came of it."""
    stage.model.says(step("ship", text=text), done())
    await stage.say("ship it again", who, root=OTHER)
    return await came_of(stage)


def event_of(thread: Thread) -> Granted:
    """The one permission that was given in a thread, as it is stored."""
    (event,) = thread.grants.values()
    return event


def is_asked(thread: Thread) -> bool:
    """Whether an approval is waited for, and nothing was started."""
    started = any(isinstance(event, StepStarted) for event in thread.events)
    return [request.opened.kind for request in thread.open.values()] == ["approval"] and not started


async def copies(client: Client, grant: str) -> list[str]:
    """What the shards have of it."""
    found = [await raw(client).hget(shard.grants, grant) for shard in ALL_SHARDS]
    return [copy.decode() for copy in found if copy is not None]
