"""A mailbox that is not heard from is told once an outage, and once more when it is back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.config import parse_config
from bot.ids import RequestIds
from bot.people import Directory
from bot.reception import Reception
from bot.silence import Back, Lookout, Silent, judge, silence_text
from bot.store.keys import ALL_SHARDS
from bot.store.outbox import Outbox
from bot.store.presence import MailboxReport, Presence, now_us
from bot.store.server import Client, connect
from tests.runtime.crew import crew
from tests.runtime.stage import SECRET, Stage
from tests.store.servers import embedded_url, empty

__all__ = ["embedded_url"]
MINUTE = 60_000_000
CONFIG = """
[people.rob]
slack = "T0ACME/U0ROB"
email = "rob@acme.test"
roles = ["operators"]
[roles.operators]
channel = "slack:T0ACME/C0OPS"
"""


def report(minutes_ago: int, *, now: int, name: str = "box") -> MailboxReport:
    return MailboxReport(name=name, at=now, last_contact=now - minutes_ago * MINUTE)


def found(minutes_ago: int, told: dict[str, int] | None = None, *, looking: int = 60) -> list[Silent | Back]:
    now = 1_000 * MINUTE
    return judge([report(minutes_ago, now=now)], None, told or {}, now, now - looking * MINUTE, 10 * MINUTE)


def test_a_mailbox_that_was_just_heard_is_no_matter() -> None:
    assert found(9) == []


def test_a_silent_one_is_told_about() -> None:
    assert [type(one) for one in found(11)] == [Silent]


def test_nobody_is_silent_for_longer_than_we_have_been_looking() -> None:
    assert found(600, looking=9) == []


def test_one_that_is_heard_again_is_back_if_its_silence_was_told() -> None:
    assert [type(one) for one in found(1, {"box": 900 * MINUTE})] == [Back]


def test_a_mailbox_that_should_be_there_and_never_was_is_silent() -> None:
    assert [one.report.name for one in judge([], {"box"}, {}, 20 * MINUTE, 0, 10 * MINUTE)] == ["box"]


def test_one_that_is_not_set_up_any_more_is_forgotten() -> None:
    assert (
        judge([report(600, now=1_000 * MINUTE)], {"other"}, {"other": 0}, 1_000 * MINUTE, 995 * MINUTE, MINUTE * 10)
        == []
    )


def test_what_is_said_names_the_trouble_and_the_mend() -> None:
    now = 1_000 * MINUTE
    gone = report(15, now=now).model_copy(update={"at": now - 15 * MINUTE, "trouble": "The server is away."})
    text = silence_text(Silent(gone, gone.last_contact), now)
    assert "for 15 minutes" in text
    assert "The server is away." in text
    assert "is `bot email` running?" in text


@pytest.fixture
async def stage(embedded_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """An empty installation with one operator."""
    client = await connect(embedded_url)
    await empty(client)
    yield Stage(client, embedded_url, crew(tmp_path), directory=Directory(parse_config(CONFIG)))
    await client.aclose()


def lookout(stage: Stage, client: Client) -> Lookout:
    intake = Reception(client, stage.sealer, RequestIds(SECRET), lambda: stage.directory, dict)
    return Lookout(
        presence=Presence(client),
        intake=intake,
        directory=lambda: stage.directory,
        channels=["slack", "email"],
        most_s=600,
    )


async def said(stage: Stage) -> list[tuple[str, str]]:
    """Where something was told, and what, in the order of telling for each place, as the outbox has it."""
    queued = [one for shard in ALL_SHARDS for one in await Outbox(stage.client, shard, "t").read()]
    found = [(one.delivery.place.address, getattr(one.delivery.content, "markdown", "")) for one in queued]
    return sorted(found, key=lambda one: one[0])


async def test_the_operators_hear_of_an_outage_once_whoever_looks(stage: Stage) -> None:
    presence, now = Presence(stage.client), now_us()
    await presence.mailbox(report(11, now=now))
    for _ in range(2):  # two workers, or one that was started again
        await lookout(stage, stage.client).look(now - 60 * MINUTE)
    told = await said(stage)
    assert [place for place, _ in told] == ["T0ACME/C0OPS", "rob@acme.test"]
    assert all("has not been heard from" in text for _, text in told)


async def test_they_hear_when_it_is_back_and_of_the_next_outage(stage: Stage) -> None:
    presence, now, look = Presence(stage.client), now_us(), lookout(stage, stage.client)
    for minutes in (40, 1, 1, 12, 12):
        await presence.mailbox(report(minutes, now=now))
        await look.look(now - 60 * MINUTE)
    told = ["heard from again" in text for place, text in await said(stage) if place.startswith("T0ACME")]
    assert told == [False, True, False]
