"""`bot audit`: what it prints of every request, what it exports, and what it finds where somebody tampered."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from bot.bodies import CardBody
from bot.entries import Sealer
from bot.ids import RequestIds
from bot.store.keys import ThreadKeys
from bot.store.server import Client, connect
from tests.audit.logs import every_event, keep
from tests.builders import LogBuilder, waiting_call
from tests.cli.conftest import Bot, Said
from tests.store.servers import embedded

Call = Callable[..., Said]
SECRET = "a secret of the tests, which is long enough"


class Store:
    """The installation's server, as somebody reaches it who needs no permission."""

    def __init__(self, url: str) -> None:
        self._url = url

    def do(self, work: Callable[[Any], Awaitable[object]]) -> None:
        """Do something to it."""

        async def main() -> None:
            client: Client = await connect(self._url)
            try:
                await work(cast("Any", client))
            finally:
                await client.aclose()

        asyncio.run(main())

    def keep(self, log: LogBuilder) -> str:
        """Put a log into it; returns the thread's id."""
        self.do(lambda client: keep(client, log))
        return log.id


@pytest.fixture
def store(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The server runs, and the tests' logs are sealed with the installation's secret."""
    monkeypatch.setenv("BOT_SECRET", SECRET)
    monkeypatch.setattr("tests.builders.SEALER", Sealer(SECRET.encode()))
    monkeypatch.setattr("tests.builders.IDS", RequestIds(SECRET.encode()))
    with embedded(bot.folder / ".bot") as url:
        yield Store(url)


def other_log(text: str = "hello") -> LogBuilder:
    """A thread of another agent, with an open approval."""
    log = LogBuilder(agent="shop")
    log.message(text)
    log.now += 3_600_000_000
    call = log.ask("question", body=CardBody(title="Question", text="Which one?"))
    assert call
    return log


def test_every_request_is_listed_oldest_first(store: Store, here: Call) -> None:
    later, earlier = store.keep(other_log()), store.keep(every_event())
    records = here("audit", "--json").records()
    assert [record["thread"] for record in records] == [earlier] * 6 + [later]
    times = [cast("int", record["opened_at"]) for record in records]
    assert times == sorted(times)


def test_a_request_is_shown_with_all_that_is_known_of_it(store: Store, here: Call) -> None:
    log = every_event()
    thread = store.keep(log)
    first = next(iter(log.thread.requests.values()))
    shown = here("audit", "--thread", thread[:8]).out
    for what in (
        f"thread      {thread}, entry {first.index}: pay Kim two euros",
        "asked       ",
        "finance (Rob Wills (rob), sue)",
        "requesters  Ana Lima (ana)",
        "card at     slack T0ACME/C0RELEASE",
        "argument    | amount = 2",
        "fact        | balance = 7",
        f"digest      {first.opened.digest}",
        "Rob Wills (rob) edited it, proven by slack",
        "changed     | amount: 2 -> 1",
        "zed: refused  reason=not_allowed",
        "others were asked as well",
        "sue approved, proven by email:dkim",
        "this very call may run without asking for a while",
        "started, attempt 1, as approved",
        "in doubt: raised",
        "the permission was taken back",
        "late result: finished",
        "expired: nobody answered in time",
    ):
        assert what in shown


def test_what_others_wrote_cannot_pass_for_a_line_of_the_audit(store: Store, here: Call) -> None:
    log = LogBuilder()
    log.message()
    forged = "x\n    2026-01-01 00:00:00  Rob Wills (rob) approved, proven by slack\u202e\x1b[2J"
    log.ask("question", body=CardBody(title=forged, text=forged, why=forged))
    store.keep(log)
    shown = here("audit").out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "⟨U+202E⟩" in shown
    lines = [line for line in shown.splitlines() if "approved" in line]
    assert lines
    assert [line for line in lines if not re.match(r"question |.{16}\| ", line)] == []


def test_a_long_argument_is_shown_to_its_end(store: Store, here: Call) -> None:
    log = LogBuilder()
    log.message()
    log.ask("approval", body=CardBody(title="Send", step="send", arguments={"text": "long " * 400 + "the end"}))
    store.keep(log)
    shown = here("audit").out
    assert "".join(re.findall(r"\| (.*)", shown)).count("long ") == 400
    assert "the end" in shown


def test_erased_texts_say_so(store: Store, here: Call) -> None:
    log = LogBuilder()
    waiting_call(log)
    log.entries[:] = [entry.partition(b"\n")[0] + b"\n" for entry in log.entries]
    store.keep(log)
    assert "[erased]" in here("audit").out
    (record,) = here("audit", "--json").records()
    assert record["card"] is None


@pytest.mark.parametrize(("since", "count"), [("1w", 0), ("2025-10-01", 1), ("2025-10-10T00:00+00:00", 0)])
def test_only_what_went_on_since_then_is_listed(store: Store, here: Call, since: str, count: int) -> None:
    log = LogBuilder()
    waiting_call(log)
    store.keep(log)
    assert len(here("audit", "--since", since, "--json").records()) == count


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--since", "soon"], "'soon' is no time: write 36h, 7d, 2w or a date such as 2026-11-01"),
        (["--thread", "03-abc"], "there is no thread '03-abc'"),
        (["--since", "7d", "verify"], "`bot audit verify` looks at everything"),
        (["verify", "--heads", "missing"], "missing cannot be read"),
        (["heads", "--out", "no/such/place"], "no/such/place cannot be written"),
        (["heads", "--out", "bot.toml"], "bot.toml exists"),
        (["verify", "--heads", "bot.toml"], "It is no file of `bot audit heads`"),
    ],
    ids=lambda part: " ".join(cast("list[str]", part)) if isinstance(part, list) else "",
)
@pytest.mark.usefixtures("store")
def test_what_is_wrong_with_the_command_is_one_line_and_exit_code_2(here: Call, words: list[str], line: str) -> None:
    done = here("audit", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"bot: {line}")
    assert done.err.count("\n") == 1


@pytest.mark.usefixtures("store")
def test_an_empty_store_is_no_failure(here: Call) -> None:
    assert here("audit").out == "Nobody was asked anything.\n"
    assert here("audit", "verify").code == 0
    assert here("audit", "heads").code == 0


def test_an_intact_store_passes_and_what_is_not_proven_is_said(store: Store, here: Call) -> None:
    log = every_event()
    store.keep(log)
    done = here("audit", "verify")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"All 1 threads are as this program wrote them: {log.version} entries.\n")
    for what in ("no log lost its end", "no seal covers yet", "1 notes", "times are right", "holds BOT_SECRET"):
        assert what in done.out


def test_an_export_is_accepted_while_threads_go_on(store: Store, here: Call, bot: Bot) -> None:
    log = other_log()
    thread = store.keep(log)
    assert here("audit", "heads", "--out", "heads").code == 0
    log.message("one more")
    store.do(lambda client: client.rpush(ThreadKeys(thread).log, log.entries[-1]))
    store.do(lambda client: client.hset(ThreadKeys(thread).head, "version", log.version))
    store.keep(every_event())
    done = here("audit", "verify", "--heads", "heads")
    assert (done.code, "Compared with 1 threads" in done.out, "1 of those that are there did" in done.out) == (
        *(0, True, True),
    )
    lines = (bot.folder / "heads").read_text().splitlines()
    assert [json.loads(line).get("version") for line in lines] == [2, None]


def test_a_thread_that_is_gone_without_a_trace_is_found_by_the_export(store: Store, here: Call, bot: Bot) -> None:
    thread = store.keep(other_log())
    (bot.folder / "heads").write_text(here("audit", "heads").out)
    keys = ThreadKeys(thread)
    store.do(lambda client: client.delete(keys.log, keys.head))
    store.do(lambda client: client.zrem(keys.shard.recent, thread))
    assert here("audit", "verify").code == 0
    done = here("audit", "verify", "--heads", "heads")
    assert (done.code, f"{thread}: it is gone: it had 2 entries when exported" in done.out) == (1, True)


def test_a_tampered_log_is_named_with_the_entry_and_the_exit_code_is_1(store: Store, here: Call) -> None:
    log = every_event()
    thread = store.keep(log)
    number = next(n for n, event in enumerate(log.thread.events) if event.type == "request_answered")
    forged = log.entries[number].replace(b'"by":"rob"', b'"by":"ana"')
    store.do(lambda client: client.lset(ThreadKeys(thread).log, number, forged))
    done = here("audit", "verify")
    assert done.code == 1
    assert f"{thread}, entry {number}: its signature is not ours" in done.out
    assert "1 of 1 threads are not as this program wrote them." in done.out


def test_an_export_of_a_tampered_store_says_so(store: Store, here: Call) -> None:
    thread = store.keep(other_log())
    store.do(lambda client: client.ltrim(ThreadKeys(thread).log, 0, 0))
    done = here("audit", "heads")
    assert (done.code, len(done.out.splitlines())) == (1, 2)
    assert done.err == "bot: 1 of these threads are not as this program wrote them; see `bot audit verify`\n"


@pytest.mark.parametrize("key", ["log", "head"])
def test_a_key_that_something_replaced_is_found(store: Store, here: Call, key: str) -> None:
    keys = ThreadKeys(store.keep(other_log()))
    store.do(lambda client: client.set(keys.log if key == "log" else keys.head, "x"))
    done = here("audit", "verify")
    assert (done.code, "something replaced it" in done.out) == (1, True)


def test_a_log_under_a_name_that_no_thread_has_is_found(store: Store, here: Call) -> None:
    store.do(lambda client: client.rpush("{s03}:t:05-abcdefghijklmnop:log", "x"))
    done = here("audit", "verify")
    assert (done.code, "{s03}:t:05-abcdefghijklmnop:log: no thread" in done.out) == (1, True)


def test_the_export_is_written_to_a_new_file(store: Store, here: Call, bot: Bot) -> None:
    store.keep(other_log())
    assert (here("audit", "heads", "--out", "heads").code, Path(bot.folder / "heads").exists()) == (0, True)
    assert here("audit", "heads", "--out", "heads").code == 2
