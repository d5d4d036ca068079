"""Several children ask at one place: one message lists it all, and each request is decided by itself."""

import asyncio

import pytest

from bot.model import Prompt
from bot.places import Batch, Card, Decision, Delivery
from bot.port import DeliveryFailed
from tests.helpers import wait_until
from tests.runtime.family import Family, order, request_in
from tests.runtime.scripted import Said, step
from tests.runtime.stage import Stage, Told

RELEASE = "C0RELEASE"


class Board(Told):
    """A channel whose messages can be changed: where releases are decided, as often as it is said, only nearly."""

    gone = 0  # changes that are refused, since somebody deleted the message
    tears = 0  # times that something is shown, and the channel's answer lost

    async def deliver(self, delivery: Delivery, previous: str | None) -> str:
        there = delivery.place.address.endswith(RELEASE)
        if there and previous and self.gone:
            self.gone -= 1
            raise DeliveryFailed("message_not_found", permanent=True)
        foreign = await super().deliver(delivery, previous)
        if there and self.tears:
            self.tears -= 1
            raise ConnectionError("the answer was lost")
        return previous or foreign


@pytest.fixture
def board(stage: Stage) -> Board:
    board = stage.channel = Board()
    return board


@pytest.fixture
def family(stage: Stage, board: Board) -> Family:
    return Family(stage)


def sends(family: Family, *names: str) -> None:
    """The parent gives out tasks, each of which asks for an approval in the channel of releases."""
    family.delegates(*names)
    for name in names:
        family.plays(step("send", text=name), task=name)


def shown(stage: Stage) -> dict[str, list[Delivery]]:
    """What each message in the channel of releases has shown, by its id, the oldest first."""
    found: dict[str, list[Delivery]] = {}
    for number, (delivery, previous) in enumerate(stage.channel.sent, 1):
        if delivery.place.address.endswith(RELEASE) and isinstance(delivery.content, Card | Decision | Batch):
            found.setdefault(previous or f"{delivery.place.address}/{number}", []).append(delivery)
    return found


def items(delivery: Delivery) -> list[tuple[str, str]]:
    """What a message shows: what is asked, and what became of it."""
    content = delivery.content
    listed = content.items if isinstance(content, Batch) else [content]
    return sorted(_item(one) for one in listed if isinstance(one, Card | Decision))


def _item(one: Card | Decision) -> tuple[str, str]:
    card = one.card if isinstance(one, Decision) else one
    return str(card.arguments["text"]), one.outcome if isinstance(one, Decision) else "open"


async def asked(stage: Stage, *names: str) -> dict[str, str]:
    """Wait until one message shows all of these as open. Returns their requests."""

    def there() -> bool:
        last = [deliveries[-1] for deliveries in shown(stage).values()]
        return any(items(delivery) == [(name, "open") for name in sorted(names)] for delivery in last)

    await wait_until(there, what=f"{names} in one message")
    children = (await stage.fold()).children
    opened = [await request_in(stage, child) for child in children]
    return {str(one.body.arguments["text"]): one.request for one in opened if one.body}


class Gate:
    """A line of the parent's script that is said when the test opens it: the second task is given out."""

    def __init__(self) -> None:
        self._opened = asyncio.Event()

    def open(self) -> None:
        self._opened.set()

    async def __call__(self, _prompt: Prompt) -> Said:
        await self._opened.wait()
        return step("delegate", agent="ops", task="y")


def one_by_one(family: Family) -> Gate:
    """The parent gives out `x` at once, and `y` when the gate is opened."""
    gate = Gate()
    family.plays(step("delegate", agent="ops", task="x"), gate, step("keep_waiting"))
    family.plays(step("send", text="x"), task="x")
    family.plays(step("send", text="y"), task="y")
    return gate


async def test_what_several_children_ask_stands_in_one_message(stage: Stage, family: Family) -> None:
    sends(family, "x", "y", "z")
    async with stage.working(), stage.working():
        await stage.say("go")
        await asked(stage, "x", "y", "z")
    (message,) = shown(stage).values()
    assert isinstance(message[0].content, Card)
    assert [len(items(delivery)) for delivery in message] == [1, 2, 3]


async def test_each_is_decided_by_itself_and_its_outcome_shows_in_the_message(stage: Stage, family: Family) -> None:
    sends(family, "x", "y")
    async with stage.working():
        await stage.say("go")
        requests = await asked(stage, "x", "y")
        assert (await stage.answer("rob", "approve", request=requests["x"])).accepted
        await wait_until(lambda: items(shown_last(stage)) == [("x", "approved"), ("y", "open")])
        assert (await stage.answer("zoe", "reject", request=requests["y"])).accepted
        await wait_until(lambda: items(shown_last(stage)) == [("x", "approved"), ("y", "rejected")])
        await stage.becomes("done")
    assert len(shown(stage)) == 1
    assert [run.step for run in stage.world.runs] == ["send"]


def shown_last(stage: Stage) -> Delivery:
    """What the one message shows now."""
    (message,) = shown(stage).values()
    return message[-1]


async def test_both_may_be_decided_at_the_same_moment(stage: Stage, family: Family) -> None:
    sends(family, "x", "y", "z")
    async with stage.working(), stage.working():
        await stage.say("go")
        requests = await asked(stage, "x", "y", "z")
        await asyncio.gather(*(stage.answer("rob", "approve", request=request) for request in requests.values()))
        await stage.becomes("done")
        decided = [("x", "approved"), ("y", "approved"), ("z", "approved")]
        await wait_until(lambda: items(shown_last(stage)) == decided)
    assert len(stage.world.runs) == 3


async def test_what_a_cancelled_child_asked_is_closed_in_the_message_and_the_rest_stays_open(
    stage: Stage, family: Family
) -> None:
    sends(family, "x", "y")
    async with stage.working():
        await stage.say("go")
        requests = await asked(stage, "x", "y")
        await order(stage, "cancel", requests["x"].partition(".")[0])
        await wait_until(lambda: items(shown_last(stage)) == [("x", "withdrawn"), ("y", "open")])


async def test_what_is_asked_when_all_before_was_decided_is_a_message_of_its_own(stage: Stage, family: Family) -> None:
    gate = one_by_one(family)
    async with stage.working():
        await stage.say("go")
        requests = await asked(stage, "x")
        assert (await stage.answer("rob", "approve", request=requests["x"])).accepted
        await wait_until(lambda: items(shown_last(stage)) == [("x", "approved")])
        gate.open()
        await wait_until(lambda: len(shown(stage)) == 2)
    assert [items(last(one)) for one in shown(stage).values()] == [[("x", "approved")], [("y", "open")]]


def last(message: list[Delivery]) -> Delivery:
    return message[-1]


async def test_threads_that_are_no_family_do_not_share_a_message(stage: Stage) -> None:
    stage.model.says(step("send", text="x"), step("send", text="y"))
    async with stage.working():
        await stage.say("one", root="1.1")
        await wait_until(lambda: len(stage.channel.cards()) == 1)
        await stage.say("two", root="2.2")
        await wait_until(lambda: len(stage.channel.cards()) == 2)
    assert len(shown(stage)) == 2


async def test_a_card_whose_message_is_gone_becomes_a_message_of_its_own(
    stage: Stage, family: Family, board: Board
) -> None:
    gate = one_by_one(family)
    async with stage.working():
        await stage.say("go")
        await wait_until(lambda: len(shown(stage)) == 1)
        board.gone = 1
        gate.open()
        await wait_until(lambda: len(shown(stage)) == 2)
    assert [items(last(one)) for one in shown(stage).values()] == [[("x", "open")], [("y", "open")]]


async def test_a_change_of_unknown_outcome_is_made_again(stage: Stage, family: Family, board: Board) -> None:
    gate = one_by_one(family)
    async with stage.working():
        await stage.say("go")
        await wait_until(lambda: len(shown(stage)) == 1)
        board.tears = 1
        gate.open()
        await wait_until(lambda: len(all_of_it(stage)) == 3)
    assert all_of_it(stage)[1:] == [[("x", "open"), ("y", "open")]] * 2
    assert len(shown(stage)) == 1


async def test_what_was_perhaps_shown_and_is_answered_meanwhile_is_taken_out_again(
    stage: Stage, family: Family, board: Board
) -> None:
    gate = one_by_one(family)
    async with stage.working():
        await stage.say("go")
        await wait_until(lambda: len(shown(stage)) == 1)
        board.tears = 1
        gate.open()
        await wait_until(lambda: len(all_of_it(stage)) == 2)
        child = list((await stage.fold()).children)[1]
        await order(stage, "cancel", child)
        await wait_until(lambda: len(all_of_it(stage)) == 3)
    assert all_of_it(stage)[-1] == [("x", "open")]


def all_of_it(stage: Stage) -> list[list[tuple[str, str]]]:
    """Everything that the one message has shown."""
    (message,) = shown(stage).values()
    return [items(delivery) for delivery in message]
