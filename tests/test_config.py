"""bot.toml: what it may say, how a mistake in it is explained, which agents it fits."""

from importlib.resources import files

import pytest

from bot.config import ConfigError, first_word, parse_config
from bot.config_agents import AgentFacts, check_agents

OPERATED = '[people.op]\nroles = ["operators"]\n[roles.operators]\n'
VALID = (
    OPERATED
    + """
[people.ana]
name = "Ana Lima"
slack = "T0ACME/U0ANA"
email = ["Ana@Acme.test", "ana@home.test"]
os_user = "ana"
roles = "release"

[roles.release]
channel = "slack:T0ACME/C0RELEASES"

[[routes]]
channel = "slack:T0ACME/C0DEPLOYS"
word = "Deploy"
agent = "deploy"
who = "release"
approvers = "release"

[[routes]]
agent = "triage"

[agents.deploy]
repository = "/srv/acme.git"
services = ["backend", "frontend"]
"""
)


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        parse_config(text)
    return str(refused.value)


def test_one_value_may_stand_for_a_list() -> None:
    ana = parse_config(VALID).people["ana"]
    assert (ana.slack, ana.os_user, ana.roles) == (("T0ACME/U0ANA",), ("ana",), ("release",))


def test_addresses_are_kept_in_one_spelling() -> None:
    assert parse_config(VALID).people["ana"].email == ("ana@acme.test", "ana@home.test")


def test_an_agents_table_is_handed_on_as_it_is() -> None:
    assert parse_config(VALID).agents["deploy"] == {
        "repository": "/srv/acme.git",
        "services": ["backend", "frontend"],
    }


def test_what_is_left_out_is_the_careful_choice() -> None:
    config = parse_config(OPERATED + '[[routes]]\nagent = "triage"\n')
    route, role = config.routes[0], config.roles["operators"]
    assert (route.who, route.approvers) == (None, "operators")
    assert (role.channel, role.requesters_may_approve) == ("dm", False)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[people", "this is not TOML yet: "),
        ("[poeple.ana]", "the top of the file cannot have 'poeple': did you mean people?"),
        ("[people.ana]\nemial = 1", "[people.ana] cannot have 'emial': did you mean email?"),
        (
            "[people.ana]\nzzz = 1",
            (
                "[people.ana] cannot have 'zzz': known are: "
                "ask, digest, email, name, os_user, quiet, roles, slack, staff, timezone, working"
            ),
        ),
        ("[roles.release]\nchanel = 1", "[roles.release] cannot have 'chanel': did you mean channel?"),
        ('[[routes]]\nagnet = "x"\nagent = "x"', "[[routes]] number 1 cannot have 'agnet': did you mean agent?"),
        ('[[routes]]\nword = "x"', "[[routes]] number 1 has no agent: add it"),
        ('[people."Ana Lima"]', '[people."Ana Lima"] is not a name: use up to 64 of a-z, 0-9, _ and -'),
        ("[people.ana]\nname = 1", "[people.ana] name: should be a valid string"),
        ("people = 1", "[people] should be a table"),
        ("[people]\nana = 1", "[people.ana] should be a table"),
        ("routes = [1]", "[[routes]] number 1 should be a table"),
        ("[agents]\ndeploy = 1", "[agents.deploy] should be a table"),
        ('[people.ana]\nslack = "U0ANA"', "[people.ana] slack: 'U0ANA' should be a Slack team and user id, such as"),
        ('[people.ana]\nemail = "ana"', "[people.ana] email: 'ana' is not an e-mail address such as"),
        ('[people.ana]\nos_user = ""', "[people.ana] os_user: '' should be the name of a user"),
        ('[roles.release]\nchannel = "#x"', "[roles.release] channel: '#x' should be a Slack channel with its team"),
        ('[[routes]]\nagent = "x"\nword = "a b"', "[[routes]] number 1 word: 'a b' should be one word"),
    ],
)
def test_a_mistake_in_one_table_is_one_line_that_names_it(text: str, says: str) -> None:
    said = refusal(text)
    assert said.startswith(f"bot.toml: {says}")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            '[people.ana]\nroles = "operator"',
            "[people.ana] has the role 'operator', which is no table [roles.operator]: did you mean operators?",
        ),
        (
            '[people.a]\nslack = "T0/U1"\n[people.b]\nslack = "T0/U1"',
            "[people.b] and [people.a] both have slack 'T0/U1': keep one",
        ),
        (
            '[people.a]\nemail = "a@b.test"\n[people.b]\nemail = "A@B.test"',
            "[people.b] and [people.a] both have email 'a@b.test': keep one",
        ),
        (
            '[people.a]\nos_user = "a"\n[people.b]\nos_user = ["b", "a"]',
            "[people.b] and [people.a] both have os_user 'a': keep one",
        ),
        (
            '[[routes]]\nagent = "x"\nwho = "peopel"',
            "[[routes]] number 1 lets 'peopel' talk, which is no role: did you mean people?",
        ),
        (
            '[[routes]]\nagent = "x"\napprovers = "operator"',
            "[[routes]] number 1 has the approvers 'operator', which is no role: did you mean operators?",
        ),
        (
            '[[routes]]\nagent = "x"\napprovers = "release"\n[roles.release]',
            '[[routes]] number 1 asks release, a role that nobody has: add roles = ["release"] to a person',
        ),
        (
            '[[routes]]\nagent = "x"\nchannel = "slack:T0/C1"\naddress = "x@acme.test"',
            "[[routes]] number 1 wants a channel and an address, which no message has: make it two routes",
        ),
        (
            '[[routes]]\nagent = "x"\n[[routes]]\nagent = "y"\nword = "y"',
            "[[routes]] number 2 is never reached, because number 1 takes all of its messages: put it before that",
        ),
        ("[roles.members]", "[roles.members] has a name that means something else: choose another"),
        ("[people.requester]", "[people.requester] has a name that means something else: choose another"),
        (
            "[people.release]\n[roles.release]",
            "[people.release] and [roles.release] have the same name, so nobody can tell whom to ask: rename one",
        ),
    ],
)
def test_tables_that_contradict_each_other_are_refused(text: str, says: str) -> None:
    assert refusal(OPERATED + text) == f"bot.toml: {says}"


def test_every_problem_has_its_line() -> None:
    assert len(refusal('[people.a]\nemial = 1\nslack = "x"').splitlines()) == 2


def test_there_must_be_operators() -> None:
    assert refusal("").startswith("bot.toml: there is no [roles.operators]: add it")


def test_the_operators_must_be_somebody() -> None:
    assert refusal("[people.ana]\n[roles.operators]").startswith("bot.toml: [roles.operators] has nobody: add")


def test_the_first_word_is_read_without_its_punctuation() -> None:
    assert [first_word(text) for text in ("Deploy: now", "  *deploy*", "", " … ")] == ["deploy", "deploy", "", "…"]


def test_the_starting_point_is_valid() -> None:
    text = files("bot").joinpath("cli/templates/bot.toml").read_text(encoding="utf-8")
    assert {route.agent for route in parse_config(text).routes} == {"deploy", "triage"}


def test_the_examples_in_the_starting_point_are_valid() -> None:
    """Whoever takes the `#` away from the examples gets a file that is accepted."""
    text = files("bot").joinpath("cli/templates/bot.toml").read_text(encoding="utf-8")
    starts = ("# [", "# name =", "# email =", "# staff =", "# requesters", "# channel =", "# who =", "# approvers =")
    starts += ("# agent =", "# address =", "# repository =", "# listen =", "# bots =", "# answers =")
    config = parse_config("\n".join(s[2:] if s.startswith(starts) else s for s in text.splitlines()))
    assert not config.people["kim"].staff
    assert config.roles["release"].requesters_may_approve
    assert len(config.routes) == 4
    assert config.channels["slack:T0ACME/C0ALERTS"].bots == ("B0CI",)


FOUND = {"deploy": AgentFacts(asks=frozenset({"release"})), "triage": AgentFacts()}


def test_agents_that_fit_are_accepted() -> None:
    check_agents(parse_config(VALID), FOUND)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[routes]]\nagent = "deplyo"', "[[routes]] number 1 names the agent 'deplyo': did you mean deploy?"),
        ("[agents.triag]", "[agents.triag] is the table of no agent: did you mean triage?"),
    ],
)
def test_an_agent_there_is_not_is_refused(text: str, says: str) -> None:
    config = parse_config(f"{OPERATED}[people.ana]\nroles = ['release']\n[roles.release]\n{text}")
    with pytest.raises(ConfigError) as refused:
        check_agents(config, FOUND)
    assert str(refused.value) == f"bot.toml: {says}"


def test_a_role_that_an_agent_asks_must_be_there() -> None:
    with pytest.raises(ConfigError, match=r"the agent deploy asks the role release: add \[roles.release\]"):
        check_agents(parse_config(OPERATED), FOUND)


def test_a_role_that_an_agent_asks_must_be_somebody() -> None:
    with pytest.raises(ConfigError, match="the agent deploy asks release, a role that nobody has: add roles"):
        check_agents(parse_config(OPERATED + "[roles.release]\n"), FOUND)
