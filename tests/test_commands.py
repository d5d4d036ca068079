"""The few words that need no agent."""

import pytest

from bot.commands import answer, help_text
from bot.config import parse_config
from bot.identity import SlackIdentity
from bot.people import Directory
from bot.places import Place
from bot.port import Inbound

DIRECTORY = Directory(parse_config('[people.ana]\nslack = "T0ACME/U0ANA"\nroles = ["operators"]\n[roles.operators]\n'))
AGENTS = {"shop": "looks after orders", "deploy": "deploys services", "triage": "finds the right agent"}


def inbound(text: str, user: str = "U0ANA") -> Inbound:
    return Inbound(
        source="slack:1",
        identity=SlackIdentity(account=f"T0ACME/{user}", name="Ana", proven=True),
        root=("slack", "T0ACME", "C0", "1"),
        place=Place(channel="slack", address="T0ACME/C0"),
        text=text,
        starts=True,
        sent_at=0,
    )


@pytest.mark.parametrize("text", ["", "  \n", "help", "HELP", " Help ", "?"])
def test_an_empty_message_is_told_what_the_bot_can_do(text: str) -> None:
    assert answer(inbound(text), DIRECTORY, AGENTS) == help_text(AGENTS)


def test_help_lists_every_agent_but_the_one_that_only_hands_over() -> None:
    lines = help_text(AGENTS).splitlines()
    assert "- **deploy**: deploys services" in lines
    assert "- **shop**: looks after orders" in lines
    assert not any("triage" in line for line in lines)


def test_without_agents_help_says_so() -> None:
    assert "no agent is installed" in help_text({})


@pytest.mark.parametrize("text", ["whoami", "Who am I?", "who am i"])
def test_whoami_says_how_one_is_known(text: str) -> None:
    assert "is listed as ana; roles: operators" in (answer(inbound(text), DIRECTORY, AGENTS) or "")


def test_whoami_gives_strangers_the_lines_to_send() -> None:
    assert 'slack = ["T0ACME/U0ZED"]' in (answer(inbound("whoami", "U0ZED"), DIRECTORY, AGENTS) or "")


@pytest.mark.parametrize("text", ["help me deploy", "deploy backend v1.4.0", "whoami really", "??"])
def test_everything_else_is_for_an_agent(text: str) -> None:
    assert answer(inbound(text), DIRECTORY, AGENTS) is None
