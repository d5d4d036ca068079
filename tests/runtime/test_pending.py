"""What waits for whom: for words such as "approve" that somebody types where it waits."""

from bot.ids import display_id
from bot.pending import PendingCards
from bot.places import Place
from tests.helpers import wait_until
from tests.runtime.scripted import step
from tests.runtime.stage import Stage, person

SEND = step("send", text="the plan")


def place(channel: str, thread: str | None = None) -> Place:
    return Place(channel="slack", address=f"T0ACME/{channel}", thread=thread)


async def seen(stage: Stage, who: str, at: Place, *, private: bool = False) -> list[str]:
    """The short ids of what this person is shown there."""
    pending = PendingCards(stage.client, stage.sealer, lambda: stage.directory)
    cards = await pending.open_cards(person(who), at, private=private)
    return [display_id(card.request) for card in cards]


async def test_an_approver_finds_what_waits_where_it_was_asked_for_and_where_its_card_stands(stage: Stage) -> None:
    stage.model.says(SEND)
    async with stage.working():
        await stage.say("send the plan")
        await wait_until(lambda: stage.channel.cards() != [])
        short = [display_id((await stage.request()).opened.request)]
        await stage.settled()
    foreign = next(
        event.foreign for event in (await stage.fold()).events if event.type == "delivered" and event.request
    )
    assert await seen(stage, "rob", place("C0OPS", "1.1")) == short
    assert await seen(stage, "rob", place("C0RELEASE", foreign.rpartition("/")[2])) == short
    assert await seen(stage, "rob", place("D0ROB"), private=True) == short
    assert await seen(stage, "rob", place("C0OPS", "2.2")) == []


async def test_nobody_else_finds_it(stage: Stage) -> None:
    stage.model.says(SEND)
    async with stage.working():
        await stage.say("send the plan")
        await stage.request()
        assert await seen(stage, "bo", place("C0OPS", "1.1")) == []
        assert await seen(stage, "ana", place("D0ANA"), private=True) == []


async def test_what_is_decided_does_not_wait(stage: Stage) -> None:
    stage.model.says(SEND)
    async with stage.working():
        await stage.say("send the plan")
        await stage.request()
        await stage.answer("rob", "reject")
        assert await seen(stage, "rob", place("C0OPS", "1.1")) == []
