"""Whether bot.toml and the agents that were found fit together: checked at start-up and at every reload."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.config import Config, ConfigError, holders, meant
from bot.config_words import toml_key


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFacts:
    """What bot.toml has to know of an agent."""

    asks: frozenset[str] = frozenset()
    """Every role that the policy of one of its actions may ask."""


def check_agents(config: Config, agents: Mapping[str, AgentFacts], *, source: str = "bot.toml") -> None:
    """Refuse a bot.toml that names agents there are not, or leaves a role that an agent asks without people.

    Raises ConfigError with one line for each problem.
    """
    if lines := list(_problems(config, agents)):
        raise ConfigError("\n".join(f"{source}: {line}" for line in lines))


def _problems(config: Config, agents: Mapping[str, AgentFacts]) -> Iterator[str]:
    for index, route in enumerate(config.routes):
        if route.agent not in agents:
            yield f"[[routes]] number {index + 1} names the agent {route.agent!a}: {meant(route.agent, agents)}"
    for channel, entry in config.channels.items():
        if entry.agent is not None and entry.agent not in agents:
            yield f"[channels.{toml_key(channel)}] names the agent {entry.agent!a}: {meant(entry.agent, agents)}"
    for name in config.agents:
        if name not in agents:
            yield f"[agents.{name}] is the table of no agent: {meant(name, agents)}"
    for name, facts in sorted(agents.items()):
        for role in sorted(facts.asks):
            if role not in config.roles:
                yield f"the agent {name} asks the role {role}: add [roles.{role}], and give it to at least one person"
            elif not holders(config, role):
                yield f'the agent {name} asks {role}, a role that nobody has: add roles = ["{role}"] to a person'
