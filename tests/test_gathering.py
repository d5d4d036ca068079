"""Requests gathered in one message: which join, what is shown of each, and what an outcome does to it."""

from datetime import UTC, datetime

import pytest

from bot.gathering import MOST, Gathered, Plan, plan
from bot.places import Batch, Card, Decision, Delivery, Place, StatusLine

PLACE = Place(channel="slack", address="T0ACME/C0RELEASE")
AT = datetime(2027, 1, 2, tzinfo=UTC)


def card(name: str, **more: object) -> Card:
    """A request of this name."""
    fields = {
        "request": name,
        "request_kind": "approval",
        "title": f"Send: {name}",
        "agent": "ops",
        "step": "send",
        "arguments": {"text": name},
        "expires_at": AT,
        "thread": f"03-{name}",
    }
    return Card.model_validate({**fields, **more})


def asks(name: str, **more: object) -> Delivery:
    """The delivery of its card."""
    return Delivery(id=f"d-{name}", thread="03-t", place=PLACE, content=card(name, **more), valid_while=name)


def decides(name: str) -> Delivery:
    """The delivery of its outcome."""
    content = Decision(card=card(name), outcome="approved", by="Rob", at=AT)
    return Delivery(id=f"e-{name}", thread="03-t", place=PLACE, content=content, replaces=f"d-{name}")


class Wall:
    """A place that takes one delivery after the other, as the sender brings them."""

    def __init__(self) -> None:
        self.gathered = Gathered()
        self.open: set[str] = set()
        self.messages: dict[str, Delivery] = {}

    def look(self, delivery: Delivery) -> Plan | None:
        return plan(self.gathered, delivery, frozenset(self.open))

    def send(self, delivery: Delivery) -> str | None:
        """Show it. Returns the message that shows it."""
        if isinstance(delivery.content, Card):
            self.open.add(delivery.content.request)
        if isinstance(delivery.content, Decision):
            self.open.discard(delivery.content.card.request)
        found = self.look(delivery)
        if found is None:
            return None
        foreign = found.previous or f"m{len(self.messages)}"
        self.messages[foreign] = found.delivery
        self.gathered = found.after(foreign)
        return foreign

    def shows(self, foreign: str) -> list[str]:
        """The items of a message, in order; those that are decided with a mark."""
        content = self.messages[foreign].content
        match content:
            case Batch(items=items):
                return [_name(item) for item in items]
            case Card() | Decision():
                return [_name(content)]
            case _:
                return []


def _name(item: Card | Decision) -> str:
    return item.request if isinstance(item, Card) else f"{item.card.request}!"


@pytest.fixture
def wall() -> Wall:
    return Wall()


def test_the_first_is_a_plain_card_and_the_second_makes_a_batch_of_its_message(wall: Wall) -> None:
    assert wall.send(asks("a")) == "m0"
    assert isinstance(wall.messages["m0"].content, Card)
    assert wall.send(asks("b")) == "m0"
    assert wall.shows("m0") == ["a", "b"]
    assert (wall.messages["m0"].replaces, wall.messages["m0"].id) == ("d-a", "d-b")


def test_each_outcome_takes_the_place_of_its_own_card(wall: Wall) -> None:
    for name in "abc":
        wall.send(asks(name))
    assert wall.send(decides("b")) == "m0"
    assert wall.shows("m0") == ["a", "b!", "c"]
    content = wall.messages["m0"].content
    assert isinstance(content, Batch)
    assert (content.title, content.latest) == ("2 of 3 requests to be decided", "b")


def test_when_all_is_decided_the_next_begins_a_message(wall: Wall) -> None:
    for delivery in (asks("a"), asks("b"), decides("b"), decides("a")):
        wall.send(delivery)
    assert wall.shows("m0") == ["a!", "b!"]
    assert wall.gathered == Gathered()
    assert wall.send(asks("c")) == "m1"


def test_the_outcome_of_a_single_card_is_shown_as_ever(wall: Wall) -> None:
    wall.send(asks("a"))
    wall.send(decides("a"))
    assert wall.messages["m0"].content == decides("a").content


def test_what_was_answered_asks_nobody_although_its_outcome_has_not_come_here(wall: Wall) -> None:
    wall.send(asks("a"))
    wall.send(asks("b"))
    wall.open.discard("a")
    wall.send(asks("c"))
    assert wall.shows("m0") == ["b", "c"]
    wall.send(decides("a"))
    assert wall.shows("m0") == ["a!", "b", "c"]


def test_nothing_joins_a_message_that_asks_nothing_any_more(wall: Wall) -> None:
    wall.send(asks("a"))
    wall.open.discard("a")
    assert wall.send(asks("b")) == "m1"


@pytest.mark.parametrize(
    "more",
    [
        {"urgency": "high"},
        {"mention": ("T0ACME/U0ROB",)},
        {"request_kind": "question", "format": "free_text"},
        {"arguments": {"text": "long" * 3_000}},
    ],
)
def test_what_must_be_noticed_or_needs_room_or_a_plain_answer_stands_by_itself(
    wall: Wall, more: dict[str, object]
) -> None:
    wall.send(asks("a"))
    assert wall.send(asks("b", **more)) is None


def test_a_message_has_room_for_so_many(wall: Wall) -> None:
    names = "abcdefgh"[: MOST + 1]
    assert [wall.send(asks(name)) for name in names] == ["m0"] * MOST + ["m1"]
    assert wall.send(decides("a")) == "m0"
    assert wall.send(decides(names[-1])) == "m1"


def test_two_long_ones_do_not_share_a_message(wall: Wall) -> None:
    long = {"arguments": {"text": "x" * 5_000}}
    assert [wall.send(asks("a", **long)), wall.send(asks("b", **long)), wall.send(asks("c"))] == ["m0", "m1", "m0"]


def test_hidden_characters_take_the_room_that_they_are_shown_in(wall: Wall) -> None:
    hidden = {"arguments": {"text": "\u202e" * 1_100}}
    assert wall.send(asks("a")) == "m0"
    assert wall.send(asks("b", **hidden)) == "m1"


def test_lines_of_text_are_not_gathered(wall: Wall) -> None:
    line = Delivery(id="l", thread="03-t", place=PLACE, content=StatusLine(markdown="x"))
    assert wall.look(line) is None


def test_an_outcome_of_a_card_that_is_not_shown_is_not_gathered(wall: Wall) -> None:
    wall.send(asks("a"))
    assert wall.look(decides("z")) is None


def test_a_card_that_was_perhaps_shown_can_be_taken_out_again(wall: Wall) -> None:
    wall.send(asks("a"))
    found = wall.look(asks("b"))
    assert found
    assert found.undone
    assert (found.undone.content, found.undone.replaces) == (card("a"), "d-a")


def test_a_card_whose_message_is_gone_begins_one(wall: Wall) -> None:
    wall.send(asks("a"))
    found = wall.look(asks("b"))
    assert found
    after = found.alone(asks("b")).after("m9")
    assert [(message.foreign, [item.delivery for item in message.items]) for message in after.messages] == [
        ("m0", ["d-a"]),
        ("m9", ["d-b"]),
    ]


def test_what_is_kept_survives_being_stored(wall: Wall) -> None:
    for delivery in (asks("a"), asks("b"), decides("a")):
        wall.send(delivery)
    assert Gathered.model_validate_json(wall.gathered.model_dump_json(exclude_none=True)) == wall.gathered
