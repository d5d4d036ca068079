"""Looks into a drawer as often as it is told to: a query that takes no time, with a result of an ordinary size."""

from pydantic import JsonValue

from bot.agent import Agent
from bot.steps import Call, Query

CONTENTS = "Letters, stamps, a ruler, and the key that nobody has asked for since the office moved. " * 2


class LookInto(Query):
    """Look into one drawer."""

    drawer: int


async def switch(step: LookInto, nothing: object, call: Call) -> JsonValue:
    """Run one step."""
    return {"drawer": step.drawer, "contents": CONTENTS}


agent = Agent(switch)
