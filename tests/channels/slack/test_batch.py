"""Several requests in one Slack message: each whole, with its own buttons, within Slack's limits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gathering import MOST, Gathered, plan
from bot.places import Batch, Card
from bot.playground.slack import SlackPeer
from channels.slack import buttons
from channels.slack.batch import batch_blocks, batch_title
from channels.slack.checks import message_faults
from channels.slack.limits import BLOCKS, WHOLE, weight
from channels.slack.render import render
from channels.slack.sender import SlackChannel
from channels.slack.wire import JsonObject, as_objects, as_text, compact
from tests.channels.slack.cards import APPROVAL, APPROVED, DOUBT, QUESTION, delivery
from tests.channels.slack.intake import RecordingIntake

SECOND = APPROVAL.model_copy(
    update={"request": "07-second", "title": "Restart: shop", "arguments": {"service": "shop"}}
)
BOTH = Batch(title="2 of 2 requests to be decided", items=(APPROVAL, SECOND), latest="07-second")


def values(blocks: list[JsonObject]) -> list[str]:
    """The requests that buttons stand for, in their order and once each."""
    found = [as_text(one.get("value")) for block in blocks for one in as_objects(block.get("elements"))]
    return list(dict.fromkeys(value for value in found if value))


def wrong(blocks: list[JsonObject]) -> list[str]:
    """What Slack would refuse; an action id may come again in another block."""
    found = [fault for block in blocks for fault in message_faults([block])]
    found += [f"{len(blocks)} blocks"] if len(blocks) > BLOCKS else []
    return found + ([f"{weight(blocks)} characters"] if weight(blocks) > WHOLE else [])


def test_each_request_has_its_own_buttons() -> None:
    (message,) = render(BOTH)
    assert values(message.blocks) == [APPROVAL.request, "07-second"]
    assert wrong(message.blocks) == []


def test_every_call_is_shown_whole() -> None:
    shown = compact([*batch_blocks(BOTH)])
    assert all(text in shown for text in ("v1.4.0", "0f3c2d1", "Restart: shop", "The agent's words"))


def test_a_notification_says_what_is_new_and_how_much_there_is_to_decide() -> None:
    assert batch_title(BOTH) == "Approval needed: Restart (asked by Ana Lima) (2 of 2 requests to be decided)"


def test_what_is_decided_has_its_outcome_instead_of_buttons() -> None:
    half = Batch(title="1 of 2 requests to be decided", items=(APPROVED, SECOND), latest=APPROVAL.request)
    (message,) = render(half)
    assert values(message.blocks) == ["07-second"]
    assert "Approved by Rob Wills" in compact([*message.blocks])
    assert message.text.startswith("Deploy service: approved by Rob Wills")


def test_the_parts_of_a_batch_stand_apart() -> None:
    assert [block["type"] for block in batch_blocks(BOTH)].count("divider") == 2


def test_what_does_not_fit_is_named_and_its_buttons_are_not_offered() -> None:
    long = [
        APPROVAL.model_copy(update={"request": f"r{n}", "text": "x" * 2_900, "context": "y" * 1_100}) for n in range(6)
    ]
    blocks = batch_blocks(Batch(title="6 of 6 requests to be decided", items=tuple(long)))
    assert wrong(blocks) == []
    assert 0 < len(values(blocks)) < 6
    assert "bot requests" in compact([*blocks])


@st.composite
def cards(draw: st.DrawFn) -> Card:
    """A request of any kind that buttons can answer."""
    base = draw(st.sampled_from([APPROVAL, QUESTION, DOUBT]))
    texts = draw(st.lists(st.text(max_size=600), max_size=8))
    options = draw(st.lists(st.text(min_size=1, max_size=200), min_size=2, max_size=10, unique=True))
    changes: dict[str, object] = {
        "request": f"r{draw(st.integers(0, 10**6))}",
        "why": draw(st.text(max_size=2_000)),
        "arguments": {f"field {n}": value for n, value in enumerate(texts)},
        "options": tuple(options) if base.request_kind == "question" else base.options,
        "may_grant_s": 3_600,
        "approvers": tuple(texts[:5]),
    }
    return base.model_copy(update=changes)


@settings(max_examples=50, deadline=None)
@given(st.lists(cards(), min_size=MOST, max_size=MOST, unique_by=lambda card: card.request), st.booleans())
def test_whatever_the_core_gathers_fits_into_one_message_with_all_its_buttons(found: list[Card], decided: bool) -> None:  # noqa: FBT001  # drawn by hypothesis
    gathered = Gathered()
    for number, card in enumerate(found):
        made = plan(gathered, delivery(card, delivery_id=f"d{number}"), frozenset(one.request for one in found))
        if made is None:
            continue
        gathered = made.after(made.previous or f"m{number}")
    for message in gathered.messages:
        items = [item.content for item in message.items]
        if decided and isinstance(items[0], Card):
            items[0] = APPROVED.model_copy(update={"card": items[0], "reason": "r" * 2_000})
        (rendered,) = render(Batch(title="some", items=tuple(items)))
        assert wrong(rendered.blocks) == []
        alone = {item.request for item in items if isinstance(item, Card) if values(render(item)[0].blocks)}
        assert set(values(rendered.blocks)) >= alone


async def test_a_batch_takes_the_place_of_the_card_before_it(peer: SlackPeer, channel: SlackChannel) -> None:
    first = await channel.deliver(delivery(APPROVAL), None)
    changed = delivery(BOTH, delivery_id="d2").model_copy(update={"replaces": "d1"})
    assert await channel.deliver(changed, first) == first
    (message,) = peer.workspace.messages("C0RELEASES")
    assert values([*message.blocks]) == [APPROVAL.request, "07-second"]


@pytest.mark.usefixtures("slack")
async def test_a_click_in_a_batch_answers_the_request_that_it_stands_at(
    peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake
) -> None:
    ts = (await channel.deliver(delivery(BOTH), None)).partition("/")[2]
    (message,) = peer.workspace.messages("C0RELEASES")
    for request in ("07-second", APPROVAL.request):
        (row,) = [block for block in message.blocks if values([block]) == [request]]
        await peer.click("U0ROB", "releases", ts, buttons.APPROVE, block_id=as_text(row.get("block_id")))
    assert [answer.request for answer in intake.answers] == ["07-second", APPROVAL.request]
