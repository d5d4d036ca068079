"""One process of the bot as its command line starts it, with the shipping agent and a model that answers at once."""

import sys
from typing import cast

import bot.app
from bot.cli.running import run_roles
from tests.chaos import agents

SENDER_LEASE_MS = 5_000  # instead of 10 s, so that a run of a minute sees what a dead sender left come out


def run(role: str) -> None:
    """Run a role until stopped."""
    bot.app.__dict__["agents_package"] = agents
    if role == "worker":
        from bot import working  # noqa: PLC0415  # a second to import, and only workers need it
        from bot.store import outbox  # noqa: PLC0415
        from tests.chaos.model import Instant  # noqa: PLC0415

        class Model(Instant):
            """In the place of the API's client."""

            def __init__(self, key: str, *, base_url: str) -> None:
                super().__init__()

        working.__dict__["AnthropicModel"] = Model
        outbox.__dict__["_LEASE_MS"] = SENDER_LEASE_MS
    run_roles(cast("bot.app.Role", role), verbose=False)


if __name__ == "__main__":
    run(sys.argv[1])
