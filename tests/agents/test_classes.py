"""What the agents that come with Countersign say about their own actions."""

import pytest

from agents.deploy import agent as deploy
from agents.support import agent as support
from agents.triage import agent as triage
from bot.agent import Agent
from bot.steps import Action


@pytest.mark.parametrize("agent", [deploy, support, triage])
def test_every_action_that_comes_with_it_says_whether_it_can_be_undone(agent: Agent) -> None:
    actions = [step for step in agent.own_steps() if issubclass(step, Action)]
    assert [step.name() for step in actions if step.reversibility is None] == []
    assert actions or agent is triage
