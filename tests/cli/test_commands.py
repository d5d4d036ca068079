"""What the commands say and how they exit, on a small installation without a worker."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from bot.store.embedded import EmbeddedServer
from bot.store.keys import ThreadKeys
from bot.store.server import connect
from tests.cli.conftest import Bot, Said
from tests.cli.people import PEOPLE, STRANGER
from tests.store.servers import embedded

Call = Callable[..., Said]
UNKNOWN = [
    (["show", "03-abc"], "there is no thread '03-abc'"),
    (["show", "03-aaaaaaaaaaaaaaaa"], "there is no thread '03-aaaaaaaaaaaaaaaa'"),
    (["show", "77-aaaaaaaaaaaaaaaa"], "there is no thread '77-aaaaaaaaaaaaaaaa'"),
    (["show", ""], "there is no thread ''"),
    (["pause", "nothing"], "there is no thread 'nothing'"),
    (["answer", "abcd", "approve"], "there is no open request 'abcd'"),
    (["answer", "", "approve"], "there is no open request ''"),
    (["answer", "abcd", "choose"], "`choose` needs one of the request's options after it"),
    (["answer", "abcd", "reject", "because"], "`reject` takes no more words; say why with --reason"),
    (["say", "nobody", "hello"], "there is no agent 'nobody': known are: triage"),
    (["say", "triage", " "], "say what you want"),
    (["say", "triage", "hello", "--thread", "03-abc"], "there is no thread '03-abc'"),
    (["new", "agent", "Not-a-name"], "'Not-a-name' cannot be an agent's name"),
    (["new", "agent", "deploy"], "agents/deploy.py and prompts/deploy.md"),
]


@pytest.fixture
def serving(bot: Bot) -> Iterator[Path]:
    """The server runs in the background, so that a command need not start and stop it."""
    with embedded(bot.folder / ".bot"):
        yield bot.folder


@pytest.mark.usefixtures("serving")
@pytest.mark.parametrize(("words", "line"), UNKNOWN, ids=[" ".join(words) for words, _ in UNKNOWN])
def test_what_is_unknown_or_missing_is_one_line_and_exit_code_2(here: Call, words: list[str], line: str) -> None:
    done = here(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"bot: {line}")
    assert done.err.count("\n") == 1


@pytest.mark.usefixtures("serving")
def test_a_thread_can_be_named_by_its_beginning(here: Call) -> None:
    thread = start(here)
    assert [record["n"] for record in here("show", thread[:6], "--json").records()] == [0]


@pytest.mark.usefixtures("serving")
def test_threads_are_listed_newest_first_and_by_status(here: Call) -> None:
    first, second = start(here, "hello"), start(here, "hello again")
    assert [record["thread"] for record in here("threads", "--json").records()] == [second, first]
    assert (
        here("pause", first).out
        == f"{first}: paused; approvals are still taken, and nothing runs until it is resumed\n"
    )
    assert [record["thread"] for record in here("threads", "--status", "paused", "--json").records()] == [first]
    listed = here("threads").out
    assert listed.index(first) < listed.index(second)
    assert "hello again" in listed


@pytest.mark.usefixtures("serving")
def test_a_thread_is_paused_resumed_and_cancelled(here: Call) -> None:
    thread = start(here)
    for order, word in (("pause", "paused"), ("resume", "resumed"), ("cancel", "cancelled")):
        assert word in here(order, thread).out
    shown = here("show", thread).out
    assert [line in shown for line in ("paused it", "let it go on", "cancelled it")] == [True, True, True]
    assert "cancelled; leave --thread out" in here("say", "triage", "go on", "--thread", thread).err


@pytest.mark.usefixtures("serving")
def test_someone_who_is_not_listed_may_not_talk_and_gets_the_lines_for_the_admin(bot: Bot, here: Call) -> None:
    bot.configure(STRANGER)
    done = here("say", "triage", "hello")
    assert done.code == 2
    assert "you may not talk to triage here" in done.err
    assert "os_user = [" in done.err
    (refused,) = here("dead", "--json").records()
    assert refused["reason"] == "not_admitted"


@pytest.mark.usefixtures("serving")
def test_only_operators_and_those_who_asked_may_steer_a_thread(bot: Bot, here: Call) -> None:
    thread = start(here)
    bot.configure(STRANGER)
    done = here("cancel", thread)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("bot: only operators")
    assert here("show", thread, "--json").out.count("\n") == 1


@pytest.mark.usefixtures("serving")
def test_a_thread_takes_messages_of_those_who_take_part_alone(bot: Bot, here: Call) -> None:
    thread = start(here)
    bot.configure(STRANGER + "[people.zed]\nos_user = $USER\n")
    done = here("say", "triage", "me too", "--thread", thread)
    assert (done.code, f"you take no part in the thread {thread}" in done.err) == (2, True)


@pytest.mark.usefixtures("serving")
def test_text_that_would_steer_a_terminal_is_shown_as_dots(here: Call) -> None:
    thread = start(here, "hello \x1b[2J\u202e world")
    shown = here("show", thread).out
    assert "hello ·[2J· world" in shown
    assert "\x1b" not in shown


async def test_an_entry_that_cannot_be_read_is_shown_with_the_reason(running: Bot) -> None:
    thread = (await running("say", "triage", "hello", "--no-wait")).out.removeprefix("thread ").strip()
    server = EmbeddedServer(running.folder / ".bot")
    async with server:
        client = await connect(server.url)
        await cast("Any", client).rpush(ThreadKeys(thread).log, b'{"at":1,"type":"from_the_future"}\n')
        await client.aclose()
    shown = await running("show", thread)
    assert shown.code == 0
    assert "It stands still, because it cannot be read: entry 1" in shown.out
    assert "entry 1 cannot be read" in shown.out
    record = (await running("show", thread, "--json")).records()[1]
    assert (record["body"], "unreadable" in record) == (None, True)


def test_without_a_server_each_command_starts_and_stops_it(here: Call, bot: Bot) -> None:
    thread = start(here)
    assert here("threads", "--json").records()[0]["thread"] == thread


def test_a_broken_bot_toml_is_a_line_and_no_traceback(bot: Bot, here: Call) -> None:
    bot.configure(PEOPLE + "[[routes]]\nagent = 'deploi'\n")
    done = here("say", "triage", "hello")
    assert done.code == 2
    assert done.err == "bot: bot.toml: [[routes]] number 1 names the agent 'deploi': did you mean deploy?\n"


def start(here: Call, text: str = "what can you do?") -> str:
    """Start a thread that no worker takes up; returns its id."""
    done = here("say", "triage", text, "--no-wait")
    assert done.code == 0, done.err
    return done.out.removeprefix("thread ").strip()
