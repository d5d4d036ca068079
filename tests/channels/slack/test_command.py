"""The slash command: what each word answers, to whom, and that nobody else gets an answer."""

import asyncio

import pytest

from bot.ids import thread_id
from bot.playground.slack import SlackPeer
from channels.slack.app import SlackApp
from channels.slack.checks import message_faults
from channels.slack.commands import AWAY_NOW, OPERATORS_ONLY, USAGE, understood
from channels.slack.desk_rows import NO_AGENTS, NO_THREADS, NOTHING_WAITS, ago
from channels.slack.links import thread_named
from channels.slack.wire import as_objects
from tests.channels.slack.cards import THREAD
from tests.channels.slack.desks import DEPLOY, MINE, OTHER, LaidDesk, LaidDesks, waiting
from tests.channels.slack.surfaces import desk, desks, heard, links, said, ways
from tests.helpers import wait_until

__all__ = ["desk", "desks", "heard", "ways"]


async def answered(peer: SlackPeer, typed: str, user: str = "U0ANA") -> str:
    """Type a command in #deploys, and return the words of the answer, which that person alone sees."""
    before = len(peer.workspace.ephemerals)
    outcome = await peer.command(user, "deploys", typed)
    assert outcome.acked
    await wait_until(lambda: len(peer.workspace.ephemerals) > before)
    answer = peer.workspace.ephemerals[-1]
    assert (answer.ephemeral_to, answer.channel) == (user, "C0DEPLOYS")
    assert [*message_faults(as_objects([*answer.blocks]))] == []
    return said(as_objects([*answer.blocks])) or answer.text


@pytest.mark.usefixtures("ways")
@pytest.mark.parametrize("typed", ["/bot", "/bot help", "/bot ?", "/bot  HELP "])
async def test_help_lists_what_can_be_typed(peer: SlackPeer, typed: str) -> None:
    told = await answered(peer, typed)
    assert all(f"/bot {word}" in told for word in USAGE if word != "status")
    assert "/bot status" not in told


@pytest.mark.usefixtures("heard")
async def test_operators_see_what_is_for_them_as_well(peer: SlackPeer, desk: LaidDesk) -> None:
    desk.operates = True
    assert "/bot status" in await answered(peer, "/bot help")


@pytest.mark.usefixtures("ways")
async def test_ones_threads_are_listed_with_links_to_them(peer: SlackPeer, desk: LaidDesk) -> None:
    desk.mine = [MINE]
    told = await answered(peer, "/bot threads")
    assert f"deploy backend v1.4.0 · waits for somebody · deploy · 2 h ago · {THREAD[:9]}" in told
    assert links([*peer.workspace.ephemerals[-1].blocks]) == [f"{peer.url}/archives/C0DEPLOYS/p1760000000000100"]


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(("operates", "told"), [(True, "Threads of everybody"), (False, OPERATORS_ONLY)])
async def test_the_threads_of_everybody_are_for_operators(
    peer: SlackPeer, desk: LaidDesk, *, operates: bool, told: str
) -> None:
    desk.operates, desk.mine = operates, [MINE]
    assert (await answered(peer, "/bot threads all")).partition("\n")[0] == told


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(("operates", "told"), [(True, "Valkey 9.1.2; every write is synced"), (False, OPERATORS_ONLY)])
async def test_the_status_is_for_operators(peer: SlackPeer, desk: LaidDesk, *, operates: bool, told: str) -> None:
    desk.operates = operates
    assert told in await answered(peer, "/bot status")


@pytest.mark.usefixtures("heard")
async def test_the_status_names_what_is_wrong(peer: SlackPeer, desk: LaidDesk) -> None:
    desk.operates = True
    told = await answered(peer, "/bot status")
    for fact in (
        "Processes: worker (for 1 h)",
        "Waiting for people: 5 requests",
        "Sending: 3 to be sent, the oldest for 4 s",
        "Given up: 6: see bot dead",
        "bot.toml: its newest version is refused: one: line 3: what?",
        "Mailbox bot@acme.test: NOT connected, heard 1 h ago",
    ):
        assert fact in told


@pytest.mark.usefixtures("ways")
async def test_what_waits_is_listed_with_a_link_to_its_card(peer: SlackPeer, desk: LaidDesk) -> None:
    desk.requests = [waiting()]
    told = await answered(peer, "/bot requests")
    assert "Deploy service · qrst · since 1 h · asked by Ana Lima" in told
    assert links([*peer.workspace.ephemerals[-1].blocks]) == [f"{peer.url}/archives/C0RELEASES/p1760000001000200"]


@pytest.mark.usefixtures("heard")
async def test_the_agents_are_listed_with_what_they_do_and_where(peer: SlackPeer, desk: LaidDesk) -> None:
    desk.known = [DEPLOY, OTHER]
    told = await answered(peer, "/bot agents")
    assert "deploy: deploys services · in " in told
    assert "other: does the rest" in told
    assert desk.channels == [None]


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("typed", "told"), [("requests", NOTHING_WAITS), ("threads", NO_THREADS), ("agents", NO_AGENTS)]
)
async def test_where_there_is_nothing_that_is_said(peer: SlackPeer, typed: str, told: str) -> None:
    assert await answered(peer, f"/bot {typed}") == told


@pytest.mark.usefixtures("ways")
async def test_whoami_says_how_one_is_known(peer: SlackPeer) -> None:
    assert "is listed as ana" in await answered(peer, "/bot whoami")


@pytest.mark.usefixtures("ways")
@pytest.mark.parametrize("order", ["pause", "resume", "cancel"])
async def test_an_order_is_carried_out_before_it_is_acknowledged(peer: SlackPeer, desk: LaidDesk, order: str) -> None:
    outcome = await peer.command("U0ANA", "deploys", f"/bot {order} {THREAD}")
    assert outcome.acked
    assert desk.orders == [(order, THREAD)]
    await wait_until(lambda: peer.workspace.ephemerals)


@pytest.mark.usefixtures("heard")
async def test_an_order_without_a_thread_says_what_is_missing(peer: SlackPeer, desk: LaidDesk) -> None:
    for typed in ("/bot cancel", "/bot cancel everything", "/bot cancel https://acme.slack.com/"):
        assert "/bot cancel 05-abcdef" in await answered(peer, typed)
    assert desk.orders == []


@pytest.mark.parametrize(
    ("named", "root"),
    [
        ("https://acme.slack.com/archives/C0DEPLOYS/p1760000000000100", "1760000000.000100"),
        ("<https://acme.slack.com/archives/C0DEPLOYS/p1760000000000100>", "1760000000.000100"),
        (
            "https://acme.slack.com/archives/C0DEPLOYS/p1760000009000900?thread_ts=1760000000.000100&cid=C0DEPLOYS",
            "1760000000.000100",
        ),
        ("https://acme.slack.com/archives/C0DEPLOYS/p1760000009000900?foo=bar", "1760000009.000900"),
    ],
)
def test_a_link_to_a_message_names_its_thread(named: str, root: str) -> None:
    assert thread_named(named, "T0ACME") == thread_id("slack", "T0ACME", "C0DEPLOYS", root)


@pytest.mark.parametrize("named", ["05-ab", "05-abcdefghijklmnop"])
def test_an_id_or_its_beginning_names_a_thread(named: str) -> None:
    assert thread_named(named, "T0ACME") == named


@pytest.mark.parametrize(
    "named", ["", "05", "05-a", "05-ABC", "https://acme.slack.com/archives/C0DEPLOYS", "<!channel>", "`05-abc`"]
)
def test_anything_else_names_none(named: str) -> None:
    assert thread_named(named, "T0ACME") is None


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(("typed", "near"), [("thread", "threads"), ("Stauts", "status"), ("cancl 05-abc", "cancel")])
async def test_a_word_that_was_probably_meant_is_suggested(peer: SlackPeer, typed: str, near: str) -> None:
    told = (await answered(peer, f"/bot {typed}")).partition("\n")[0]
    assert told == f"I do not know {typed.split(maxsplit=1)[0]}. Did you mean /bot {near}?"


@pytest.mark.usefixtures("heard")
async def test_an_unknown_word_is_shown_as_it_is_and_calls_nobody(peer: SlackPeer) -> None:
    told = await answered(peer, "/bot <!channel>")
    assert told.startswith("I do not know <!channel>. Did you mean /bot cancel?\n")
    assert peer.workspace.ephemerals[-1].pings.broadcasts == ()


@pytest.mark.usefixtures("ways")
async def test_whoever_has_no_desk_hears_the_usual_words_and_nothing_else(
    peer: SlackPeer, desks: LaidDesks, desk: LaidDesk
) -> None:
    desks.refusal = "Sorry, I do not take requests from you here."
    for typed in ("help", "threads", "status", f"cancel {THREAD}", "nonsense"):
        assert await answered(peer, f"/bot {typed}", "U0SAM") == desks.refusal
    assert desk.orders == []
    assert {getattr(identity, "is_guest", None) for identity, _ in desks.asked} == {True}


@pytest.mark.usefixtures("ways")
async def test_while_the_store_is_away_that_is_said_at_once(peer: SlackPeer, desks: LaidDesks) -> None:
    desks.away = 1
    assert await answered(peer, f"/bot cancel {THREAD}") == AWAY_NOW


async def test_a_store_that_hangs_is_not_waited_for_longer_than_slack_waits(
    peer: SlackPeer, heard: SlackApp, desks: LaidDesks
) -> None:
    desks.hang = asyncio.Event()
    outcome = await peer.command("U0ANA", "deploys", "/bot threads")
    assert outcome.acked
    assert [message["text"] for message in outcome.ephemerals] == [AWAY_NOW]
    assert heard.tally.counts["untold:TimeoutError"] == 1


async def test_the_command_may_have_any_name(peer: SlackPeer, heard: SlackApp) -> None:
    peer.workspace.app = peer.workspace.app.model_copy(update={"commands": ("/acme-bot",)})
    assert "/acme-bot threads" in await answered(peer, "/acme-bot")


@pytest.mark.usefixtures("heard")
async def test_a_long_list_is_cut_and_says_so(peer: SlackPeer, desk: LaidDesk) -> None:
    desk.mine = [MINE.model_copy(update={"title": "x" * 200})] * 35
    assert (await answered(peer, "/bot threads")).endswith("and 15 more")


@pytest.mark.parametrize(("us", "told"), [(0, "0 s"), (59_000_000, "59 s"), (3_600_000_000, "1 h"), (-5, "0 s")])
def test_a_span_is_said_in_one_unit(us: int, told: str) -> None:
    assert ago(us) == told


def test_what_is_typed_after_the_word_is_kept() -> None:
    assert understood("cancel  05-abc ") == ("cancel", "05-abc")
    assert understood("make coffee") == "make"
