"""`bot say` names its agent: the routes decide who may talk and who approves, not where a message belongs."""

from collections.abc import Callable, Iterator

import pytest

from tests.cli.conftest import Bot, Said
from tests.cli.people import PEOPLE
from tests.store.servers import embedded

Call = Callable[..., Said]
ROUTES = """
[[routes]]
agent = "deploy"
word = "production"
who = "release"
approvers = "release"

[[routes]]
agent = "deploy"
word = "staging"
approvers = "operators"
"""


@pytest.fixture(autouse=True)
def serving(bot: Bot) -> Iterator[None]:
    """The server runs in the background, so that a command need not start and stop it."""
    with embedded(bot.folder / ".bot"):
        yield


def birth(here: Call, *words: str) -> dict[str, object]:
    """What is fixed about the thread that these words start."""
    done = here("say", *words, "--no-wait")
    assert done.code == 0, done.err
    (first,) = here("show", done.out.split()[1], "--json").records()
    envelope = first["envelope"]
    assert isinstance(envelope, dict)
    begun = envelope["birth"]
    assert isinstance(begun, dict)
    return dict(begun)


def test_the_first_route_of_the_agent_that_listens_to_the_person_counts(bot: Bot, here: Call) -> None:
    bot.configure(PEOPLE + ROUTES)
    begun = birth(here, "deploy", "deploy v1.4.0")
    assert (begun["agent"], begun["approvers"]) == ("deploy", "operators")
    assert (begun["principal"], begun["trust"]) == ("ana", "staff")


def test_another_agents_words_do_not_take_the_message_away(bot: Bot, here: Call) -> None:
    bot.configure(PEOPLE + ROUTES)
    assert birth(here, "triage", "staging, please")["agent"] == "triage"
    assert birth(here, "triage", "help")["agent"] == "triage"


def test_a_route_for_a_role_refuses_people_without_it(bot: Bot, here: Call) -> None:
    bot.configure(PEOPLE + ROUTES[: ROUTES.rindex("[[routes]]")])
    done = here("say", "deploy", "deploy v1.4.0")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("bot: you may not talk to deploy here")


def test_an_agent_that_bot_toml_does_not_use_is_not_there(here: Call) -> None:
    assert here("say", "deploy", "deploy v1.4.0").err == "bot: there is no agent 'deploy': known are: triage\n"


def test_a_thread_stays_with_its_agent(bot: Bot, here: Call) -> None:
    bot.configure(PEOPLE + ROUTES)
    thread = here("say", "triage", "hello", "--no-wait").out.split()[1]
    done = here("say", "deploy", "and you?", "--thread", thread)
    assert (done.code, f"the thread {thread} is with the agent triage" in done.err) == (2, True)


def test_a_message_of_any_length_stays_whole_in_the_log(here: Call) -> None:
    text = "long " * 20_000
    thread = here("say", "triage", text, "--no-wait").out.split()[1]
    body = here("show", thread, "--json").records()[0]["body"]
    assert isinstance(body, dict)
    assert body["text"] == text
    assert max(map(len, here("show", thread).out.splitlines())) < 300
