"""`[channels.*]` of bot.toml: what each Slack channel may say for itself, and who may talk there."""

import pytest
from hypothesis import given

from bot.config import ConfigError, Route, parse_config
from bot.config_agents import AgentFacts, check_agents
from bot.identity import Identity, SlackIdentity
from bot.people import Directory
from tests.identities import identities

ALERTS = "slack:T0ACME/C0ALERTS"
PEOPLE = """
[people.ana]
slack = "T0ACME/U0ANA"
roles = ["release", "operators"]
[roles.operators]
[roles.release]
[roles.nobody]
"""
BOT = SlackIdentity(account="T0ACME/B0CI", proven=True, is_bot=True)
ANA = SlackIdentity(account="T0ACME/U0ANA", proven=True)
ZED = SlackIdentity(account="T0ACME/U0ZED", proven=True)
GUEST = SlackIdentity(account="T0ACME/U0GUS", proven=True, is_guest=True)


def directory(table: str, routes: str = "") -> Directory:
    return Directory(parse_config(f'{PEOPLE}\n{routes}\n[channels."{ALERTS}"]\n{table}\n'))


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(PEOPLE + text)
    return str(caught.value)


# --- what cannot be meant ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[channels.deploys]", "[channels.deploys]: 'deploys' should be a Slack channel with its team, such as"),
        (f'[channels."{ALERTS}"]\nlisten = "always"', " listen: should be 'mention', 'thread' or 'every message'"),
        (f'[channels."{ALERTS}"]\nlisen = "mention"', " cannot have 'lisen': did you mean listen?"),
        (f'[channels."{ALERTS}"]\nbots = true', ' bots: true would let every bot talk: name those that may, as in ["'),
        (f'[channels."{ALERTS}"]\nbots = "U0CI"', " bots: 'U0CI' should be the id of a bot in Slack, such as B0CI"),
        (f'[channels."{ALERTS}"]\nanswers = "mail"', " answers: should be 'thread', 'dm' or 'ephemeral'"),
        (f'[channels."{ALERTS}"]\nwho = "peopel"', " lets 'peopel' talk, which is no role: did you mean people?"),
        (f'[channels."{ALERTS}"]\nagent = "x"\napprovers = "releas"', " has the approvers 'releas', which is no role"),
        (
            f'[channels."{ALERTS}"]\nagent = "x"\napprovers = "nobody"',
            " asks nobody, a role that nobody has: add roles",
        ),
        (f'[channels."{ALERTS}"]\napprovers = "release"', " has approvers but no agent that would ask them: add agent"),
        (
            f'[[routes]]\nchannel = "{ALERTS}"\nagent = "x"\n[channels."{ALERTS}"]\nagent = "y"',
            " has an agent that is never asked, because [[routes]] number 1 takes all there: keep one",
        ),
    ],
)
def test_a_mistake_is_one_line_that_names_the_mend(text: str, says: str) -> None:
    said = refusal(text)
    assert said.startswith("bot.toml: [channels.")
    assert says in said
    assert "\n" not in said


def test_an_agent_there_is_not_is_refused() -> None:
    config = parse_config(f'{PEOPLE}[channels."{ALERTS}"]\nagent = "deplyo"')
    with pytest.raises(ConfigError, match="names the agent 'deplyo': did you mean deploy"):
        check_agents(config, {"deploy": AgentFacts()})


def test_false_means_no_bots() -> None:
    assert directory("bots = false").channel(ALERTS).bots == ()


def test_a_channel_without_a_table_listens_as_ever() -> None:
    entry = directory("listen = 'mention'").channel("slack:T0ACME/C0OTHER")
    assert (entry.listen, entry.bots, entry.answers, entry.who) == ("thread", (), "thread", None)


# --- which agent ---------------------------------------------------------------------------------------------------

ROUTES = f"""
[[routes]]
word = "deploy"
agent = "deploy"
[[routes]]
channel = "{ALERTS}"
word = "page"
agent = "pager"
[[routes]]
agent = "triage"
"""


@pytest.mark.parametrize(
    ("text", "agent"), [("page bo", "pager"), ("deploy it", "watch"), ("anything", "watch")], ids=str
)
def test_the_channels_agent_answers_what_no_route_takes_that_names_the_channel(text: str, agent: str) -> None:
    found = directory('agent = "watch"\napprovers = "release"', ROUTES).route_for(channel=ALERTS, text=text)
    assert found is not None
    assert found.agent == agent


def test_the_channels_agent_asks_the_channels_approvers() -> None:
    found = directory('agent = "watch"\napprovers = "release"').route_for(channel=ALERTS)
    assert found is not None
    assert found.approvers == "release"


def test_elsewhere_the_routes_stay_as_they_are() -> None:
    found = directory('agent = "watch"', ROUTES).route_for(channel="slack:T0ACME/C0OTHER", text="deploy it")
    assert found is not None
    assert found.agent == "deploy"


# --- who may talk --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "who", "identity", "may"),
    [
        ('who = "release"', None, ANA, True),
        ('who = "release"', None, ZED, False),
        ('who = "release"', "anyone", ZED, False),
        ('who = "anyone"', None, GUEST, True),
        ('who = "anyone"', "release", ZED, False),
        ('who = "anyone"', "members", GUEST, False),
        ("", None, BOT, False),
        ('bots = "B0CI"', None, BOT, True),
        ('bots = "B0CI"', "anyone", BOT, True),
        ('bots = "B0CI"', "members", BOT, False),
        ('bots = "B0CI"', "release", BOT, False),
        ('bots = "B0OTHER"', None, BOT, False),
        ('bots = "B0CI"\nwho = "release"', None, BOT, True),
    ],
)
def test_route_and_channel_both_have_to_let_somebody_talk(
    table: str,
    who: str | None,
    identity: Identity,
    may: bool,  # noqa: FBT001 - a table
) -> None:
    assert directory(table).may_talk(Route(agent="x", who=who), identity, ALERTS) is may


@given(identities)
def test_what_a_channel_says_widens_no_route_that_says_who(identity: Identity) -> None:
    route = Route(agent="x", who="release")
    wide = directory('who = "anyone"\nbots = ["B0CI"]')
    assert wide.may_talk(route, identity, ALERTS) == wide.may_talk(route, identity)


def test_a_bot_that_may_talk_has_no_role_and_is_an_outsider() -> None:
    found = directory('bots = "B0CI"')
    assert found.trust(BOT) == "outsider"
    assert found.person(BOT).roles == frozenset()
