"""The limits of `bot.port.Pace`, kept where all processes see them: whoever sends next, on whichever machine, waits."""

from collections.abc import Sequence

from bot.port import Pace
from bot.store import scripts
from bot.store.keys import pace
from bot.store.server import Client

_US = 1_000_000


async def take(client: Client, paces: Sequence[Pace]) -> float:
    """Count one towards all these limits, and return 0; or count nothing, and return in how many seconds to ask again.

    Whoever waits is not in a queue: of several that ask again at the same moment, any may be first.
    """
    if not paces:
        return 0.0
    argv = [number for one in paces for number in (round(one.every_s * _US), one.burst, one.cost)]
    return await scripts.run(client, "pace", _keys(paces), argv) / _US


async def hold(client: Client, paces: Sequence[Pace], seconds: float) -> None:
    """Let nobody send anything under these limits for so long: the provider asks for it."""
    if paces and seconds > 0:
        argv = [round(seconds * _US), *(number for one in paces for number in (round(one.every_s * _US), one.burst))]
        await scripts.run(client, "hold", _keys(paces), argv)


def _keys(paces: Sequence[Pace]) -> list[str]:
    return [pace(one.key) for one in paces]
