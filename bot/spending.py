"""What runs without asking counts towards a limit, for each principal and day: ten refunds of 19 are one of 190."""

from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal

from bot import steps as s
from bot.held import Held
from bot.store.keys import spent
from bot.thread import CallState


async def reserve(held: Held, call: CallState, step: s.Action, limit: Decimal) -> bool:
    """Count this call before it starts; False if it would go beyond the limit. A repeat counts once.

    The day is the one on which the step was chosen, in UTC. Raises redis errors.
    """
    return await held.count(_key(held, call), _id(held, call), _cents(step.measured()), _cents(limit))


async def free(held: Held, call: CallState) -> None:
    """It did not happen: it does not count. If this gets lost, it errs towards asking."""
    await held.count(_key(held, call), _id(held, call), None, 0)


def _key(held: Held, call: CallState) -> str:
    day = datetime.fromtimestamp((call.chosen.at or 0) / 1_000_000, UTC).strftime("%Y-%m-%d")
    return spent(held.thread.principal_id, f"{call.chosen.agent}.{call.chosen.step}", day)


def _id(held: Held, call: CallState) -> str:
    return f"{held.thread.id}.{call.chosen.call}"


def _cents(amount: Decimal) -> int:
    """Whole hundredths, rounded towards asking."""
    return int((amount * 100).to_integral_value(ROUND_CEILING))
