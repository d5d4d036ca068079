"""What every process of an installation has at hand, however it was put together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.agent import LoadedAgent
from bot.config_file import ConfigFile
from bot.desk import PersonalDesks
from bot.entries import Sealer
from bot.ids import RequestIds
from bot.pending import PendingCards
from bot.people import Directory
from bot.reception import Reception
from bot.settings import Settings
from bot.steps import Step
from bot.store.server import Client, ServerFacts
from bot.turns import CoreTurns


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What every process has: the store, who is who, and which agents there are."""

    settings: Settings
    config: ConfigFile
    directory: Callable[[], Directory]
    client: Client
    server: ServerFacts
    url: str
    secret: bytes
    agents: Mapping[str, LoadedAgent]
    prompts: Path

    @property
    def sealer(self) -> Sealer:
        """Seals logs under this installation's secret."""
        return Sealer(self.secret)

    def intake(self) -> Reception:
        """What channels call."""
        about = {name: agent.description for name, agent in self.agents.items()}
        ids = RequestIds(self.secret)
        credentials = {"slack": self.settings.slack_bot_token, "email": self.settings.smtp_url}
        able = frozenset(name for name, given in credentials.items() if given)
        return Reception(self.client, self.sealer, ids, self.directory, lambda: about, form=self.form, channels=able)

    def pending(self) -> PendingCards:
        """What waits for whom."""
        return PendingCards(self.client, self.sealer, self.directory)

    def desks(self) -> PersonalDesks:
        """What people may see and do besides talking to agents."""
        return PersonalDesks(
            client=self.client,
            sealer=self.sealer,
            directory=self.directory,
            agents={name: agent.description for name, agent in self.agents.items()},
            versions={name: agent.version for name, agent in self.agents.items()},
            server=self.server,
        )

    def turns(self) -> CoreTurns:
        """What channels call about turns."""
        prompts = {name: agent.front.prompts for name, agent in self.agents.items()}
        return CoreTurns(client=self.client, sealer=self.sealer, directory=self.directory, prompts=prompts)

    def form(self, agent: str, step: str) -> type[Step] | None:
        """The form of an agent's step; None if it does not offer it."""
        loaded = self.agents.get(agent)
        return loaded.menu.steps.get(step) if loaded is not None else None
