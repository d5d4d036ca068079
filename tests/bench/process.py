"""One worker as its command line starts it, with the benchmark's agent and its model that answers at once."""

import bot.app
from bot import working
from bot.cli.running import run_roles
from tests.bench import agents
from tests.bench.model import Instant


class Model(Instant):
    """In the place of the API's client."""

    def __init__(self, key: str, *, base_url: str) -> None:
        super().__init__()


if __name__ == "__main__":
    bot.app.__dict__["agents_package"] = agents
    working.__dict__["AnthropicModel"] = Model
    run_roles("worker", verbose=False)
